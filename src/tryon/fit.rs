//! What a fit found.

use super::confidence;
use crate::homography::DIMENSION;
use crate::{Error, Homography, Result};

/// One step of the iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// Δp, what the generator answered.
    pub delta: [f64; DIMENSION],
    /// p after adding it.
    pub params: [f64; DIMENSION],
    /// From frame pixels to photo pixels, row-major, the last entry 1.
    pub homography: Homography,
}

/// What a fit found: numbers only, to be composited at any size by [`crate::compose`].
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Fit {
    pub(super) photo: (u32, u32),
    pub(super) glasses: (u32, u32),
    /// p before the first update.
    pub(super) start: [f64; DIMENSION],
    pub(super) placed: Homography,
    pub(super) updates: Vec<Update>,
}

impl Fit {
    /// Width and height of the photo.
    pub fn photo(&self) -> (u32, u32) {
        self.photo
    }

    /// Width and height of the glasses image.
    pub fn glasses(&self) -> (u32, u32) {
        self.glasses
    }

    /// The updates, in order.
    pub fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// From frame pixels to photo pixels after `update` updates; 0 is the frame as placed.
    ///
    /// # Errors
    /// [`Error::UpdateIndex`] beyond the last one.
    pub fn homography(&self, update: usize) -> Result<Homography> {
        match update {
            0 => Ok(self.placed),
            _ => match self.updates.get(update - 1) {
                Some(after) => Ok(after.homography),
                None => Err(Error::UpdateIndex { index: update, last: self.updates.len() }),
            },
        }
    }

    /// How far update `update`, from 1, moved the frame: the mean over pupils and temples, in eye distances of the frame as placed.
    ///
    /// # Errors
    /// [`Error::UpdateIndex`] for 0, and beyond the last one.
    pub fn moved(&self, update: usize) -> Result<f64> {
        let Some(after) = update.checked_sub(1).and_then(|i| self.updates.get(i)) else {
            return Err(Error::UpdateIndex { index: update, last: self.updates.len() });
        };
        let before = update.checked_sub(2).map_or(&self.start, |i| &self.updates[i].params);
        Ok(confidence::moved(before, &after.params))
    }

    /// How sure it is that the frame sits on a face, 0 to 1; from 0.5 on it rather does. It follows from how little the last
    /// update moved the frame, and means what it says for fits of as many updates as [`super::TryOn::updates`] of the
    /// shipped weights or more; shorter ones have not settled yet, and get less. None without any update.
    ///
    /// It knows fits that found no face from those that did. Of a face that was found it does not know whether the frame sits well.
    pub fn confidence(&self) -> Option<f64> {
        self.moved(self.updates.len()).ok().map(confidence::confidence)
    }
}
