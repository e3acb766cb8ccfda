//! The view of a room that the networks read, and the pose of a cut-out in it.

use crate::data::landmarks::{Landmarks, Point};
use stgan::model::{GeneratorSpec, ImageSize};
use stgan::{Homography, Result};

/// Where a cut-out is put in a room's image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drop {
    /// The pixel at which the centre of the cut-out's box lies.
    pub centre: Point,
    /// Room pixels for each pixel of the cut-out.
    pub scale: f64,
    /// The rotation in radians, clockwise.
    pub rotation: f64,
}

/// The maps between cut-out, view, canonical coordinates and room.
#[derive(Clone, Copy, Debug)]
pub(super) struct ViewMaps {
    /// From pixels of the view to canonical coordinates.
    pub to_canonical: Homography,
    /// From pixels of the cut-out to pixels of the view, in canonical pose.
    pub cutout_to_view: Homography,
    /// From pixels of the view to pixels of the room.
    pub view_to_room: Homography,
}

impl ViewMaps {
    /// The view in which a cut-out with this alpha box, put where `drop` says, is in canonical
    /// pose.
    ///
    /// # Errors
    /// [`stgan::Error::Degenerate`] for a box without area.
    pub(super) fn new(spec: &GeneratorSpec, bounds: [f64; 4], drop: &Drop) -> Result<Self> {
        let ImageSize { width, height } = spec.size;
        let (across, down) = ((width - 1) as f64, (height - 1) as f64);
        let to_canonical =
            Homography([2.0 / across, 0.0, -1.0 - 1.0 / across, 0.0, 2.0 / down, -1.0 - 1.0 / down, 0.0, 0.0, 1.0]);
        let pose = &spec.task.pose;
        let [left, top, right, bottom] = bounds;
        let (wide, high) = (pose.half_width * across / (right - left), pose.half_height * down / (bottom - top));
        let scale = match pose.fitting {
            stgan::model::Fitting::Width => wide,
            stgan::model::Fitting::Inside => wide.min(high),
        };
        let [x, y] = [0.5 * (left + right), 0.5 * (top + bottom)];
        let centre_y = 0.5 * height as f64 + 0.5 * pose.centre_y * down;
        let cutout_to_view = Homography::similarity(scale, 0.0, 0.5 * width as f64 - scale * x, centre_y - scale * y);
        let cutout_to_room = Homography::similarity(drop.scale, drop.rotation, drop.centre[0], drop.centre[1])
            * Homography::similarity(1.0, 0.0, -x, -y);
        Ok(Self { to_canonical, cutout_to_view, view_to_room: cutout_to_room * cutout_to_view.inverse()? })
    }

    /// From pixels of the cut-out to pixels of the room, with warp parameters `params`.
    ///
    /// # Errors
    /// None in practice: the maps of a view have inverses.
    pub(super) fn cutout_to_room(&self, params: &[f64; 8]) -> Result<Homography> {
        let warp = Homography::exp(&params.map(|x| -x));
        Ok(self.view_to_room * self.to_canonical.inverse()? * warp * self.to_canonical * self.cutout_to_view)
    }
}

/// Eight points inside the box of a cut-out: corners and middles of the sides of a box 0.7 times as
/// large. They lie on most pieces, unlike the corners of the alpha box.
pub(super) fn inner_points([left, top, right, bottom]: [f64; 4]) -> Landmarks {
    const SHARE: f64 = 0.7;
    const GRID: [[f64; 2]; 8] =
        [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]];
    GRID.map(|[x, y]| {
        let at = |low: f64, high: f64, t: f64| 0.5 * (low + high) + 0.5 * SHARE * t * (high - low);
        [at(left, right, x), at(top, bottom, y)]
    })
}
