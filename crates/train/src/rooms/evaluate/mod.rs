//! Measures of a cascade on held-out rooms and furniture.

mod measure;
mod places;
mod preference;

pub use places::{Places, places};
pub use preference::{Preference, preference};

use super::RoomSample;
use super::examples::drop_near;
use crate::Result;
use crate::address::{Stream, rng};
pub(super) use measure::nearest_place;
use measure::{mean, measure};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use stgan::compose::Foreground;
use stgan::internals::homography::DIMENSION;
use stgan::{Bitmap, Fit, Placement, TryOn};

/// How placements start (ST-GAN, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// At the right centre and area, with noise: the translation N(0, 0.1) in canonical units of
    /// the room's image, the area multiplied by U(0.9, 1.1).
    Dropped,
    /// At the right centre and area, with noise N(0, 0.1) on all eight warp parameters. The view
    /// is cut out around the result, so that it does not tell the right place.
    Warped,
}

/// What the networks see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Room,
    /// The room of another sample.
    WrongRoom,
    /// Zeros.
    Blind,
}

/// Errors at one stage: means over the samples. Pixels are those of the room's image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StageErrors {
    /// Distance of the inner points from the truth, in pixels.
    pub inner: f64,
    /// That distance without the mean horizontal offset, in pixels.
    pub inner_upright: f64,
    /// The distance from the truth in diagonals of the piece.
    pub diagonals: f64,
    /// The median distance from the nearest right place, in diagonals.
    pub nearest: f64,
    /// The height error of the foot line, in pixels.
    pub foot: f64,
    /// The distance after the best similarity, in pixels: aspect ratio, shear and perspective.
    pub perspective: f64,
}

/// The errors of one protocol.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoomErrors {
    /// How placements started.
    pub protocol: Protocol,
    /// Samples.
    pub samples: usize,
    /// The errors of the initial placement, and after each update.
    pub stages: Vec<StageErrors>,
    /// After the last update, by category.
    pub categories: BTreeMap<String, (usize, StageErrors, StageErrors)>,
    /// After the last update, if the networks see the room of another sample.
    pub wrong_room: StageErrors,
    /// After the last update, if the networks see a black room.
    pub blind: StageErrors,
}

/// Measures fits of `updates` updates on `samples`. Updates beyond the number of stages use the
/// last stage. Equal seeds give equal initial placements.
///
/// # Errors
/// Those of the networks. Without samples, all errors are NaN.
pub fn evaluate(
    tryon: &TryOn,
    updates: usize,
    samples: &[RoomSample],
    protocol: Protocol,
    seed: u64,
) -> Result<RoomErrors> {
    let run = |sight| -> Result<Vec<Vec<StageErrors>>> {
        let errors = |item: usize| -> Result<Vec<StageErrors>> {
            let sample = &samples[item];
            let start = start(sample, protocol, seed, item);
            let fit = match sight {
                Sight::Room => fit(tryon, sample, &sample.room, &start, updates)?,
                Sight::WrongRoom => {
                    let other = &samples[(item + samples.len() / 2) % samples.len()];
                    fit(tryon, sample, &other.room, &start, updates)?
                }
                Sight::Blind => fit(tryon, sample, &black(&sample.room)?, &start, updates)?,
            };
            (0..=updates).map(|update| Ok(measure(sample, &fit.homography(update)?))).collect()
        };
        (0..samples.len()).into_par_iter().map(errors).collect()
    };
    let seeing = run(Sight::Room)?;
    let last = |errors: &[Vec<StageErrors>]| {
        let last: Vec<StageErrors> = errors.iter().filter_map(|stages| stages.last().copied()).collect();
        mean(&last)
    };
    let mut categories: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, sample) in samples.iter().enumerate() {
        categories.entry(sample.record.category.clone()).or_default().push(i);
    }
    let stage = |members: &[usize], stage: usize| mean(&members.iter().map(|&i| seeing[i][stage]).collect::<Vec<_>>());
    let all: Vec<usize> = (0..samples.len()).collect();
    Ok(RoomErrors {
        protocol,
        samples: samples.len(),
        stages: (0..=updates).map(|k| stage(&all, k)).collect(),
        categories: categories
            .into_iter()
            .map(|(name, members)| (name, (members.len(), stage(&members, 0), stage(&members, updates))))
            .collect(),
        wrong_room: last(&run(Sight::WrongRoom)?),
        blind: last(&run(Sight::Blind)?),
    })
}

/// The initial placement and warp parameters of a sample.
pub(super) fn start(sample: &RoomSample, protocol: Protocol, seed: u64, item: usize) -> (Placement, [f64; DIMENSION]) {
    const DEVIATION: f64 = 0.1;
    let mut rng = rng(seed, Stream::RoomStart(item));
    let mut normal = || -> f64 { DEVIATION * rng.sample::<f64, _>(StandardNormal) };
    match protocol {
        Protocol::Dropped => {
            let half = [sample.room.width(), sample.room.height()].map(|side| 0.5 * (f64::from(side) - 1.0));
            let offset = half.map(|half| half * normal());
            let area: f64 = rng.random_range(0.9..1.1);
            (drop_near(sample, offset, area.sqrt(), 0.0), [0.0; DIMENSION])
        }
        Protocol::Warped => {
            let params = std::array::from_fn(|_| normal());
            (drop_near(sample, [0.0; 2], 1.0, 0.0), params)
        }
    }
}

/// Fits the cut-out of a sample to a room, as an application does.
pub(super) fn fit(
    tryon: &TryOn,
    sample: &RoomSample,
    room: &Bitmap,
    (placement, params): &(Placement, [f64; DIMENSION]),
    updates: usize,
) -> Result<Fit> {
    let piece = Foreground::new(sample.cutout.as_ref())?;
    Ok(tryon.fit_from(room.as_ref(), &piece, placement, params, Some(updates))?)
}

/// A black image of the same size.
fn black(image: &Bitmap) -> Result<Bitmap> {
    let pixels = [0, 0, 0, 255].repeat((image.width() * image.height()) as usize);
    Ok(Bitmap::new(image.width(), image.height(), pixels)?)
}
