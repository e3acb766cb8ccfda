//! Pixel buffers: RGBA8 with straight (not premultiplied) alpha, rows from top to bottom, like the
//! browser's `ImageData`.

use crate::{Error, Result};

/// Maximum number of pixels in one image: 64 megapixels.
///
/// Its 256 MB of RGBA leave enough of a 32-bit wasm memory free.
pub const MAX_PIXELS: u64 = 64_000_000;

/// An owned RGBA8 image.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

/// A borrowed RGBA8 image.
#[derive(Clone, Copy)]
pub struct BitmapRef<'a> {
    width: u32,
    height: u32,
    data: &'a [u8],
}

/// A rectangle of pixels: top-left corner and size, in pixels of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// The leftmost column.
    pub x: u32,
    /// The topmost row.
    pub y: u32,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
}

impl Rect {
    /// The smallest rectangle that contains both.
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// The edges: left, top, right, bottom.
    pub(crate) fn edges(&self) -> [f64; 4] {
        let Self { x, y, width, height } = *self;
        [f64::from(x), f64::from(y), f64::from(x) + f64::from(width), f64::from(y) + f64::from(height)]
    }
}

/// The length in bytes of a `width × height` buffer.
///
/// # Errors
/// [`Error::EmptyImage`] if a side is zero, [`Error::ImageTooLarge`] beyond [`MAX_PIXELS`].
pub(crate) fn byte_len(width: u32, height: u32) -> Result<usize> {
    if width == 0 || height == 0 {
        return Err(Error::EmptyImage { width, height });
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(Error::ImageTooLarge { width, height, limit: MAX_PIXELS });
    }
    Ok(pixels as usize * 4)
}

impl Bitmap {
    /// Wraps a buffer of `width × height × 4` bytes, without a copy.
    ///
    /// # Errors
    /// [`Error::EmptyImage`] if a side is zero, [`Error::ImageSize`] if the length of `data` does
    /// not match, [`Error::ImageTooLarge`] beyond [`MAX_PIXELS`].
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Result<Self> {
        BitmapRef::new(width, height, &data)?;
        Ok(Self { width, height, data })
    }

    /// A fully transparent image.
    ///
    /// # Errors
    /// [`Error::EmptyImage`] if a side is zero, [`Error::ImageTooLarge`] beyond [`MAX_PIXELS`].
    pub fn transparent(width: u32, height: u32) -> Result<Self> {
        Ok(Self { width, height, data: vec![0; byte_len(width, height)?] })
    }

    /// The width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: RGBA, row by row from the top.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes, mutable.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The bytes, without a copy.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// Borrows the image.
    pub fn as_ref(&self) -> BitmapRef<'_> {
        BitmapRef { width: self.width, height: self.height, data: &self.data }
    }
}

impl<'a> BitmapRef<'a> {
    /// Borrows a buffer of `width × height × 4` bytes.
    ///
    /// # Errors
    /// See [`Bitmap::new`].
    pub fn new(width: u32, height: u32, data: &'a [u8]) -> Result<Self> {
        let expected = byte_len(width, height)?;
        if data.len() != expected {
            return Err(Error::ImageSize { width, height, expected, actual: data.len() });
        }
        Ok(Self { width, height, data })
    }

    /// The width in pixels.
    pub fn width(self) -> u32 {
        self.width
    }

    /// The height in pixels.
    pub fn height(self) -> u32 {
        self.height
    }

    /// The bytes: RGBA, row by row from the top.
    pub fn data(self) -> &'a [u8] {
        self.data
    }

    /// Copies the pixels into an owned image.
    pub fn to_owned(self) -> Bitmap {
        Bitmap { width: self.width, height: self.height, data: self.data.to_vec() }
    }

    /// The smallest rectangle that contains every pixel whose alpha is at least `alpha` (0 to 255).
    ///
    /// Returns `None` if there is no such pixel.
    pub fn bounding_box(self, alpha: u8) -> Option<Rect> {
        let row = self.width as usize * 4;
        let opaque = |line: &[u8]| line.chunks_exact(4).any(|pixel| pixel[3] >= alpha);
        let top = self.data.chunks_exact(row).position(opaque)?;
        let bottom = self.data.chunks_exact(row).rposition(opaque)?;
        let (mut left, mut right) = (self.width as usize, 0);
        for line in self.data[top * row..(bottom + 1) * row].chunks_exact(row) {
            let mut pixels = line.chunks_exact(4);
            if let Some(first) = pixels.position(|pixel| pixel[3] >= alpha) {
                left = left.min(first);
            }
            if let Some(last) = line.chunks_exact(4).rposition(|pixel| pixel[3] >= alpha) {
                right = right.max(last);
            }
        }
        Some(Rect {
            x: left as u32,
            y: top as u32,
            width: (right - left + 1) as u32,
            height: (bottom - top + 1) as u32,
        })
    }

    /// Whether almost all pixels, 99.8 %, have an alpha of at least `alpha` (0 to 255).
    pub(crate) fn is_opaque(self, alpha: u8) -> bool {
        let pixels = self.data.len() / 4;
        let transparent = self.data.chunks_exact(4).filter(|pixel| pixel[3] < alpha).count();
        transparent * 500 < pixels
    }

    /// Copies the pixels in `rect`.
    ///
    /// # Errors
    /// [`Error::Argument`] if `rect` is not inside the image, [`Error::EmptyImage`] if it is empty.
    pub fn crop(self, rect: Rect) -> Result<Bitmap> {
        let inside = |start: u32, length: u32, size: u32| start.checked_add(length).is_some_and(|end| end <= size);
        if !inside(rect.x, rect.width, self.width) || !inside(rect.y, rect.height, self.height) {
            let expected = format!("a rectangle inside {}×{}", self.width, self.height);
            return Err(Error::argument("rect", format!("{rect:?}"), expected));
        }
        let mut data = Vec::with_capacity(byte_len(rect.width, rect.height)?);
        for y in rect.y..rect.y + rect.height {
            let start = (y as usize * self.width as usize + rect.x as usize) * 4;
            data.extend_from_slice(&self.data[start..start + rect.width as usize * 4]);
        }
        Bitmap::new(rect.width, rect.height, data)
    }
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap({}×{})", self.width, self.height)
    }
}

impl std::fmt::Debug for BitmapRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BitmapRef({}×{})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_buffers_of_the_wrong_length() {
        assert_eq!(Bitmap::new(2, 2, vec![0; 15]).unwrap_err().code(), "image-size");
        assert_eq!(Bitmap::new(0, 2, vec![]).unwrap_err().code(), "image-size");
        assert_eq!(Bitmap::transparent(u32::MAX, u32::MAX).unwrap_err().code(), "image-too-large");
    }

    #[test]
    fn bounding_box_contains_exactly_the_opaque_pixels() {
        let mut image = Bitmap::transparent(7, 5).unwrap();
        assert_eq!(image.as_ref().bounding_box(26), None);
        for (x, y) in [(2, 1), (5, 3)] {
            image.data_mut()[(y * 7 + x) * 4 + 3] = 26;
        }
        image.data_mut()[3] = 25;
        let found = image.as_ref().bounding_box(26).unwrap();
        assert_eq!(found, Rect { x: 2, y: 1, width: 4, height: 3 });
        assert_eq!(image.as_ref().crop(found).unwrap().data()[3], 26);
        assert!(image.as_ref().crop(Rect { x: 5, y: 0, width: 3, height: 1 }).is_err());
    }
}
