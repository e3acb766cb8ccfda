//! Adversarial training of generators and discriminator (ST-GAN, section 3.2).

use super::batch::{AdversarialBatch, Batch};
use super::discriminator::{self, discriminator_trainer};
use super::history::{History, StoredComposite};
use super::landmark_loss::landmark_loss;
use super::networks::{DiscriminatorTrainer, GeneratorTrainer};
use super::plan::{AdversarialObjective, PlannedPhase};
use super::regression::{generator_trainer, no_landmarks};
use super::{GeneratorRun, trained_networks};
use crate::Result;
use crate::address::Purpose;
use crate::config::{AdversarialLoss, AdversarialSettings, LandmarkLoss};
use crate::runner::{IterationMetrics, Prefetched, State, Task, TrainedNetworks, ValidationResult};
use stgan::model::{Discriminator, Parameters, losses};

/// Alternating optimisation of generators and discriminator: of one stage, or of all stages end to
/// end.
pub(super) struct AdversarialTask<'a> {
    run: &'a GeneratorRun<'a>,
    objective: AdversarialObjective<'a>,
    iterations: usize,
    generators: GeneratorTrainer,
    discriminator: DiscriminatorTrainer,
    history: History,
    prefetched: Prefetched<AdversarialBatch>,
}

impl<'a> AdversarialTask<'a> {
    /// # Errors
    /// Those of the networks and of [`Adam::restore`](crate::Adam::restore).
    pub(super) fn new(
        run: &'a GeneratorRun<'a>,
        planned: &PlannedPhase,
        objective: AdversarialObjective<'a>,
        state: &State,
    ) -> Result<Self> {
        let history = History::from_memory(&state.memory)?;
        let betas = objective.discriminator_optimiser.betas;
        Ok(Self {
            run,
            objective,
            iterations: planned.phase.iterations,
            generators: generator_trainer(run, planned, objective.generator_optimiser.betas, state)?,
            discriminator: discriminator_trainer(run, objective.discriminator, betas, state)?,
            prefetched: Prefetched::new(run.examples.adversarial(objective.settings, state.run_iteration, &history)),
            history,
        })
    }

    /// The learning rates of the generators and of the discriminator.
    fn rates(&self, iteration: usize) -> [f64; 2] {
        [self.objective.generator_optimiser, self.objective.discriminator_optimiser]
            .map(|optimiser| optimiser.rate(iteration, self.iterations))
    }
}

impl Task for AdversarialTask<'_> {
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics> {
        let rates = self.rates(iteration);
        let Self { run, objective, generators, discriminator, history, prefetched, .. } = self;
        let mut rng = run.examples.rng(Purpose::History, run_iteration, 0);
        history.store_pending(objective.settings.history.size, &mut rng);
        let (metrics, composites) = prefetched.train(
            |batch| train(objective, run.config.examples.horizontal_weight, generators, discriminator, batch, rates),
            || run.examples.adversarial(objective.settings, run_iteration + 1, history),
        )?;
        history.set_pending(composites);
        Ok(metrics)
    }

    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>> {
        let [generator_rate, discriminator_rate] = self.rates(iteration);
        let decay = self.objective.settings.ema_decay;
        vec![
            trained_networks(&self.generators, generator_rate, decay),
            discriminator::trained_networks(&self.discriminator, discriminator_rate),
        ]
    }

    fn divergence(&self, means: &IterationMetrics) -> Option<String> {
        let limit = self.objective.settings.max_update_norm;
        let norm = means.mean("update_norm").filter(|norm| *norm > limit);
        let reason = norm.map(|norm| {
            format!(
                "‖Δp‖ is {norm:.3}, above adversarial.max_update_norm = {limit}: glasses leave the image; lower the \
                 generator's learning rate"
            )
        });
        discriminator::divergence(means).or(reason)
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>> {
        match self.run.preference(&self.discriminator, &self.objective.settings.perturbation)? {
            Some(preference) => Ok(Some(self.run.measure(weights, Some(preference))?)),
            None => Ok(None),
        }
    }

    fn memory(&self) -> Result<Option<Parameters>> {
        self.history.to_memory().map(Some)
    }
}

/// One optimiser step of the generators, then the discriminator's iterations. Returns the metrics
/// and the composites that the generators made.
fn train(
    objective: &AdversarialObjective,
    horizontal: f64,
    generators: &mut GeneratorTrainer,
    discriminator: &mut DiscriminatorTrainer,
    batch: &AdversarialBatch,
    [generator_rate, discriminator_rate]: [f64; 2],
) -> Result<(IterationMetrics, Vec<StoredComposite>)> {
    let AdversarialObjective { settings, discriminator: table, .. } = objective;
    let losses = (table.loss, horizontal);
    let mut metrics =
        train_generators(settings, losses, generators, &discriminator.network, &batch.generator, generator_rate)?;
    let mut composites = Vec::new();
    for batch in &batch.discriminator {
        let (more, made) = discriminator::train(table, discriminator, Some(generators), batch, discriminator_rate)?;
        metrics.add(&more);
        composites.extend(made);
    }
    Ok((metrics, composites))
}

/// One optimiser step of the trained generators. The loss is the sum, over the generators, of the
/// adversarial loss of their composites under the frozen discriminator and of λ‖Δp‖².
///
/// # Errors
/// [`Error::Diverged`](crate::Error::Diverged) if a gradient is not finite.
fn train_generators(
    settings: &AdversarialSettings,
    (loss, horizontal): (AdversarialLoss, f64),
    generators: &mut GeneratorTrainer,
    discriminator: &Discriminator,
    batch: &Batch,
    rate: f64,
) -> Result<IterationMetrics> {
    let discriminator = discriminator.frozen();
    let steps = generators.rollout(batch)?;
    let (mut total, mut last) = (batch.params.zeros_like()?.sum_all()?, None);
    for step in &steps {
        let scores = discriminator.forward(&batch.composite(&step.params)?)?;
        let adversarial_loss = match loss {
            AdversarialLoss::WganGp => losses::wasserstein_generator(&scores)?,
            AdversarialLoss::LogisticR1 => losses::logistic_generator(&scores)?,
        };
        let update = losses::update(&step.delta)?;
        total = ((total + &adversarial_loss)? + (&update * settings.update_penalty)?)?;
        if settings.landmark_weight > 0.0 {
            let targets = batch.targets.as_ref().ok_or_else(no_landmarks)?;
            let landmarks = landmark_loss(LandmarkLoss::Squared, horizontal, &step.params, targets)?;
            total = (total + (landmarks * settings.landmark_weight)?)?;
        }
        last = Some((adversarial_loss, update.detach().sqrt()?));
    }
    generators.adam.step(&total.backward()?, rate)?;
    let mut metrics = vec![("generator_loss", &total)];
    if let Some((adversarial_loss, norm)) = &last {
        metrics.extend([("adversarial_loss", adversarial_loss), ("update_norm", norm)]);
    }
    IterationMetrics::read(&metrics)
}
