//! How well frames end up where they should: anchor errors over faces, frames and random placements. Native only.

pub mod live;
mod locate;
mod pairs;

pub use locate::{Alarms, Group, LocateReport, Threshold, located};
pub use pairs::{Pair, pairs};

use crate::compose::Foreground;
use crate::data::Face;
use crate::data::anchors::{self, FRAME};
use crate::data::augment::{Perturbation, perturb};
use crate::tryon::{TryOn, frame_to_canonical};
use crate::{Error, Result};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Mean, median and 95th percentile of the anchor error, in eye distances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub mean: f64,
    pub median: f64,
    pub p95: f64,
}

/// The anchor errors of many fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub faces: usize,
    pub frames: usize,
    pub fits: usize,
    /// As placed, and after each update.
    pub steps: Vec<Summary>,
}

/// Fits every frame to every face, `draws` times each from a random placement (see [`Perturbation::DROPPED`]) around the
/// one that is best in the sense of least squares. The same seed draws the same placements.
///
/// # Errors
/// [`Error::Argument`] where there is nothing to fit, or a face without landmarks; otherwise as [`Face::image`] and
/// [`TryOn::fit`].
pub fn anchor_errors(
    tryon: &TryOn,
    faces: &[Face],
    frames: &[Foreground],
    draws: usize,
    steps: Option<usize>,
    seed: u64,
) -> Result<Report> {
    let fits = faces.len() * frames.len() * draws;
    if fits == 0 {
        let value = format!("{} faces, {} frames, {draws} draws", faces.len(), frames.len());
        return Err(Error::Argument { name: "evaluation", value, expected: "at least one of each".into() });
    }
    // An image is decoded once for all of its fits.
    let of_face = |(index, face): (usize, &Face)| -> Result<Vec<Vec<f64>>> {
        let target = face.target.as_ref().ok_or_else(|| Error::Argument {
            name: "face",
            value: face.id.clone(),
            expected: "landmarks, to measure the anchor error".into(),
        })?;
        let image = face.image()?;
        let eyes = anchors::distance(target[0], target[1]);
        let one = |k: usize| -> Result<Vec<f64>> {
            let frame = &frames[k / draws];
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream((index * frames.len() * draws + k) as u64);
            let placement = perturb(&anchors::placement(target), eyes, &Perturbation::DROPPED, &mut rng);
            let fit = tryon.fit(image.as_ref(), frame, &placement, steps)?;
            let on_frame = anchors::apply(&frame_to_canonical(frame).inverse()?, &FRAME);
            (0..=fit.steps())
                .map(|k| Ok(anchors::error(&anchors::apply(&fit.homography(k)?, &on_frame), target)))
                .collect()
        };
        (0..frames.len() * draws).map(one).collect()
    };
    let errors: Vec<Vec<Vec<f64>>> = faces.par_iter().enumerate().map(of_face).collect::<Result<_>>()?;
    let errors: Vec<Vec<f64>> = errors.into_iter().flatten().collect();
    let steps = (0..errors[0].len()).map(|step| Summary::of(errors.iter().map(|e| e[step]).collect())).collect();
    Ok(Report { faces: faces.len(), frames: frames.len(), fits, steps })
}

impl Summary {
    fn of_some(values: Vec<f64>) -> Option<Self> {
        (!values.is_empty()).then(|| Self::of(values))
    }

    /// Of at least one value.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Self { mean: values.iter().sum::<f64>() / values.len() as f64, median: at(0.5), p95: at(0.95) }
    }
}
