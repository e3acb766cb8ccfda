//! The interface between the training loop and the networks that it trains.

use super::folder::Folder;
use super::iteration_metrics::IterationMetrics;
use super::state::{Score, State};
use super::{PhaseKind, ValidationMetrics};
use crate::config::Intervals;
use crate::{Adam, Result};
use serde_json::Value;
use stgan::model::Parameters;

/// A kind of run: its phases, and the export of its weights.
pub(crate) trait Job {
    /// The configuration as TOML, as it is stored with checkpoints and weights.
    fn config(&self) -> Result<String>;

    fn intervals(&self) -> &Intervals;

    /// The phases of the run, in order.
    fn phases(&self) -> Vec<Phase>;

    /// The number of held-out faces or photos.
    fn held_out(&self) -> usize;

    /// Creates the task of a phase with the networks, moments and memory of `state`. Networks that
    /// `state` lacks are initialised and added to its weights.
    fn begin<'a>(&'a self, phase: usize, state: &mut State) -> Result<Box<dyn Task + 'a>>;

    /// The name of the weights file.
    fn weights_file(&self) -> &'static str;

    /// The bytes of the weights file. None while networks for it are missing.
    fn export(&self, weights: &Parameters) -> Result<Option<Vec<u8>>>;

    /// Draws plots and image grids into the folder. The metrics in the folder are up to date.
    fn draw(&self, _folder: &Folder, _weights: &Parameters) -> Result<()> {
        Ok(())
    }
}

/// A part of a run that trains one set of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    pub kind: PhaseKind,
    /// The stage in metrics and messages, from 1.
    pub stage: usize,
    pub iterations: usize,
}

/// The networks of one phase, and one iteration of their training.
pub(crate) trait Task {
    /// Runs one iteration: number `iteration` of the phase and `run_iteration` of the whole run,
    /// both from 0.
    ///
    /// # Errors
    /// [`Error::Diverged`](crate::Error::Diverged) if a gradient is not finite.
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics>;

    /// The networks in training, with the settings of iteration `iteration` (from 0).
    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>>;

    /// Why training has diverged, by the mean metrics of an interval. None if it has not.
    fn divergence(&self, _means: &IterationMetrics) -> Option<String> {
        None
    }

    /// The weights to validate, to export and to keep after the phase, given those in training.
    fn finished(&self, weights: Parameters) -> Result<Parameters> {
        Ok(weights)
    }

    /// Measures the finished `weights` after `iteration` iterations of the phase. None if there is
    /// nothing to measure.
    fn validate(&self, iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>>;

    /// Tensors that a checkpoint stores besides networks and moments. None keeps what the state
    /// has.
    fn memory(&self) -> Result<Option<Parameters>> {
        Ok(None)
    }
}

/// Networks that one optimiser trains.
pub(crate) struct TrainedNetworks<'a> {
    /// The name of the optimiser in checkpoints.
    pub name: &'static str,
    pub adam: &'a Adam,
    /// The name of the learning rate in the metrics, and its value.
    pub rate: (&'static str, f64),
    /// The decay of the running average of the weights; 0 for none.
    pub ema_decay: f64,
    /// Whether the moments outlast the phase.
    pub keeps_moments: bool,
}

/// The result of a validation.
pub(crate) struct ValidationResult {
    /// The values for the line of metrics.
    pub metrics: Vec<(&'static str, Value)>,
    /// The metrics for [`Event::Validated`](super::Event::Validated).
    pub summary: ValidationMetrics,
    /// The score, if the phase trains what it measures.
    pub score: Option<Score>,
    pub verdict: Verdict,
}

/// What follows from a validation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Continue,
    /// The discriminator's pretraining is over. `reached` tells whether it reached its target
    /// preference.
    DiscriminatorPretrained {
        preference: f64,
        reached: bool,
    },
}

/// The next batch, prepared while the current one is used for training.
pub(crate) struct Prefetched<B>(Result<B>);

impl<B: Send + Sync> Prefetched<B> {
    /// Starts with the first batch.
    pub(crate) fn new(first: Result<B>) -> Self {
        Self(first)
    }

    /// Trains on the prefetched batch while `sample` prepares the next one on another thread. An
    /// error of `sample` is returned when its batch is due.
    pub(crate) fn train<R: Send>(
        &mut self,
        train: impl FnOnce(&B) -> Result<R> + Send,
        sample: impl FnOnce() -> Result<B> + Send,
    ) -> Result<R> {
        match &self.0 {
            Ok(batch) => {
                let (trained, next) = rayon::join(|| train(batch), sample);
                self.0 = next;
                trained
            }
            // The error ends the run. Replacing the batch is only a way to take the error out.
            Err(_) => {
                let taken = std::mem::replace(&mut self.0, sample());
                taken.and_then(|batch| train(&batch))
            }
        }
    }
}
