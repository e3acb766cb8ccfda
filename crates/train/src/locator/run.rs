//! A locator's run: two phases in one loop, with the checkpoints, metrics and the exact resume of every run here.

use super::Config;
use super::batches::{self, Batch};
use super::validation::{Measured, Validation};
use crate::address::{Address, Purpose, rng};
use crate::checkpoint::{self, State, write_atomically};
use crate::config::Optimiser;
use crate::data::Dataset;
use crate::data::scenes::Scenes;
use crate::numbers::Numbers;
use crate::players::follow;
use crate::report::{Metrics, Record};
use crate::{Adam, Folder};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_distr::StandardNormal;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use stgan::internals::locate::{self, Finder, Network, Weights};
use stgan::model::weights::Storage;
use stgan::model::{Parameters, TensorSpec, initialise};
use stgan::{Error, Result};

const PHASES: [&str; 2] = ["finder", "pointer"];

/// Weight of the pupils' places beside the scores.
const PLACES: f64 = 2.0;
/// Errors below this, in eye distances, count squared.
const SMALL: f64 = 0.03;

/// What a run tells while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Ready { iterations: usize, done: usize, validation: usize },
    Progress { phase: &'static str, done: usize, loss: f64 },
    Validated { phase: &'static str, iteration: usize, measured: Measured },
}

/// Trains as `config` says on `dataset`, into the folder `out`: `config.toml`, `metrics.jsonl`, `checkpoints/`, and
/// `locator.safetensors` with every checkpoint. As of [`crate::run`], a resumed run is the same run, and `report` says
/// whether to go on.
///
/// # Errors
/// As [`crate::run`].
pub fn run(
    config: &Config,
    dataset: &Dataset,
    out: &Path,
    resume: bool,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    std::fs::create_dir_all(out).map_err(|source| checkpoint::io(out, source))?;
    let (folder, text) = (Folder::new(out), config.to_toml()?);
    let scenes = Arc::new(Scenes::new(dataset, false, &config.locator.scenes, config.seed)?);
    let validation = Validation::new(config, dataset)?;
    let state = if resume { State::load(&folder.checkpoints(), &text)? } else { State::default() };
    let mut metrics = Metrics::open(&folder.file("metrics.jsonl"))?;
    metrics.truncate_after(state.step)?;
    write_atomically(&folder.file("config.toml"), text.as_bytes())?;
    let iterations = config.locator.finder.iterations + config.locator.pointer.iterations;
    if !report(Event::Ready { iterations, done: state.step, validation: validation.faces() }) {
        return Ok(false);
    }
    let mut run = Run { config, dataset, text, folder, scenes, validation, metrics, device, report, state };
    while run.state.leg < PHASES.len() {
        if !run.train()? {
            return Ok(false);
        }
    }
    Ok(true)
}

struct Run<'a> {
    config: &'a Config,
    dataset: &'a Dataset,
    text: String,
    folder: Folder,
    scenes: Arc<Scenes>,
    validation: Validation,
    metrics: Metrics,
    device: &'a Device,
    report: &'a mut dyn FnMut(Event) -> bool,
    state: State,
}

impl Run<'_> {
    /// Trains the phase that the state is in to its end, or until it is told to stop: then `false`.
    fn train(&mut self) -> Result<bool> {
        let (config, phase) = (self.config, self.state.leg);
        let settings = &config.locator;
        let (tensors, iterations, optimiser): (_, _, Optimiser) = match phase {
            0 => (settings.networks.finder.tensors(), settings.finder.iterations, settings.finder.optimiser),
            _ => (settings.networks.pointer.tensors(), settings.pointer.iterations, settings.pointer.optimiser),
        };
        self.prepare(&tensors)?;
        let mine: Parameters =
            tensors.iter().map(|t| Ok((t.name.clone(), self.state.weights.get(t)?))).collect::<Result<_>>()?;
        let mut adam = Adam::new(&mine.to_device(self.device)?, optimiser.betas)?;
        if let Some((moments, steps)) = &self.state.generators {
            adam.restore(moments, *steps)?;
        }
        let network = match phase {
            0 => settings.networks.finder.network(&adam.parameters())?,
            _ => settings.networks.pointer.network(&adam.parameters())?,
        };
        let proposals = Finder::from_parameters(&settings.networks.finder, &self.state.weights)?;
        let (scenes, device) = (self.scenes.clone(), self.device);
        let draw = |step: usize| match phase {
            0 => batches::finder(config, &scenes, step, device),
            _ => batches::pointer(config, &scenes, &proposals, step, device),
        };
        let (mut numbers, mut clock) = (Numbers::default(), Instant::now());
        let mut next = draw(self.state.step);
        while self.state.iteration < iterations {
            let batch = next?;
            let (rate, step) = (optimiser.rate(self.state.iteration, iterations), self.state.step);
            let (learned, prepared) = rayon::join(|| learn(&network, &mut adam, &batch, rate), || draw(step + 1));
            numbers.add(&learned?);
            next = prepared;
            (self.state.iteration, self.state.step) = (self.state.iteration + 1, step + 1);
            // A short memory at first, so that the beginning is soon forgotten.
            let decay = settings.average.min(self.state.iteration as f64 / (self.state.iteration as f64 + 9.0));
            follow(&mut self.state.average, &adam.parameters(), decay)?;
            let last = self.state.iteration == iterations;
            let due = |every: usize| self.state.iteration.is_multiple_of(every) || last;
            let (reported, validate) = (due(config.intervals.report), due(config.intervals.validate));
            let save = due(config.intervals.checkpoint);
            let mut go_on = true;
            if reported {
                if let Some((name, value)) = numbers.broken() {
                    let reason = format!("{}: {name} is {value}", PHASES[phase]);
                    return Err(Error::Diverged { iteration: self.state.iteration, reason });
                }
                let mut record = self.record();
                for (name, value) in numbers.means() {
                    record = record.with(name, value);
                }
                let seconds = clock.elapsed().as_secs_f64();
                self.metrics.append(&record.with("learning_rate", rate).with("seconds", seconds))?;
                let loss = numbers.mean("loss").unwrap_or(f64::NAN);
                go_on = (self.report)(Event::Progress { phase: PHASES[phase], done: self.state.step, loss });
                (numbers, clock) = (Numbers::default(), Instant::now());
            }
            if validate && phase == 1 {
                go_on &= self.validate()?;
            }
            if save || last || !go_on {
                self.state.weights.0.extend(adam.parameters().copied(&Device::Cpu)?.0);
                self.state.generators = Some(adam.state()?);
            }
            if last {
                self.state.weights.0.extend(std::mem::take(&mut self.state.average).copied(&Device::Cpu)?.0);
                self.state.generators = None;
                (self.state.leg, self.state.iteration) = (phase + 1, 0);
                self.save()?;
                return Ok(go_on || phase == 1);
            }
            if save || !go_on {
                self.save()?;
            }
            if !go_on {
                return Ok(false);
            }
        }
        // A phase without iterations.
        (self.state.leg, self.state.iteration) = (phase + 1, 0);
        Ok(true)
    }

    fn record(&self) -> Record {
        let stage = self.state.leg + 1;
        Record::new(PHASES[self.state.leg.min(1)], stage, self.state.iteration, self.state.step)
    }

    /// Random weights for what is not there yet.
    fn prepare(&mut self, tensors: &[TensorSpec]) -> Result<()> {
        if tensors.iter().all(|t| self.state.weights.0.contains_key(&t.name)) {
            return Ok(());
        }
        let item = self.state.leg;
        let mut rng = rng(self.config.seed, Address { purpose: Purpose::Initialisation, step: 0, item });
        self.state.weights.0.extend(initialise(tensors, || rng.sample(StandardNormal))?.0);
        Ok(())
    }

    fn save(&self) -> Result<()> {
        let intervals = &self.config.intervals;
        self.state.save(&self.folder.checkpoints(), intervals.keep, &self.text)?;
        if self.state.weights.0.contains_key("pointer.answer.bias") {
            let weights = self.weights()?;
            let bytes = locate::write(&weights, Storage::F16)?;
            write_atomically(&self.folder.file("locator.safetensors"), &bytes)?;
        }
        Ok(())
    }

    /// The averages so far, with the threshold that they ask for.
    fn weights(&self) -> Result<Weights> {
        let mut parameters = self.state.weights.clone();
        parameters.0.extend(self.state.average.copied(&Device::Cpu)?.0);
        let dataset = self.dataset;
        let metadata = BTreeMap::from([
            ("task".to_owned(), "pupils".to_owned()),
            ("data".to_owned(), format!("{}: {}", dataset.name, self.config.data.splits.join(", "))),
            ("faces".to_owned(), (dataset.bare.len() + dataset.wearers.len()).to_string()),
            ("command".to_owned(), format!("stgan train, seed {}", self.config.seed)),
            ("config".to_owned(), self.text.clone()),
        ]);
        let spec = self.config.locator.networks.clone();
        let mut weights = Weights { spec, parameters, threshold: 0.5, metadata };
        weights.threshold = self.validation.measure(&weights, &self.config.locator)?.threshold;
        Ok(weights)
    }

    /// Whether to go on.
    fn validate(&mut self) -> Result<bool> {
        let weights = self.weights()?;
        let measured = self.validation.measure(&weights, &self.config.locator)?;
        let record = self.record().with("found", measured.found).with("eyes_median", measured.median);
        let record = record.with("eyes_p95", measured.p95).with("threshold", measured.threshold);
        self.metrics.append(&record.with("recall", measured.recall))?;
        let (phase, iteration) = (PHASES[1], self.state.iteration);
        Ok((self.report)(Event::Validated { phase, iteration, measured }))
    }
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
