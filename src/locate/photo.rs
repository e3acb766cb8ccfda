//! Photos as the networks read them: downscaled parts, independent of where the pixels are stored.

use crate::resample::Downscaler;
use crate::{Bitmap, BitmapRef, Error, Rect, Result};

/// A photo or a video frame of which downscaled parts can be read.
///
/// [`BitmapRef`] implements it for images in memory. Other implementations can leave the pixels
/// where they are, for example in a browser's canvas.
pub trait Photo {
    /// The error of [`Photo::read`].
    type Error: From<Error>;

    /// Width and height, in pixels.
    fn size(&self) -> (u32, u32);

    /// Reads the pixels of `rect`, averaged to `width × height` pixels of straight-alpha RGBA.
    ///
    /// Callers guarantee that `rect` lies inside the photo, and that `width` and `height` are at
    /// least 1 and at most those of `rect`.
    ///
    /// # Errors
    /// The pixels cannot be read.
    fn read(&self, rect: Rect, width: u32, height: u32) -> Result<Bitmap, Self::Error>;
}

impl Photo for BitmapRef<'_> {
    type Error = Error;

    fn size(&self) -> (u32, u32) {
        (self.width(), self.height())
    }

    fn read(&self, rect: Rect, width: u32, height: u32) -> Result<Bitmap> {
        let inside = |start: u32, length: u32, size: u32| start.checked_add(length).is_some_and(|end| end <= size);
        let inside = inside(rect.x, rect.width, self.width()) && inside(rect.y, rect.height, self.height());
        // `crop` rejects a rectangle that is not inside.
        if !inside || (rect.width, rect.height) == (width, height) {
            return self.crop(rect);
        }
        let mut downscaler = Downscaler::new((rect.width, rect.height), (width, height))?;
        let (stride, start) = (self.width() as usize * 4, rect.x as usize * 4);
        for y in rect.y..rect.y + rect.height {
            let row = self.data().get(y as usize * stride + start..).and_then(|row| row.get(..rect.width as usize * 4));
            downscaler.push(row.unwrap_or_default())?;
        }
        downscaler.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_a_part_equals_downscaling_a_crop() {
        let data = (0..17 * 23 * 4u32).map(|i| (i * 37 % 251) as u8).collect();
        let image = Bitmap::new(17, 23, data).unwrap();
        let rect = Rect { x: 3, y: 4, width: 12, height: 17 };
        let part = image.as_ref().crop(rect).unwrap();
        assert_eq!(image.as_ref().read(rect, 12, 17).unwrap(), part);
        let mut downscaler = Downscaler::new((12, 17), (5, 6)).unwrap();
        downscaler.push(part.data()).unwrap();
        assert_eq!(image.as_ref().read(rect, 5, 6).unwrap(), downscaler.finish().unwrap());
        assert!(image.as_ref().read(rect, 13, 17).is_err() && image.as_ref().read(rect, 12, 0).is_err());
        assert!(image.as_ref().read(Rect { x: 6, ..rect }, 5, 6).is_err());
    }
}
