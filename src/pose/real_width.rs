//! The real width of glasses on a face.

use super::{EYE_Y, GlassesPlane, TEMPLE_X};
use crate::{Error, Homography, Result};

/// The mean distance between the pupils of adults, in millimetres (Dodgson, Proceedings of SPIE
/// 5291, pages 36 to 46, 2004).
pub const MEAN_PUPIL_DISTANCE_MM: f64 = 63.0;

/// The pupil distances of nearly all people, in millimetres: the extremes of the same study.
const PUPIL_DISTANCES_MM: (f64, f64) = (45.0, 80.0);

/// The widths of glasses for children and adults, in millimetres.
const WIDTHS_MM: (f64, f64) = (90.0, 200.0);

/// The factors by which a fit may be scaled. Beyond them, the pupils or the stated sizes are wrong.
const FACTORS: (f64, f64) = (0.7, 1.4);

/// The width of glasses relative to the distance between the pupils of the person who wears them.
///
/// A fit places glasses by what the networks have learned, which is a common width. With the real
/// width, two pairs of glasses of different widths look different on the same face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealWidth {
    ratio: f64,
}

impl RealWidth {
    /// The width of glasses that are `width_mm` millimetres wide, on a person whose pupils are
    /// `pupil_distance_mm` apart, by default [`MEAN_PUPIL_DISTANCE_MM`].
    ///
    /// # Errors
    /// [`Error::Argument`] for a width that is not from 90 to 200 mm, or a pupil distance that is
    /// not from 45 to 80 mm.
    pub fn new(width_mm: f64, pupil_distance_mm: Option<f64>) -> Result<Self> {
        let pupil_distance_mm = pupil_distance_mm.unwrap_or(MEAN_PUPIL_DISTANCE_MM);
        for (name, value, (min, max)) in [
            ("the width of the glasses", width_mm, WIDTHS_MM),
            ("the pupil distance", pupil_distance_mm, PUPIL_DISTANCES_MM),
        ] {
            // NaN is in no range.
            if !(min..=max).contains(&value) {
                return Err(Error::argument(name, value, format!("{min} to {max} mm")));
            }
        }
        Ok(Self { ratio: width_mm / pupil_distance_mm })
    }

    /// The similarity that gives fitted glasses their real width on the face with `pupils`. It
    /// scales an image about the midpoint between the fitted lenses. The identity if the pupils or
    /// the plane are degenerate.
    pub(crate) fn correction(self, plane: &GlassesPlane, pupils: &[[f64; 2]; 2]) -> Homography {
        let distance = |[[ax, ay], [bx, by]]: [[f64; 2]; 2]| (bx - ax).hypot(by - ay);
        let ends = [[-TEMPLE_X, EYE_Y], [TEMPLE_X, EYE_Y]].map(|end| plane.0.apply(end));
        let [x, y] = plane.0.apply([0.0, EYE_Y]);
        let factor = self.ratio * distance(*pupils) / distance(ends);
        if !factor.is_finite() || factor <= 0.0 || !x.is_finite() || !y.is_finite() {
            return Homography::IDENTITY;
        }
        let factor = factor.clamp(FACTORS.0, FACTORS.1);
        Homography::similarity(factor, 0.0, x - factor * x, y - factor * y)
    }

    /// The plane of fitted glasses at their real width.
    pub(crate) fn applied(self, plane: &GlassesPlane, pupils: &[[f64; 2]; 2]) -> GlassesPlane {
        GlassesPlane(self.correction(plane, pupils) * plane.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Placement;

    const PUPILS: [[f64; 2]; 2] = [[280.0, 206.0], [340.0, 194.0]];

    fn plane() -> GlassesPlane {
        let turned = Homography([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.1, 0.02, 1.0]);
        let placed = Placement { x: 310.0, y: 200.0, width: 140.0, rotation: -11.0 }.to_photo().unwrap();
        GlassesPlane(placed * turned)
    }

    #[test]
    fn widths_are_proportional_and_the_pose_stays() {
        let before = plane();
        let [narrow, wide] = [125.0, 145.0].map(|mm| RealWidth::new(mm, None).unwrap().applied(&before, &PUPILS));
        let (a, b) = (narrow.placement(), wide.placement());
        assert!((a.width / b.width - 125.0 / 145.0).abs() < 1e-9, "{a:?}, {b:?}");
        let pupil_distance = 60f64.hypot(12.0);
        assert!((b.width - 145.0 / 63.0 * pupil_distance).abs() < 1e-9);
        // The midpoint between the lenses stays, and all directions.
        for after in [narrow, wide] {
            let middle = [&before, &after].map(|plane| plane.0.apply([0.0, EYE_Y]));
            assert!((middle[0][0] - middle[1][0]).hypot(middle[0][1] - middle[1][1]) < 1e-9);
            assert!((before.placement().rotation - after.placement().rotation).abs() < 1e-9);
            let edge = |plane: &GlassesPlane| {
                let [[ax, ay], _, _, [bx, by]] = plane.corners();
                (by - ay).atan2(bx - ax)
            };
            assert!((edge(&before) - edge(&after)).abs() < 1e-9);
        }
        // Pupils that are further apart make the same glasses narrower.
        let far_apart = RealWidth::new(125.0, Some(70.0)).unwrap().applied(&before, &PUPILS);
        assert!((far_apart.placement().width / a.width - 63.0 / 70.0).abs() < 1e-9);
    }

    #[test]
    fn implausible_factors_are_limited_and_degenerate_pupils_change_nothing() {
        let width = RealWidth::new(140.0, None).unwrap();
        let across = |pupils| width.applied(&plane(), &pupils).placement().width / plane().placement().width;
        assert!((across([[200.0, 200.0], [400.0, 200.0]]) - 1.4).abs() < 1e-9);
        assert!((across([[300.0, 200.0], [310.0, 200.0]]) - 0.7).abs() < 1e-9);
        for pupils in [[[300.0, 200.0]; 2], [[f64::NAN; 2]; 2], [[f64::INFINITY, 0.0], [0.0, 0.0]]] {
            assert_eq!(width.correction(&plane(), &pupils), Homography::IDENTITY);
        }
        let nowhere = GlassesPlane(Homography([0.0; 9]));
        assert_eq!(width.correction(&nowhere, &PUPILS), Homography::IDENTITY);
    }

    #[test]
    fn absurd_sizes_are_refused() {
        for wrong in [f64::NAN, f64::INFINITY, 0.0, -140.0, 89.9, 200.1, 14.0] {
            assert_eq!(RealWidth::new(wrong, None).unwrap_err().code(), "argument", "{wrong}");
        }
        for wrong in [f64::NAN, 0.0, 44.9, 80.1, 6.3] {
            assert_eq!(RealWidth::new(140.0, Some(wrong)).unwrap_err().code(), "argument", "{wrong}");
        }
        assert!(RealWidth::new(90.0, Some(80.0)).is_ok() && RealWidth::new(200.0, Some(45.0)).is_ok());
    }
}
