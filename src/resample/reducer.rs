//! A smaller image of one that comes in by rows.

use super::area::{Areas, Axis};
use crate::{Bitmap, Error, Result};

/// Averages an image down to any smaller size as its rows come in: each pixel is the mean over its area, in premultiplied alpha,
/// rounded once. Beside the result it holds a few rows, whatever the image's size.
#[derive(Clone)]
pub struct Downscaler {
    from: (u32, u32),
    to: (u32, u32),
    areas: Areas<f64>,
    pixels: Vec<[u8; 4]>,
}

impl Downscaler {
    /// From images of one size (width, height) to those of another, which is no larger.
    ///
    /// # Errors
    /// [`Error::Argument`] where a side of the result is zero or longer than the image's; [`Error::ImageTooLarge`] for images of
    /// more pixels than [`crate::MAX_PIXELS`].
    pub fn new(from: (u32, u32), to: (u32, u32)) -> Result<Self> {
        if to.0 == 0 || to.1 == 0 || to.0 > from.0 || to.1 > from.1 {
            let expected = format!("1 pixel a side to {}×{}", from.0, from.1);
            return Err(Error::Argument { name: "size", value: format!("{}×{}", to.0, to.1), expected });
        }
        crate::bitmap::byte_len(from.0, from.1)?;
        let pixels = vec![[0; 4]; to.0 as usize * to.1 as usize];
        Ok(Self { from, to, areas: Areas::new(Axis::divided(from.0, to.0), Axis::divided(from.1, to.1)), pixels })
    }

    /// Takes one or more whole rows, straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::Argument`] for half a row, none, or more rows than the image has.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        if self.areas.whole_lines(rows.len()).is_none_or(|lines| lines == 0) {
            let expected =
                format!("whole rows of {} bytes, at most {} more", self.areas.stride(), self.areas.missing());
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

    /// The reduced image.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where rows are missing.
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
