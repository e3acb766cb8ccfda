//! The discriminator: its losses, and the phase that trains it alone (ST-GAN, section 3.2;
//! Gulrajani et al. 2017; Mescheder et al. 2018).

use super::GeneratorRun;
use super::batch::DiscriminatorBatch;
use super::history::StoredComposite;
use super::networks::{DiscriminatorTrainer, GeneratorTrainer};
use super::plan::PlannedPhase;
use crate::Result;
use crate::address::Address;
use crate::config::{AdversarialLoss, DiscriminatorPretraining, DiscriminatorSettings};
use crate::runner::{IterationMetrics, Prefetched, State, Task, TrainedNetworks, ValidationResult, Verdict};
use candle_core::{Result as TensorResult, Tensor};
use stgan::model::{Discriminator, Parameters, losses};

/// Training has diverged if the norm of the discriminator's input gradient is above this on average
/// over an interval.
const MAX_GRADIENT_NORM: f64 = 1e3;

/// The pretraining of the discriminator on glasses that are perturbed and not corrected.
pub(super) struct PretrainingTask<'a> {
    run: &'a GeneratorRun<'a>,
    settings: &'a DiscriminatorPretraining,
    table: &'a DiscriminatorSettings,
    iterations: usize,
    discriminator: DiscriminatorTrainer,
    prefetched: Prefetched<DiscriminatorBatch>,
}

impl<'a> PretrainingTask<'a> {
    /// # Errors
    /// Those of the network and of [`Adam::restore`](crate::Adam::restore).
    pub(super) fn new(
        run: &'a GeneratorRun<'a>,
        planned: &PlannedPhase,
        settings: &'a DiscriminatorPretraining,
        table: &'a DiscriminatorSettings,
        state: &State,
    ) -> Result<Self> {
        let discriminator = discriminator_trainer(run, table, settings.optimiser.betas, state)?;
        let prefetched = Prefetched::new(run.examples.pretraining(settings, state.run_iteration));
        Ok(Self { run, settings, table, iterations: planned.phase.iterations, discriminator, prefetched })
    }
}

impl Task for PretrainingTask<'_> {
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics> {
        let Self { run, settings, table, iterations, discriminator, prefetched } = self;
        let rate = settings.optimiser.rate(iteration, *iterations);
        prefetched.train(
            |batch| Ok(train(table, discriminator, None, batch, rate)?.0),
            || run.examples.pretraining(settings, run_iteration + 1),
        )
    }

    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>> {
        vec![trained_networks(&self.discriminator, self.settings.optimiser.rate(iteration, self.iterations))]
    }

    fn divergence(&self, means: &IterationMetrics) -> Option<String> {
        divergence(means)
    }

    fn validate(&self, iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>> {
        let Some(preference) = self.run.preference(&self.discriminator, &self.settings.perturbation)? else {
            return Ok(None);
        };
        let reached = self.settings.stop_at.is_some_and(|target| preference >= target);
        let mut validated = self.run.measure(weights, Some(preference))?;
        // This phase does not change the generators, so their score is not a new one.
        validated.score = None;
        if reached || iteration == self.iterations {
            validated.verdict = Verdict::DiscriminatorPretrained { preference, reached };
        }
        Ok(Some(validated))
    }
}

/// The discriminator with the weights and moments of `state`.
pub(super) fn discriminator_trainer(
    run: &GeneratorRun,
    settings: &DiscriminatorSettings,
    betas: [f64; 2],
    state: &State,
) -> Result<DiscriminatorTrainer> {
    let mut discriminator = DiscriminatorTrainer::new(&settings.spec(), &state.weights, betas, run.device)?;
    state.restore(NAME, &mut discriminator.adam)?;
    Ok(discriminator)
}

/// The name of the optimiser in checkpoints.
const NAME: &str = "discriminator";

/// The discriminator in the form that the runner expects. Its moments last for the whole run.
pub(super) fn trained_networks(discriminator: &DiscriminatorTrainer, rate: f64) -> TrainedNetworks<'_> {
    let rate = ("discriminator_learning_rate", rate);
    TrainedNetworks { name: NAME, adam: &discriminator.adam, rate, ema_decay: 0.0, keeps_moments: true }
}

pub(super) fn divergence(means: &IterationMetrics) -> Option<String> {
    let norm = means.mean("gradient_norm").filter(|norm| *norm > MAX_GRADIENT_NORM)?;
    Some(format!(
        "the norm of the discriminator's gradient is {norm:.3e}, above {MAX_GRADIENT_NORM:.0e}; lower its learning \
         rate or raise discriminator.penalty"
    ))
}

/// One optimiser step of the discriminator, on composites of `generators` (without generators, on
/// perturbed glasses), remembered composites and real images. Returns the fresh composites too.
///
/// # Errors
/// [`Error::Diverged`](crate::Error::Diverged) if a gradient is not finite.
pub(super) fn train(
    settings: &DiscriminatorSettings,
    discriminator: &mut DiscriminatorTrainer,
    generators: Option<&GeneratorTrainer>,
    batch: &DiscriminatorBatch,
    rate: f64,
) -> Result<(IterationMetrics, Vec<StoredComposite>)> {
    let examples = &batch.examples;
    let mut params = match generators {
        Some(generators) => generators.final_params(examples)?,
        None => examples.params.clone(),
    };
    if let Some(remembered) = &batch.remembered {
        let fresh = examples.len() - remembered.dim(0)?;
        params = Tensor::cat(&[&params.narrow(0, 0, fresh)?, remembered], 0)?;
    }
    let fakes = examples.composite(&params)?.detach();
    let metrics = {
        let loss = DiscriminatorLoss::new(settings, &discriminator.network, &batch.reals, &fakes, &batch.mix)?;
        discriminator.adam.step(&loss.total.backward()?, rate)?;
        let gap = match settings.loss {
            AdversarialLoss::WganGp => "wasserstein",
            AdversarialLoss::LogisticR1 => "score_gap",
        };
        IterationMetrics::read(&[
            ("discriminator_loss", &loss.total),
            (gap, &loss.score_gap),
            ("gradient_norm", &loss.gradient_norm),
            ("penalty", &loss.penalty),
        ])?
    };
    let fresh = examples.len() - batch.remembered.as_ref().map_or(Ok(0), |r| r.dim(0))?;
    let composites = stored_composites(&examples.addresses[..fresh], &params)?;
    Ok((metrics, composites))
}

fn stored_composites(addresses: &[Address], params: &Tensor) -> Result<Vec<StoredComposite>> {
    let rows = params.to_vec2::<f32>()?;
    let composite = |(address, row): (&Address, Vec<f32>)| StoredComposite {
        address: *address,
        params: std::array::from_fn(|i| row[i]),
    };
    Ok(addresses.iter().zip(rows).map(composite).collect())
}

/// The discriminator's loss and the metrics that describe it, all scalars.
struct DiscriminatorLoss {
    total: Tensor,
    /// mean D(real) − mean D(fake). With the Wasserstein loss it estimates the Wasserstein
    /// distance, and the discriminator is a "critic" in the terms of the Wasserstein GAN.
    score_gap: Tensor,
    gradient_norm: Tensor,
    /// The gradient penalty before it is weighted.
    penalty: Tensor,
}

impl DiscriminatorLoss {
    fn new(
        settings: &DiscriminatorSettings,
        discriminator: &Discriminator,
        reals: &Tensor,
        fakes: &Tensor,
        mix: &Tensor,
    ) -> TensorResult<Self> {
        let n = fakes.dim(0)?;
        let scores = discriminator.forward(&Tensor::cat(&[fakes, reals], 0)?)?;
        let (fake, real) = (scores.narrow(0, 0, n)?, scores.narrow(0, n, n)?);
        let distance = losses::wasserstein(&fake, &real)?;
        let score_gap = distance.neg()?.detach();
        let (loss, norm, penalty) = match settings.loss {
            AdversarialLoss::WganGp => {
                let norm = losses::gradient_norm(discriminator, &losses::interpolate(reals, fakes, mix)?)?;
                let penalty = losses::unit_norm_penalty(&norm)?;
                (distance, norm, penalty)
            }
            AdversarialLoss::LogisticR1 => {
                let norm = losses::gradient_norm(discriminator, reals)?;
                let penalty = losses::r1(&norm)?;
                (losses::logistic(&fake, &real)?, norm, penalty)
            }
        };
        let total = (loss + (&penalty * settings.penalty)?)?;
        Ok(Self { total, score_gap, gradient_norm: norm.mean_all()?.detach(), penalty: penalty.detach() })
    }
}
