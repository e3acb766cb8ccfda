//! Landmark errors and lens heights by the yaw of the head.

use super::{MeasuredFit, Spread, Summary};
use crate::data::Face;
use serde::Serialize;

/// The fits of the faces whose yaw is in a band.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct YawBand {
    /// The distribution of initial placements.
    pub spread: Spread,
    /// The range of the absolute yaw in degrees.
    pub yaw: [f64; 2],
    /// The number of faces.
    pub faces: usize,
    /// The landmark errors after the last update.
    #[serde(flatten)]
    pub errors: Summary,
    /// The median height of the nearer lens over that of the farther one, after the last update.
    pub height_ratio: f64,
    /// The median of that ratio for a stiff front in the pose of the head.
    pub stiff_height_ratio: f64,
}

/// The bands of the absolute yaw, in degrees.
const BANDS: [[f64; 2]; 4] = [[0.0, 10.0], [10.0, 20.0], [20.0, 30.0], [30.0, 45.0]];

/// The errors and lens heights of `fits` by bands of yaw. Bands without faces are omitted.
///
/// `fits` is the result of [`super::measure`] for `faces` and `spread`. Faces without a known yaw
/// or without a front are not counted.
pub fn yaw_bands(faces: &[Face], spread: Spread, fits: &[MeasuredFit]) -> Vec<YawBand> {
    let in_band = |face: &Face, [low, high]: [f64; 2]| {
        face.front.is_some() && face.yaw.is_some_and(|yaw| (low..high).contains(&yaw.abs()))
    };
    let band = |yaw: [f64; 2]| {
        let of_band: Vec<&MeasuredFit> = fits.iter().filter(|fit| in_band(&faces[fit.face], yaw)).collect();
        let ratio = |k: usize| {
            let ratios = of_band.iter().filter_map(|fit| fit.lens_heights).map(|ratios| ratios[k]);
            Some(Summary::of_some(ratios.collect())?.median)
        };
        Some(YawBand {
            spread,
            yaw,
            faces: faces.iter().filter(|face| in_band(face, yaw)).count(),
            errors: Summary::of_some(of_band.iter().filter_map(|fit| fit.errors.last().copied()).collect())?,
            height_ratio: ratio(0)?,
            stiff_height_ratio: ratio(1)?,
        })
    };
    BANDS.into_iter().filter_map(band).collect()
}
