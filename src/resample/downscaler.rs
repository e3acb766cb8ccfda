//! Downscaling of an image that arrives row by row.

use super::area::{Areas, Axis};
use crate::{Bitmap, Error, Result};

/// Downscales an image by averaging areas, as its rows arrive.
///
/// Each output pixel is the mean over its area, in premultiplied alpha, rounded once. Besides the
/// result, only a few rows are in memory.
#[derive(Clone)]
pub struct Downscaler {
    from: (u32, u32),
    to: (u32, u32),
    areas: Areas<f64>,
    pixels: Vec<[u8; 4]>,
}

impl Downscaler {
    /// Creates a downscaler from one size (width, height) to another that is not larger.
    ///
    /// # Errors
    /// - [`Error::Argument`] if a side of the result is 0 or longer than that of the image.
    /// - [`Error::ImageTooLarge`] for images of more than [`crate::MAX_PIXELS`].
    pub fn new(from: (u32, u32), to: (u32, u32)) -> Result<Self> {
        if to.0 == 0 || to.1 == 0 || to.0 > from.0 || to.1 > from.1 {
            let expected = format!("1×1 to {}×{} pixels", from.0, from.1);
            return Err(Error::Argument { name: "size", value: format!("{}×{}", to.0, to.1), expected });
        }
        crate::bitmap::byte_len(from.0, from.1)?;
        let pixels = vec![[0; 4]; to.0 as usize * to.1 as usize];
        Ok(Self { from, to, areas: Areas::new(Axis::divided(from.0, to.0), Axis::divided(from.1, to.1)), pixels })
    }

    /// Adds one or more rows, from top to bottom, in straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::Argument`] if `rows` is empty, not a multiple of the row length, or more than the
    /// remaining rows.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        if self.areas.whole_lines(rows.len()).is_none_or(|lines| lines == 0) {
            let expected =
                format!("a multiple of {} bytes (one row), at most {} rows", self.areas.stride(), self.areas.missing());
            return Err(Error::Argument { name: "rows", value: format!("{} bytes", rows.len()), expected });
        }
        let (width, scale) = (self.to.0 as usize, 255.0 / self.areas.unit());
        let mean = |[r, g, b, alpha]: [f64; 4]| {
            let z = if alpha > 0.0 { 255.0 / alpha } else { 0.0 };
            [r * z, g * z, b * z, alpha * scale].map(|value| (value + 0.5) as u8)
        };
        self.areas.push(rows, &mut self.pixels, |pixels, row| &mut pixels[row * width..(row + 1) * width], mean);
        Ok(())
    }

    /// Returns the downscaled image.
    ///
    /// # Errors
    /// [`Error::ImageSize`] if rows are missing.
    pub fn finish(self) -> Result<Bitmap> {
        if self.areas.missing() > 0 {
            let [expected, actual] =
                [self.from.1, self.areas.lines()].map(|lines| lines as usize * self.areas.stride());
            return Err(Error::ImageSize { width: self.from.0, height: self.from.1, expected, actual });
        }
        Bitmap::new(self.to.0, self.to.1, self.pixels.into_flattened())
    }
}

impl std::fmt::Debug for Downscaler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (lines, from, to) = (self.areas.lines(), self.from, self.to);
        write!(f, "Downscaler({lines} rows of {}×{}, to {}×{})", from.0, from.1, to.0, to.1)
    }
}
