//! The confidence of a fit, from the size of its last update.
//!
//! On a face the updates converge; elsewhere they do not.

use crate::Homography;
use crate::homography::DIMENSION;
use crate::pose::{EYE_Y, PUPIL_X, TEMPLE_X};

/// The displacement, in lens distances, at which the confidence is 0.5.
///
/// Both constants come from a logistic regression of "landmark error ≤ 0.15" on the logarithm of
/// the last displacement, with equal total weight for both classes. `stgan evaluate --split train`
/// prints them, for the fits in its table of situations.
const MIDPOINT: f64 = 0.0331;
/// The slope of that regression.
const SLOPE: f64 = 2.77;

/// The mean distance by which pupils and temples move under exp(−p) from `before` to `after`.
///
/// The unit is the distance between the lens centres of the glasses in the canonical pose.
pub(super) fn displacement(before: &[f64; DIMENSION], after: &[f64; DIMENSION]) -> f64 {
    let [a, b] = [before, after].map(|params| {
        let inverse = Homography::exp(&params.map(|x| -x));
        [-PUPIL_X, PUPIL_X, -TEMPLE_X, TEMPLE_X].map(|x| inverse.apply([x, EYE_Y]))
    });
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
    sum / 4.0 / (2.0 * PUPIL_X)
}

/// The confidence, 0 to 1, after a last update of this displacement; 0 if it is not finite.
pub(super) fn confidence(displacement: f64) -> f64 {
    if displacement.is_finite() { 1.0 / (1.0 + (displacement / MIDPOINT).powf(SLOPE)) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_falls_as_the_last_displacement_grows() {
        assert_eq!(confidence(0.0), 1.0);
        assert_eq!(confidence(MIDPOINT), 0.5);
        assert!(confidence(0.004) > 0.95 && confidence(0.2) < 0.05);
        assert_eq!([f64::NAN, f64::INFINITY].map(confidence), [0.0; 2]);
    }

    #[test]
    fn displacement_is_measured_in_lens_distances() {
        let zero = [0.0; DIMENSION];
        assert_eq!(displacement(&zero, &zero), 0.0);
        // p1 is a translation along x, in canonical units.
        let shifted = std::array::from_fn(|i| if i == 0 { 2.0 * PUPIL_X } else { 0.0 });
        assert!((displacement(&zero, &shifted) - 1.0).abs() < 1e-9);
    }
}
