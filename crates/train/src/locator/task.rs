//! One leg of a locator's run: one of its two networks learns.

use super::LocatorRun;
use super::batches::{self, LocatorBatch};
use crate::address::{Address, Purpose, rng};
use crate::config::OptimiserSettings;
use crate::runner::{IterationMetrics, Phase, PhaseKind, Prefetched, State, Task, TrainedNetworks, ValidationResult};
use crate::{Adam, Result};
use candle_core::Tensor;
use rand::Rng;
use rand_distr::StandardNormal;
use stgan::internals::locate::{Detector, Network};
use stgan::model::{Parameters, TensorSpec, initialise};

/// Weight of the pupils' places beside the scores.
const PUPIL_LOSS_WEIGHT: f64 = 2.0;
/// Errors below this, in eye distances, count squared.
const SMOOTH_RADIUS: f64 = 0.03;

/// In checkpoints.
const NAME: &str = "network";

/// Which of the two networks learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkKind {
    Detector,
    /// On what the detector, trained by then, takes for faces.
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

/// Draws the batch of a step of the run.
type Draw<'a> = Box<dyn Fn(usize) -> Result<LocatorBatch> + Send + Sync + 'a>;

/// A network of the locator that learns.
pub(super) struct LocatorTask<'a> {
    job: &'a LocatorRun<'a>,
    kind: NetworkKind,
    iterations: usize,
    optimiser: &'a OptimiserSettings,
    network: Network,
    adam: Adam,
    draw: Draw<'a>,
    prefetched: Prefetched<LocatorBatch>,
}

impl<'a> LocatorTask<'a> {
    /// With the weights and moments that `state` has; random weights are put there if it has none.
    ///
    /// # Errors
    /// As the networks, and [`Adam::restore`].
    pub(super) fn new(job: &'a LocatorRun<'a>, kind: NetworkKind, state: &mut State) -> Result<Self> {
        let (settings, networks) = (&job.config.locator, &job.config.locator.networks);
        let (tensors, optimiser) = match kind {
            NetworkKind::Detector => (networks.detector.tensors(), &settings.detector.optimiser),
            NetworkKind::Refiner => (networks.refiner.tensors(), &settings.refiner.optimiser),
        };
        prepare(job.config.seed, kind, &tensors, &mut state.weights)?;
        let mine = tensors.iter().map(|t| Ok((t.name.clone(), state.weights.get(t)?)));
        let mine: Parameters = mine.collect::<Result<_>>()?;
        let mut adam = Adam::new(&mine.to_device(job.device)?, optimiser.betas)?;
        state.restore(NAME, &mut adam)?;
        let (network, draw): (_, Draw) = match kind {
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
        let (iterations, prefetched) = (kind.phase(job).iterations, Prefetched::new(draw(state.run_iteration)));
        Ok(Self { job, kind, iterations, optimiser, network, adam, draw, prefetched })
    }
}

impl Task for LocatorTask<'_> {
    fn iterate(&mut self, iteration: usize, run_iteration: usize) -> Result<IterationMetrics> {
        let Self { iterations, optimiser, network, adam, draw, prefetched, .. } = self;
        let rate = optimiser.rate(iteration, *iterations);
        prefetched.train(|batch| step(network, adam, batch, rate), || draw(run_iteration + 1))
    }

    fn trained_networks(&self, iteration: usize) -> Vec<TrainedNetworks<'_>> {
        let rate = ("learning_rate", self.optimiser.rate(iteration, self.iterations));
        // A short memory at first, so that the beginning is soon forgotten.
        let done = iteration as f64 + 1.0;
        let ema_decay = self.job.config.locator.ema_decay.min(done / (done + 9.0));
        vec![TrainedNetworks { name: NAME, adam: &self.adam, rate, ema_decay, keeps_moments: false }]
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<ValidationResult>> {
        match self.kind {
            // There is nothing to measure before both networks are there.
            NetworkKind::Detector => Ok(None),
            NetworkKind::Refiner => self.job.measure(weights).map(Some),
        }
    }
}

/// Random weights for a network that is not there yet.
fn prepare(seed: u64, kind: NetworkKind, tensors: &[TensorSpec], weights: &mut Parameters) -> Result<()> {
    if tensors.iter().all(|t| weights.0.contains_key(&t.name)) {
        return Ok(());
    }
    let mut rng = rng(seed, Address { purpose: Purpose::Initialisation, iteration: 0, item: kind as usize });
    weights.0.extend(initialise(tensors, || rng.sample(StandardNormal))?.0);
    Ok(())
}

/// log(1 + exp(x)).
fn softplus(x: &Tensor) -> candle_core::Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

/// One step: a focal loss of the scores (Lin et al. 2017, γ = 2), and how far off the pupils are where there is a face.
fn step(network: &Network, adam: &mut Adam, batch: &LocatorBatch, rate: f64) -> Result<IterationMetrics> {
    let out = network.forward(&batch.input)?;
    let (score, eyes) = (out.narrow(1, 0, 1)?, out.narrow(1, 1, 4)?);
    let sure = candle_nn::ops::sigmoid(&score.detach())?;
    let faces = (batch.positive.sum_all()?.to_scalar::<f32>()?.max(1.0)) as f64;
    let missed = ((softplus(&score.neg()?)? * (1.0 - &sure)?.sqr()?)? * &batch.positive)?.sum_all()?;
    let false_alarms = ((softplus(&score)? * sure.sqr()?)? * &batch.negative)?.sum_all()?;
    let scores = ((missed + false_alarms)? / faces)?;
    let off = (eyes - &batch.pupils)?.broadcast_mul(&batch.unit)?;
    let off = (((off.sqr()? + SMOOTH_RADIUS * SMOOTH_RADIUS)?.sqrt()? - SMOOTH_RADIUS)?
        .broadcast_mul(&batch.positive)?
        .sum_all()?
        / (4.0 * faces))?;
    let total = (&scores + (&off * PUPIL_LOSS_WEIGHT)?)?;
    adam.step(&total.backward()?, rate)?;
    IterationMetrics::read(&[("loss", &total), ("score_loss", &scores), ("pupil_loss", &off)])
}
