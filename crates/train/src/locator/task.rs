//! One leg of a locator's run: one of its two networks learns.

use super::Locators;
use super::batches::{self, Batch};
use crate::address::{Address, Purpose, rng};
use crate::config::Optimiser;
use crate::runner::{Ahead, Leg, Numbers, Optimised, Phase, State, Task, Validated};
use crate::{Adam, Result};
use candle_core::Tensor;
use rand::Rng;
use rand_distr::StandardNormal;
use stgan::internals::locate::{Detector, Network};
use stgan::model::{Parameters, TensorSpec, initialise};

/// Weight of the pupils' places beside the scores.
const PLACES: f64 = 2.0;
/// Errors below this, in eye distances, count squared.
const SMALL: f64 = 0.03;

/// In checkpoints.
const NAME: &str = "network";

/// Which of the two networks learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Detector,
    /// On what the detector, trained by then, takes for faces.
    Refiner,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Detector, Self::Refiner];

    pub(super) fn leg(self, job: &Locators) -> Leg {
        let settings = &job.config.locator;
        match self {
            Self::Detector => Leg { phase: Phase::Detector, stage: 1, iterations: settings.detector.iterations },
            Self::Refiner => Leg { phase: Phase::Refiner, stage: 2, iterations: settings.refiner.iterations },
        }
    }
}

/// Draws the batch of a step of the run.
type Draw<'a> = Box<dyn Fn(usize) -> Result<Batch> + Send + Sync + 'a>;

/// A network of the locator that learns.
pub(super) struct NetworkTask<'a> {
    job: &'a Locators<'a>,
    part: Part,
    iterations: usize,
    optimiser: &'a Optimiser,
    network: Network,
    adam: Adam,
    draw: Draw<'a>,
    ahead: Ahead<Batch>,
}

impl<'a> NetworkTask<'a> {
    /// With the weights and moments that `state` has; random weights are put there if it has none.
    ///
    /// # Errors
    /// As the networks, and [`Adam::restore`].
    pub(super) fn new(job: &'a Locators<'a>, part: Part, state: &mut State) -> Result<Self> {
        let (settings, networks) = (&job.config.locator, &job.config.locator.networks);
        let (tensors, optimiser) = match part {
            Part::Detector => (networks.detector.tensors(), &settings.detector.optimiser),
            Part::Refiner => (networks.refiner.tensors(), &settings.refiner.optimiser),
        };
        prepare(job.config.seed, part, &tensors, &mut state.weights)?;
        let mine = tensors.iter().map(|t| Ok((t.name.clone(), state.weights.get(t)?)));
        let mine: Parameters = mine.collect::<Result<_>>()?;
        let mut adam = Adam::new(&mine.to_device(job.device)?, optimiser.betas)?;
        state.restore(NAME, &mut adam)?;
        let (network, draw): (_, Draw) = match part {
            Part::Detector => (
                networks.detector.network(&adam.parameters())?,
                Box::new(|step| batches::detector(job.config, &job.scenes, step, job.device)),
            ),
            Part::Refiner => {
                let proposals = Detector::from_parameters(&networks.detector, &state.weights)?;
                (
                    networks.refiner.network(&adam.parameters())?,
                    Box::new(move |step| batches::refiner(job.config, &job.scenes, &proposals, step, job.device)),
                )
            }
        };
        let (iterations, ahead) = (part.leg(job).iterations, Ahead::new(draw(state.step)));
        Ok(Self { job, part, iterations, optimiser, network, adam, draw, ahead })
    }
}

impl Task for NetworkTask<'_> {
    fn iterate(&mut self, iteration: usize, step: usize) -> Result<Numbers> {
        let Self { iterations, optimiser, network, adam, draw, ahead, .. } = self;
        let rate = optimiser.rate(iteration, *iterations);
        ahead.turn(|batch| learn(network, adam, batch, rate), || draw(step + 1))
    }

    fn optimised(&self, iteration: usize) -> Vec<Optimised<'_>> {
        let rate = ("learning_rate", self.optimiser.rate(iteration, self.iterations));
        // A short memory at first, so that the beginning is soon forgotten.
        let done = iteration as f64 + 1.0;
        let average = self.job.config.locator.average.min(done / (done + 9.0));
        vec![Optimised { name: NAME, adam: &self.adam, rate, average, carries_on: false }]
    }

    fn validate(&self, _iteration: usize, weights: &Parameters) -> Result<Option<Validated>> {
        match self.part {
            // There is nothing to measure before both networks are there.
            Part::Detector => Ok(None),
            Part::Refiner => self.job.measure(weights).map(Some),
        }
    }
}

/// Random weights for a network that is not there yet.
fn prepare(seed: u64, part: Part, tensors: &[TensorSpec], weights: &mut Parameters) -> Result<()> {
    if tensors.iter().all(|t| weights.0.contains_key(&t.name)) {
        return Ok(());
    }
    let mut rng = rng(seed, Address { purpose: Purpose::Initialisation, step: 0, item: part as usize });
    weights.0.extend(initialise(tensors, || rng.sample(StandardNormal))?.0);
    Ok(())
}

/// log(1 + exp(x)).
fn softplus(x: &Tensor) -> candle_core::Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

/// One step: a focal loss of the scores (Lin et al. 2017, γ = 2), and how far off the pupils are where there is a face.
fn learn(network: &Network, adam: &mut Adam, batch: &Batch, rate: f64) -> Result<Numbers> {
    let out = network.forward(&batch.input)?;
    let (score, eyes) = (out.narrow(1, 0, 1)?, out.narrow(1, 1, 4)?);
    let sure = candle_nn::ops::sigmoid(&score.detach())?;
    let faces = (batch.face.sum_all()?.to_scalar::<f32>()?.max(1.0)) as f64;
    let missed = ((softplus(&score.neg()?)? * (1.0 - &sure)?.sqr()?)? * &batch.face)?.sum_all()?;
    let false_alarms = ((softplus(&score)? * sure.sqr()?)? * &batch.none)?.sum_all()?;
    let scores = ((missed + false_alarms)? / faces)?;
    let off = (eyes - &batch.eyes)?.broadcast_mul(&batch.unit)?;
    let off =
        (((off.sqr()? + SMALL * SMALL)?.sqrt()? - SMALL)?.broadcast_mul(&batch.face)?.sum_all()? / (4.0 * faces))?;
    let total = (&scores + (&off * PLACES)?)?;
    adam.step(&total.backward()?, rate)?;
    Numbers::read(&[("loss", &total), ("scores", &scores), ("off", &off)])
}
