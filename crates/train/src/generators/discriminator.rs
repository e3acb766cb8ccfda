//! The critic: its losses, and the phase in which it learns alone (ST-GAN, section 3.2; Gulrajani et al. 2017; Mescheder et
//! al. 2018).

use super::Cascades;
use super::batch::CriticBatch;
use super::history::Recipe;
use super::networks::{CriticPlayer, Generators};
use super::plan::Part;
use crate::Result;
use crate::address::Address;
use crate::config::{AdversarialLoss, Critic, DiscriminatorSettings};
use crate::runner::{Ahead, Numbers, Optimised, State, Task, Validated, Verdict};
use candle_core::{Result as Tried, Tensor};
use stgan::model::{Discriminator, Parameters, losses};

/// A critic whose gradient is larger than this, on average over an interval, has diverged.
const LARGEST_GRADIENT: f64 = 1e3;

/// The critic alone, against frames that are perturbed and not corrected.
pub(super) struct CriticTask<'a> {
    run: &'a Cascades<'a>,
    settings: &'a Critic,
    discriminator: &'a DiscriminatorSettings,
    iterations: usize,
    critic: CriticPlayer,
    ahead: Ahead<CriticBatch>,
}

impl<'a> CriticTask<'a> {
    /// # Errors
    /// As the network, and [`Adam::restore`](crate::Adam::restore).
    pub(super) fn new(
        run: &'a Cascades<'a>,
        part: &Part,
        settings: &'a Critic,
        discriminator: &'a DiscriminatorSettings,
        state: &State,
    ) -> Result<Self> {
        let critic = player(run, discriminator, settings.optimiser.betas, state)?;
        let ahead = Ahead::new(run.examples.critic(settings, state.step));
        Ok(Self { run, settings, discriminator, iterations: part.leg.iterations, critic, ahead })
    }
}

impl Task for CriticTask<'_> {
    fn iterate(&mut self, iteration: usize, step: usize) -> Result<Numbers> {
        let Self { run, settings, discriminator, iterations, critic, ahead } = self;
        let rate = settings.optimiser.rate(iteration, *iterations);
        ahead.turn(
            |batch| Ok(self::step(discriminator, critic, None, batch, rate)?.0),
            || run.examples.critic(settings, step + 1),
        )
    }

    fn optimised(&self, iteration: usize) -> Vec<Optimised<'_>> {
        vec![optimised(&self.critic, self.settings.optimiser.rate(iteration, self.iterations))]
    }

    fn out_of_bounds(&self, means: &Numbers) -> Option<String> {
        out_of_bounds(means)
    }

    fn validate(&self, iteration: usize, weights: &Parameters) -> Result<Option<Validated>> {
        let Some(preference) = self.run.preference(&self.critic, &self.settings.perturbation)? else { return Ok(None) };
        let reached = self.settings.stop_at.is_some_and(|wanted| preference >= wanted);
        let mut validated = self.run.measure(weights, Some(preference))?;
        // The generators are as they were.
        validated.score = None;
        if reached || iteration == self.iterations {
            validated.verdict = Verdict::CriticDone { preference, reached };
        }
        Ok(Some(validated))
    }
}

/// The critic with the weights and moments that `state` has.
pub(super) fn player(
    run: &Cascades,
    settings: &DiscriminatorSettings,
    betas: [f64; 2],
    state: &State,
) -> Result<CriticPlayer> {
    let mut player = CriticPlayer::new(&settings.spec(), &state.weights, betas, run.device)?;
    state.restore(NAME, &mut player.adam)?;
    Ok(player)
}

const NAME: &str = "critic";

/// The critic as the runner sees it.
pub(super) fn optimised(critic: &CriticPlayer, rate: f64) -> Optimised<'_> {
    let rate = ("critic_learning_rate", rate);
    Optimised { name: NAME, adam: &critic.adam, rate, average: 0.0, carries_on: true }
}

pub(super) fn out_of_bounds(means: &Numbers) -> Option<String> {
    let norm = means.mean("gradient_norm").filter(|norm| *norm > LARGEST_GRADIENT)?;
    Some(format!("the critic's gradient has a norm of {norm:.3e}"))
}

/// One step of the critic, on composites of `generators` (without them, of frames as perturbed), remembered
/// composites and real pictures. Gives the recipes of the fresh composites too.
///
/// # Errors
/// [`Error::Diverged`](crate::Error::Diverged) if a gradient is not finite.
pub(super) fn step(
    settings: &DiscriminatorSettings,
    critic: &mut CriticPlayer,
    generators: Option<&Generators>,
    batch: &CriticBatch,
    rate: f64,
) -> Result<(Numbers, Vec<Recipe>)> {
    let examples = &batch.examples;
    let mut params = match generators {
        Some(generators) => generators.settle(examples)?,
        None => examples.params.clone(),
    };
    if let Some(remembered) = &batch.remembered {
        let fresh = examples.len() - remembered.dim(0)?;
        params = Tensor::cat(&[&params.narrow(0, 0, fresh)?, remembered], 0)?;
    }
    let fakes = examples.composite(&params)?.detach();
    let figures = {
        let loss = CriticLoss::new(settings, &critic.network, &batch.reals, &fakes, &batch.mix)?;
        critic.adam.step(&loss.total.backward()?, rate)?;
        let distance = match settings.loss {
            AdversarialLoss::WganGp => "wasserstein",
            AdversarialLoss::LogisticR1 => "separation",
        };
        Numbers::read(&[
            ("critic_loss", &loss.total),
            (distance, &loss.separation),
            ("gradient_norm", &loss.gradient_norm),
            ("penalty", &loss.penalty),
        ])?
    };
    let fresh = examples.len() - batch.remembered.as_ref().map_or(Ok(0), |r| r.dim(0))?;
    let recipes = recipes(&examples.addresses[..fresh], &params)?;
    Ok((figures, recipes))
}

fn recipes(addresses: &[Address], params: &Tensor) -> Result<Vec<Recipe>> {
    let rows = params.to_vec2::<f32>()?;
    let recipe =
        |(address, row): (&Address, Vec<f32>)| Recipe { address: *address, params: std::array::from_fn(|i| row[i]) };
    Ok(addresses.iter().zip(rows).map(recipe).collect())
}

/// What the critic minimises, and the figures that tell how it fares. Scalars.
struct CriticLoss {
    total: Tensor,
    /// mean D(real) − mean D(fake): of a Wasserstein critic, its estimate of the distance.
    separation: Tensor,
    gradient_norm: Tensor,
    /// Before its weight.
    penalty: Tensor,
}

impl CriticLoss {
    fn new(
        settings: &DiscriminatorSettings,
        critic: &Discriminator,
        reals: &Tensor,
        fakes: &Tensor,
        mix: &Tensor,
    ) -> Tried<Self> {
        let n = fakes.dim(0)?;
        let scores = critic.forward(&Tensor::cat(&[fakes, reals], 0)?)?;
        let (fake, real) = (scores.narrow(0, 0, n)?, scores.narrow(0, n, n)?);
        let distance = losses::wasserstein(&fake, &real)?;
        let separation = distance.neg()?.detach();
        let (loss, norm, penalty) = match settings.loss {
            AdversarialLoss::WganGp => {
                let norm = losses::gradient_norm(critic, &losses::interpolate(reals, fakes, mix)?)?;
                let penalty = losses::unit_norm_penalty(&norm)?;
                (distance, norm, penalty)
            }
            AdversarialLoss::LogisticR1 => {
                let norm = losses::gradient_norm(critic, reals)?;
                let penalty = losses::r1(&norm)?;
                (losses::logistic(&fake, &real)?, norm, penalty)
            }
        };
        let total = (loss + (&penalty * settings.penalty)?)?;
        Ok(Self { total, separation, gradient_norm: norm.mean_all()?.detach(), penalty: penalty.detach() })
    }
}
