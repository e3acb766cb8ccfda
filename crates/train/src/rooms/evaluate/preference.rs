//! What a discriminator prefers: the initial placement, the fits, or the right place.

use super::{Protocol, RoomSample, fit, start};
use crate::rooms::examples::{background, look_up, view_maps};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use serde::Serialize;
use stgan::TryOn;
use stgan::internals::homography::DIMENSION;
use stgan::model::{Discriminator, GeneratorSpec, ImageSize, composite};
use stgan::stn;

/// The shares of the samples in which a discriminator scores one composite above another. The
/// composites differ in nothing but the warp parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preference {
    /// The composite after each update, to that of the initial placement.
    pub updates: Vec<f64>,
    /// The composite at the right place, to that of the initial placement.
    pub truth: f64,
    /// The composite at the right place, to that after the last update.
    pub truth_over_fit: f64,
}

/// Measures a discriminator's preference on the fits that [`super::evaluate`] measures.
///
/// `spec` is that of the generators. Without samples, all values are NaN.
///
/// # Errors
/// Those of the networks and of the fits.
pub fn preference(
    tryon: &TryOn,
    (discriminator, spec): (&Discriminator, &GeneratorSpec),
    updates: usize,
    samples: &[RoomSample],
    protocol: Protocol,
    seed: u64,
) -> Result<Preference> {
    let discriminator = discriminator.frozen();
    let of_sample = |(item, sample): (usize, &RoomSample)| -> Result<Vec<f32>> {
        let start = start(sample, protocol, seed, item);
        let fit = fit(tryon, sample, &sample.room, &start, updates)?;
        let maps = view_maps(spec, sample, &start.0)?;
        // The view around the start, as in training.
        let maps = maps.recentred(&start.1, sample.record.bounds).map_or(maps, |(maps, _)| maps);
        let mut places = (0..=updates).map(|update| fit.homography(update)).collect::<stgan::Result<Vec<_>>>()?;
        places.push(sample.truth());
        let (to_view, from_canonical) = (maps.to_photo.inverse()?, maps.to_canonical.inverse()?);
        let params = places.iter().map(|place| (to_view * *place * from_canonical).log().map(|p| p.map(|x| -x as f32)));
        let params: Option<Vec<[f32; DIMENSION]>> = params.collect();
        let params = params.ok_or(Error::Argument {
            name: "fit",
            value: "mirrored".into(),
            expected: "homographies that have warp parameters".into(),
        })?;
        let n = params.len();
        let ImageSize { height, width } = spec.size;
        let params = Tensor::from_vec(params.concat(), (n, DIMENSION), &Device::Cpu)?;
        let room = background(&sample.room, &maps.view_to_photo(), spec)?.repeat(n);
        let room = Tensor::from_vec(room, (n, 3, height, width), &Device::Cpu)?;
        let piece = look_up(&sample.cutout, &maps.view_to_foreground()?, spec)?.repeat(n);
        let piece = Tensor::from_vec(piece, (n, 4, height, width), &Device::Cpu)?;
        let images = composite(&room, &stn::warp(&piece, &params, (height, width))?)?;
        Ok(discriminator.forward(&images)?.flatten_from(1)?.mean(1)?.to_vec1()?)
    };
    let scores: Vec<Vec<f32>> = samples.par_iter().enumerate().map(of_sample).collect::<Result<_>>()?;
    let share = |better: usize, worse: usize| {
        let preferred = scores.iter().filter(|scores| scores[better] > scores[worse]).count();
        preferred as f64 / scores.len() as f64
    };
    Ok(Preference {
        updates: (1..=updates).map(|update| share(update, 0)).collect(),
        truth: share(updates + 1, 0),
        truth_over_fit: share(updates + 1, updates),
    })
}
