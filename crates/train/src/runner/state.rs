//! The state of a run.

use super::task::TrainedNetworks;
use crate::{Adam, Result};
use candle_core::Device;
use std::collections::BTreeMap;
use stgan::model::Parameters;

/// The state of a run between two iterations: the content of a checkpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The index of the current phase.
    pub phase: usize,
    /// Iterations of the current phase that are done.
    pub iteration: usize,
    /// Iterations of the whole run that are done.
    pub run_iteration: usize,
    /// The best score on the validation split so far.
    pub best: Option<Score>,
    /// The weights of all networks.
    pub weights: Parameters,
    /// Running averages of the weights in training, if the phase has any.
    pub average: Parameters,
    /// The moments of the optimisers, by name.
    pub moments: BTreeMap<String, Moments>,
    /// Tensors that a task keeps besides networks and moments.
    pub memory: Parameters,
}

/// The moments of an [`Adam`], and the number of its steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moments {
    pub tensors: Parameters,
    pub steps: usize,
}

/// A score on the validation split. Lower is better among scores of equally many stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub stages: usize,
    pub value: f64,
}

impl Score {
    /// Whether this score is better than `best`. A score of more stages is always better than one
    /// of fewer.
    pub(crate) fn beats(self, best: Option<Self>) -> bool {
        best.is_none_or(|best| best.stages < self.stages || best.stages == self.stages && self.value < best.value)
    }
}

impl State {
    /// Restores the moments of an optimiser, if the state has any.
    ///
    /// # Errors
    /// Those of [`Adam::restore`].
    pub(crate) fn restore(&self, name: &str, adam: &mut Adam) -> Result<()> {
        match self.moments.get(name) {
            Some(Moments { tensors, steps }) => adam.restore(tensors, *steps),
            None => Ok(()),
        }
    }

    /// Copies weights and moments from the optimisers.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::Error::Tensor) if a copy from the device fails.
    pub(crate) fn collect(&mut self, trained: &[TrainedNetworks]) -> Result<()> {
        for TrainedNetworks { name, adam, .. } in trained {
            self.weights.0.extend(adam.parameters().copied(&Device::Cpu)?.0);
            let (tensors, steps) = adam.state()?;
            self.moments.insert((*name).to_owned(), Moments { tensors, steps });
        }
        Ok(())
    }

    /// Updates the running averages with the current weights.
    pub(crate) fn update_averages(&mut self, trained: &[TrainedNetworks]) -> Result<()> {
        for TrainedNetworks { adam, ema_decay, .. } in trained.iter().filter(|one| one.ema_decay > 0.0) {
            for (name, tensor) in adam.parameters().0 {
                // A checkpoint is loaded to the CPU.
                let old = self.average.0.get(&name).unwrap_or(&tensor).to_device(tensor.device())?;
                let new = ((old * *ema_decay)? + (&tensor * (1.0 - ema_decay))?)?.detach();
                self.average.0.insert(name, new);
            }
        }
        Ok(())
    }

    /// The weights to validate and export: averages, if the phase has any.
    pub(crate) fn averaged_weights(&self) -> Result<Parameters> {
        let mut weights = self.weights.clone();
        weights.0.extend(self.average.copied(&Device::Cpu)?.0);
        Ok(weights)
    }

    /// Ends a phase: the averages become the weights, and moments that do not outlast the phase are
    /// dropped.
    pub(crate) fn end_phase(&mut self, trained: &[TrainedNetworks]) -> Result<()> {
        self.weights = self.averaged_weights()?;
        self.average = Parameters::default();
        let keeps = |name: &String| trained.iter().all(|one| one.name != name || one.keeps_moments);
        self.moments.retain(|name, _| keeps(name));
        (self.phase, self.iteration) = (self.phase + 1, 0);
        Ok(())
    }
}
