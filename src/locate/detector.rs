//! The detector network: scans a downscaled photo at every pyramid level for pairs of pupils.

use super::network::chain;
use super::{CANDIDATE_REACH, DetectorSpec, LocatedFace, Photo, suppress};
use crate::kernels::{Chain, Instructions, Map};
use crate::model::Parameters;
use crate::{Bitmap, Rect, Result};

/// The number of outputs per cell: a score (logit), then x and y of the left and the right pupil.
pub(super) const OUTPUTS: usize = 5;

/// The side of a cell, in pixels of a pyramid level.
pub const STRIDE: usize = 8;

/// The approximate maximum number of pixels of the finest level. A face with glasses 5 % as wide as
/// a 4:3 photo then has an inter-pupil distance of 6 pixels.
const MAX_AREA: f64 = 224.0 * 224.0;
/// The maximum side of the finest level, for extreme aspect ratios.
const MAX_SIDE: f64 = 2048.0;
/// The minimum side of a level. A smaller level shows no face that the previous level does not.
const MIN_SIDE: usize = 12;
/// The maximum number of candidates per level; those with the highest scores.
const MAX_LEVEL_CANDIDATES: usize = 200;
/// The minimum logit of a candidate.
const MIN_LOGIT: f32 = -4.0;

/// A photo downscaled for the detector. The refiner reads it too if the face is large enough.
pub(super) struct ReducedPhoto {
    pub bitmap: Bitmap,
    /// Width and height of the photo.
    pub photo: (u32, u32),
}

impl ReducedPhoto {
    pub(crate) fn new<P: Photo>(photo: &P) -> Result<Self, P::Error> {
        let (width, height) = photo.size();
        let (w, h) = (f64::from(width), f64::from(height));
        let scale = (w * h / MAX_AREA).sqrt().max(w.max(h) / MAX_SIDE).max(1.0);
        let reduced = |size: f64| (size / scale).round().max(1.0) as u32;
        let bitmap = photo.read(Rect { x: 0, y: 0, width, height }, reduced(w), reduced(h))?;
        Ok(Self { bitmap, photo: (width, height) })
    }

    /// Photo pixels per pixel of the reduced photo, along x and y.
    pub(crate) fn scale(&self) -> [f64; 2] {
        [
            f64::from(self.photo.0) / f64::from(self.bitmap.width()),
            f64::from(self.photo.1) / f64::from(self.bitmap.height()),
        ]
    }

    /// The input of the networks: (colour − ½) · alpha.
    fn map(&self, border: usize) -> Map {
        let (width, height) = (self.bitmap.width() as usize, self.bitmap.height() as usize);
        let mut map = Map::new((height, width), 3, border);
        for (y, row) in self.bitmap.data().chunks_exact(width * 4).enumerate() {
            for (out, pixel) in map.row_mut(y).chunks_exact_mut(3).zip(row.chunks_exact(4)) {
                let alpha = f32::from(pixel[3]) / 255.0;
                for (value, &byte) in out.iter_mut().zip(pixel) {
                    *value = (f32::from(byte) / 255.0 - 0.5) * alpha;
                }
            }
        }
        map
    }
}

/// The detector, ready for inference.
#[derive(Debug)]
pub struct Detector(Chain);

impl Detector {
    /// Copies weights that are in memory.
    ///
    /// # Errors
    /// [`crate::Error::TensorMissing`] and [`crate::Error::TensorShape`] if the tensors do not
    /// match the specification.
    pub fn from_parameters(spec: &DetectorSpec, parameters: &Parameters) -> Result<Self> {
        Self::new(spec, parameters, Instructions::best())
    }

    /// Detects candidates at a single scale.
    ///
    /// `planes` is [3, height, width] for `size` = (height, width), with values (colour − ½) ·
    /// alpha. The pupils are in pixels of that image.
    ///
    /// # Panics
    /// If `planes` has another length.
    pub fn in_planes(&self, planes: &[f32], size: (usize, usize)) -> Vec<LocatedFace> {
        assert_eq!(planes.len(), 3 * size.0 * size.1, "planes of {} rows and {} columns", size.0, size.1);
        let mut map = Map::new(size, 3, self.0.border());
        for y in 0..size.0 {
            for (x, pixel) in map.row_mut(y).chunks_exact_mut(3).enumerate() {
                for (c, value) in pixel.iter_mut().enumerate() {
                    *value = planes[(c * size.0 + y) * size.1 + x];
                }
            }
        }
        decode(&self.0.run(&map), [1.0; 2])
    }

    pub(super) fn new(spec: &DetectorSpec, parameters: &Parameters, instructions: Instructions) -> Result<Self> {
        Ok(Self(chain(&spec.layers(), parameters, instructions)?))
    }

    /// Detects candidates at all scales, in photo pixels, best first.
    pub(super) fn candidates(&self, reduced: &ReducedPhoto) -> Vec<LocatedFace> {
        let border = self.0.border();
        let mut level = reduced.map(border);
        let mut scale = reduced.scale();
        let mut found = Vec::new();
        loop {
            found.extend(decode(&self.0.run(&level), scale));
            let (height, width) = level.size();
            if height.min(width) / 2 < MIN_SIDE {
                break;
            }
            // Halving drops an odd last row or column, so the scale is exactly doubled.
            level = level.halved(border);
            scale = scale.map(|s| 2.0 * s);
        }
        suppress(found, CANDIDATE_REACH)
    }
}

/// Converts the network's output for one level to candidates in photo pixels, with non-maximum
/// suppression. `scale` is the number of photo pixels per pixel of the level.
fn decode(outputs: &Map, scale: [f64; 2]) -> Vec<LocatedFace> {
    let (rows, columns) = outputs.size();
    let cells = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
    let mut likely: Vec<_> = cells.filter(|&(y, x)| outputs.pixel(y, x)[0] > MIN_LOGIT).collect();
    likely.sort_by(|a, b| outputs.pixel(b.0, b.1)[0].total_cmp(&outputs.pixel(a.0, a.1)[0]));
    let face = |(y, x): (usize, usize)| {
        let cell = outputs.pixel(y, x);
        let pupil = |k: usize| {
            let [dx, dy] = [f64::from(cell[1 + 2 * k]), f64::from(cell[2 + 2 * k])];
            let stride = STRIDE as f64;
            [(x as f64 + 0.5 + dx) * stride * scale[0], (y as f64 + 0.5 + dy) * stride * scale[1]]
        };
        LocatedFace { pupils: [pupil(0), pupil(1)], score: sigmoid(cell[0]) }
    };
    let found = likely.into_iter().take(MAX_LEVEL_CANDIDATES).map(face);
    suppress(found.filter(|face| face.pupil_distance() > 1e-3).collect(), CANDIDATE_REACH)
}

pub(super) fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + f64::from(-logit).exp())
}
