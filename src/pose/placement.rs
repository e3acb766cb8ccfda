//! The placement of glasses on a photo.

use super::{EYE_Y, TEMPLE_X, covered_pixels, square_corners};
use crate::{Error, Homography, Rect, Result};

/// Where glasses are on a photo: their alpha bounding box, rotated, in photo pixels.
///
/// Coordinates start at the top-left corner of the photo, x to the right, y down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// x of the box's centre.
    pub x: f64,
    /// y of the box's centre.
    pub y: f64,
    /// The width of the box, along its own horizontal axis.
    pub width: f64,
    /// The rotation in degrees, clockwise.
    pub rotation: f64,
}

impl Placement {
    /// The map from canonical coordinates to photo pixels.
    ///
    /// # Errors
    /// [`Error::Placement`] if a value is not finite or larger than 10⁶ in magnitude, or if the
    /// width is not between 1 and 100,000 pixels.
    pub fn to_photo(&self) -> Result<Homography> {
        for (field, value) in [("x", self.x), ("y", self.y), ("width", self.width), ("rotation", self.rotation)] {
            if !value.is_finite() {
                return Err(Error::Placement { field, value, expected: "expected a finite number" });
            }
            if value.abs() > 1e6 {
                return Err(Error::Placement { field, value, expected: "expected −1000000 to 1000000" });
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

    /// The part of a photo of the given size (width, height) that the networks read.
    ///
    /// It includes the margin that filtering needs, for networks of any view size.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`], and [`Error::Placement`] if that part lies outside
    /// the photo.
    pub fn region(&self, photo: (u32, u32)) -> Result<Rect> {
        // The smallest view that a generator may have needs the largest margin.
        self.region_for(photo, 8)
    }

    /// [`Placement::region`] for a view of `size × size` pixels.
    pub(crate) fn region_for(&self, photo: (u32, u32), size: usize) -> Result<Rect> {
        let to_photo = self.to_photo()?;
        // The centres of the outermost pixels lie on the edge of the canonical square, and pixels
        // are 2 / (size − 1) apart. Filters reach 1.5 pixels further; the remaining quarter of a
        // pixel covers rounding.
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
    Error::Placement { field, value, expected: "the glasses are too far outside the photo" }
}
