//! The networks that are being trained, with their optimisers.

use super::batch::Batch;
use super::plan::Part;
use crate::address::{Address, Purpose, rng};
use crate::config::Config;
use crate::{Adam, Result};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::StandardNormal;
use std::ops::Range;
use stgan::model::{Discriminator, DiscriminatorSpec, Generator, GeneratorSpec, Parameters, TensorSpec, initialise};

/// Some generators of a cascade, and the frozen ones before them.
pub(super) struct Generators {
    frozen: Vec<Generator>,
    trained: Vec<Generator>,
    pub adam: Adam,
}

/// What one generator did: its update Δp and the parameters after it, both [B, 8].
pub(super) struct Move {
    pub delta: Tensor,
    pub params: Tensor,
}

impl Generators {
    /// # Errors
    /// As [`Generator::new`].
    pub(super) fn new(
        spec: &GeneratorSpec,
        weights: &Parameters,
        stages: Range<usize>,
        betas: [f64; 2],
        device: &Device,
    ) -> Result<Self> {
        let weights = weights.to_device(device)?;
        let mine: Parameters = stages.clone().flat_map(|stage| stage_parameters(&weights, stage).0).collect();
        let adam = Adam::new(&mine, betas)?;
        let variables = adam.parameters();
        let network = |parameters: &Parameters, stage: usize| Generator::new(spec, stage, parameters);
        Ok(Self {
            frozen: (0..stages.start).map(|stage| network(&weights, stage)).collect::<stgan::Result<_>>()?,
            trained: stages.map(|stage| network(&variables, stage)).collect::<stgan::Result<_>>()?,
            adam,
        })
    }

    /// Where the frozen generators leave the frames [B, 8].
    fn lead(&self, batch: &Batch) -> Result<Tensor> {
        let mut params = batch.params.clone();
        for generator in &self.frozen {
            params = (&params + generator.forward(&batch.background, &batch.warped(&params)?)?)?.detach();
        }
        Ok(params)
    }

    /// What each of the trained generators does, one after the other. Gradients reach all of them; through the warps that a
    /// generator looks at they do not pass, so that each answers for its own update.
    pub(super) fn play(&self, batch: &Batch) -> Result<Vec<Move>> {
        let mut params = self.lead(batch)?;
        let mut moves = Vec::with_capacity(self.trained.len());
        for generator in &self.trained {
            let delta = generator.forward(&batch.background, &batch.warped(&params.detach())?)?;
            params = (&params + &delta)?;
            moves.push(Move { delta, params: params.clone() });
        }
        Ok(moves)
    }

    /// Where the last of the generators leaves the frames [B, 8], without gradients.
    pub(super) fn settle(&self, batch: &Batch) -> Result<Tensor> {
        let moves = self.play(batch)?;
        let params = moves.last().map_or_else(|| batch.params.clone(), |last| last.params.clone());
        Ok(params.detach())
    }
}

/// The critic.
pub(super) struct CriticPlayer {
    pub network: Discriminator,
    pub adam: Adam,
}

impl CriticPlayer {
    /// # Errors
    /// As [`Discriminator::new`].
    pub(super) fn new(
        spec: &DiscriminatorSpec,
        weights: &Parameters,
        betas: [f64; 2],
        device: &Device,
    ) -> Result<Self> {
        let mine = weights.0.iter().filter(|(name, _)| name.starts_with("discriminator."));
        let mine: Parameters = mine.map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
        let adam = Adam::new(&mine.to_device(device)?, betas)?;
        Ok(Self { network: Discriminator::new(spec, &adam.parameters())?, adam })
    }
}

/// The tensors of one stage.
pub(super) fn stage_parameters(weights: &Parameters, stage: usize) -> Parameters {
    let prefix = format!("stages.{stage}.");
    let mine = weights.0.iter().filter(|(name, _)| name.starts_with(&prefix));
    mine.map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
}

/// How many stages there are.
pub(super) fn stages(weights: &Parameters) -> usize {
    (0..).take_while(|&stage| !stage_parameters(weights, stage).0.is_empty()).count()
}

/// Adds the networks that a leg needs and that are not there yet: a stage starts as a copy of the one before, the first and
/// the critic at random.
pub(super) fn prepare(config: &Config, part: &Part, weights: &mut Parameters) -> Result<()> {
    let spec = config.generator()?;
    let random = |item: usize, tensors: &[TensorSpec]| {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Initialisation, step: 0, item });
        initialise(tensors, || rng.sample(StandardNormal))
    };
    for stage in 0..part.stages.end {
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
    if let Some(tensors) = part.lesson.discriminator().map(|settings| settings.spec().tensors())
        && tensors.iter().any(|t| !weights.0.contains_key(&t.name))
    {
        weights.0.extend(random(1 << 10, &tensors)?.0);
    }
    Ok(())
}
