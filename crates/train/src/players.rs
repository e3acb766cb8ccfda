//! The networks that are being trained, with their optimisers.

use super::examples::Batch;
use super::{Adam, Config};
use candle_core::{Device, Tensor};
use std::ops::Range;
use stgan::model::{Discriminator, Generator, GeneratorSpec, Parameters};
use stgan::{Error, Result};

/// Some generators of a cascade, and the frozen ones before them.
pub struct Generators {
    frozen: Vec<Generator>,
    trained: Vec<Generator>,
    pub adam: Adam,
}

/// What one generator did: its update Δp and the parameters after it, both [B, 8].
pub struct Move {
    pub delta: Tensor,
    pub params: Tensor,
}

impl Generators {
    /// # Errors
    /// As [`Generator::new`].
    pub fn new(
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
            frozen: (0..stages.start).map(|stage| network(&weights, stage)).collect::<Result<_>>()?,
            trained: stages.map(|stage| network(&variables, stage)).collect::<Result<_>>()?,
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
    pub fn play(&self, batch: &Batch) -> Result<Vec<Move>> {
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
    pub fn settle(&self, batch: &Batch) -> Result<Tensor> {
        let moves = self.play(batch)?;
        let params = moves.last().map_or_else(|| batch.params.clone(), |last| last.params.clone());
        Ok(params.detach())
    }
}

/// The critic.
pub struct CriticPlayer {
    pub network: Discriminator,
    pub adam: Adam,
}

impl CriticPlayer {
    /// # Errors
    /// As [`Discriminator::new`]; [`Error::Argument`] for a run without one.
    pub fn new(config: &Config, weights: &Parameters, betas: [f64; 2], device: &Device) -> Result<Self> {
        let spec = config.critic_spec().ok_or_else(|| Error::Argument {
            name: "discriminator",
            value: "missing".into(),
            expected: "a table, for the critic's sake".into(),
        })?;
        let mine = weights.0.iter().filter(|(name, _)| name.starts_with("discriminator."));
        let mine: Parameters = mine.map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
        let adam = Adam::new(&mine.to_device(device)?, betas)?;
        Ok(Self { network: Discriminator::new(&spec, &adam.parameters())?, adam })
    }
}

/// The tensors of one stage.
pub fn stage_parameters(weights: &Parameters, stage: usize) -> Parameters {
    let prefix = format!("stages.{stage}.");
    let mine = weights.0.iter().filter(|(name, _)| name.starts_with(&prefix));
    mine.map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
}

/// Moves `average` towards `now` by 1 − `decay`.
pub fn follow(average: &mut Parameters, now: &Parameters, decay: f64) -> Result<()> {
    for (name, tensor) in &now.0 {
        let old = average.0.get(name).unwrap_or(tensor);
        let new = ((old * decay)? + (tensor * (1.0 - decay))?)?.detach();
        average.0.insert(name.clone(), new);
    }
    Ok(())
}
