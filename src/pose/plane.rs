//! The plane of glasses in an image, independent of the image of the glasses.

use super::{EYE_Y, PUPIL_X, Placement, TEMPLE_X};
use crate::{Homography, Result};

/// Half the height of the box whose corners represent a pose, in canonical units: about that of
/// typical glasses.
const HALF_HEIGHT: f64 = 0.6 * PUPIL_X;

/// The corners of that box in canonical coordinates, clockwise from the top left.
const CORNERS: [[f64; 2]; 4] = [
    [-TEMPLE_X, EYE_Y - HALF_HEIGHT],
    [TEMPLE_X, EYE_Y - HALF_HEIGHT],
    [TEMPLE_X, EYE_Y + HALF_HEIGHT],
    [-TEMPLE_X, EYE_Y + HALF_HEIGHT],
];

/// The plane of glasses in an image: the map from canonical coordinates to image pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlassesPlane(pub Homography);

impl GlassesPlane {
    /// The plane of glasses at a placement.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`].
    pub fn new(placement: &Placement) -> Result<Self> {
        Ok(Self(placement.to_photo()?))
    }

    /// The plane for which [`GlassesPlane::corners`] returns `corners`.
    ///
    /// # Errors
    /// The errors of [`Homography::from_points`].
    pub fn from_corners(corners: &[[f64; 2]; 4]) -> Result<Self> {
        Ok(Self(Homography::from_points(&CORNERS, corners)?))
    }

    /// The corners of the glasses' box in image pixels, clockwise from the top left.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        CORNERS.map(|corner| self.0.apply(corner))
    }

    /// The lens centres in image pixels, the left one in the image first.
    pub fn lens_centres(&self) -> [[f64; 2]; 2] {
        [[-PUPIL_X, EYE_Y], [PUPIL_X, EYE_Y]].map(|centre| self.0.apply(centre))
    }

    /// The distance between the lens centres, in image pixels.
    pub fn lens_distance(&self) -> f64 {
        let [[ax, ay], [bx, by]] = self.lens_centres();
        (bx - ax).hypot(by - ay)
    }

    /// Whether glasses on a face can have this shape. Implausible poses occur mostly if a large
    /// part of the face is outside the image.
    ///
    /// The bounds are wide. In the training data the height of each side is proportional to its
    /// distance from the nose, so at a yaw of 18° one side is already twice as high as the
    /// other.
    pub fn is_plausible(&self) -> bool {
        let corners = self.corners();
        let side = |a: usize, b: usize| (corners[b][0] - corners[a][0]).hypot(corners[b][1] - corners[a][1]);
        let (top, right, bottom, left) = (side(0, 1), side(1, 2), side(2, 3), side(3, 0));
        let aspect = (top + bottom) / (left + right) * (HALF_HEIGHT / TEMPLE_X);
        let within = |ratio: f64, max: f64| ratio > 1.0 / max && ratio < max;
        within(aspect, 2.0) && within(left / right, 3.5) && within(top / bottom, 2.0)
    }

    /// The closest placement: centre, length and slope of the line between the temples.
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
    fn the_plane_of_a_placement_returns_that_placement() {
        let placement = Placement { x: 310.0, y: 200.0, width: 180.0, rotation: -12.0 };
        let plane = GlassesPlane::new(&placement).unwrap();
        let back = plane.placement();
        assert!((back.x - 310.0).abs() < 1e-9 && (back.y - 200.0).abs() < 1e-9);
        assert!((back.width - 180.0).abs() < 1e-9 && (back.rotation + 12.0).abs() < 1e-9);
        assert!((plane.lens_distance() - 180.0 * PUPIL_X / TEMPLE_X).abs() < 1e-9);
        assert!(plane.is_plausible());
        let same = GlassesPlane::from_corners(&plane.corners()).unwrap();
        assert!(same.0.apply([0.3, -0.2]).iter().zip(plane.0.apply([0.3, -0.2])).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn extreme_shapes_are_implausible() {
        let plausible = |top: [f64; 2], bottom: [f64; 2], width: f64| {
            let half = 0.5 * width;
            GlassesPlane::from_corners(&[[-half, top[0]], [half, top[1]], [half, bottom[1]], [-half, bottom[0]]])
                .unwrap()
                .is_plausible()
        };
        // The canonical box: HALF_HEIGHT / TEMPLE_X is 27 / 100.
        assert!(plausible([0.0, 0.0], [27.0, 27.0], 100.0));
        assert!(plausible([0.0, 4.0], [30.0, 24.0], 75.0), "turned");
        assert!(!plausible([0.0, 0.0], [27.0, 27.0], 45.0), "too high");
        assert!(!plausible([0.0, 0.0], [12.0, 12.0], 100.0), "too flat");
        assert!(!plausible([0.0, 15.0], [40.0, 24.0], 100.0), "one side four times as high as the other");
    }
}
