//! Photos as the locator asks for them: reduced parts, from wherever the pixels are.

use crate::resample::Downscaler;
use crate::{Bitmap, BitmapRef, Error, Rect, Result};

/// A photo that hands out reduced parts of itself. One in memory is a [`BitmapRef`]; the browser's stay where they are.
pub trait Photo {
    /// What reading may fail with.
    type Error: From<Error>;

    /// Width and height.
    fn size(&self) -> (u32, u32);

    /// The pixels of `rect`, which lies inside of the photo, averaged to `width × height`: at least one pixel a side, and no
    /// more than `rect` has.
    ///
    /// # Errors
    /// Whatever keeps the pixels from being read.
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
        // Which refuses what is not inside.
        if !inside || (rect.width, rect.height) == (width, height) {
            return self.crop(rect);
        }
        let mut reducer = Downscaler::new((rect.width, rect.height), (width, height))?;
        let (stride, start) = (self.width() as usize * 4, rect.x as usize * 4);
        for y in rect.y..rect.y + rect.height {
            let row = self.data().get(y as usize * stride + start..).and_then(|row| row.get(..rect.width as usize * 4));
            reducer.push(row.unwrap_or_default())?;
        }
        reducer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_as_if_it_were_cut_out_first() {
        let data = (0..17 * 23 * 4u32).map(|i| (i * 37 % 251) as u8).collect();
        let image = Bitmap::new(17, 23, data).unwrap();
        let rect = Rect { x: 3, y: 4, width: 12, height: 17 };
        let part = image.as_ref().crop(rect).unwrap();
        assert_eq!(image.as_ref().read(rect, 12, 17).unwrap(), part);
        let mut reducer = Downscaler::new((12, 17), (5, 6)).unwrap();
        reducer.push(part.data()).unwrap();
        assert_eq!(image.as_ref().read(rect, 5, 6).unwrap(), reducer.finish().unwrap());
        assert!(image.as_ref().read(rect, 13, 17).is_err() && image.as_ref().read(rect, 12, 0).is_err());
        assert!(image.as_ref().read(Rect { x: 6, ..rect }, 5, 6).is_err());
    }
}
