//! Fits from random initial placements, and their landmark errors.

use super::{FitStart, Spread, Summary};
use crate::address::{Stream, rng};
use crate::data::Face;
use crate::data::landmarks::{self, GLASSES, nearer_over_farther};
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
    /// Landmark errors in inter-pupil distances, against [`Face::reference`]: as placed, then after
    /// each update.
    pub errors: Vec<f64>,
    /// Landmark errors against the visible points; empty if the face has no front.
    pub visible_errors: Vec<f64>,
    /// The height of the nearer over that of the farther lens after the last update, and that of
    /// the stiff front; None if the face has no front.
    pub lens_heights: Option<[f64; 2]>,
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
    /// Landmark errors against [`Face::reference`]: as placed, then after each update.
    pub updates: Vec<Summary>,
    /// Landmark errors against the visible points; empty for faces without fronts.
    pub visible: Vec<Summary>,
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
        let target = face.reference().ok_or_else(|| Error::Argument {
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
            let found = (0..=fit.updates().len())
                .map(|k| Ok(landmarks::apply(&fit.homography(k)?, &on_glasses)))
                .collect::<Result<Vec<_>>>()?;
            let errors = |target| found.iter().map(|found| landmarks::error(found, target)).collect();
            let ratio = |front| found.last().map(|last| [last, front].map(|l| nearer_over_farther(l, front)));
            let moved = (1..=fit.updates().len()).map(|k| fit.displacement(k)).collect::<stgan::Result<_>>()?;
            Ok(MeasuredFit {
                face: index,
                glasses: k / draws,
                start,
                errors: errors(target),
                visible_errors: face.front.and(face.visible.as_ref()).map(errors).unwrap_or_default(),
                lens_heights: face.front.as_ref().and_then(ratio),
                moved,
            })
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
        let summaries = |errors: fn(&MeasuredFit) -> &[f64]| {
            let of = |update| fits.iter().filter_map(|fit| errors(fit).get(update).copied()).collect();
            (0..count).filter_map(|update| Summary::of_some(of(update))).collect()
        };
        let visible = summaries(|fit| &fit.visible_errors);
        Self { spread, fits: fits.len(), updates: summaries(|fit| &fit.errors), visible }
    }
}
