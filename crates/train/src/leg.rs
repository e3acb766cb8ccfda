//! The networks of one leg: where they come from, and what an iteration does with them.

use super::address::{Address, Purpose, rng};
use super::checkpoint::State;
use super::config::Optimiser;
use super::examples::Batches;
use super::history::Recipe;
use super::numbers::Numbers;
use super::plan::{Leg, Phase};
use super::players::{CriticPlayer, Generators};
use super::{Config, adversarial, regression};
use candle_core::Device;
use rand::Rng;
use rand_distr::StandardNormal;
use stgan::Result;
use stgan::model::{Parameters, TensorSpec, initialise};

/// The networks of one leg.
pub struct Players {
    pub generators: Option<Generators>,
    pub critic: Option<CriticPlayer>,
}

impl Players {
    /// With the weights and the moments that `state` has.
    ///
    /// # Errors
    /// As the networks, and [`Adam::restore`](super::Adam::restore).
    pub fn new(config: &Config, leg: &Leg, state: &State, device: &Device) -> Result<Self> {
        let (generator, critic) = optimisers(config, leg);
        let generators = match generator {
            Some(optimiser) => {
                let spec = config.generator()?;
                let mut player = Generators::new(&spec, &state.weights, leg.stages.clone(), optimiser.betas, device)?;
                if let Some((moments, steps)) = &state.generators {
                    player.adam.restore(moments, *steps)?;
                }
                Some(player)
            }
            None => None,
        };
        let critic = match critic {
            Some(optimiser) => {
                let mut player = CriticPlayer::new(config, &state.weights, optimiser.betas, device)?;
                if let Some((moments, steps)) = &state.critic {
                    player.adam.restore(moments, *steps)?;
                }
                Some(player)
            }
            None => None,
        };
        Ok(Self { generators, critic })
    }

    /// One iteration: figures, and the recipes of what the generators made.
    ///
    /// # Errors
    /// [`stgan::Error::Diverged`] where a gradient is not finite.
    pub fn learn(
        &mut self,
        config: &Config,
        leg: &Leg,
        iteration: usize,
        batches: &Batches,
    ) -> Result<(Numbers, Vec<Recipe>)> {
        let (generator_rate, critic_rate) = rates(config, leg, iteration);
        let (mut figures, mut recipes) = (Numbers::default(), Vec::new());
        if let (Some(generators), Some(batch)) = (&mut self.generators, &batches.generator) {
            match (&self.critic, &config.discriminator, &config.adversarial, &config.regression) {
                (Some(critic), Some(settings), Some(game), _) => figures.add(&adversarial::generator_step(
                    game,
                    settings.loss,
                    generators,
                    &critic.network,
                    batch,
                    generator_rate,
                )?),
                (None, _, _, Some(settings)) => {
                    figures.add(&regression::step(settings, generators, batch, generator_rate)?);
                }
                _ => {}
            }
        }
        if let (Some(critic), Some(settings)) = (&mut self.critic, &config.discriminator) {
            for batch in &batches.critic {
                let generators = self.generators.as_ref();
                let (more, made) = adversarial::critic_step(settings, critic, generators, batch, critic_rate)?;
                figures.add(&more);
                recipes.extend(made);
            }
        }
        if leg.phase == Phase::Critic {
            recipes.clear();
        }
        Ok((figures, recipes))
    }

    /// Brings what has been learned into `state`.
    ///
    /// # Errors
    /// Where a device gives no copy.
    pub fn collect(&self, state: &mut State) -> Result<()> {
        if let Some(generators) = &self.generators {
            state.weights.0.extend(generators.adam.parameters().copied(&Device::Cpu)?.0);
            state.generators = Some(generators.adam.state()?);
        }
        if let Some(critic) = &self.critic {
            state.weights.0.extend(critic.adam.parameters().copied(&Device::Cpu)?.0);
            state.critic = Some(critic.adam.state()?);
        }
        Ok(())
    }
}

/// Networks that are not there yet: a stage starts as a copy of the one before, the first and the critic at random.
pub fn prepare(config: &Config, leg: &Leg, weights: &mut Parameters) -> Result<()> {
    let spec = config.generator()?;
    let random = |item: usize, tensors: &[TensorSpec]| {
        let mut rng = rng(config.seed, Address { purpose: Purpose::Initialisation, step: 0, item });
        initialise(tensors, || rng.sample(StandardNormal))
    };
    for stage in 0..leg.stages.end {
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
    let critic = config.critic_spec().filter(|_| leg.phase.has_critic());
    if let Some(tensors) = critic.map(|critic| critic.tensors())
        && tensors.iter().any(|t| !weights.0.contains_key(&t.name))
    {
        weights.0.extend(random(1 << 10, &tensors)?.0);
    }
    Ok(())
}

/// Of the generators and of the critic, where they are trained in the leg.
fn optimisers(config: &Config, leg: &Leg) -> (Option<Optimiser>, Option<Optimiser>) {
    match leg.phase {
        Phase::Regression => (config.regression.as_ref().map(|r| r.optimiser[leg.stages.start.min(1)]), None),
        Phase::Critic => (None, config.critic.as_ref().map(|c| c.optimiser)),
        Phase::Adversarial => config.adversarial.as_ref().map(|a| (a.generator, a.critic)).unzip(),
        Phase::EndToEnd => config.end_to_end.as_ref().map(|e| (e.generator, e.critic)).unzip(),
    }
}

/// The rates of the generators and of the critic; 0 for who is not trained.
pub fn rates(config: &Config, leg: &Leg, iteration: usize) -> (f64, f64) {
    let (generator, critic) = optimisers(config, leg);
    let rate = |o: Option<Optimiser>| o.map_or(0.0, |o| o.rate(iteration, leg.iterations));
    (rate(generator), rate(critic))
}
