//! Regression of the generators on landmarks: the loss is the distance in the view of the points
//! of the foreground, mapped through exp(−(p + Δp)), from their right places.

use super::batch::Batch;
use super::landmark_loss::landmark_loss;
use super::networks::GeneratorTrainer;
use super::normalise::{StageInputs, folded};
use super::plan::PlannedPhase;
use super::{GeneratorRun, NAME, trained_networks};
use crate::config::{OptimiserSettings, RegressionSettings};
use crate::runner::{IterationMetrics, Prefetched, State, Task, TrainedNetworks, ValidationResult};
use crate::{Error, Result};
use stgan::model::{Parameters, losses};

/// The regression of one generator.
pub(super) struct RegressionTask<'a> {
    run: &'a GeneratorRun<'a>,
    settings: &'a RegressionSettings,
    optimiser: &'a OptimiserSettings,
    stage: usize,
    iterations: usize,
    generators: GeneratorTrainer,
    /// What the stage sees, for the statistics of batch normalisation. None without it.
    inputs: Option<StageInputs>,
    prefetched: Prefetched<Batch>,
}

impl<'a> RegressionTask<'a> {
    /// # Errors
    /// Those of [`GeneratorTrainer::new`] and [`Adam::restore`](crate::Adam::restore).
    pub(super) fn new(
        run: &'a GeneratorRun<'a>,
        planned: &PlannedPhase,
        settings: &'a RegressionSettings,
        optimiser: &'a OptimiserSettings,
        inputs: Option<StageInputs>,
        state: &State,
    ) -> Result<Self> {
        let mut generators = generator_trainer(run, planned, optimiser.betas, state)?;
        generators.batch_norm = inputs.is_some();
        let prefetched = Prefetched::new(run.examples.regression(settings, state.run_iteration));
        let (stage, iterations) = (planned.stages.start, planned.phase.iterations);
        Ok(Self { run, settings, optimiser, stage, iterations, generators, inputs, prefetched })
    }
}

impl Task for RegressionTask<'_> {
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics> {
        let Self { run, settings, optimiser, iterations, generators, prefetched, .. } = self;
        let rate = optimiser.rate(iteration, *iterations);
        prefetched.train(
            |batch| train(settings, run.config.examples.horizontal_weight, generators, batch, rate),
            || run.examples.regression(settings, run_iteration + 1),
        )
    }

    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>> {
        let rate = self.optimiser.rate(iteration, self.iterations);
        vec![trained_networks(&self.generators, rate, self.settings.ema_decay)]
    }

    fn finished(&self, weights: Parameters) -> Result<Parameters> {
        match &self.inputs {
            Some(inputs) => Ok(folded(&self.run.config.generator()?, self.stage, &weights, inputs)?.0),
            None => Ok(weights),
        }
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>> {
        if self.run.validation.subjects() == 0 {
            return Ok(None);
        }
        self.run.measure(weights, None).map(Some)
    }
}

/// The generators that a phase trains, with the weights and moments of `state`.
pub(super) fn generator_trainer(
    run: &GeneratorRun,
    planned: &PlannedPhase,
    betas: [f64; 2],
    state: &State,
) -> Result<GeneratorTrainer> {
    let spec = run.config.generator()?;
    let mut generators = GeneratorTrainer::new(&spec, &state.weights, planned.stages.clone(), betas, run.device)?;
    state.restore(NAME, &mut generators.adam)?;
    Ok(generators)
}

/// One optimiser step of the trained generators.
///
/// # Errors
/// [`Error::Argument`] if a face of the batch has no landmarks, [`Error::Diverged`] if a gradient
/// is not finite.
fn train(
    settings: &RegressionSettings,
    horizontal: f64,
    generators: &mut GeneratorTrainer,
    batch: &Batch,
    rate: f64,
) -> Result<IterationMetrics> {
    let targets = batch.targets.as_ref().ok_or_else(no_landmarks)?;
    let steps = generators.rollout(batch)?;
    let (mut total, mut norms) = (None, Vec::new());
    for step in &steps {
        let update = losses::update(&step.delta)?;
        let loss =
            (landmark_loss(settings.loss, horizontal, &step.params, targets)? + (&update * settings.update_penalty)?)?;
        total = Some(match total {
            None => loss,
            Some(sum) => (sum + loss)?,
        });
        norms.push(update.detach().sqrt()?);
    }
    let total = total.ok_or_else(no_landmarks)?;
    generators.adam.step(&total.backward()?, rate)?;
    IterationMetrics::read(&[("loss", &total), ("update_norm", &norms[norms.len() - 1])])
}

pub(super) fn no_landmarks() -> Error {
    Error::Argument {
        name: "landmarks",
        value: "missing".into(),
        expected: "data with landmarks for every face".into(),
    }
}
