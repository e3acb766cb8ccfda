//! Building a pyramid from an image that arrives row by row.

use super::area::{Areas, Axis, MAX_HALVINGS, premultiplied};
use super::{Level, Pyramid, UNIT};
use crate::bitmap::BitmapRef;
use crate::{Error, Result};

/// Builds a [`Pyramid`] as the rows of an image arrive, without storing its finest levels.
///
/// The full image need not be in memory: a large photo can be pushed in bands.
#[derive(Clone)]
pub struct PyramidBuilder {
    width: u32,
    height: u32,
    skipped: u32,
    level: Level,
    areas: Areas<u32>,
}

impl PyramidBuilder {
    /// Creates a builder for a `width × height` image and a pyramid from the `skipped`-th half on;
    /// values above 8 count as 8.
    ///
    /// # Errors
    /// [`Error::EmptyImage`] for a side of 0, [`Error::ImageTooLarge`] for more than
    /// [`crate::MAX_PIXELS`].
    pub fn new(width: u32, height: u32, skipped: u32) -> Result<Self> {
        crate::bitmap::byte_len(width, height)?;
        let skipped = skipped.min(MAX_HALVINGS);
        let [across, down] = [width, height].map(|length| Axis::halved(length, skipped));
        let level = Level::transparent(across.count() as usize, down.count() as usize);
        Ok(Self { width, height, skipped, level, areas: Areas::new(across, down) })
    }

    /// Adds the next rows, from top to bottom, in straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::ImageSize`] if `rows` is not a multiple of the row length, or more than the
    /// remaining rows.
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

    /// Returns the pyramid.
    ///
    /// # Errors
    /// [`Error::ImageSize`] if rows are missing.
    pub fn finish(self) -> Result<Pyramid> {
        if self.areas.missing() > 0 {
            return Err(self.wrong_size(0));
        }
        let mut levels = vec![self.level];
        // Continues after the 1×1 level: an image far smaller than an output pixel must fade.
        while let Some(last) = levels.last().filter(|level| level.is_visible()) {
            levels.push(last.halved());
        }
        Ok(Pyramid { width: self.width, height: self.height, skipped: self.skipped, levels })
    }

    /// The pyramid of an image in memory.
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
