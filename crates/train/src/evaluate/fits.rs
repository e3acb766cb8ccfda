//! Many fits from random starts, and how far off each ends.

use super::{Spread, Start, Summary};
use crate::address::{Stream, rng};
use crate::data::Face;
use crate::data::landmarks::{self, GLASSES};
use crate::{Error, Result};
use rayon::prelude::*;
use serde::Serialize;
use stgan::TryOn;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;

/// One fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Which of the faces and of the frames.
    pub face: usize,
    /// Which of the glasses.
    pub frame: usize,
    /// Where it began.
    pub start: Start,
    /// Anchor errors in eye distances: as placed, and after each update.
    pub errors: Vec<f64>,
    /// How far each update moved the frame, see [`stgan::Fit::moved`].
    pub moved: Vec<f64>,
}

/// The anchor errors of all fits from one kind of start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// Where fits began.
    pub spread: Spread,
    /// The number of fits.
    pub fits: usize,
    /// As placed, and after each update.
    pub steps: Vec<Summary>,
}

/// Fits every frame to every face, `draws` times each from a random start. The same seed draws the same starts. In the order of
/// faces, then frames.
///
/// # Errors
/// [`Error::Argument`] where there is nothing to fit, or a face without landmarks; otherwise as [`Face::image`],
/// [`Spread::draw`] and [`TryOn::fit`].
pub fn measure(
    tryon: &TryOn,
    faces: &[Face],
    frames: &[Foreground],
    spread: Spread,
    draws: usize,
    steps: Option<usize>,
    seed: u64,
) -> Result<Vec<Measured>> {
    if faces.len() * frames.len() * draws == 0 {
        let value = format!("{} faces, {} frames, {draws} draws", faces.len(), frames.len());
        return Err(Error::Argument { name: "evaluation", value, expected: "at least one of each".into() });
    }
    // An image is decoded once for all of its fits.
    let of_face = |(index, face): (usize, &Face)| -> Result<Vec<Measured>> {
        let target = face.target.as_ref().ok_or_else(|| Error::Argument {
            name: "face",
            value: face.id.clone(),
            expected: "landmarks, to measure the anchor error".into(),
        })?;
        let image = face.image()?;
        let one = |k: usize| -> Result<Measured> {
            let frame = &frames[k / draws];
            let mut rng = rng(seed, Stream::Fit(index * frames.len() * draws + k));
            let start = spread.draw(face, target, &mut rng)?;
            let fit = tryon.fit_from(image.as_ref(), frame, &start.placement, &start.params, steps)?;
            let on_frame = landmarks::apply(&glasses_to_canonical(frame).inverse()?, &GLASSES);
            let errors = (0..=fit.updates().len())
                .map(|k| Ok(landmarks::error(&landmarks::apply(&fit.homography(k)?, &on_frame), target)))
                .collect::<Result<_>>()?;
            let moved = (1..=fit.updates().len()).map(|k| fit.moved(k)).collect::<stgan::Result<_>>()?;
            Ok(Measured { face: index, frame: k / draws, start, errors, moved })
        };
        (0..frames.len() * draws).map(one).collect()
    };
    let of_faces: Vec<Vec<Measured>> = faces.par_iter().enumerate().map(of_face).collect::<Result<_>>()?;
    Ok(of_faces.into_iter().flatten().collect())
}

impl Errors {
    /// Of at least one fit, all of them of the same number of updates.
    pub fn of(spread: Spread, fits: &[Measured]) -> Self {
        let steps = fits.first().map_or(0, |fit| fit.errors.len());
        let summary = |step: usize| Summary::of_some(fits.iter().map(|fit| fit.errors[step]).collect());
        Self { spread, fits: fits.len(), steps: (0..steps).filter_map(summary).collect() }
    }
}
