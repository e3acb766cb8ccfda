//! What the runner asks of those who know what is trained.

use super::folder::Folder;
use super::numbers::Numbers;
use super::state::{Score, State};
use super::{Measured, Phase};
use crate::config::Intervals;
use crate::{Adam, Result};
use serde_json::Value;
use stgan::model::Parameters;

/// A kind of run: which tasks follow each other, and what becomes of the weights.
pub(crate) trait Job {
    /// The configuration as it is kept beside checkpoints and weights.
    fn config(&self) -> Result<String>;

    fn intervals(&self) -> &Intervals;

    /// The legs of the run, in order.
    fn legs(&self) -> Vec<Leg>;

    /// How many faces or photos are held out.
    fn held_out(&self) -> usize;

    /// The task of a leg, with the networks, moments and memory that `state` has. Networks that are not there yet are put
    /// into its weights.
    fn begin<'a>(&'a self, leg: usize, state: &mut State) -> Result<Box<dyn Task + 'a>>;

    /// The name of the file with the weights.
    fn weights_file(&self) -> &'static str;

    /// The bytes of that file; none while there are too few networks for one.
    fn export(&self, weights: &Parameters) -> Result<Option<Vec<u8>>>;

    /// Draws what a validation shows into the folder, in which the metrics are up to date.
    fn draw(&self, _folder: &Folder, _weights: &Parameters) -> Result<()> {
        Ok(())
    }
}

/// A part of a run with one set of networks to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    pub phase: Phase,
    /// As metrics and messages count it, from 1.
    pub stage: usize,
    pub iterations: usize,
}

/// The networks of one leg, and what an iteration does with them.
pub(crate) trait Task {
    /// One iteration: `iteration` of the leg, `step` of the whole run, both from 0.
    ///
    /// # Errors
    /// [`Error::Diverged`](crate::Error::Diverged) if a gradient is not finite.
    fn iterate(&mut self, iteration: usize, step: usize) -> Result<Numbers>;

    /// Everything that is trained, as of iteration `iteration` (from 0).
    fn optimised(&self, iteration: usize) -> Vec<Optimised<'_>>;

    /// Why the means of an interval are out of bounds, if they are.
    fn out_of_bounds(&self, _means: &Numbers) -> Option<String> {
        None
    }

    /// Measures `weights` after `iteration` iterations of the leg; none if there is nothing to measure on, or not yet.
    fn validate(&self, iteration: usize, weights: &Parameters) -> Result<Option<Validated>>;

    /// What a checkpoint has to hold besides networks and moments; none leaves what it held before.
    fn memory(&self) -> Result<Option<Parameters>> {
        Ok(None)
    }
}

/// Networks that are trained together, as the runner sees them.
pub(crate) struct Optimised<'a> {
    /// In checkpoints.
    pub name: &'static str,
    pub adam: &'a Adam,
    /// The name of the rate in the metrics, and the rate itself.
    pub rate: (&'static str, f64),
    /// Decay of the running average; 0 for none.
    pub average: f64,
    /// Whether the moments outlast the leg.
    pub carries_on: bool,
}

/// What a validation found.
pub(crate) struct Validated {
    /// For the line of metrics.
    pub figures: Vec<(&'static str, Value)>,
    pub measured: Measured,
    /// Of networks that this leg trains.
    pub score: Option<Score>,
    pub verdict: Verdict,
}

/// What follows from a validation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    GoOn,
    /// The critic's phase is at its end, with this preference; `reached` tells whether it has learned enough.
    CriticDone {
        preference: f64,
        reached: bool,
    },
}

/// The batch that comes next, prepared while another is learned from.
pub(crate) struct Ahead<B>(Result<B>);

impl<B: Send + Sync> Ahead<B> {
    /// With the first batch.
    pub(crate) fn new(first: Result<B>) -> Self {
        Self(first)
    }

    /// Learns from the batch that is ready, and draws the next meanwhile. An error of drawing is told when its batch is due.
    pub(crate) fn turn<R: Send>(
        &mut self,
        learn: impl FnOnce(&B) -> Result<R> + Send,
        draw: impl FnOnce() -> Result<B> + Send,
    ) -> Result<R> {
        match &self.0 {
            Ok(batch) => {
                let (learned, next) = rayon::join(|| learn(batch), draw);
                self.0 = next;
                learned
            }
            // The run ends with this error; that another batch is drawn for it does no harm.
            Err(_) => {
                let taken = std::mem::replace(&mut self.0, draw());
                taken.and_then(|batch| learn(&batch))
            }
        }
    }
}
