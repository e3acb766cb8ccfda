//! The first network: looks at the whole photo, small, at every size, for places where two pupils may be.

use super::network::chain;
use super::{DetectorSpec, LocatedFace, Photo, suppress};
use crate::kernels::{Chain, Instructions, Map};
use crate::model::Parameters;
use crate::{Bitmap, Rect, Result};

/// What a network answers for a place: a score (its logit), then x and y of the image's left pupil and of the right one.
pub(super) const ANSWERS: usize = 5;

/// Pixels of a level from one place that has an answer to the next.
pub const STRIDE: usize = 8;

/// Pixels of the photo as the detector sees it, about: a face whose frame is 5 % of a 4:3 photo's width has its eyes 6 pixels apart.
const AREA: f64 = 224.0 * 224.0;
/// However long a strip the photo is.
const LONGEST: f64 = 2048.0;
/// A level with a shorter side has room for no face that the one before has not seen.
const SHORTEST: usize = 12;
/// At most so many answers, the best of a level, are compared with each other.
const ANSWERS_KEPT: usize = 200;
/// A lower score is not even a candidate.
const LOWEST: f32 = -4.0;

/// A photo reduced for the detector; where its faces are large, the refiner too has enough of it.
pub(super) struct Small {
    pub bitmap: Bitmap,
    /// The photo's width and height.
    pub photo: (u32, u32),
}

impl Small {
    pub(crate) fn new<P: Photo>(photo: &P) -> Result<Self, P::Error> {
        let (width, height) = photo.size();
        let (w, h) = (f64::from(width), f64::from(height));
        let scale = (w * h / AREA).sqrt().max(w.max(h) / LONGEST).max(1.0);
        let reduced = |size: f64| (size / scale).round().max(1.0) as u32;
        let bitmap = photo.read(Rect { x: 0, y: 0, width, height }, reduced(w), reduced(h))?;
        Ok(Self { bitmap, photo: (width, height) })
    }

    /// Photo pixels a pixel, along both axes.
    pub(crate) fn scale(&self) -> [f64; 2] {
        [
            f64::from(self.photo.0) / f64::from(self.bitmap.width()),
            f64::from(self.photo.1) / f64::from(self.bitmap.height()),
        ]
    }

    /// What networks are given of it: (colour − ½) · alpha.
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

/// The detector, ready for use.
#[derive(Debug)]
pub struct Detector(Chain);

impl Detector {
    /// From weights in memory, which are copied.
    ///
    /// # Errors
    /// [`crate::Error::TensorMissing`] and [`crate::Error::TensorShape`] where they do not fit.
    pub fn from_parameters(spec: &DetectorSpec, parameters: &Parameters) -> Result<Self> {
        Self::new(spec, parameters, Instructions::best())
    }

    /// Where faces may be in one picture of one size: three planes of (colour − ½) · alpha, `size` rows and columns.
    ///
    /// # Panics
    /// Where the planes have another size.
    pub fn in_planes(&self, planes: &[f32], size: (usize, usize)) -> Vec<LocatedFace> {
        assert_eq!(planes.len(), 3 * size.0 * size.1, "three planes");
        let mut map = Map::new(size, 3, self.0.border());
        for y in 0..size.0 {
            for (x, pixel) in map.row_mut(y).chunks_exact_mut(3).enumerate() {
                for (c, value) in pixel.iter_mut().enumerate() {
                    *value = planes[(c * size.0 + y) * size.1 + x];
                }
            }
        }
        places(&self.0.run(&map), [1.0; 2])
    }

    pub(super) fn new(spec: &DetectorSpec, parameters: &Parameters, instructions: Instructions) -> Result<Self> {
        Ok(Self(chain(&spec.layers(), parameters, instructions)?))
    }

    /// Where faces may be, in photo pixels, the best first.
    pub(super) fn places(&self, small: &Small) -> Vec<LocatedFace> {
        let border = self.0.border();
        let mut level = small.map(border);
        let mut scale = small.scale();
        let mut found = Vec::new();
        loop {
            found.extend(places(&self.0.run(&level), scale));
            let (height, width) = level.size();
            if height.min(width) / 2 < SHORTEST {
                break;
            }
            // An odd last row or column is left out of the half: what is left keeps its scale.
            level = level.halved(border);
            scale = scale.map(|s| 2.0 * s);
        }
        // Of one size against another the refiner decides.
        suppress(found, 0.6)
    }
}

/// The answers of a level as faces, those of one face only once; `scale` is photo pixels a level's pixel.
fn places(answers: &Map, scale: [f64; 2]) -> Vec<LocatedFace> {
    let (rows, columns) = answers.size();
    let cells = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
    let mut likely: Vec<_> = cells.filter(|&(y, x)| answers.pixel(y, x)[0] > LOWEST).collect();
    likely.sort_by(|a, b| answers.pixel(b.0, b.1)[0].total_cmp(&answers.pixel(a.0, a.1)[0]));
    let face = |(y, x): (usize, usize)| {
        let pixel = answers.pixel(y, x);
        let at = |k: usize| {
            let [dx, dy] = [f64::from(pixel[1 + 2 * k]), f64::from(pixel[2 + 2 * k])];
            let stride = STRIDE as f64;
            [(x as f64 + 0.5 + dx) * stride * scale[0], (y as f64 + 0.5 + dy) * stride * scale[1]]
        };
        LocatedFace { pupils: [at(0), at(1)], score: sigmoid(pixel[0]) }
    };
    let found = likely.into_iter().take(ANSWERS_KEPT).map(face);
    suppress(found.filter(|face| face.eye_distance() > 1e-3).collect(), 0.6)
}

pub(super) fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + f64::from(-logit).exp())
}
