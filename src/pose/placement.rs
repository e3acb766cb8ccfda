//! The placement of a foreground on a photo.

use super::{EYE_Y, TEMPLE_X, covered_pixels, square_corners};
use crate::{Error, Homography, Rect, Result};

/// Where glasses or another foreground are on a photo: the alpha bounding box, rotated, in photo
/// pixels.
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
    /// The map from canonical coordinates of glasses, in a square view, to photo pixels.
    ///
    /// # Errors
    /// [`Error::Placement`] if a value is not finite or larger than 10⁶ in magnitude, or if the
    /// width is not between 1 and 100,000 pixels.
    pub fn to_photo(&self) -> Result<Homography> {
        Ok(self.similarity(2.0 * TEMPLE_X)? * Homography::similarity(1.0, 0.0, 0.0, -EYE_Y))
    }

    /// The map to photo pixels from coordinates with their origin at the centre of the box, in
    /// which the box is `width` wide.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`].
    pub(super) fn similarity(&self, width: f64) -> Result<Homography> {
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
        Ok(Homography::similarity(self.width / width, self.rotation.to_radians(), self.x, self.y))
    }

    /// The part of a photo of the given size (width, height) that networks for glasses read.
    ///
    /// It includes the margin that filtering needs, for networks of any view size.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`], and [`Error::Placement`] if that part lies outside
    /// the photo.
    pub fn region(&self, photo: (u32, u32)) -> Result<Rect> {
        // The smallest view that a generator may have, of 8 pixels, needs the largest margin. The
        // centres of its outermost pixels lie on the edge of the canonical square, and pixels are
        // 2/7 apart. Filters reach 1.5 pixels further; the remaining quarter of a pixel covers
        // rounding.
        const REACH: f64 = 1.0 + 3.5 / 7.0;
        self.covered(square_corners(&self.to_photo()?, REACH), photo)
    }

    /// The pixels of a photo (width, height) around a quadrilateral.
    ///
    /// # Errors
    /// [`Error::Placement`] if it lies outside the photo.
    pub(super) fn covered(&self, corners: [[f64; 2]; 4], photo: (u32, u32)) -> Result<Rect> {
        match covered_pixels(&corners, photo) {
            [Some((x, width)), Some((y, height))] => Ok(Rect { x, y, width, height }),
            [None, _] => Err(outside("x", self.x)),
            [_, None] => Err(outside("y", self.y)),
        }
    }
}

fn outside(field: &'static str, value: f64) -> Error {
    Error::Placement { field, value, expected: "the placement is too far outside the photo" }
}
