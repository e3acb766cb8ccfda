//! Generators by regression: landmarks say where the frame's anchors should be, the loss is how far off exp(p + Δp)
//! leaves them.

use super::batch::Batch;
use super::landmark_loss::landmark_loss;
use super::networks::Generators;
use super::plan::Part;
use super::{Cascades, NAME, optimised};
use crate::config::{Optimiser, Regression};
use crate::runner::{Ahead, Numbers, Optimised, State, Task, Validated};
use crate::{Error, Result};
use stgan::model::{Parameters, losses};

/// A generator, by landmarks.
pub(super) struct RegressionTask<'a> {
    run: &'a Cascades<'a>,
    settings: &'a Regression,
    optimiser: &'a Optimiser,
    iterations: usize,
    generators: Generators,
    ahead: Ahead<Batch>,
}

impl<'a> RegressionTask<'a> {
    /// # Errors
    /// As the networks, and [`Adam::restore`](crate::Adam::restore).
    pub(super) fn new(
        run: &'a Cascades<'a>,
        part: &Part,
        settings: &'a Regression,
        optimiser: &'a Optimiser,
        state: &State,
    ) -> Result<Self> {
        let generators = generators(run, part, optimiser.betas, state)?;
        let ahead = Ahead::new(run.examples.regression(settings, state.step));
        Ok(Self { run, settings, optimiser, iterations: part.leg.iterations, generators, ahead })
    }
}

impl Task for RegressionTask<'_> {
    fn iterate(&mut self, iteration: usize, step: usize) -> Result<Numbers> {
        let Self { run, settings, optimiser, iterations, generators, ahead } = self;
        let rate = optimiser.rate(iteration, *iterations);
        ahead
            .turn(|batch| self::step(settings, generators, batch, rate), || run.examples.regression(settings, step + 1))
    }

    fn optimised(&self, iteration: usize) -> Vec<Optimised<'_>> {
        let rate = self.optimiser.rate(iteration, self.iterations);
        vec![optimised(&self.generators, rate, self.settings.average)]
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<Validated>> {
        if self.run.validation.faces() == 0 {
            return Ok(None);
        }
        self.run.measure(weights, None).map(Some)
    }
}

/// The generators of a leg, with the weights and moments that `state` has.
pub(super) fn generators(run: &Cascades, part: &Part, betas: [f64; 2], state: &State) -> Result<Generators> {
    let spec = run.config.generator()?;
    let mut generators = Generators::new(&spec, &state.weights, part.stages.clone(), betas, run.device)?;
    state.restore(NAME, &mut generators.adam)?;
    Ok(generators)
}

/// One step of the trained generators.
///
/// # Errors
/// [`Error::Argument`] for a batch without landmarks, [`Error::Diverged`] if a gradient is not finite.
fn step(settings: &Regression, generators: &mut Generators, batch: &Batch, rate: f64) -> Result<Numbers> {
    let targets = batch.targets.as_ref().ok_or_else(no_landmarks)?;
    let moves = generators.play(batch)?;
    let (mut total, mut updates) = (None, Vec::new());
    for step in &moves {
        let update = losses::update(&step.delta)?;
        let loss = (landmark_loss(settings.loss, &step.params, targets)? + (&update * settings.update_penalty)?)?;
        total = Some(match total {
            None => loss,
            Some(sum) => (sum + loss)?,
        });
        updates.push(update.detach().sqrt()?);
    }
    let total = total.ok_or_else(no_landmarks)?;
    generators.adam.step(&total.backward()?, rate)?;
    Numbers::read(&[("loss", &total), ("update_norm", &updates[updates.len() - 1])])
}

pub(super) fn no_landmarks() -> Error {
    Error::Argument {
        name: "landmarks",
        value: "missing".into(),
        expected: "data with landmarks for every face".into(),
    }
}
