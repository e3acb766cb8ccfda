//! The training loop: iterations, metrics, averages of weights, validation, checkpoints, export,
//! resume and detection of divergence.
//!
//! A run is a [`Job`]: a list of phases, each with a [`Task`] that owns its networks and defines an
//! iteration.

mod checkpoint;
mod checksum;
mod event;
mod folder;
mod iteration_metrics;
mod lock;
pub(crate) mod network;
mod start;
mod state;
mod task;

pub use event::{CutoutMetrics, Event, LandmarkErrors, LocatorMetrics, PhaseKind, ValidationMetrics};
pub use folder::Folder;
pub(crate) use iteration_metrics::IterationMetrics;
pub use start::RunStart;
pub(crate) use state::{Score, State};
pub(crate) use task::{Job, Phase, Prefetched, Task, TrainedNetworks, ValidationResult, Verdict};

use crate::files::{remove_incomplete, write_atomically};
use crate::report::{Metrics, Record};
use crate::{Error, Result};
use lock::Lock;
use std::path::Path;
use std::time::Instant;
use stgan::model::Parameters;

/// Called with each event of a run. Returns whether to continue.
pub(crate) type Report<'a> = &'a mut dyn FnMut(Event) -> bool;

/// The networks that a run starts with.
pub(crate) enum InitialState {
    /// These networks. Networks that are missing are initialised by the job.
    Weights(Parameters),
    /// The newest checkpoint in the folder.
    Resume,
}

/// Runs a job in the folder `out`. Returns `false` if `report` stopped it.
///
/// # Errors
/// [`Error::Data`] if another run is training in the folder, [`Error::Data`] and [`Error::Io`] if a
/// file cannot be read or written, [`Error::Diverged`] if a loss or gradient is not finite or a
/// task reports divergence (the last checkpoint remains), and the errors of the tasks.
pub(crate) fn run(job: &dyn Job, out: &Path, initial: InitialState, report: Report) -> Result<bool> {
    std::fs::create_dir_all(out).map_err(Error::io(out, "created"))?;
    let (folder, config) = (Folder::new(out), job.config()?);
    let _lock = Lock::take(out)?;
    remove_incomplete(out)?;
    remove_incomplete(&folder.checkpoints())?;
    let state = match initial {
        InitialState::Weights(weights) => State { weights, ..State::default() },
        InitialState::Resume => checkpoint::load(&folder.checkpoints(), &config)?,
    };
    let mut metrics = Metrics::open(&folder.file("metrics.jsonl"))?;
    metrics.truncate_after(state.run_iteration)?;
    write_atomically(&folder.file("config.toml"), config.as_bytes())?;
    let phases = job.phases();
    let mut run = Run { job, folder, config, metrics, state, report, stopped: false };
    let iterations = phases.iter().map(|phase| phase.iterations).sum();
    run.emit(Event::Ready { validation: job.held_out(), iterations, done: run.state.run_iteration });
    while let (false, Some(phase)) = (run.stopped, phases.get(run.state.phase)) {
        run.train(phase)?;
    }
    Ok(run.state.phase == phases.len())
}

/// The number of iterations that are done in a checkpoint, whose run has the configuration
/// `config`.
///
/// # Errors
/// [`Error::Data`] if the bytes are not an intact checkpoint of such a run.
pub fn checkpoint_iteration(bytes: &[u8], config: &str) -> Result<usize> {
    checkpoint::read(bytes, Path::new("checkpoint"), config).map(|state| state.run_iteration)
}

struct Run<'a> {
    job: &'a dyn Job,
    folder: Folder,
    config: String,
    metrics: Metrics,
    state: State,
    report: Report<'a>,
    /// Whether `report` has asked to stop.
    stopped: bool,
}

/// What is due after an iteration.
struct Due {
    report: bool,
    validate: bool,
    save: bool,
    /// Whether this was the last iteration of the phase.
    last: bool,
}

/// The metrics since the last report.
struct ReportInterval {
    metrics: IterationMetrics,
    since: Instant,
}

impl ReportInterval {
    fn new() -> Self {
        Self { metrics: IterationMetrics::default(), since: Instant::now() }
    }
}

impl Run<'_> {
    fn emit(&mut self, event: Event) {
        self.stopped |= !(self.report)(event);
    }

    /// Trains one phase to its end, or until `report` asks to stop.
    fn train(&mut self, phase: &Phase) -> Result<()> {
        let mut task = self.job.begin(self.state.phase, &mut self.state)?;
        let mut interval = ReportInterval::new();
        while self.state.iteration < phase.iterations {
            let (iteration, run_iteration) = (self.state.iteration, self.state.run_iteration);
            let metrics =
                task.iterate(iteration, run_iteration).map_err(|error| with_phase(error, phase, iteration + 1))?;
            interval.metrics.add(&metrics);
            (self.state.iteration, self.state.run_iteration) = (iteration + 1, run_iteration + 1);
            self.state.update_averages(&task.trained_networks(iteration))?;
            let due = self.due(phase);
            if due.report || interval.metrics.first_non_finite().is_some() {
                self.progress(phase, &*task, &interval)?;
                interval = ReportInterval::new();
            }
            if due.validate || due.save || self.stopped {
                self.collect(&*task)?;
            }
            let finished = due.validate && self.validate(phase, &*task)?;
            if due.last || finished {
                break;
            }
            if due.save || self.stopped {
                self.save(&*task)?;
            }
            if self.stopped {
                return Ok(());
            }
        }
        self.state.end_phase(&task.trained_networks(self.state.iteration))?;
        self.state.weights = task.finished(std::mem::take(&mut self.state.weights))?;
        self.save_with(&self.state.weights)
    }

    fn due(&self, phase: &Phase) -> Due {
        let (intervals, done) = (self.job.intervals(), self.state.iteration);
        let last = done == phase.iterations;
        let due = |every: usize| done.is_multiple_of(every) || last;
        Due { report: due(intervals.report), validate: due(intervals.validate), save: due(intervals.checkpoint), last }
    }

    fn record(&self, phase: &Phase) -> Record {
        Record::new(phase.kind.name(), phase.stage, self.state.iteration, self.state.run_iteration)
    }

    /// Writes a line of metrics, and fails if the run has diverged.
    fn progress(&mut self, phase: &Phase, task: &dyn Task, interval: &ReportInterval) -> Result<()> {
        let ReportInterval { metrics, since } = interval;
        let mut record = self.record(phase);
        for (name, value) in metrics.means() {
            record = record.with(name, value);
        }
        for TrainedNetworks { rate: (name, rate), .. } in task.trained_networks(self.state.iteration - 1) {
            record = record.with(name, rate);
        }
        self.metrics.append(&record.with("seconds", since.elapsed().as_secs_f64()))?;
        let non_finite = metrics.first_non_finite().map(|(name, value)| format!("{name} is {value}"));
        if let Some(reason) = non_finite.or_else(|| task.divergence(metrics)) {
            let iteration = self.state.iteration;
            return Err(with_phase(Error::Diverged { iteration, reason }, phase, iteration));
        }
        let loss = metrics.mean(phase.kind.loss()).unwrap_or(f64::NAN);
        self.emit(Event::Progress { phase: phase.kind, stage: phase.stage, done: self.state.run_iteration, loss });
        Ok(())
    }

    fn collect(&mut self, task: &dyn Task) -> Result<()> {
        self.state.collect(&task.trained_networks(self.state.iteration))?;
        if let Some(memory) = task.memory()? {
            self.state.memory = memory;
        }
        Ok(())
    }

    /// Validates, and returns whether the phase has reached its goal.
    fn validate(&mut self, phase: &Phase, task: &dyn Task) -> Result<bool> {
        let weights = task.finished(self.state.averaged_weights()?)?;
        let Some(validated) = task.validate(self.state.iteration, &weights)? else { return Ok(false) };
        let ValidationResult { metrics, summary, score, verdict } = validated;
        if let Some(score) = score.filter(|score| score.beats(self.state.best)) {
            self.state.best = Some(score);
            self.export("best.safetensors", &weights)?;
        }
        let record = metrics.into_iter().fold(self.record(phase), |record, (name, value)| record.with(name, value));
        self.metrics.append(&record)?;
        self.job.draw(&self.folder, &weights)?;
        let iteration = self.state.iteration;
        self.emit(Event::Validated { phase: phase.kind, stage: phase.stage, iteration, metrics: summary });
        match verdict {
            Verdict::Continue => Ok(false),
            Verdict::DiscriminatorPretrained { preference, reached } => {
                self.emit(Event::DiscriminatorPretrained { preference, reached });
                Ok(reached)
            }
        }
    }

    /// Writes the weights and a checkpoint within a phase.
    fn save(&self, task: &dyn Task) -> Result<()> {
        self.save_with(&task.finished(self.state.averaged_weights()?)?)
    }

    /// Writes finished weights, and a checkpoint.
    fn save_with(&self, weights: &Parameters) -> Result<()> {
        self.export(self.job.weights_file(), weights)?;
        checkpoint::save(&self.state, &self.folder.checkpoints(), self.job.intervals().keep, &self.config)
    }

    fn export(&self, name: &str, weights: &Parameters) -> Result<()> {
        match self.job.export(weights)? {
            Some(bytes) => write_atomically(&self.folder.file(name), &bytes),
            None => Ok(()),
        }
    }
}

/// Adds the phase, and the iteration within it, to a divergence.
fn with_phase(error: Error, phase: &Phase, iteration: usize) -> Error {
    match error {
        Error::Diverged { reason, .. } => {
            Error::Diverged { iteration, reason: format!("{}: {reason}", phase.kind.at_stage(phase.stage)) }
        }
        other => other,
    }
}
