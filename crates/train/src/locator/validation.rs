//! How a locator fares on people that it has not learned from, and on pictures without any.

use crate::Result;
use crate::address::{Stream, rng};
use crate::config::{HIGHEST_THRESHOLD, LocatorConfig, LocatorSettings};
use crate::data::anchors::{Anchors, distance};
use crate::data::{Dataset, Pool};
use crate::runner::LocatorFigures;
use rayon::prelude::*;
use stgan::internals::locate::LocatorWeights;
use stgan::{Bitmap, Locator};
use stgan_synth::faceless::Kind;

/// Pictures without a face, and pixels across.
const FACELESS: usize = 250;
const WIDTH: u32 = 256;
/// A face is found if the mean error of its pupils is below this, in eye distances.
const FOUND: f64 = 0.25;

pub(super) struct Validation {
    photos: Vec<(Bitmap, Anchors)>,
    faceless: Vec<Bitmap>,
}

impl Validation {
    /// Whole photos if the data has them, aligned images if not.
    pub(super) fn new(config: &LocatorConfig, dataset: &Dataset) -> Result<Self> {
        let mut photos = photos(&dataset.validation)?;
        photos.extend(self::photos(&dataset.validation_wearers)?);
        let faceless = (0..FACELESS)
            .into_par_iter()
            .map(|i| {
                let mut rng = rng(config.seed ^ u64::MAX, Stream::HeldOutFaceless(i));
                Kind::ALL[i % Kind::ALL.len()].draw(&mut rng, WIDTH)
            })
            .collect::<stgan::Result<_>>()?;
        Ok(Self { photos, faceless })
    }

    pub(super) fn faces(&self) -> usize {
        self.photos.len()
    }

    pub(super) fn measure(&self, weights: &LocatorWeights, settings: &LocatorSettings) -> Result<LocatorFigures> {
        let locator = Locator::from_weights(weights)?;
        let best = |image: &Bitmap| locator.locate_in(&image.as_ref(), 0.0);
        let mut alarms: Vec<f64> = self
            .faceless
            .par_iter()
            .map(|image| Ok(best(image)?.iter().map(|face| face.score).fold(0.0, f64::max)))
            .collect::<Result<_>>()?;
        alarms.sort_by(|a, b| b.total_cmp(a));
        let allowed = (settings.false_alarms * alarms.len() as f64) as usize;
        let threshold = alarms.get(allowed).map_or(0.5, |score| score + 1e-3);
        let threshold = threshold.clamp(settings.lowest_threshold, HIGHEST_THRESHOLD);
        let of_photo = |(image, target): &(Bitmap, Anchors)| -> Result<Option<(f64, f64)>> {
            let eyes = distance(target[0], target[1]);
            let errors = best(image)?.into_iter().map(|face| {
                let error = 0.5 * (distance(face.pupils[0], target[0]) + distance(face.pupils[1], target[1])) / eyes;
                (error, face.score)
            });
            Ok(errors.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(error, _)| *error < FOUND))
        };
        let found: Vec<Option<(f64, f64)>> = self.photos.par_iter().map(of_photo).collect::<Result<_>>()?;
        let mut errors: Vec<f64> = found.iter().flatten().map(|(error, _)| *error).collect();
        errors.sort_by(f64::total_cmp);
        let at = |share: f64| errors.get((errors.len().max(1) - 1) * (share * 100.0) as usize / 100).copied();
        let share = |count: usize| count as f64 / self.photos.len().max(1) as f64;
        Ok(LocatorFigures {
            found: share(errors.len()),
            median: at(0.5).unwrap_or(f64::NAN),
            p95: at(0.95).unwrap_or(f64::NAN),
            threshold,
            recall: share(found.iter().flatten().filter(|(_, score)| *score >= threshold).count()),
        })
    }
}

fn photos(pool: &Pool) -> Result<Vec<(Bitmap, Anchors)>> {
    let photo = |face: &crate::data::Face| -> Option<Result<(Bitmap, Anchors)>> {
        match face.photo() {
            Ok(Some(found)) => Some(Ok(found)),
            Ok(None) => face.target.map(|target| Ok((face.image()?, target))),
            Err(error) => Some(Err(error)),
        }
    };
    pool.faces().par_iter().filter_map(photo).collect()
}
