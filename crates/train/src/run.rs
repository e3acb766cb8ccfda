//! A run from start to end: legs in order, one iteration after the other; metrics, pictures and checkpoints on the way.

use super::address::Purpose;
use super::checkpoint::{self, State, write_atomically};
use super::examples::Examples;
use super::leg::{Players, prepare, rates};
use super::numbers::Numbers;
use super::plan::{Leg, Phase, plan};
use super::players::{follow, stage_parameters};
use super::report::{Metrics, Picture, Record, grid, plot};
use super::validation::Validation;
use super::{Config, export};
use crate::data::Dataset;
use candle_core::Device;
use std::path::{Path, PathBuf};
use std::time::Instant;
use stgan::model::Parameters;
use stgan::model::weights::Weights;
use stgan::{Error, Result};

/// A critic whose gradient is larger than this, on average over an interval, has diverged.
const LARGEST_GRADIENT: f64 = 1e3;

/// What a run tells while it goes on.
#[derive(Clone, Debug)]
pub enum Event {
    /// Frames are drawn, networks are there. Iterations count over the whole run.
    Ready { validation: usize, iterations: usize, done: usize },
    /// Some iterations more are done.
    Progress { phase: Phase, stage: usize, done: usize, loss: f64 },
    /// Measured on people and frames that training does not see: anchor error as placed and after each stage, the error of a
    /// generator that ignores the face, the critic's preference.
    Validated { phase: Phase, stage: usize, iteration: usize, errors: Option<Measured>, preference: Option<f64> },
    /// The critic's phase has ended, with this preference; whether it reached what the configuration asks for.
    CriticDone { preference: f64, reached: bool },
}

/// Anchor errors in eye distances.
#[derive(Clone, Debug)]
pub struct Measured {
    pub median: Vec<f64>,
    pub p95: Vec<f64>,
    pub ignorant: f64,
}

/// What a run begins with.
pub enum Start {
    /// Random weights.
    Afresh,
    /// A weights file: its stages and, where it has one, its critic. Stages beyond it start as a copy of its last.
    From(Box<Weights>),
    /// The folder's newest checkpoint.
    Resume,
}

/// Where a run writes: `config.toml`, `metrics.jsonl`, `losses.png`, `anchor-error.png`, `pictures.png`, `checkpoints/`,
/// `weights.safetensors` with every checkpoint, and `best.safetensors`, what did best on the validation split (the sum of
/// median and 95th percentile).
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.file("checkpoints")
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn newest_checkpoint(&self) -> Result<Option<PathBuf>> {
        Ok(checkpoint::all(&self.checkpoints())?.pop())
    }
}

/// Trains as `config` says on `dataset`, into the folder `out` (see [`Folder`]).
///
/// A resumed run gives the same numbers as an uninterrupted one, bit for bit on the CPU on as many threads. `report` hears of
/// progress and says whether to go on; where it says no, a checkpoint is written and `false` returned.
///
/// # Errors
/// [`Error::Argument`] for weights that do not fit the configuration, [`Error::Data`] and [`Error::Io`] for what cannot be read
/// or written, [`Error::Diverged`] when a loss or a gradient stops being finite or the game leaves its bounds (the last
/// checkpoint stands).
pub fn run(
    config: &Config,
    dataset: &Dataset,
    out: &Path,
    start: Start,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    std::fs::create_dir_all(out).map_err(|source| checkpoint::io(out, source))?;
    let folder = Folder::new(out);
    let examples = Examples::new(config, dataset, device)?;
    let validation = Validation::new(config, &dataset.validation, device)?;
    let mut state = match start {
        Start::Afresh => State::default(),
        Start::From(file) => {
            fits(config, &file)?;
            State { weights: file.parameters, ..State::default() }
        }
        Start::Resume => State::load(&folder.checkpoints(), &config.to_toml()?)?,
    };
    let mut metrics = Metrics::open(&folder.file("metrics.jsonl"))?;
    metrics.truncate_after(state.step)?;
    write_atomically(&folder.file("config.toml"), config.to_toml()?.as_bytes())?;
    let legs = plan(config);
    let iterations = legs.iter().map(|leg| leg.iterations).sum();
    if !report(Event::Ready { validation: validation.faces(), iterations, done: state.step }) {
        return Ok(false);
    }
    let mut run = Run { config, dataset, folder, examples, validation, metrics, device, report };
    while let Some(leg) = legs.get(state.leg) {
        if !run.train(leg, &mut state)? {
            break;
        }
    }
    Ok(state.leg == legs.len())
}

fn fits(config: &Config, file: &Weights) -> Result<()> {
    let (spec, stages) = (config.generator()?, config.model.stages);
    if file.spec != spec || file.stages > stages {
        return Err(Error::Argument {
            name: "weights to start from",
            value: format!("{} stages of {:?}", file.stages, file.spec),
            expected: format!("at most {stages} stages of {spec:?}"),
        });
    }
    Ok(())
}

struct Run<'a> {
    config: &'a Config,
    dataset: &'a Dataset,
    folder: Folder,
    examples: Examples<'a>,
    validation: Validation<'a>,
    metrics: Metrics,
    device: &'a Device,
    report: &'a mut dyn FnMut(Event) -> bool,
}

impl Run<'_> {
    /// Trains one leg to its end, or until it is told to stop: then `false`.
    fn train(&mut self, leg: &Leg, state: &mut State) -> Result<bool> {
        prepare(self.config, leg, &mut state.weights)?;
        let mut players = Players::new(self.config, leg, state, self.device)?;
        let (mut numbers, mut clock) = (Numbers::default(), Instant::now());
        let mut next = self.examples.batches(leg, state.step, &state.history);
        let history_size = self.config.adversarial.as_ref().map_or(0, |a| a.history.size);
        while state.iteration < leg.iterations {
            let batches = next?;
            let mut rng = self.examples.rng(Purpose::History, state.step, 0);
            state.history.absorb(history_size, &mut rng);
            // The next examples are cut while these are learned from.
            let (config, examples) = (self.config, &self.examples);
            let (learned, prepared) = rayon::join(
                || players.learn(config, leg, state.iteration, &batches),
                || examples.batches(leg, state.step + 1, &state.history),
            );
            let (figures, recipes) = learned.map_err(|error| at(error, leg, state.iteration))?;
            next = prepared;
            state.history.offer(recipes);
            numbers.add(&figures);
            (state.iteration, state.step) = (state.iteration + 1, state.step + 1);
            self.average(leg, state, &players)?;

            let last = state.iteration == leg.iterations;
            let due = |every: usize| state.iteration.is_multiple_of(every) || last;
            let intervals = &self.config.intervals;
            let (validate, save) = (due(intervals.validate), due(intervals.checkpoint));
            let mut go_on = true;
            if due(intervals.report) || numbers.broken().is_some() {
                go_on = self.progress(leg, state, &numbers, clock)?;
                (numbers, clock) = (Numbers::default(), Instant::now());
            }
            let mut enough = false;
            if validate || save || last || !go_on {
                players.collect(state)?;
            }
            if validate {
                let (stop, judged) = self.validate(leg, state, &players)?;
                (go_on, enough) = (go_on && !stop, judged);
            }
            if enough || last {
                self.finish(state)?;
                return Ok(go_on);
            }
            if save || !go_on {
                self.export("weights.safetensors", state)?;
                state.save(&self.folder.checkpoints(), intervals.keep, &self.config.to_toml()?)?;
            }
            if !go_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn average(&self, leg: &Leg, state: &mut State, players: &Players) -> Result<()> {
        let decay = match leg.phase {
            Phase::Regression => self.config.regression.as_ref().map_or(0.0, |r| r.average),
            _ => self.config.adversarial.as_ref().map_or(0.0, |a| a.average),
        };
        match &players.generators {
            Some(generators) if decay > 0.0 => follow(&mut state.average, &generators.adam.parameters(), decay),
            _ => Ok(()),
        }
    }

    /// Writes a line of metrics, and says whether to go on.
    fn progress(&mut self, leg: &Leg, state: &State, numbers: &Numbers, clock: Instant) -> Result<bool> {
        let (generator_rate, critic_rate) = rates(self.config, leg, state.iteration - 1);
        let mut record = record(leg, state);
        for (name, value) in numbers.means() {
            record = record.with(name, value);
        }
        for (name, rate) in [("learning_rate", generator_rate), ("critic_learning_rate", critic_rate)] {
            if rate > 0.0 {
                record = record.with(name, rate);
            }
        }
        record = record.with("seconds", clock.elapsed().as_secs_f64());
        self.metrics.append(&record)?;
        self.watch(leg, state, numbers)?;
        let loss = ["loss", "generator_loss", "critic_loss"].iter().find_map(|name| numbers.mean(name));
        let (phase, stage) = (leg.phase, leg.stages.start + 1);
        Ok((self.report)(Event::Progress { phase, stage, done: state.step, loss: loss.unwrap_or(f64::NAN) }))
    }

    /// Stops a run that has left its bounds.
    fn watch(&self, leg: &Leg, state: &State, numbers: &Numbers) -> Result<()> {
        let stop = |reason: String| {
            let reason = format!("{} stage {}: {reason}", leg.phase.name(), leg.stages.start + 1);
            Err(Error::Diverged { iteration: state.iteration, reason })
        };
        if let Some((name, value)) = numbers.broken() {
            return stop(format!("{name} is {value}"));
        }
        if let Some(norm) = numbers.mean("gradient_norm").filter(|norm| *norm > LARGEST_GRADIENT) {
            return stop(format!("the critic's gradient has a norm of {norm:.3e}"));
        }
        let limit = self.config.adversarial.as_ref().map_or(f64::INFINITY, |a| a.largest_update);
        match numbers.mean("update_norm").filter(|norm| leg.phase.has_critic() && *norm > limit) {
            Some(norm) => stop(format!("‖Δp‖ is {norm:.3}, above largest_update = {limit}: frames leave the picture")),
            None => Ok(()),
        }
    }

    /// The weights to validate and export: averages where there are any.
    fn shown(&self, state: &State) -> Parameters {
        let mut weights = state.weights.clone();
        weights.0.extend(state.average.0.clone());
        weights
    }

    /// Whether to stop, and whether the critic alone has learned enough.
    fn validate(&mut self, leg: &Leg, state: &mut State, players: &Players) -> Result<(bool, bool)> {
        if self.validation.faces() == 0 {
            return Ok((false, false));
        }
        let mut record = record(leg, state);
        let preference = match &players.critic {
            Some(critic) => {
                let spread = match (leg.phase, &self.config.critic, &self.config.adversarial) {
                    (Phase::Critic, Some(critic), _) => critic.perturbation,
                    (_, _, Some(game)) => game.perturbation,
                    _ => self.config.validation.perturbation,
                };
                Some(self.validation.preference(&critic.network, &spread)?)
            }
            None => None,
        };
        if let Some(preference) = preference {
            record = record.with("preference", preference);
        }
        let (stages, weights) = (stages(&state.weights), self.shown(state));
        let mut errors = None;
        if stages > 0 && self.validation.has_landmarks() {
            let found = self.validation.errors(stages, &weights)?;
            let measured = Measured { median: found.median(), p95: found.p95(), ignorant: found.ignorant() };
            let score = measured.median[stages] + measured.p95[stages];
            record = record
                .with("median", measured.median.clone())
                .with("p95", measured.p95.clone())
                .with("mean", found.mean())
                .with("turned", found.turned())
                .with("ignorant", measured.ignorant);
            let better = state.best.is_none_or(|(n, best)| n < stages || n == stages && score < best);
            if players.generators.is_some() && better {
                state.best = Some((stages, score));
                self.export("best.safetensors", state)?;
            }
            errors = Some(measured);
        }
        self.metrics.append(&record)?;
        plot::write(&self.folder.0, &super::report::metrics::read(&self.folder.file("metrics.jsonl"))?)?;
        if stages > 0 {
            self.draw(stages, &weights)?;
        }
        let (phase, stage, iteration) = (leg.phase, leg.stages.start + 1, state.iteration);
        let go_on = (self.report)(Event::Validated { phase, stage, iteration, errors, preference });
        let wanted = self.config.critic.as_ref().map_or(f64::INFINITY, |critic| critic.stop_at);
        let reached = preference.is_some_and(|preference| preference >= wanted);
        let alone = leg.phase == Phase::Critic;
        if let (true, Some(preference)) = (alone && (reached || state.iteration == leg.iterations), preference) {
            (self.report)(Event::CriticDone { preference, reached });
        }
        Ok((!go_on, alone && reached))
    }

    fn draw(&self, stages: usize, weights: &Parameters) -> Result<()> {
        let rows = self.validation.rows(stages, weights)?;
        let picture = |(planes, error)| Picture { planes, error };
        let rows: Vec<Vec<Picture>> =
            rows.into_iter().map(|row| row.pictures.into_iter().zip(row.errors).map(picture).collect()).collect();
        let names: Vec<String> = (1..=stages).map(|stage| format!("stage {stage}")).collect();
        let columns: Vec<&str> = std::iter::once("as placed").chain(names.iter().map(String::as_str)).collect();
        grid::write(&self.folder.file("pictures.png"), self.config.model.size, &columns, &rows)
    }

    /// The end of a leg: averages become the weights, and the next leg is where a resumed run begins.
    fn finish(&self, state: &mut State) -> Result<()> {
        state.weights = self.shown(state);
        self.export("weights.safetensors", state)?;
        (state.leg, state.iteration) = (state.leg + 1, 0);
        (state.average, state.generators) = (Parameters::default(), None);
        state.save(&self.folder.checkpoints(), self.config.intervals.keep, &self.config.to_toml()?)?;
        Ok(())
    }

    fn export(&self, name: &str, state: &State) -> Result<()> {
        let weights = self.shown(state);
        let stages = stages(&weights);
        if stages == 0 {
            return Ok(());
        }
        let worn = self.config.regression.as_ref().is_some_and(|r| r.wearers);
        let faces = self.dataset.bare.len() + if worn { self.dataset.wearers.len() } else { 0 };
        let bytes = export::bytes(self.config, &self.dataset.name, faces, stages, &weights)?;
        write_atomically(&self.folder.file(name), &bytes)
    }
}

fn record(leg: &Leg, state: &State) -> Record {
    Record::new(leg.phase.name(), leg.stages.start + 1, state.iteration, state.step)
}

/// How many stages there are.
fn stages(weights: &Parameters) -> usize {
    (0..).take_while(|&stage| !stage_parameters(weights, stage).0.is_empty()).count()
}

/// A divergence is told with the iteration of its leg.
fn at(error: Error, leg: &Leg, iteration: usize) -> Error {
    match error {
        Error::Diverged { reason, .. } => {
            let reason = format!("{} stage {}: {reason}", leg.phase.name(), leg.stages.start + 1);
            Error::Diverged { iteration: iteration + 1, reason }
        }
        other => other,
    }
}
