//! The plane that glasses cover in an image, whatever glasses they are.

use super::{EYE_Y, PUPIL_X, Placement, TEMPLE_X};
use crate::{Homography, Result};

/// Half the height of the box whose corners stand for a pose: about a frame's.
const REACH: f64 = 0.6 * PUPIL_X;

/// The corners of a frame's box in canonical coordinates.
const CORNERS: [[f64; 2]; 4] =
    [[-TEMPLE_X, EYE_Y - REACH], [TEMPLE_X, EYE_Y - REACH], [TEMPLE_X, EYE_Y + REACH], [-TEMPLE_X, EYE_Y + REACH]];

/// The map from canonical coordinates to an image's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane(pub Homography);

impl Plane {
    /// A frame as placed.
    ///
    /// # Errors
    /// As [`Placement::to_photo`].
    pub fn of(placement: &Placement) -> Result<Self> {
        Ok(Self(placement.to_photo()?))
    }

    /// The pose with the four corners there.
    ///
    /// # Errors
    /// As [`Homography::from_points`].
    pub fn from_corners(corners: &[[f64; 2]; 4]) -> Result<Self> {
        Ok(Self(Homography::from_points(&CORNERS, corners)?))
    }

    /// The corners of the frame's box.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        CORNERS.map(|corner| self.0.apply(corner))
    }

    /// The lens centres, where the pupils should be: the picture's left one first.
    pub fn lens_centres(&self) -> [[f64; 2]; 2] {
        [[-PUPIL_X, EYE_Y], [PUPIL_X, EYE_Y]].map(|pupil| self.0.apply(pupil))
    }

    /// The distance between them.
    pub fn eye_distance(&self) -> f64 {
        let [[ax, ay], [bx, by]] = self.lens_centres();
        (bx - ax).hypot(by - ay)
    }

    /// Whether a frame on a face can have that shape. Where much of a face is off the picture, networks may answer with one that cannot.
    /// The bounds are wide: a head turned by 18° has a frame with one side twice as high as the other, since training makes sides as high
    /// as they are far from the nose.
    pub fn is_likely(&self) -> bool {
        let corners = self.corners();
        let side = |a: usize, b: usize| (corners[b][0] - corners[a][0]).hypot(corners[b][1] - corners[a][1]);
        let (top, right, bottom, left) = (side(0, 1), side(1, 2), side(2, 3), side(3, 0));
        let aspect = (top + bottom) / (left + right) * (REACH / TEMPLE_X);
        let within = |value: f64, most: f64| value > 1.0 / most && value < most;
        within(aspect, 2.0) && within(left / right, 3.5) && within(top / bottom, 2.0)
    }

    /// The placement nearest to it: the middle, length and slope of the line between the temples.
    pub fn placement(&self) -> Placement {
        let [[ax, ay], [bx, by]] = [[-TEMPLE_X, EYE_Y], [TEMPLE_X, EYE_Y]].map(|temple| self.0.apply(temple));
        let (dx, dy) = (bx - ax, by - ay);
        Placement { x: 0.5 * (ax + bx), y: 0.5 * (ay + by), width: dx.hypot(dy), rotation: dy.atan2(dx).to_degrees() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_comes_back() {
        let placement = Placement { x: 310.0, y: 200.0, width: 180.0, rotation: -12.0 };
        let pose = Plane::of(&placement).unwrap();
        let back = pose.placement();
        assert!((back.x - 310.0).abs() < 1e-9 && (back.y - 200.0).abs() < 1e-9);
        assert!((back.width - 180.0).abs() < 1e-9 && (back.rotation + 12.0).abs() < 1e-9);
        assert!((pose.eye_distance() - 180.0 * PUPIL_X / TEMPLE_X).abs() < 1e-9);
        assert!(pose.is_likely());
        let same = Plane::from_corners(&pose.corners()).unwrap();
        assert!(same.0.apply([0.3, -0.2]).iter().zip(pose.0.apply([0.3, -0.2])).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn some_shapes_no_frame_on_a_face_has() {
        let shape = |top: [f64; 2], bottom: [f64; 2], width: f64| {
            let half = 0.5 * width;
            Plane::from_corners(&[[-half, top[0]], [half, top[1]], [half, bottom[1]], [-half, bottom[0]]])
                .unwrap()
                .is_likely()
        };
        // As high as REACH of TEMPLE_X: 27 of 100.
        assert!(shape([0.0, 0.0], [27.0, 27.0], 100.0));
        assert!(shape([0.0, 4.0], [30.0, 24.0], 75.0), "turned");
        assert!(!shape([0.0, 0.0], [27.0, 27.0], 45.0), "high");
        assert!(!shape([0.0, 0.0], [12.0, 12.0], 100.0), "flat");
        assert!(!shape([0.0, 15.0], [40.0, 24.0], 100.0), "one side four times the other");
    }
}
