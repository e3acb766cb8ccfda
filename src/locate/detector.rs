//! The detector network of locators that are trained here: scans a downscaled photo at every
//! pyramid level for pairs of pupils.

use super::face::{sigmoid, suppress};
use super::network::chain;
use super::reduced::ReducedPhoto;
use super::{CANDIDATE_REACH, DetectorSpec, LocatedFace};
use crate::Result;
use crate::kernels::{Chain, Instructions, Map};
use crate::model::Parameters;

/// The number of outputs per cell: a score (logit), then x and y of the left and the right pupil.
pub(super) const OUTPUTS: usize = 5;

/// The side of a cell, in pixels of a pyramid level.
pub const STRIDE: usize = 8;

/// The approximate maximum number of pixels of the finest level. A face with glasses 5 % as wide as
/// a 4:3 photo then has an inter-pupil distance of 6 pixels.
pub(super) const MAX_AREA: f64 = 224.0 * 224.0;
/// The minimum side of a level. A smaller level shows no face that the previous level does not.
const MIN_SIDE: usize = 12;
/// The minimum logit of a candidate.
const MIN_LOGIT: f32 = -4.0;

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
        let mut level = reduced.map(0, border);
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
    let likely = cells.filter(|&(y, x)| outputs.pixel(y, x)[0] > MIN_LOGIT);
    let face = |(y, x): (usize, usize)| {
        let cell = outputs.pixel(y, x);
        let pupil = |k: usize| {
            let [dx, dy] = [f64::from(cell[1 + 2 * k]), f64::from(cell[2 + 2 * k])];
            let stride = STRIDE as f64;
            [(x as f64 + 0.5 + dx) * stride * scale[0], (y as f64 + 0.5 + dy) * stride * scale[1]]
        };
        LocatedFace::new([pupil(0), pupil(1)], sigmoid(cell[0]))
    };
    suppress(likely.map(face).filter(|face| face.pupil_distance() > 1e-3).collect(), CANDIDATE_REACH)
}
