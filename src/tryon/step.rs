//! The step of an update: corrected so that the glasses stay stiff, or not taken.

use super::confidence;
use super::logarithm::logarithm;
use crate::Homography;
use crate::homography::DIMENSION;
use crate::pose::GlassesPlane;

/// The maximum correction of an update, in lens distances. A pose further from all plausible ones
/// says nothing about the face.
const MAX_CORRECTION: f64 = 0.15;

/// Smaller corrections are rounding errors, and the update stays as it is.
const MIN_CORRECTION: f64 = 1e-6;

/// The maximum factor by which an update may change the lens distance.
const MAX_SCALE_CHANGE: f64 = 3.0;

/// An update that goes further than the last one by this factor, and by at least
/// [`MIN_DIVERGENCE`], diverges.
const MAX_DIVERGENCE: f64 = 2.0;
/// In lens distances.
const MIN_DIVERGENCE: f64 = 0.15;

/// The result of an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// p after the update.
    pub params: [f64; DIMENSION],
    /// The distance to the nearest plausible pose, in lens distances; infinite if there is none.
    pub correction: f64,
    pub taken: bool,
}

impl Step {
    /// Takes the update `delta` from `before`, or stays there.
    ///
    /// `to_photo` maps canonical coordinates to a photo of `photo` (width, height) pixels, and
    /// `last` is the displacement of the update before.
    pub(super) fn new(
        to_photo: &Homography,
        photo: (u32, u32),
        before: &[f64; DIMENSION],
        delta: &[f64; DIMENSION],
        last: Option<f64>,
    ) -> Self {
        let proposed: [f64; DIMENSION] = std::array::from_fn(|i| before[i] + delta[i]);
        let plane = |params: &[f64; DIMENSION]| GlassesPlane(*to_photo * Homography::exp(&params.map(|x| -x)));
        let refused = |correction| Self { params: *before, correction, taken: false };
        let Some(stiff) = plane(&proposed).stiff(photo) else { return refused(f64::INFINITY) };
        let corrected = || Some(logarithm(&(to_photo.inverse().ok()? * stiff.plane.0))?.map(|x| -x));
        let params = if stiff.moved < MIN_CORRECTION { Some(proposed) } else { corrected() };
        let Some(params) = params else { return refused(f64::INFINITY) };
        let moved = confidence::displacement(before, &params);
        let change = stiff.plane.lens_distance() / plane(before).lens_distance();
        let diverges = last.is_some_and(|last| moved > MIN_DIVERGENCE.max(MAX_DIVERGENCE * last));
        let steady = (1.0 / MAX_SCALE_CHANGE..MAX_SCALE_CHANGE).contains(&change);
        if stiff.moved > MAX_CORRECTION || !steady || diverges || !moved.is_finite() {
            return refused(stiff.moved);
        }
        Self { params, correction: stiff.moved, taken: true }
    }
}
