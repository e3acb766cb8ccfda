//! Whether a fit found a face, by how its last update went: on a face updates settle, elsewhere they go on.

use crate::Homography;
use crate::homography::DIMENSION;
use crate::pose::{EYE_Y, PUPIL_X, TEMPLE_X};

/// A fit that still moved this far at the end is as likely wrong as right, and how fast that changes: a logistic regression of whether
/// the anchor error is at most 0.15 on the logarithm of the move, right and wrong weighing alike. `stgan evaluate --split train` prints
/// both numbers for the fits that its table of situations counts.
const HALFWAY: f64 = 0.0375;
const STEEPNESS: f64 = 2.26;

/// How far an update moved the frame: the mean distance between pupils and temples under exp(−p) before and after it, in
/// eye distances of the frame in canonical pose.
pub(super) fn moved(before: &[f64; DIMENSION], after: &[f64; DIMENSION]) -> f64 {
    let [a, b] = [before, after].map(|params| {
        let back = Homography::exp(&params.map(|x| -x));
        [-PUPIL_X, PUPIL_X, -TEMPLE_X, TEMPLE_X].map(|x| back.apply([x, EYE_Y]))
    });
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
    sum / 4.0 / (2.0 * PUPIL_X)
}

/// 0 to 1 for a last update that moved the frame so far; 0 for one that is not finite.
pub(super) fn confidence(moved: f64) -> f64 {
    if moved.is_finite() { 1.0 / (1.0 + (moved / HALFWAY).powf(STEEPNESS)) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_less_moves_at_the_end_the_surer() {
        assert_eq!(confidence(0.0), 1.0);
        assert_eq!(confidence(HALFWAY), 0.5);
        assert!(confidence(0.004) > 0.95 && confidence(0.2) < 0.05);
        assert_eq!([f64::NAN, f64::INFINITY].map(confidence), [0.0; 2]);
    }

    #[test]
    fn a_move_is_told_in_eye_distances() {
        let zero = [0.0; DIMENSION];
        assert_eq!(moved(&zero, &zero), 0.0);
        // p1 is a translation along x, in canonical units.
        let aside = std::array::from_fn(|i| if i == 0 { 2.0 * PUPIL_X } else { 0.0 });
        assert!((moved(&zero, &aside) - 1.0).abs() < 1e-9);
    }
}
