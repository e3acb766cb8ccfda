//! Photos downscaled for the detectors.

use super::Photo;
use crate::kernels::Map;
use crate::{Bitmap, Rect, Result};

/// The maximum side of a downscaled photo, for extreme aspect ratios.
const MAX_SIDE: f64 = 2048.0;

/// A photo downscaled for a detector. The refiner reads it too if the face is large enough.
#[derive(Debug)]
pub(super) struct ReducedPhoto {
    pub bitmap: Bitmap,
    /// Width and height of the photo.
    pub photo: (u32, u32),
}

impl ReducedPhoto {
    /// Reads the whole photo with approximately `max_area` pixels, or its own number of pixels if
    /// that is less.
    pub(super) fn new<P: Photo>(photo: &P, max_area: f64) -> Result<Self, P::Error> {
        let (width, height) = photo.size();
        let (w, h) = (f64::from(width), f64::from(height));
        let scale = (w * h / max_area).sqrt().max(w.max(h) / MAX_SIDE).max(1.0);
        let reduced = |size: f64| (size / scale).round().max(1.0) as u32;
        let bitmap = photo.read(Rect { x: 0, y: 0, width, height }, reduced(w), reduced(h))?;
        Ok(Self { bitmap, photo: (width, height) })
    }

    /// Photo pixels per pixel of the reduced photo, along x and y.
    pub(super) fn scale(&self) -> [f64; 2] {
        [
            f64::from(self.photo.0) / f64::from(self.bitmap.width()),
            f64::from(self.photo.1) / f64::from(self.bitmap.height()),
        ]
    }

    /// The input of the networks, (colour − ½) · alpha, with `margin` further pixels of zeros on
    /// each side.
    pub(super) fn map(&self, margin: usize, border: usize) -> Map {
        let (width, height) = (self.bitmap.width() as usize, self.bitmap.height() as usize);
        let mut map = Map::new((height + 2 * margin, width + 2 * margin), 3, border);
        for (y, row) in self.bitmap.data().chunks_exact(width * 4).enumerate() {
            let inside = map.row_mut(y + margin)[3 * margin..].chunks_exact_mut(3);
            for (out, pixel) in inside.zip(row.chunks_exact(4)) {
                let alpha = f32::from(pixel[3]) / 255.0;
                for (value, &byte) in out.iter_mut().zip(pixel) {
                    *value = (f32::from(byte) / 255.0 - 0.5) * alpha;
                }
            }
        }
        map
    }
}
