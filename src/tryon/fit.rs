//! The result of a fit.

use crate::homography::DIMENSION;
use crate::model::Task;
use crate::pose::{GlassesPlane, RealWidth};
use crate::{Error, Homography, Result};

/// One update of a fit: p ← p + Δp (ST-GAN, section 3.1). For glasses it is corrected to a pose
/// that stiff glasses can have.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// Δp, the generator's output, averaged over the view and its mirror image.
    pub delta: [f64; DIMENSION],
    /// p after this update. It differs from the sum of the updates if this or an earlier one was
    /// corrected or not taken.
    pub params: [f64; DIMENSION],
    /// Maps pixels of the foreground to pixels of the photo after this update; the last entry is 1.
    pub homography: Homography,
    /// The mean distance by which the update was corrected so that glasses are stiff, in lens
    /// distances. Infinite if no pose of stiff glasses is near; 0 for tasks without this step.
    pub correction: f64,
    /// Whether the update was taken. One that needs a large correction, changes the size by more
    /// than a factor of 3, maps part of the foreground to infinity, or, for glasses, moves further
    /// than the update before leaves the foreground where it is. So does one of furniture after an
    /// update that moved it only a little: its Δp is 0, since the networks are not asked.
    pub taken: bool,
}

impl Update {
    /// What follows this update if the foreground has settled.
    pub(super) fn settled(&self) -> Self {
        Self { delta: [0.0; DIMENSION], correction: 0.0, taken: false, ..*self }
    }
}

/// The result of a fit: one homography per update, to draw at any resolution with
/// [`crate::compose`].
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Fit {
    pub(super) task: Task,
    pub(super) photo: (u32, u32),
    pub(super) foreground: (u32, u32),
    /// From pixels of the foreground to the canonical coordinates of glasses.
    pub(super) to_canonical: Homography,
    /// p before the first update.
    pub(super) start: [f64; DIMENSION],
    /// The homography before the first update.
    pub(super) initial: Homography,
    pub(super) updates: Vec<Update>,
}

impl Fit {
    /// Width and height of the photo, in pixels.
    pub fn photo(&self) -> (u32, u32) {
        self.photo
    }

    /// Width and height of the image of the foreground, in pixels.
    pub fn foreground(&self) -> (u32, u32) {
        self.foreground
    }

    /// The updates, in order.
    pub fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// The map from pixels of the foreground to pixels of the photo before the first update.
    pub fn initial(&self) -> &Homography {
        &self.initial
    }

    /// The map from pixels of the foreground to pixels of the photo after `update` updates; 0 is
    /// the initial placement.
    ///
    /// # Errors
    /// [`Error::UpdateIndex`] if the fit has fewer updates.
    pub fn homography(&self, update: usize) -> Result<Homography> {
        match update {
            0 => Ok(self.initial),
            _ => match self.updates.get(update - 1) {
                Some(after) => Ok(after.homography),
                None => Err(Error::UpdateIndex { index: update, last: self.updates.len() }),
            },
        }
    }

    /// The fit with glasses of their real width, on the face whose pupils are `pupils` in pixels of
    /// the photo, as in [`LocatedFace`](crate::LocatedFace).
    ///
    /// The homography of each update is scaled about the midpoint between the lenses; position and
    /// pose stay. The factor is limited to 0.7 to 1.4. [`Fit::initial`], the parameters of updates
    /// and the confidence stay as they are. A fit of another task than glasses does not change, and
    /// neither does one with pupils that are equal or not finite.
    ///
    /// The eyes are about two centimetres behind the front, which is not taken into account: at an
    /// arm's length the glasses appear about 3 % smaller than they would be.
    pub fn with_real_width(mut self, width: &RealWidth, pupils: &[[f64; 2]; 2]) -> Self {
        let Ok(from_canonical) = self.to_canonical.inverse() else { return self };
        if self.task == Task::glasses() {
            for update in &mut self.updates {
                let plane = GlassesPlane(update.homography * from_canonical);
                let scaled = width.correction(&plane, pupils) * update.homography;
                update.homography = scaled.normalized().unwrap_or(update.homography);
            }
        }
        self
    }

    /// How far an update moved the foreground: the mean distance over [`Task::points`], which for
    /// glasses are the lens centres and the temples.
    ///
    /// `update` counts from 1. The unit is [`Task::unit`] as placed, which for glasses is the
    /// distance between the lens centres. An update that was not taken counts as far as it would
    /// have moved the foreground, and at least as far as its correction.
    ///
    /// # Errors
    /// [`Error::UpdateIndex`] for 0, and if the fit has fewer updates.
    pub fn displacement(&self, update: usize) -> Result<f64> {
        let Some(after) = update.checked_sub(1).and_then(|i| self.updates.get(i)) else {
            return Err(Error::UpdateIndex { index: update, last: self.updates.len() });
        };
        let before = update.checked_sub(2).map_or(&self.start, |i| &self.updates[i].params);
        if after.taken {
            return Ok(self.task.displacement(before, &after.params));
        }
        let proposed = std::array::from_fn(|i| before[i] + after.delta[i]);
        Ok(self.task.displacement(before, &proposed).max(after.correction))
    }

    /// The confidence that the glasses are on a face, 0 to 1. `None` for a fit without updates, and
    /// for a task without a [`Task::calibration`].
    ///
    /// At 0.5 or more, the glasses are probably on a face. The confidence is derived from the size
    /// of the last update. It is calibrated for the shipped weights with at least their default
    /// number of updates ([`super::TryOn::updates`]). A shorter fit has not converged yet, so its
    /// confidence is too low.
    ///
    /// The confidence says whether the fit found a face. It does not say how well the glasses sit.
    ///
    /// It is low if the last update was not taken.
    pub fn confidence(&self) -> Option<f64> {
        self.task.confidence(self.displacement(self.updates.len()).ok()?)
    }
}
