//! The pyramid of an image that comes in by rows, and of which only its reduced levels are kept.

use super::area::{Areas, Axis, MAX_HALVINGS, premultiplied};
use super::{Level, Pyramid, UNIT};
use crate::bitmap::BitmapRef;
use crate::{Error, Result};

/// Takes an image from the top to the bottom, rows at a time, and makes a [`Pyramid`] without its finest levels of it. Of the image
/// itself it holds nothing: a part of a large photo goes through in bands.
#[derive(Clone)]
pub struct PyramidBuilder {
    width: u32,
    height: u32,
    skipped: u32,
    level: Level,
    areas: Areas<u32>,
}

impl PyramidBuilder {
    /// For an image of the given size and a pyramid from the `skipped`-th half on (at most the eighth).
    ///
    /// # Errors
    /// [`Error::ImageSize`] for an empty image, [`Error::ImageTooLarge`] beyond [`crate::bitmap::MAX_PIXELS`].
    pub fn new(width: u32, height: u32, skipped: u32) -> Result<Self> {
        crate::bitmap::byte_len(width, height)?;
        let skipped = skipped.min(MAX_HALVINGS);
        let [across, down] = [width, height].map(|length| Axis::halved(length, skipped));
        let level = Level::transparent(across.count() as usize, down.count() as usize);
        Ok(Self { width, height, skipped, level, areas: Areas::new(across, down) })
    }

    /// Takes the next rows: straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where the bytes are no whole rows, or more than the image has.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        if self.areas.whole_lines(rows.len()).is_none() {
            return Err(self.wrong_size(rows.len()));
        }
        let level = &mut self.level;
        if self.areas.are_pixels() {
            for line in rows.chunks_exact(self.areas.stride()) {
                let out = level.row_mut(self.areas.count_line());
                for (out, &pixel) in out.iter_mut().zip(line.as_chunks().0) {
                    *out = premultiplied(pixel).map(f32::from);
                }
            }
            return Ok(());
        }
        let scale = (f64::from(UNIT) / self.areas.unit()) as f32;
        self.areas.push(rows, level, Level::row_mut, |sum| sum.map(|sum| sum as f32 * scale));
        Ok(())
    }

    /// The pyramid.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where rows are missing.
    pub fn finish(self) -> Result<Pyramid> {
        if self.areas.missing() > 0 {
            return Err(self.wrong_size(0));
        }
        let mut levels = vec![self.level];
        // Down to one pixel and then on until it fades: an image far smaller than an output pixel covers it that little.
        while let Some(last) = levels.last().filter(|level| level.is_visible()) {
            levels.push(last.halved());
        }
        Ok(Pyramid { width: self.width, height: self.height, skipped: self.skipped, levels })
    }

    /// The pyramid of an image that is at hand.
    pub(super) fn of(image: BitmapRef, skipped: u32) -> Result<Pyramid> {
        let mut builder = Self::new(image.width(), image.height(), skipped)?;
        builder.push(image.data())?;
        builder.finish()
    }

    fn wrong_size(&self, more: usize) -> Error {
        let stride = self.areas.stride();
        let (expected, actual) = (self.height as usize * stride, self.areas.lines() as usize * stride + more);
        Error::ImageSize { width: self.width, height: self.height, expected, actual }
    }
}

impl std::fmt::Debug for PyramidBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (lines, skipped) = (self.areas.lines(), self.skipped);
        write!(f, "PyramidBuilder({lines} rows of {}×{}, from level {skipped})", self.width, self.height)
    }
}
