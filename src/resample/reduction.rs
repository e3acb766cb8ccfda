//! An image that comes in by rows, and of which only its reduced levels are kept.

use super::{Level, Pyramid};
use crate::bitmap::BitmapRef;
use crate::{Error, Result};

/// Takes an image from the top to the bottom, rows at a time, and makes a [`Pyramid`] without its finest levels of it. Of the image
/// itself it holds nothing: a part of a large photo goes through in bands.
#[derive(Clone)]
pub struct Reduction {
    width: u32,
    height: u32,
    skipped: u32,
    rows: u32,
    level: Level,
    /// Premultiplied sums of the blocks of the row at hand.
    sums: Vec<[u32; 4]>,
    /// Sums of the bytes of opaque lines, which wait for the end of the blocks: at most 2⁸ lines of them, so they fit.
    columns: Vec<u16>,
}

impl Reduction {
    /// For an image of the given size and a pyramid from the `skipped`-th half on (at most the eighth).
    ///
    /// # Errors
    /// [`Error::ImageSize`] for an empty image, [`Error::ImageTooLarge`] beyond [`crate::bitmap::MAX_PIXELS`].
    pub fn new(width: u32, height: u32, skipped: u32) -> Result<Self> {
        crate::bitmap::byte_len(width, height)?;
        // A block's sum is at most 255² · 4⁸: just within a u32.
        let skipped = skipped.min(8);
        let level =
            Level::transparent((width as usize).div_ceil(1 << skipped), (height as usize).div_ceil(1 << skipped));
        let (sums, columns) = (vec![[0; 4]; level.width], vec![0; 4 * width as usize]);
        Ok(Self { width, height, skipped, rows: 0, level, sums, columns })
    }

    /// Takes the next rows: straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where the bytes are no whole rows, or more than the image has.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        let line = 4 * self.width as usize;
        let left = (self.height - self.rows) as usize * line;
        if !rows.len().is_multiple_of(line) || rows.len() > left {
            return Err(self.wrong_size(rows.len()));
        }
        for line in rows.chunks_exact(line) {
            self.push_line(line);
        }
        Ok(())
    }

    /// The pyramid.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where rows are missing.
    pub fn finish(self) -> Result<Pyramid> {
        if self.rows < self.height {
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
        let mut reduction = Self::new(image.width(), image.height(), skipped)?;
        reduction.push(image.data())?;
        reduction.finish()
    }

    fn wrong_size(&self, more: usize) -> Error {
        let line = 4 * self.width as usize;
        let (expected, actual) = (self.height as usize * line, self.rows as usize * line + more);
        Error::ImageSize { width: self.width, height: self.height, expected, actual }
    }

    fn push_line(&mut self, line: &[u8]) {
        let (row, block) = (self.rows as usize >> self.skipped, 1usize << self.skipped);
        self.rows += 1;
        if block == 1 {
            let out = self.level.row_mut(row);
            for (out, pixel) in out.iter_mut().zip(line.chunks_exact(4)) {
                *out = premultiplied(pixel).map(f32::from);
            }
            return;
        }
        if line.chunks_exact(4).fold(255, |all, pixel| all & pixel[3]) == 255 {
            for (sum, value) in self.columns.iter_mut().zip(line) {
                *sum += u16::from(*value);
            }
        } else {
            for (sum, pixels) in self.sums.iter_mut().zip(line.chunks(4 * block)) {
                for pixel in pixels.chunks_exact(4) {
                    for (s, value) in sum.iter_mut().zip(premultiplied(pixel)) {
                        *s += u32::from(value);
                    }
                }
            }
        }
        if self.rows == self.height || (self.rows as usize).is_multiple_of(block) {
            let weight = 0.25f32.powi(self.skipped as i32);
            let blocks = self.sums.iter_mut().zip(self.columns.chunks(4 * block));
            for (out, (sum, columns)) in self.level.row_mut(row).iter_mut().zip(blocks) {
                let mut opaque = [0u32; 4];
                for column in columns.chunks_exact(4) {
                    for (s, value) in opaque.iter_mut().zip(column) {
                        *s += u32::from(*value);
                    }
                }
                *out = std::array::from_fn(|k| (sum[k] + 255 * opaque[k]) as f32 * weight);
            }
            self.sums.fill([0; 4]);
            self.columns.fill(0);
        }
    }
}

impl std::fmt::Debug for Reduction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reduction({} of {}×{}, from level {})", self.rows, self.width, self.height, self.skipped)
    }
}

/// A pixel times its alpha, exact in 16 bits.
#[inline]
fn premultiplied(pixel: &[u8]) -> [u16; 4] {
    let alpha = u16::from(pixel[3]);
    [u16::from(pixel[0]) * alpha, u16::from(pixel[1]) * alpha, u16::from(pixel[2]) * alpha, 255 * alpha]
}
