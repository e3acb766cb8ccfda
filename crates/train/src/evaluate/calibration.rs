//! Convergence of updates, outcomes of fits by situation, and calibration of the confidence.

use super::fits::{self, MeasuredFit};
use super::{Situation, Spread, Summary, Trial, trials};
use crate::Result;
use crate::data::Face;
use serde::Serialize;
use stgan::TryOn;
use stgan::compose::Foreground;
use stgan::internals::homography::DIMENSION;

/// The maximum landmark error, in inter-pupil distances, at which a fit counts as on the face.
pub const MAX_FOUND_ERROR: f64 = 0.15;

/// The minimum confidence at which a fit counts as confident.
const MIN_CONFIDENCE: f64 = 0.5;

/// The applications of the last stage whose updates are measured for convergence.
const APPLICATIONS: [usize; 2] = [5, 10];

/// Convergence, outcomes and confidence metrics of many fits.
///
/// A fit is *found* if its landmark error is at most [`MAX_FOUND_ERROR`], and *confident* if its
/// confidence is at least 0.5.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// The size of late updates.
    pub convergence: Vec<Convergence>,
    /// The outcomes of the fits in each situation.
    pub situations: Vec<Outcomes>,
    /// The area under the ROC curve of the confidence: the probability that a found fit has a
    /// higher confidence than a fit that is not found.
    pub auc: f64,
    /// The share of confident fits among the found ones.
    pub true_positive_rate: f64,
    /// The share of unconfident fits among those that are not found.
    pub true_negative_rate: f64,
    /// The logistic regression of "found" on the size of the last update.
    pub logistic: Logistic,
}

/// How far one application of the last stage moves the landmarks, in inter-pupil distances, for
/// fits from [`Spread::Dropped`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Convergence {
    /// The application of the last stage, from 1.
    pub application: usize,
    /// The size of the update.
    #[serde(flatten)]
    pub moved: Summary,
}

/// The outcomes of the fits in one situation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outcomes {
    /// The situation.
    pub situation: Situation,
    /// The number of fits.
    pub fits: usize,
    /// The share of found fits.
    pub found: f64,
    /// The share of confident fits.
    pub confident: f64,
    /// The norm of the warp parameters p after the last update: median and maximum.
    pub norm: [f64; 2],
    /// The maximum norm of any update Δp.
    pub max_update: f64,
}

/// The confidence function 1 / (1 + (moved / midpoint)^steepness) that fits the data best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Logistic {
    /// The size of the last update at which the confidence is 0.5.
    pub midpoint: f64,
    /// The exponent.
    pub steepness: f64,
}

/// Measures convergence, and the outcomes and the confidence of `each` fits per face and situation.
///
/// # Errors
/// The errors of [`trials`] and [`measure`](super::measure).
pub fn calibration(
    tryon: &TryOn,
    faces: &[Face],
    glasses: &[Foreground],
    each: usize,
    seed: u64,
) -> Result<Calibration> {
    let all = trials(tryon, faces, glasses, each, seed)?;
    let (found, missed): (Vec<&Trial>, Vec<&Trial>) = all.iter().partition(|trial| trial.found());
    let confident = |some: &[&Trial]| share(some.iter().map(|trial| trial.confidence() >= MIN_CONFIDENCE));
    Ok(Calibration {
        convergence: convergence(tryon, faces, glasses, seed)?,
        situations: Situation::ALL.into_iter().filter_map(|situation| Outcomes::of(situation, &all)).collect(),
        auc: area(&found, &missed),
        true_positive_rate: confident(&found),
        true_negative_rate: 1.0 - confident(&missed),
        logistic: Logistic::of(&all),
    })
}

fn convergence(tryon: &TryOn, faces: &[Face], glasses: &[Foreground], seed: u64) -> Result<Vec<Convergence>> {
    // The first application of the last stage is update `stages`, counted from 1.
    let update = |application: usize| tryon.stages() - 1 + application;
    let updates = Some(update(APPLICATIONS[1]));
    let fits: Vec<MeasuredFit> = fits::measure(tryon, faces, glasses, Spread::Dropped, 1, updates, seed)?;
    let moved = |application| Convergence {
        application,
        moved: Summary::of(fits.iter().map(|fit| fit.moved[update(application) - 1]).collect()),
    };
    Ok(APPLICATIONS.map(moved).to_vec())
}

/// Larger displacements count as this one in the regression, in lens distances.
const MAX_MOVED: f64 = 4.0;

impl Trial {
    /// Whether the glasses ended on the face: the landmark error is at most [`MAX_FOUND_ERROR`].
    pub fn found(&self) -> bool {
        self.error.is_some_and(|error| error <= MAX_FOUND_ERROR)
    }

    fn confidence(&self) -> f64 {
        self.fit.confidence().unwrap_or(0.0)
    }
}

impl Outcomes {
    fn of(situation: Situation, trials: &[Trial]) -> Option<Self> {
        let some: Vec<&Trial> = trials.iter().filter(|trial| trial.situation == situation).collect();
        let norm = |params: &[f64; DIMENSION]| params.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut norms: Vec<f64> =
            some.iter().filter_map(|trial| Some(norm(&trial.fit.updates().last()?.params))).collect();
        norms.sort_by(f64::total_cmp);
        let updates = some.iter().flat_map(|trial| trial.fit.updates()).map(|update| norm(&update.delta));
        Some(Self {
            situation,
            fits: some.len(),
            found: share(some.iter().map(|trial| trial.found())),
            confident: share(some.iter().map(|trial| trial.confidence() >= MIN_CONFIDENCE)),
            norm: [*norms.get(norms.len() / 2)?, *norms.last()?],
            max_update: updates.fold(0.0, f64::max),
        })
    }
}

fn share(all: impl ExactSizeIterator<Item = bool>) -> f64 {
    let count = all.len().max(1) as f64;
    all.filter(|x| *x).count() as f64 / count
}

/// The area under the ROC curve of the confidence. Ties count half.
fn area(found: &[&Trial], missed: &[&Trial]) -> f64 {
    let mut missed: Vec<f64> = missed.iter().map(|trial| trial.confidence()).collect();
    missed.sort_by(f64::total_cmp);
    let less = |value: f64| {
        let (below, upto) = (missed.partition_point(|x| *x < value), missed.partition_point(|x| *x <= value));
        0.5 * (below + upto) as f64
    };
    let sum: f64 = found.iter().map(|trial| less(trial.confidence())).sum();
    sum / (found.len() * missed.len()).max(1) as f64
}

impl Logistic {
    /// Fits the parameters by Newton's method. Found and missed fits have equal total weight.
    fn of(trials: &[Trial]) -> Self {
        let found_share = share(trials.iter().map(Trial::found)).clamp(1e-9, 1.0 - 1e-9);
        let points: Vec<(f64, f64, f64)> = trials
            .iter()
            .filter_map(|trial| {
                let moved = trial.fit.displacement(trial.fit.updates().len()).ok()?;
                let found = trial.found();
                Some((
                    moved.clamp(1e-6, MAX_MOVED).ln(),
                    f64::from(u8::from(found)),
                    0.5 / if found { found_share } else { 1.0 - found_share },
                ))
            })
            .collect();
        let [mut offset, mut slope] = [0.0, 0.0];
        for _ in 0..50 {
            // A small ridge term keeps the slope finite if the fits are perfectly separable.
            let ridge = 1e-6 * points.len() as f64;
            let ([mut g0, mut g1], [mut h00, mut h01, mut h11]) =
                ([-ridge * offset, -ridge * slope], [ridge, 0.0, ridge]);
            for &(x, y, weight) in &points {
                let p = 1.0 / (1.0 + (-(offset + slope * x)).exp());
                let (g, h) = (weight * (y - p), weight * p * (1.0 - p));
                (g0, g1) = (g0 + g, g1 + g * x);
                (h00, h01, h11) = (h00 + h, h01 + h * x, h11 + h * x * x);
            }
            let determinant = h00 * h11 - h01 * h01;
            offset += (g0 * h11 - g1 * h01) / determinant;
            slope += (g1 * h00 - g0 * h01) / determinant;
        }
        Self { midpoint: (-offset / slope).exp(), steepness: -slope }
    }
}
