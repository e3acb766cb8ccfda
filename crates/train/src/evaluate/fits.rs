//! Fits from random initial placements, and their landmark errors.

use super::{FitStart, Spread, Summary};
use crate::address::{Stream, rng};
use crate::data::Face;
use crate::data::landmarks::{self, GLASSES};
use crate::{Error, Result};
use rayon::prelude::*;
use serde::Serialize;
use stgan::TryOn;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;

/// A fit from a random initial placement.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredFit {
    /// The index of the face.
    pub face: usize,
    /// The index of the glasses.
    pub glasses: usize,
    /// The initial placement and warp.
    pub start: FitStart,
    /// Landmark errors in inter-pupil distances: as placed, then after each update.
    pub errors: Vec<f64>,
    /// The size of each update, see [`stgan::Fit::displacement`].
    pub moved: Vec<f64>,
}

/// The landmark errors of all fits from one distribution of initial placements.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpreadErrors {
    /// The distribution of initial placements.
    pub spread: Spread,
    /// The number of fits.
    pub fits: usize,
    /// Landmark errors: as placed, then after each update.
    pub updates: Vec<Summary>,
}

/// Fits all glasses to all faces, `draws` times each from a random initial placement.
///
/// The result is ordered by face, then by glasses. Equal seeds give equal initial placements.
///
/// # Errors
/// [`Error::Argument`] if there is nothing to fit or if a face has no landmarks; the errors of
/// [`Face::image`], [`Spread::draw`] and [`TryOn::fit`].
pub fn measure(
    tryon: &TryOn,
    faces: &[Face],
    glasses: &[Foreground],
    spread: Spread,
    draws: usize,
    updates: Option<usize>,
    seed: u64,
) -> Result<Vec<MeasuredFit>> {
    if faces.len() * glasses.len() * draws == 0 {
        let value = format!("{} faces, {} glasses, {draws} draws", faces.len(), glasses.len());
        return Err(Error::Argument { name: "evaluation", value, expected: "at least one of each".into() });
    }
    // Each image is decoded once for all of its fits.
    let of_face = |(index, face): (usize, &Face)| -> Result<Vec<MeasuredFit>> {
        let target = face.target.as_ref().ok_or_else(|| Error::Argument {
            name: "face",
            value: face.id.clone(),
            expected: "landmarks, which the landmark error needs".into(),
        })?;
        let image = face.image()?;
        let one = |k: usize| -> Result<MeasuredFit> {
            let pair = &glasses[k / draws];
            let mut rng = rng(seed, Stream::Fit(index * glasses.len() * draws + k));
            let start = spread.draw(face, target, &mut rng)?;
            let fit = tryon.fit_from(image.as_ref(), pair, &start.placement, &start.params, updates)?;
            let on_glasses = landmarks::apply(&glasses_to_canonical(pair).inverse()?, &GLASSES);
            let errors = (0..=fit.updates().len())
                .map(|k| Ok(landmarks::error(&landmarks::apply(&fit.homography(k)?, &on_glasses), target)))
                .collect::<Result<_>>()?;
            let moved = (1..=fit.updates().len()).map(|k| fit.displacement(k)).collect::<stgan::Result<_>>()?;
            Ok(MeasuredFit { face: index, glasses: k / draws, start, errors, moved })
        };
        (0..glasses.len() * draws).map(one).collect()
    };
    let of_faces: Vec<Vec<MeasuredFit>> = faces.par_iter().enumerate().map(of_face).collect::<Result<_>>()?;
    Ok(of_faces.into_iter().flatten().collect())
}

impl SpreadErrors {
    /// Summarises fits, all with the same number of updates.
    pub fn of(spread: Spread, fits: &[MeasuredFit]) -> Self {
        let count = fits.first().map_or(0, |fit| fit.errors.len());
        let summary = |update: usize| Summary::of_some(fits.iter().map(|fit| fit.errors[update]).collect());
        Self { spread, fits: fits.len(), updates: (0..count).filter_map(summary).collect() }
    }
}
