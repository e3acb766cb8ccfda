//! The canonical pose of a foreground, and the maps between its image, a view and a photo.

use super::{Placement, closest_similarity};
use crate::homography::DIMENSION;
use crate::image_size::ImageSize;
use crate::{Homography, Rect, Result};

/// How the alpha bounding box of a foreground lies in the box of its canonical pose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitting {
    /// It has the width of the canonical box, and any height.
    Width,
    /// It is as large as fits into the canonical box.
    Inside,
}

impl Fitting {
    /// The name in weights files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Inside => "inside",
        }
    }
}

/// The pose of a foreground at p = 0: a box in canonical coordinates that its alpha bounding box is
/// centred in. The pose channel is a ramp in this box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CanonicalPose {
    /// Half the width of the box.
    pub half_width: f64,
    /// Half the height of the box.
    pub half_height: f64,
    /// y of the centre of the box, whose x is 0.
    pub centre_y: f64,
    /// How the foreground fills the box.
    pub fitting: Fitting,
}

/// The maps from a foreground and from a view to a photo, for one placement.
///
/// The view is cut out of the photo so that the foreground, as placed, is in canonical pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewMaps {
    size: ImageSize,
    /// From pixels of the foreground to canonical coordinates.
    pub to_canonical: Homography,
    /// From canonical coordinates to pixels of the photo.
    pub to_photo: Homography,
}

/// Maps pixels of a view to canonical coordinates. The centre of the first pixel maps to (−1, −1),
/// that of the last one to (1, 1).
pub fn view_to_canonical(size: impl Into<ImageSize>) -> Homography {
    let ImageSize { height, width } = size.into();
    let [across, down] = [width, height].map(|side| 2.0 / (side.max(2) - 1) as f64);
    Homography([across, 0.0, -1.0 - 0.5 * across, 0.0, down, -1.0 - 0.5 * down, 0.0, 0.0, 1.0])
}

/// Eight points inside a box (left, top, right, bottom): corners and middles of the sides of a box
/// 0.7 times as large. They lie on most pieces of furniture, unlike the corners of the alpha box.
pub fn inner_points([left, top, right, bottom]: [f64; 4]) -> [[f64; 2]; 8] {
    const SHARE: f64 = 0.7;
    const GRID: [[f64; 2]; 8] =
        [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]];
    GRID.map(|[x, y]| {
        let at = |low: f64, high: f64, t: f64| 0.5 * (low + high) + 0.5 * SHARE * t * (high - low);
        [at(left, right, x), at(top, bottom, y)]
    })
}

/// Canonical units down for each canonical unit across, over the same number of pixels.
fn unit_ratio(size: ImageSize) -> f64 {
    (size.width.max(2) - 1) as f64 / (size.height.max(2) - 1) as f64
}

impl CanonicalPose {
    /// The width of a foreground in canonical pose, whose alpha bounding box has `width × height`
    /// pixels.
    fn width_of(&self, [width, height]: [f64; 2], ratio: f64) -> f64 {
        match self.fitting {
            Fitting::Width => 2.0 * self.half_width,
            Fitting::Inside => (2.0 * self.half_width).min(2.0 * self.half_height * width / (height * ratio)),
        }
    }

    /// Maps pixels of a foreground to canonical coordinates of a view of `size`, given its alpha
    /// bounding box: left, top, right, bottom.
    pub fn to_canonical(&self, [left, top, right, bottom]: [f64; 4], size: ImageSize) -> Homography {
        let (box_size, ratio) = ([right - left, bottom - top], unit_ratio(size));
        let across = self.width_of(box_size, ratio) / box_size[0];
        let down = across * ratio;
        let [x, y] = [left + 0.5 * box_size[0], top + 0.5 * box_size[1]];
        Homography([across, 0.0, -across * x, 0.0, down, self.centre_y - down * y, 0.0, 0.0, 1.0])
    }
}

impl ViewMaps {
    /// The maps for a view of `size`, and for a foreground with this alpha bounding box (left, top,
    /// right, bottom) at a placement.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`].
    pub fn new(size: ImageSize, pose: &CanonicalPose, bounds: [f64; 4], placement: &Placement) -> Result<Self> {
        let ratio = unit_ratio(size);
        let width = pose.width_of([bounds[2] - bounds[0], bounds[3] - bounds[1]], ratio);
        let centred = Homography([1.0, 0.0, 0.0, 0.0, 1.0 / ratio, -pose.centre_y / ratio, 0.0, 0.0, 1.0]);
        let to_photo = placement.similarity(width)? * centred;
        Ok(Self { size, to_canonical: pose.to_canonical(bounds, size), to_photo })
    }

    /// From pixels of the view to pixels of the foreground in canonical pose.
    ///
    /// # Errors
    /// [`crate::Error::Degenerate`] if the foreground's box has no area.
    pub fn view_to_foreground(&self) -> Result<Homography> {
        Ok(self.to_canonical.inverse()? * view_to_canonical(self.size))
    }

    /// From pixels of the view to pixels of the photo.
    pub fn view_to_photo(&self) -> Homography {
        self.to_photo * view_to_canonical(self.size)
    }

    /// From pixels of the foreground to pixels of the photo, with warp parameters `params`.
    pub fn foreground_to_photo(&self, params: &[f64; DIMENSION]) -> Homography {
        self.to_photo * Homography::exp(&params.map(|x| -x)) * self.to_canonical
    }

    /// The parameters with which these maps give the pose that `others` and `params` give. `None`
    /// as in [`ViewMaps::recentred`].
    pub fn params_of(&self, others: &Self, params: &[f64; DIMENSION]) -> Option<[f64; DIMENSION]> {
        let to_photo = others.to_photo * Homography::exp(&params.map(|x| -x));
        Some((self.to_photo.inverse().ok()? * to_photo).log()?.map(|x| -x))
    }

    /// A pose as seen from a view around it: maps and parameters with which the foreground lies
    /// where it lies with these maps and `params`. The similarity that comes closest is in the
    /// maps, and the parameters have the rest.
    ///
    /// `bounds` is the alpha bounding box of the foreground: left, top, right, bottom. The result
    /// is `None` if the pose is no image of the foreground, for example mirrored.
    pub fn recentred(&self, params: &[f64; DIMENSION], bounds: [f64; 4]) -> Option<(Self, [f64; DIMENSION])> {
        let points = inner_points(bounds).map(|p| self.to_canonical.apply(p));
        let to_photo = self.to_photo * Homography::exp(&params.map(|x| -x));
        let [from, to] = [self.to_photo, to_photo].map(|map| points.map(|p| map.apply(p)));
        let maps = Self { to_photo: closest_similarity(&from, &to) * self.to_photo, ..*self };
        let rest = maps.params_of(self, params)?;
        Some((maps, rest))
    }

    /// The part of the photo (width, height) that the view shows, with a margin for filters.
    /// `reach` also shows the surroundings, as wide as this share of the view on each side.
    ///
    /// # Errors
    /// [`crate::Error::Placement`] if the view lies outside the photo.
    pub(crate) fn region(&self, photo: (u32, u32), placement: &Placement, reach: f64) -> Result<Rect> {
        // Filters reach a pixel further; the remaining quarter covers rounding.
        const MARGIN: f64 = 1.25;
        let [width, height] = [self.size.width, self.size.height].map(|side| side as f64);
        let (left, right) = (-MARGIN - reach * width, (1.0 + reach) * width + MARGIN);
        let (top, bottom) = (-MARGIN - reach * height, (1.0 + reach) * height + MARGIN);
        let to_photo = self.view_to_photo();
        placement
            .covered([[left, top], [right, top], [right, bottom], [left, bottom]].map(|p| to_photo.apply(p)), photo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::GLASSES_POSE;

    const INSIDE: CanonicalPose =
        CanonicalPose { half_width: 0.5, half_height: 0.5, centre_y: 0.0, fitting: Fitting::Inside };
    const SIZE: ImageSize = ImageSize { height: 60, width: 80 };
    const PLACEMENT: Placement = Placement { x: 310.0, y: 200.0, width: 90.0, rotation: 30.0 };

    fn near([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> bool {
        (ax - bx).hypot(ay - by) < 1e-9
    }

    #[test]
    fn the_box_of_the_foreground_lies_at_the_placement() {
        for pose in [GLASSES_POSE, INSIDE] {
            let bounds = [10.0, 20.0, 70.0, 50.0];
            let maps = ViewMaps::new(SIZE, &pose, bounds, &PLACEMENT).unwrap();
            let map = maps.foreground_to_photo(&[0.0; DIMENSION]);
            assert!(near(map.apply([40.0, 35.0]), [310.0, 200.0]));
            let (sin, cos) = 30f64.to_radians().sin_cos();
            assert!(near(map.apply([70.0, 35.0]), [310.0 + 45.0 * cos, 200.0 + 45.0 * sin]));
            // Pixels stay square.
            assert!(near(map.apply([40.0, 50.0]), [310.0 - 22.5 * sin, 200.0 + 22.5 * cos]));
        }
    }

    #[test]
    fn furniture_fills_the_middle_half_of_the_view() {
        for (bounds, extent) in
            [([0.0, 0.0, 60.0, 30.0], [0.5, 79.0 / 59.0 * 0.25]), ([5.0, 5.0, 15.0, 45.0], [59.0 / 79.0 * 0.125, 0.5])]
        {
            let map = INSIDE.to_canonical(bounds, SIZE);
            assert!(near(map.apply([bounds[2], bounds[3]]), extent), "{:?}", map.apply([bounds[2], bounds[3]]));
            assert!(near(map.apply([bounds[0], bounds[1]]), extent.map(|x| -x)));
        }
    }

    #[test]
    fn a_recentred_pose_is_the_same_pose_and_has_no_similarity_left() {
        let bounds = [10.0, 20.0, 70.0, 90.0];
        let maps = ViewMaps::new(SIZE, &INSIDE, bounds, &PLACEMENT).unwrap();
        let params = [0.1, -0.05, 0.12, 0.04, -0.08, 0.06, -0.1, 0.03];
        let (again, rest) = maps.recentred(&params, bounds).unwrap();
        let points = inner_points(bounds);
        let (before, after) = (maps.foreground_to_photo(&params), again.foreground_to_photo(&rest));
        assert!(points.iter().all(|p| near(before.apply(*p), after.apply(*p))));
        let [plain, moved] = [[0.0; DIMENSION], rest].map(|p| points.map(|q| again.foreground_to_photo(&p).apply(q)));
        let left_over = closest_similarity(&plain, &moved);
        assert!(left_over.0.iter().zip(Homography::IDENTITY.0).all(|(a, b)| (a - b).abs() < 1e-9), "{left_over:?}");
        // A view that is moved alone.
        let (same, none) = maps.recentred(&[0.0; DIMENSION], bounds).unwrap();
        assert!(
            none.iter().all(|x| x.abs() < 1e-12)
                && near(same.to_photo.apply([0.3, 0.2]), maps.to_photo.apply([0.3, 0.2]))
        );
        assert!(maps.recentred(&[f64::NAN; DIMENSION], bounds).is_none());
    }

    #[test]
    fn the_view_shows_the_foreground_where_it_is_placed() {
        let bounds = [10.0, 20.0, 70.0, 90.0];
        let maps = ViewMaps::new(SIZE, &INSIDE, bounds, &PLACEMENT).unwrap();
        let pixel = [31.0, 44.5];
        let there = maps.view_to_foreground().unwrap().apply(pixel);
        assert!(near(maps.foreground_to_photo(&[0.0; DIMENSION]).apply(there), maps.view_to_photo().apply(pixel)));
    }
}
