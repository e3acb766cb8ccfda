//! Where a run stands.

use super::task::Optimised;
use crate::{Adam, Result};
use candle_core::Device;
use std::collections::BTreeMap;
use stgan::model::Parameters;

/// Where a run stands between two iterations: what a checkpoint holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The leg of the plan, and the iterations of it that are done.
    pub leg: usize,
    pub iteration: usize,
    /// Iterations done in the whole run.
    pub step: usize,
    /// The best score on the validation split so far.
    pub best: Option<Score>,
    /// All networks.
    pub weights: Parameters,
    /// Running averages of the networks being trained, if they have any.
    pub average: Parameters,
    /// What the optimisers remember, by name.
    pub moments: BTreeMap<String, Moments>,
    /// What a task remembers beside its networks.
    pub memory: Parameters,
}

/// The moments of an [`Adam`], and its steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moments {
    pub tensors: Parameters,
    pub steps: usize,
}

/// A result on the validation split: the lower the better, among those of as many stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub stages: usize,
    pub value: f64,
}

impl Score {
    /// Scores of more stages are better than those of fewer, whatever they are.
    pub(crate) fn beats(self, best: Option<Self>) -> bool {
        best.is_none_or(|best| best.stages < self.stages || best.stages == self.stages && self.value < best.value)
    }
}

impl State {
    /// Gives an optimiser back what it remembers, if it was there before.
    ///
    /// # Errors
    /// As [`Adam::restore`].
    pub(crate) fn restore(&self, name: &str, adam: &mut Adam) -> Result<()> {
        match self.moments.get(name) {
            Some(Moments { tensors, steps }) => adam.restore(tensors, *steps),
            None => Ok(()),
        }
    }

    /// Brings what has been learned here.
    ///
    /// # Errors
    /// If a device gives no copy.
    pub(crate) fn collect(&mut self, optimised: &[Optimised]) -> Result<()> {
        for Optimised { name, adam, .. } in optimised {
            self.weights.0.extend(adam.parameters().copied(&Device::Cpu)?.0);
            let (tensors, steps) = adam.state()?;
            self.moments.insert((*name).to_owned(), Moments { tensors, steps });
        }
        Ok(())
    }

    /// Moves the running averages towards what the optimisers have now.
    pub(crate) fn follow(&mut self, optimised: &[Optimised]) -> Result<()> {
        for Optimised { adam, average, .. } in optimised.iter().filter(|one| one.average > 0.0) {
            for (name, tensor) in adam.parameters().0 {
                // From a checkpoint it comes on the CPU.
                let old = self.average.0.get(&name).unwrap_or(&tensor).to_device(tensor.device())?;
                let new = ((old * *average)? + (&tensor * (1.0 - average))?)?.detach();
                self.average.0.insert(name, new);
            }
        }
        Ok(())
    }

    /// The weights to validate and export: averages if there are any.
    pub(crate) fn shown(&self) -> Result<Parameters> {
        let mut weights = self.weights.clone();
        weights.0.extend(self.average.copied(&Device::Cpu)?.0);
        Ok(weights)
    }

    /// The end of a leg: averages become the weights, and the next leg is where a resumed run begins.
    pub(crate) fn end_leg(&mut self, optimised: &[Optimised]) -> Result<()> {
        self.weights = self.shown()?;
        self.average = Parameters::default();
        let carried = |name: &String| optimised.iter().all(|one| one.name != name || one.carries_on);
        self.moments.retain(|name, _| carried(name));
        (self.leg, self.iteration) = (self.leg + 1, 0);
        Ok(())
    }
}
