//! Poses: the canonical pose of a foreground that the networks know, the placement by a user or a
//! detector, and the plane of glasses after a fit.
//!
//! Coordinate frames, and the maps between them:
//!
//! ```text
//!     view pixels ────── view_to_canonical ──────> canonical coordinates ─ ViewMaps::to_photo ─> photo pixels
//!                                                          ^
//!     foreground pixels ─ CanonicalPose::to_canonical ─────┘
//! ```
//!
//! Canonical coordinates run over [−1, 1] from the first to the last pixel centre of a view, x to
//! the right, y down.

mod canonical;
mod exposure;
mod placement;
mod plane;
mod real_width;
mod similarity;
mod stiff;

pub use canonical::{CanonicalPose, Fitting, ViewMaps, inner_points, view_to_canonical};
pub use exposure::normalise_exposure;
pub use placement::Placement;
pub use plane::GlassesPlane;
pub use real_width::{MEAN_PUPIL_DISTANCE_MM, RealWidth};
pub use similarity::closest_similarity;
pub use stiff::StiffPose;

use crate::Homography;
use crate::compose::Foreground;
use crate::image_size::ImageSize;

/// |x| of both pupils in canonical coordinates: the mean of 1,023 aligned faces in CelebA's crop.
pub const PUPIL_X: f64 = 0.278;
/// |x| of both temples in canonical coordinates: half the width of the glasses' alpha bounding box.
pub const TEMPLE_X: f64 = 0.613;
/// y of the eye line in canonical coordinates. Pupils and temples lie on it, and the bounding box
/// is centred on it.
pub const EYE_Y: f64 = -0.191;
/// Half the height of the box in the networks' pose channel, in canonical units.
pub const POSE_HALF_HEIGHT: f64 = 0.306;

/// The canonical pose of glasses: as wide as the temples, on the eye line.
pub const GLASSES_POSE: CanonicalPose =
    CanonicalPose { half_width: TEMPLE_X, half_height: POSE_HALF_HEIGHT, centre_y: EYE_Y, fitting: Fitting::Width };

/// Maps pixels of the glasses to canonical coordinates of a square view. The alpha bounding box
/// then spans the temples and is centred on the eye line.
pub fn glasses_to_canonical(glasses: &Foreground) -> Homography {
    GLASSES_POSE.to_canonical(glasses.bounding_box().edges(), ImageSize::from(2))
}

/// The corners of [−reach, reach]², in canonical coordinates, mapped to an image.
pub(crate) fn square_corners(to_image: &Homography, reach: f64) -> [[f64; 2]; 4] {
    [[-reach, -reach], [reach, -reach], [reach, reach], [-reach, reach]].map(|corner| to_image.apply(corner))
}

/// The bounding box of a quadrilateral, clipped to an image of `size` (width, height).
///
/// Returns (start, length) in pixels along x and along y. An axis on which the quadrilateral lies
/// outside the image, or is not finite, gives `None`.
pub(crate) fn covered_pixels(corners: &[[f64; 2]; 4], size: (u32, u32)) -> [Option<(u32, u32)>; 2] {
    let span = |axis: usize, size: u32| {
        let values = corners.map(|corner| corner[axis]);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min).floor().max(0.0);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil().min(f64::from(size));
        (low < high).then_some((low as u32, (high - low) as u32))
    };
    [span(0, size.0), span(1, size.1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covered_pixels_are_clipped_to_the_image_on_each_axis() {
        let corners = [[-3.5, 2.2], [7.1, 2.2], [7.1, 30.0], [-3.5, 30.0]];
        assert_eq!(covered_pixels(&corners, (10, 20)), [Some((0, 8)), Some((2, 18))]);
        assert_eq!(covered_pixels(&corners, (10, 2)), [Some((0, 8)), None]);
        assert_eq!(covered_pixels(&[[f64::NAN; 2]; 4], (10, 20)), [None, None]);
    }
}
