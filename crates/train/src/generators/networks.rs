//! Networks in training, with their optimisers.

use super::batch::Batch;
use super::normalise;
use super::plan::PlannedPhase;
use crate::address::{Address, Purpose, rng};
use crate::config::Config;
use crate::{Adam, Result};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::StandardNormal;
use std::ops::Range;
use stgan::model::{Discriminator, DiscriminatorSpec, Generator, GeneratorSpec, Parameters, TensorSpec, initialise};

/// The trained generators of a cascade, their optimiser, and the frozen generators before them.
pub(super) struct GeneratorTrainer {
    frozen: Vec<Generator>,
    trained: Vec<Generator>,
    /// Whether the trained generators use batch normalisation.
    pub batch_norm: bool,
    pub adam: Adam,
}

/// The output of one generator: its update Δp and the parameters p + Δp, both [B, 8].
pub(super) struct Step {
    pub delta: Tensor,
    pub params: Tensor,
}

impl GeneratorTrainer {
    /// # Errors
    /// Those of [`Generator::new`].
    pub(super) fn new(
        spec: &GeneratorSpec,
        weights: &Parameters,
        stages: Range<usize>,
        betas: [f64; 2],
        device: &Device,
    ) -> Result<Self> {
        let weights = weights.to_device(device)?;
        let trained: Parameters = stages.clone().flat_map(|stage| stage_parameters(&weights, stage).0).collect();
        let adam = Adam::new(&trained, betas)?;
        let variables = adam.parameters();
        let network = |parameters: &Parameters, stage: usize| Generator::new(spec, stage, parameters);
        Ok(Self {
            frozen: (0..stages.start).map(|stage| network(&weights, stage)).collect::<stgan::Result<_>>()?,
            trained: stages.map(|stage| network(&variables, stage)).collect::<stgan::Result<_>>()?,
            batch_norm: false,
            adam,
        })
    }

    /// The parameters [B, 8] after the frozen generators.
    fn frozen_params(&self, batch: &Batch) -> Result<Tensor> {
        let mut params = batch.params.clone();
        for generator in &self.frozen {
            params = (&params + generator.forward(&batch.background, &batch.warped(&params)?)?)?.detach();
        }
        Ok(params)
    }

    /// Runs the trained generators one after the other.
    ///
    /// Gradients reach all of them through the sum of the updates, but do not pass through the warp
    /// that makes the next generator's input: each generator is trained on its own update only.
    pub(super) fn rollout(&self, batch: &Batch) -> Result<Vec<Step>> {
        let mut params = self.frozen_params(batch)?;
        let mut steps = Vec::with_capacity(self.trained.len());
        for generator in &self.trained {
            let forward = if self.batch_norm { normalise::forward } else { Generator::forward };
            let delta = forward(generator, &batch.background, &batch.warped(&params.detach())?)?;
            params = (&params + &delta)?;
            steps.push(Step { delta, params: params.clone() });
        }
        Ok(steps)
    }

    /// The parameters [B, 8] after the last generator, without gradients.
    pub(super) fn final_params(&self, batch: &Batch) -> Result<Tensor> {
        let steps = self.rollout(batch)?;
        let params = steps.last().map_or_else(|| batch.params.clone(), |last| last.params.clone());
        Ok(params.detach())
    }
}

/// The discriminator with its optimiser.
pub(super) struct DiscriminatorTrainer {
    pub network: Discriminator,
    pub adam: Adam,
}

impl DiscriminatorTrainer {
    /// # Errors
    /// Those of [`Discriminator::new`].
    pub(super) fn new(
        spec: &DiscriminatorSpec,
        weights: &Parameters,
        betas: [f64; 2],
        device: &Device,
    ) -> Result<Self> {
        let own = weights.0.iter().filter(|(name, _)| name.starts_with("discriminator."));
        let own: Parameters = own.map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
        let adam = Adam::new(&own.to_device(device)?, betas)?;
        Ok(Self { network: Discriminator::new(spec, &adam.parameters())?, adam })
    }
}

/// The tensors of one stage.
pub(super) fn stage_parameters(weights: &Parameters, stage: usize) -> Parameters {
    let prefix = format!("stages.{stage}.");
    let own = weights.0.iter().filter(|(name, _)| name.starts_with(&prefix));
    own.map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
}

/// The number of stages in `weights`.
pub(super) fn stages(weights: &Parameters) -> usize {
    (0..).take_while(|&stage| !stage_parameters(weights, stage).0.is_empty()).count()
}

/// Adds the networks that a phase needs and `weights` lacks.
///
/// A stage is initialised with a copy of the stage before it, the first stage and the discriminator
/// at random.
pub(super) fn prepare(config: &Config, planned: &PlannedPhase, weights: &mut Parameters) -> Result<()> {
    let spec = config.generator()?;
    let random = |item: usize, tensors: &[TensorSpec]| {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Initialisation, iteration: 0, item });
        initialise(tensors, || rng.sample(StandardNormal))
    };
    for stage in 0..planned.stages.end {
        if weights.0.contains_key(&format!("stages.{stage}.fc2.bias")) {
            continue;
        }
        let mut fresh = random(stage, &spec.tensors(stage))?;
        if stage > 0 {
            let (from, to) = (format!("stages.{}.", stage - 1), format!("stages.{stage}."));
            for (name, tensor) in &mut fresh.0 {
                *tensor = weights.expect(&name.replace(&to, &from), tensor.dims())?;
            }
        }
        weights.0.extend(fresh.0);
    }
    if let Some(tensors) = planned.objective.discriminator().map(|settings| settings.spec().tensors())
        && tensors.iter().any(|t| !weights.0.contains_key(&t.name))
    {
        weights.0.extend(random(1 << 10, &tensors)?.0);
    }
    Ok(())
}
