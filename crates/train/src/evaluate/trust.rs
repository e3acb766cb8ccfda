//! Whether updates settle, whether a frame stays in the picture whatever it starts from, and what a fit's confidence is worth.

use super::fits::{self, Measured};
use super::{Situation, Spread, Summary, Trial, trials};
use crate::Result;
use crate::data::Face;
use serde::Serialize;
use stgan::TryOn;
use stgan::compose::Foreground;
use stgan::internals::homography::DIMENSION;

/// An anchor error of more, in eye distances, is a frame that sits on no face, or on none where it belongs.
pub const FOUND: f64 = 0.15;

/// A fit that is as sure as that, or surer, is taken for one that found a face.
const SURE: f64 = 0.5;

/// How often the last stage is applied where it is asked whether updates settle.
const APPLICATIONS: [usize; 2] = [5, 10];

/// What [`trust`] measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trust {
    /// Whether updates settle.
    pub settling: Vec<Settling>,
    /// What became of fits in each situation.
    pub situations: Vec<Outcomes>,
    /// The chance that of a fit with an anchor error of at most [`FOUND`] and another one the first is surer: the area under the ROC curve.
    pub auc: f64,
    /// Of the other ones, the share that is not sure.
    pub caught: f64,
    /// Of those with a small error, the share that is.
    pub kept: f64,
    /// Generators by landmarks.
    pub regression: Logistic,
}

/// How far one application of the last stage moves the anchors, in eye distances of the frame, for fits as dropped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settling {
    /// Which application of the last stage.
    pub application: usize,
    /// How far it moved.
    #[serde(flatten)]
    pub moved: Summary,
}

/// What became of the fits of one situation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outcomes {
    /// What the glasses were placed on.
    pub situation: Situation,
    /// The number of fits.
    pub fits: usize,
    /// Share with an anchor error of at most [`FOUND`].
    pub found: f64,
    /// Share that is sure.
    pub sure: f64,
    /// Norm of p after the last update: median, and the largest.
    pub norm: [f64; 2],
    /// The largest norm of any update.
    pub largest_update: f64,
}

/// The confidence that suits these fits best: 1 / (1 + (moved / halfway)^steepness).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Logistic {
    /// The size of an update at which the confidence is a half.
    pub halfway: f64,
    /// How fast it falls from there.
    pub steepness: f64,
}

/// Fits from [`Situation::ALL`], `each` of every face, and fits as dropped with many updates.
///
/// # Errors
/// As [`trials`] and [`fits::measure`].
pub fn trust(tryon: &TryOn, faces: &[Face], frames: &[Foreground], each: usize, seed: u64) -> Result<Trust> {
    let all = trials(tryon, faces, frames, each, seed)?;
    let (right, wrong): (Vec<&Trial>, Vec<&Trial>) = all.iter().partition(|trial| trial.found());
    let confident = |some: &[&Trial]| share(some.iter().map(|trial| trial.confidence() >= SURE));
    Ok(Trust {
        settling: settling(tryon, faces, frames, seed)?,
        situations: Situation::ALL.into_iter().filter_map(|situation| Outcomes::of(situation, &all)).collect(),
        auc: area(&right, &wrong),
        caught: 1.0 - confident(&wrong),
        kept: confident(&right),
        regression: Logistic::of(&all),
    })
}

fn settling(tryon: &TryOn, faces: &[Face], frames: &[Foreground], seed: u64) -> Result<Vec<Settling>> {
    // Its first application is the update of its number.
    let update = |application: usize| tryon.stages() - 1 + application;
    let steps = Some(update(APPLICATIONS[1]));
    let fits: Vec<Measured> = fits::measure(tryon, faces, frames, Spread::Dropped, 1, steps, seed)?;
    let moved = |application| Settling {
        application,
        moved: Summary::of(fits.iter().map(|fit| fit.moved[update(application) - 1]).collect()),
    };
    Ok(APPLICATIONS.map(moved).to_vec())
}

impl Trial {
    /// Whether the frame ended on a face.
    pub fn found(&self) -> bool {
        self.error.is_some_and(|error| error <= FOUND)
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
            sure: share(some.iter().map(|trial| trial.confidence() >= SURE)),
            norm: [*norms.get(norms.len() / 2)?, *norms.last()?],
            largest_update: updates.fold(0.0, f64::max),
        })
    }
}

fn share(all: impl ExactSizeIterator<Item = bool>) -> f64 {
    let count = all.len().max(1) as f64;
    all.filter(|x| *x).count() as f64 / count
}

/// The area under the ROC curve of the confidence; half for what is equally sure.
fn area(right: &[&Trial], wrong: &[&Trial]) -> f64 {
    let mut wrong: Vec<f64> = wrong.iter().map(|trial| trial.confidence()).collect();
    wrong.sort_by(f64::total_cmp);
    let less = |value: f64| {
        let (below, upto) = (wrong.partition_point(|x| *x < value), wrong.partition_point(|x| *x <= value));
        0.5 * (below + upto) as f64
    };
    let sum: f64 = right.iter().map(|trial| less(trial.confidence())).sum();
    sum / (right.len() * wrong.len()).max(1) as f64
}

impl Logistic {
    /// By Newton's method; found and other fits weigh alike.
    fn of(trials: &[Trial]) -> Self {
        let right = share(trials.iter().map(Trial::found)).clamp(1e-9, 1.0 - 1e-9);
        let points: Vec<(f64, f64, f64)> = trials
            .iter()
            .filter_map(|trial| {
                let moved = trial.fit.displacement(trial.fit.updates().len()).ok()?;
                let found = trial.found();
                Some((moved.max(1e-6).ln(), f64::from(u8::from(found)), 0.5 / if found { right } else { 1.0 - right }))
            })
            .collect();
        let [mut offset, mut slope] = [0.0, 0.0];
        for _ in 0..50 {
            // A little of a ridge: fits that are told apart without a fault have no finite slope.
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
        Self { halfway: (-offset / slope).exp(), steepness: -slope }
    }
}
