//! Where a frame is on a picture, whatever frame it is: the map from the canonical square to the picture's pixels.

use crate::model::canonical::{EYE_Y, PUPIL_X, TEMPLE_X};
use crate::tryon::Placement;
use crate::{Homography, Result};

/// Half the height of the box whose corners stand for a pose: about a frame's.
const REACH: f64 = 0.6 * PUPIL_X;

/// The corners of a frame's box in canonical coordinates.
const CORNERS: [[f64; 2]; 4] =
    [[-TEMPLE_X, EYE_Y - REACH], [TEMPLE_X, EYE_Y - REACH], [TEMPLE_X, EYE_Y + REACH], [-TEMPLE_X, EYE_Y + REACH]];

/// From canonical coordinates to a picture's pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose(pub Homography);

impl Pose {
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
    pub fn eyes(&self) -> [[f64; 2]; 2] {
        [[-PUPIL_X, EYE_Y], [PUPIL_X, EYE_Y]].map(|pupil| self.0.apply(pupil))
    }

    /// The distance between them.
    pub fn eye_distance(&self) -> f64 {
        let [[ax, ay], [bx, by]] = self.eyes();
        (bx - ax).hypot(by - ay)
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
        let pose = Pose::of(&placement).unwrap();
        let back = pose.placement();
        assert!((back.x - 310.0).abs() < 1e-9 && (back.y - 200.0).abs() < 1e-9);
        assert!((back.width - 180.0).abs() < 1e-9 && (back.rotation + 12.0).abs() < 1e-9);
        assert!((pose.eye_distance() - 180.0 * PUPIL_X / TEMPLE_X).abs() < 1e-9);
        let same = Pose::from_corners(&pose.corners()).unwrap();
        assert!(same.0.apply([0.3, -0.2]).iter().zip(pose.0.apply([0.3, -0.2])).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}
