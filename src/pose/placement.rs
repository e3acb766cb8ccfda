//! Where a user places glasses on a photo.

use super::{EYE_Y, TEMPLE_X, covered_pixels, square_corners};
use crate::{Error, Homography, Rect, Result};

/// Where somebody put the frame on the photo: its alpha bounding box, in photo pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// x of the box's centre.
    pub x: f64,
    /// y of the box's centre.
    pub y: f64,
    /// The box's width, along its own axis.
    pub width: f64,
    /// Degrees, clockwise.
    pub rotation: f64,
}

impl Placement {
    /// From canonical coordinates to photo pixels: V.
    ///
    /// # Errors
    /// [`Error::Placement`] where a value is not finite, or the width not between 1 and 100,000 pixels.
    pub fn to_photo(&self) -> Result<Homography> {
        for (field, value) in [("x", self.x), ("y", self.y), ("width", self.width), ("rotation", self.rotation)] {
            if !value.is_finite() || value.abs() > 1e6 {
                return Err(Error::Placement { field, value, expected: "expected a finite number" });
            }
        }
        if !(1.0..=100_000.0).contains(&self.width) {
            return Err(Error::Placement {
                field: "width",
                value: self.width,
                expected: "expected 1 to 100000 photo pixels",
            });
        }
        let scale = self.width / (2.0 * TEMPLE_X);
        let turn = Homography::similarity(scale, self.rotation.to_radians(), self.x, self.y);
        Ok(turn * Homography::similarity(1.0, 0.0, 0.0, -EYE_Y))
    }

    /// The part of a photo of the given size that networks of any size look at, with the margin that filtering needs.
    ///
    /// # Errors
    /// As [`Placement::to_photo`], and [`Error::Placement`] where the frame's surroundings show nothing of the photo.
    pub fn region(&self, photo: (u32, u32)) -> Result<Rect> {
        // The fewest that there are.
        self.region_for(photo, 8)
    }

    /// [`Placement::region`] for a view of `size × size` pixels.
    pub(crate) fn region_for(&self, photo: (u32, u32), size: usize) -> Result<Rect> {
        let to_photo = self.to_photo()?;
        // The outermost pixels' centres lie on the edge of the canonical square, two over the size less one apart. Their filters
        // reach one and a half pixels further; the rest is for rounding.
        let reach = 1.0 + 3.5 / (size.max(2) - 1) as f64;
        let corners = square_corners(&to_photo, reach);
        match covered_pixels(&corners, photo) {
            [Some((x, width)), Some((y, height))] => Ok(Rect { x, y, width, height }),
            [None, _] => Err(outside("x", self.x)),
            [_, None] => Err(outside("y", self.y)),
        }
    }
}

fn outside(field: &'static str, value: f64) -> Error {
    Error::Placement { field, value, expected: "the frame lies so far outside that nothing of the photo is near it" }
}
