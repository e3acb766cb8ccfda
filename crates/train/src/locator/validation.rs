//! Validation of a locator on people that are not used for training, and on faceless images.

use crate::Result;
use crate::address::{Stream, rng};
use crate::config::{LocatorConfig, LocatorSettings, MAX_THRESHOLD};
use crate::data::landmarks::{Landmarks, distance};
use crate::data::{Dataset, Pool};
use crate::runner::LocatorMetrics;
use rayon::prelude::*;
use stgan::internals::locate::LocatorWeights;
use stgan::{Bitmap, Locator};
use stgan_synth::faceless::Kind;

/// The number of faceless images, and their width in pixels.
const FACELESS_IMAGES: usize = 250;
const FACELESS_WIDTH: u32 = 256;
/// A face counts as found if the mean error of its pupils is below this, in inter-pupil distances.
const MAX_PUPIL_ERROR: f64 = 0.25;

pub(super) struct LocatorValidation {
    photos: Vec<(Bitmap, Landmarks)>,
    faceless: Vec<Bitmap>,
}

impl LocatorValidation {
    /// Uses full photos if the data set has them, and aligned images otherwise.
    pub(super) fn new(config: &LocatorConfig, dataset: &Dataset) -> Result<Self> {
        let mut photos = photos(&dataset.validation_without_glasses)?;
        photos.extend(self::photos(&dataset.validation_with_glasses)?);
        let faceless = (0..FACELESS_IMAGES)
            .into_par_iter()
            .map(|i| {
                let mut rng = rng(config.seed ^ u64::MAX, Stream::HeldOutFaceless(i));
                Kind::ALL[i % Kind::ALL.len()].draw(&mut rng, FACELESS_WIDTH)
            })
            .collect::<stgan::Result<_>>()?;
        Ok(Self { photos, faceless })
    }

    pub(super) fn faces(&self) -> usize {
        self.photos.len()
    }

    pub(super) fn measure(&self, weights: &LocatorWeights, settings: &LocatorSettings) -> Result<LocatorMetrics> {
        let locator = Locator::from_weights(weights)?;
        let locate = |image: &Bitmap| locator.locate_in(&image.as_ref(), 0.0);
        let mut scores: Vec<f64> = self
            .faceless
            .par_iter()
            .map(|image| Ok(locate(image)?.iter().map(|face| face.score).fold(0.0, f64::max)))
            .collect::<Result<_>>()?;
        scores.sort_by(|a, b| b.total_cmp(a));
        let allowed = (settings.max_false_positive_rate * scores.len() as f64) as usize;
        let threshold = scores.get(allowed).map_or(0.5, |score| score + 1e-3);
        let threshold = threshold.clamp(settings.min_threshold, MAX_THRESHOLD);
        let of_photo = |(image, target): &(Bitmap, Landmarks)| -> Result<Option<(f64, f64)>> {
            let pupil_distance = distance(target[0], target[1]);
            let errors = locate(image)?.into_iter().map(|face| {
                let error =
                    0.5 * (distance(face.pupils[0], target[0]) + distance(face.pupils[1], target[1])) / pupil_distance;
                (error, face.score)
            });
            Ok(errors.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(error, _)| *error < MAX_PUPIL_ERROR))
        };
        let found: Vec<Option<(f64, f64)>> = self.photos.par_iter().map(of_photo).collect::<Result<_>>()?;
        let mut errors: Vec<f64> = found.iter().flatten().map(|(error, _)| *error).collect();
        errors.sort_by(f64::total_cmp);
        let at = |share: f64| errors.get((errors.len().max(1) - 1) * (share * 100.0) as usize / 100).copied();
        let share = |count: usize| count as f64 / self.photos.len().max(1) as f64;
        Ok(LocatorMetrics {
            found: share(errors.len()),
            median: at(0.5).unwrap_or(f64::NAN),
            p95: at(0.95).unwrap_or(f64::NAN),
            threshold,
            recall: share(found.iter().flatten().filter(|(_, score)| *score >= threshold).count()),
        })
    }
}

fn photos(pool: &Pool) -> Result<Vec<(Bitmap, Landmarks)>> {
    let photo = |face: &crate::data::Face| -> Option<Result<(Bitmap, Landmarks)>> {
        match face.photo() {
            Ok(Some(found)) => Some(Ok(found)),
            Ok(None) => face.target.map(|target| Ok((face.image()?, target))),
            Err(error) => Some(Err(error)),
        }
    };
    pool.faces().par_iter().filter_map(photo).collect()
}
