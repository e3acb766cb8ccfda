//! The game of generators against the critic (ST-GAN, section 3.2).

use super::batch::{Batch, GameBatch};
use super::discriminator::{self, player};
use super::history::{History, Recipe};
use super::landmark_loss::landmark_loss;
use super::networks::{CriticPlayer, Generators};
use super::plan::{Game, Part};
use super::regression::{generators, no_landmarks};
use super::{Cascades, optimised};
use crate::Result;
use crate::address::Purpose;
use crate::config::{Adversarial, AdversarialLoss, LandmarkLoss};
use crate::runner::{Ahead, Numbers, Optimised, State, Task, Validated};
use stgan::model::{Discriminator, Parameters, losses};

/// Generators and critic, taking turns: of one stage, or of all of them end to end.
pub(super) struct GameTask<'a> {
    run: &'a Cascades<'a>,
    game: Game<'a>,
    iterations: usize,
    generators: Generators,
    critic: CriticPlayer,
    history: History,
    ahead: Ahead<GameBatch>,
}

impl<'a> GameTask<'a> {
    /// # Errors
    /// As the networks, and [`Adam::restore`](crate::Adam::restore).
    pub(super) fn new(run: &'a Cascades<'a>, part: &Part, game: Game<'a>, state: &State) -> Result<Self> {
        let history = History::from_memory(&state.memory)?;
        Ok(Self {
            run,
            game,
            iterations: part.leg.iterations,
            generators: generators(run, part, game.generator.betas, state)?,
            critic: player(run, game.discriminator, game.critic.betas, state)?,
            ahead: Ahead::new(run.examples.game(game.settings, state.step, &history)),
            history,
        })
    }

    /// The rates of the generators and of the critic.
    fn rates(&self, iteration: usize) -> [f64; 2] {
        [self.game.generator, self.game.critic].map(|optimiser| optimiser.rate(iteration, self.iterations))
    }
}

impl Task for GameTask<'_> {
    fn iterate(&mut self, iteration: usize, step: usize) -> Result<Numbers> {
        let rates = self.rates(iteration);
        let Self { run, game, generators, critic, history, ahead, .. } = self;
        history.absorb(game.settings.history.size, &mut run.examples.rng(Purpose::History, step, 0));
        let (figures, recipes) = ahead.turn(
            |batch| learn(game, generators, critic, batch, rates),
            || run.examples.game(game.settings, step + 1, history),
        )?;
        history.offer(recipes);
        Ok(figures)
    }

    fn optimised(&self, iteration: usize) -> Vec<Optimised<'_>> {
        let [generator, critic] = self.rates(iteration);
        let average = self.game.settings.average;
        vec![optimised(&self.generators, generator, average), discriminator::optimised(&self.critic, critic)]
    }

    fn out_of_bounds(&self, means: &Numbers) -> Option<String> {
        let limit = self.game.settings.largest_update;
        let far = means.mean("update_norm").filter(|norm| *norm > limit);
        let far =
            far.map(|norm| format!("‖Δp‖ is {norm:.3}, above largest_update = {limit}: frames leave the picture"));
        discriminator::out_of_bounds(means).or(far)
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<Validated>> {
        match self.run.preference(&self.critic, &self.game.settings.perturbation)? {
            Some(preference) => Ok(Some(self.run.measure(weights, Some(preference))?)),
            None => Ok(None),
        }
    }

    fn memory(&self) -> Result<Option<Parameters>> {
        self.history.to_memory().map(Some)
    }
}

/// One step of the generators, then the critic's: figures, and the recipes of what the generators made.
fn learn(
    game: &Game,
    generators: &mut Generators,
    critic: &mut CriticPlayer,
    batch: &GameBatch,
    [generator_rate, critic_rate]: [f64; 2],
) -> Result<(Numbers, Vec<Recipe>)> {
    let Game { settings, discriminator, .. } = game;
    let mut figures =
        generator_step(settings, discriminator.loss, generators, &critic.network, &batch.generator, generator_rate)?;
    let mut recipes = Vec::new();
    for batch in &batch.critic {
        let (more, made) = discriminator::step(discriminator, critic, Some(generators), batch, critic_rate)?;
        figures.add(&more);
        recipes.extend(made);
    }
    Ok((figures, recipes))
}

/// One step of the trained generators: the sum over them of what the critic, frozen, makes of their composites, and of
/// λ‖Δp‖².
///
/// # Errors
/// [`Error::Diverged`](crate::Error::Diverged) if a gradient is not finite.
fn generator_step(
    settings: &Adversarial,
    loss: AdversarialLoss,
    generators: &mut Generators,
    critic: &Discriminator,
    batch: &Batch,
    rate: f64,
) -> Result<Numbers> {
    let critic = critic.frozen();
    let moves = generators.play(batch)?;
    let (mut total, mut judged) = (batch.params.zeros_like()?.sum_all()?, None);
    for step in &moves {
        let scores = critic.forward(&batch.composite(&step.params)?)?;
        let judgement = match loss {
            AdversarialLoss::WganGp => losses::wasserstein_generator(&scores)?,
            AdversarialLoss::LogisticR1 => losses::logistic_generator(&scores)?,
        };
        let update = losses::update(&step.delta)?;
        total = ((total + &judgement)? + (&update * settings.update_penalty)?)?;
        if settings.landmark_weight > 0.0 {
            let targets = batch.targets.as_ref().ok_or_else(no_landmarks)?;
            total =
                (total + (landmark_loss(LandmarkLoss::Squared, &step.params, targets)? * settings.landmark_weight)?)?;
        }
        judged = Some((judgement, update.detach().sqrt()?));
    }
    generators.adam.step(&total.backward()?, rate)?;
    let mut figures = vec![("generator_loss", &total)];
    if let Some((judgement, norm)) = &judged {
        figures.extend([("judgement", judgement), ("update_norm", norm)]);
    }
    Numbers::read(&figures)
}
