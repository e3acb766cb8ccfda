//! A phase of a locator's run: the training of one of its two networks.

use super::LocatorRun;
use super::batches::{self, LocatorBatch};
use crate::address::{Address, Purpose, rng};
use crate::config::OptimiserSettings;
use crate::runner::{
    IterationMetrics, Phase, PhaseKind, Prefetched, State, Task, TrainedNetworks, ValidationResult, network,
};
use crate::{Adam, Result};
use candle_core::Tensor;
use stgan::FaceAttributes;
use stgan::internals::locate::{Detector, Network};
use stgan::model::Parameters;

/// The weight of the pupil loss relative to the score loss.
const PUPIL_LOSS_WEIGHT: f64 = 2.0;
/// The pupil loss is quadratic for errors well below this, in inter-pupil distances, and linear for
/// larger ones.
const SMOOTH_RADIUS: f64 = 0.03;

/// The weight of the loss of the attributes relative to the score loss.
const ATTRIBUTE_LOSS_WEIGHT: f64 = 0.3;

/// One of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkKind {
    Detector,
    /// Trained on the proposals of the trained detector.
    Refiner,
}

impl NetworkKind {
    pub(super) const ALL: [Self; 2] = [Self::Detector, Self::Refiner];

    pub(super) fn phase(self, job: &LocatorRun) -> Phase {
        let settings = &job.config.locator;
        match self {
            Self::Detector => Phase { kind: PhaseKind::Detector, stage: 1, iterations: settings.detector.iterations },
            Self::Refiner => Phase { kind: PhaseKind::Refiner, stage: 2, iterations: settings.refiner.iterations },
        }
    }
}

/// Samples the batch of an iteration of the run.
type SampleBatch<'a> = Box<dyn Fn(usize) -> Result<LocatorBatch> + Send + Sync + 'a>;

/// The training of one network.
pub(super) struct LocatorTask<'a> {
    job: &'a LocatorRun<'a>,
    kind: NetworkKind,
    iterations: usize,
    optimiser: &'a OptimiserSettings,
    network: Network,
    adam: Adam,
    sample: SampleBatch<'a>,
    prefetched: Prefetched<LocatorBatch>,
}

impl<'a> LocatorTask<'a> {
    /// Uses the weights and moments of `state`. Random weights are added to `state` if it has none.
    ///
    /// # Errors
    /// Those of the networks and of [`Adam::restore`].
    pub(super) fn new(job: &'a LocatorRun<'a>, kind: NetworkKind, state: &mut State) -> Result<Self> {
        let (settings, networks) = (&job.config.locator, &job.config.locator.networks);
        let (tensors, optimiser) = match kind {
            NetworkKind::Detector => (networks.detector.tensors(), &settings.detector.optimiser),
            NetworkKind::Refiner => (networks.refiner.tensors(), &settings.refiner.optimiser),
        };
        let address = Address { purpose: Purpose::Initialisation, iteration: 0, item: kind as usize };
        let adam = network::optimiser(&tensors, state, rng(job.config.seed, address), optimiser.betas, job.device)?;
        let (network, sample): (_, SampleBatch) = match kind {
            NetworkKind::Detector => (
                networks.detector.network(&adam.parameters())?,
                Box::new(|step| batches::detector(job.config, &job.scenes, step, job.device)),
            ),
            NetworkKind::Refiner => {
                let proposals = Detector::from_parameters(&networks.detector, &state.weights)?;
                (
                    networks.refiner.network(&adam.parameters())?,
                    Box::new(move |step| batches::refiner(job.config, &job.scenes, &proposals, step, job.device)),
                )
            }
        };
        let (iterations, prefetched) = (kind.phase(job).iterations, Prefetched::new(sample(state.run_iteration)));
        Ok(Self { job, kind, iterations, optimiser, network, adam, sample, prefetched })
    }
}

impl Task for LocatorTask<'_> {
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics> {
        let Self { iterations, optimiser, network, adam, sample, prefetched, .. } = self;
        let rate = optimiser.rate(iteration, *iterations);
        prefetched.train(|batch| step(network, adam, batch, rate), || sample(run_iteration + 1))
    }

    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>> {
        let rate = self.optimiser.rate(iteration, self.iterations);
        network::trained(&self.adam, rate, self.job.config.locator.ema_decay, iteration)
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>> {
        match self.kind {
            // Both networks are needed to measure a locator.
            NetworkKind::Detector => Ok(None),
            NetworkKind::Refiner => self.job.measure(weights).map(Some),
        }
    }
}

/// log(1 + exp(x)).
fn softplus(x: &Tensor) -> candle_core::Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

/// The loss of the known attributes, per known attribute: cross-entropy of the probabilities, and
/// the error of the angles.
fn attribute_loss(outputs: &Tensor, [expected, known]: &[Tensor; 2]) -> candle_core::Result<Tensor> {
    const FLAGS: usize = 2;
    let angles = FaceAttributes::OUTPUTS - FLAGS;
    let (logits, expected_flags) = (outputs.narrow(1, 0, FLAGS)?, expected.narrow(1, 0, FLAGS)?);
    let entropy = (softplus(&logits)? - (&logits * expected_flags)?)?;
    let off = (outputs.narrow(1, FLAGS, angles)? - expected.narrow(1, FLAGS, angles)?)?;
    let off = ((off.sqr()? + SMOOTH_RADIUS * SMOOTH_RADIUS)?.sqrt()? - SMOOTH_RADIUS)?;
    let count = f64::from(known.sum_all()?.to_scalar::<f32>()?.max(1.0));
    (Tensor::cat(&[entropy, off], 1)? * known)?.sum_all()? / count
}

/// One optimiser step. The loss is a focal loss of the scores (Lin et al. 2017, γ = 2) plus the
/// pupil error at positive cells, and the loss of the attributes if the network has them.
fn step(network: &Network, adam: &mut Adam, batch: &LocatorBatch, rate: f64) -> Result<IterationMetrics> {
    let out = network.forward(&batch.input)?;
    let (score, pupils) = (out.narrow(1, 0, 1)?, out.narrow(1, 1, 4)?);
    let probability = candle_nn::ops::sigmoid(&score.detach())?;
    let faces = (batch.positive.sum_all()?.to_scalar::<f32>()?.max(1.0)) as f64;
    let misses = ((softplus(&score.neg()?)? * (1.0 - &probability)?.sqr()?)? * &batch.positive)?.sum_all()?;
    let false_positives = ((softplus(&score)? * probability.sqr()?)? * &batch.negative)?.sum_all()?;
    let scores = ((misses + false_positives)? / faces)?;
    let off = (pupils - &batch.pupils)?.broadcast_mul(&batch.unit)?;
    let off = (((off.sqr()? + SMOOTH_RADIUS * SMOOTH_RADIUS)?.sqrt()? - SMOOTH_RADIUS)?
        .broadcast_mul(&batch.positive)?
        .sum_all()?
        / (4.0 * faces))?;
    let mut total = (&scores + (&off * PUPIL_LOSS_WEIGHT)?)?;
    if let Some(attributes) = &batch.attributes
        && out.dim(1)? > 5
    {
        total = (total
            + (attribute_loss(&out.narrow(1, 5, FaceAttributes::OUTPUTS)?, attributes)? * ATTRIBUTE_LOSS_WEIGHT)?)?;
    }
    adam.step(&total.backward()?, rate)?;
    IterationMetrics::read(&[("loss", &total), ("score_loss", &scores), ("pupil_loss", &off)])
}
