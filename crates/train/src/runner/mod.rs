//! The one training loop: checkpoints, metrics, averages, intervals, divergence, export and resume, whatever is trained.
//!
//! A run is a [`Job`]: a list of legs, each with a [`Task`] that knows its networks and what an iteration does with them.

mod checkpoint;
mod event;
mod folder;
mod numbers;
mod state;
mod task;

pub use event::{AnchorErrors, Event, LocatorFigures, Measured, Phase};
pub use folder::Folder;
pub(crate) use numbers::Numbers;
pub(crate) use state::{Score, State};
pub(crate) use task::{Ahead, Job, Leg, Optimised, Task, Validated, Verdict};

use crate::files::write_atomically;
use crate::report::{Metrics, Record};
use crate::{Error, Result};
use std::path::Path;
use std::time::Instant;
use stgan::model::Parameters;

/// What hears of a run's progress, and says whether to go on.
pub(crate) type Report<'a> = &'a mut dyn FnMut(Event) -> bool;

/// What a run begins with.
pub(crate) enum Begin {
    /// These networks; what is missing is drawn at random.
    With(Parameters),
    /// The newest checkpoint of the folder.
    Resume,
}

/// Does a job in the folder `out`; `false` if `report` ended it.
///
/// # Errors
/// [`Error::Data`] and [`Error::Io`] for what cannot be read or written, [`Error::Diverged`] if a loss or a gradient is not
/// finite or the task is out of its bounds (the last checkpoint stands), and what the job's tasks give.
pub(crate) fn run(job: &dyn Job, out: &Path, begin: Begin, report: Report) -> Result<bool> {
    std::fs::create_dir_all(out).map_err(Error::io(out, "made"))?;
    let (folder, config) = (Folder::new(out), job.config()?);
    let state = match begin {
        Begin::With(weights) => State { weights, ..State::default() },
        Begin::Resume => checkpoint::load(&folder.checkpoints(), &config)?,
    };
    let mut metrics = Metrics::open(&folder.file("metrics.jsonl"))?;
    metrics.truncate_after(state.step)?;
    write_atomically(&folder.file("config.toml"), config.as_bytes())?;
    let legs = job.legs();
    let mut run = Run { job, folder, config, metrics, state, report, stopped: false };
    let iterations = legs.iter().map(|leg| leg.iterations).sum();
    run.tell(Event::Ready { validation: job.held_out(), iterations, done: run.state.step });
    while let (false, Some(leg)) = (run.stopped, legs.get(run.state.leg)) {
        run.train(leg)?;
    }
    Ok(run.state.leg == legs.len())
}

struct Run<'a> {
    job: &'a dyn Job,
    folder: Folder,
    config: String,
    metrics: Metrics,
    state: State,
    report: Report<'a>,
    /// Whether the report has asked to stop.
    stopped: bool,
}

/// What has to be done after an iteration.
struct Due {
    report: bool,
    validate: bool,
    save: bool,
    /// The leg is at its end.
    last: bool,
}

/// The figures since the last report.
struct Interval {
    numbers: Numbers,
    since: Instant,
}

impl Interval {
    fn new() -> Self {
        Self { numbers: Numbers::default(), since: Instant::now() }
    }
}

impl Run<'_> {
    fn tell(&mut self, event: Event) {
        self.stopped |= !(self.report)(event);
    }

    /// Trains one leg to its end, or until the report asks to stop.
    fn train(&mut self, leg: &Leg) -> Result<()> {
        let mut task = self.job.begin(self.state.leg, &mut self.state)?;
        let mut interval = Interval::new();
        while self.state.iteration < leg.iterations {
            let (iteration, step) = (self.state.iteration, self.state.step);
            let learned = task.iterate(iteration, step).map_err(|error| located(error, leg, iteration + 1))?;
            interval.numbers.add(&learned);
            (self.state.iteration, self.state.step) = (iteration + 1, step + 1);
            self.state.follow(&task.optimised(iteration))?;
            let due = self.due(leg);
            if due.report || interval.numbers.broken().is_some() {
                self.progress(leg, &*task, &interval)?;
                interval = Interval::new();
            }
            if due.validate || due.save || self.stopped {
                self.collect(&*task)?;
            }
            let enough = due.validate && self.validate(leg, &*task)?;
            if due.last || enough {
                break;
            }
            if due.save || self.stopped {
                self.save()?;
            }
            if self.stopped {
                return Ok(());
            }
        }
        self.state.end_leg(&task.optimised(self.state.iteration))?;
        self.save()
    }

    fn due(&self, leg: &Leg) -> Due {
        let (intervals, done) = (self.job.intervals(), self.state.iteration);
        let last = done == leg.iterations;
        let due = |every: usize| done.is_multiple_of(every) || last;
        Due { report: due(intervals.report), validate: due(intervals.validate), save: due(intervals.checkpoint), last }
    }

    fn record(&self, leg: &Leg) -> Record {
        Record::new(leg.phase.name(), leg.stage, self.state.iteration, self.state.step)
    }

    /// Writes a line of metrics, and ends a run that has left its bounds.
    fn progress(&mut self, leg: &Leg, task: &dyn Task, interval: &Interval) -> Result<()> {
        let Interval { numbers, since } = interval;
        let mut record = self.record(leg);
        for (name, value) in numbers.means() {
            record = record.with(name, value);
        }
        for Optimised { rate: (name, rate), .. } in task.optimised(self.state.iteration - 1) {
            record = record.with(name, rate);
        }
        self.metrics.append(&record.with("seconds", since.elapsed().as_secs_f64()))?;
        let broken = numbers.broken().map(|(name, value)| format!("{name} is {value}"));
        if let Some(reason) = broken.or_else(|| task.out_of_bounds(numbers)) {
            let iteration = self.state.iteration;
            return Err(located(Error::Diverged { iteration, reason }, leg, iteration));
        }
        let loss = numbers.mean(leg.phase.loss()).unwrap_or(f64::NAN);
        let (phase, stage, done) = (leg.phase, leg.stage, self.state.step);
        self.tell(Event::Progress { phase, stage, done, loss });
        Ok(())
    }

    fn collect(&mut self, task: &dyn Task) -> Result<()> {
        self.state.collect(&task.optimised(self.state.iteration))?;
        if let Some(memory) = task.memory()? {
            self.state.memory = memory;
        }
        Ok(())
    }

    /// Measures, and says whether the leg has reached what it is for.
    fn validate(&mut self, leg: &Leg, task: &dyn Task) -> Result<bool> {
        let weights = self.state.shown()?;
        let Some(validated) = task.validate(self.state.iteration, &weights)? else { return Ok(false) };
        let Validated { figures, measured, score, verdict } = validated;
        if let Some(score) = score.filter(|score| score.beats(self.state.best)) {
            self.state.best = Some(score);
            self.export("best.safetensors", &weights)?;
        }
        let record = figures.into_iter().fold(self.record(leg), |record, (name, value)| record.with(name, value));
        self.metrics.append(&record)?;
        self.job.draw(&self.folder, &weights)?;
        let (phase, stage, iteration) = (leg.phase, leg.stage, self.state.iteration);
        self.tell(Event::Validated { phase, stage, iteration, measured });
        match verdict {
            Verdict::GoOn => Ok(false),
            Verdict::CriticDone { preference, reached } => {
                self.tell(Event::CriticDone { preference, reached });
                Ok(reached)
            }
        }
    }

    /// Writes the weights and a checkpoint.
    fn save(&self) -> Result<()> {
        self.export(self.job.weights_file(), &self.state.shown()?)?;
        checkpoint::save(&self.state, &self.folder.checkpoints(), self.job.intervals().keep, &self.config)
    }

    fn export(&self, name: &str, weights: &Parameters) -> Result<()> {
        match self.job.export(weights)? {
            Some(bytes) => write_atomically(&self.folder.file(name), &bytes),
            None => Ok(()),
        }
    }
}

/// A divergence is told with its phase, and the iteration of its leg.
fn located(error: Error, leg: &Leg, iteration: usize) -> Error {
    match error {
        Error::Diverged { reason, .. } => {
            Error::Diverged { iteration, reason: format!("{}: {reason}", leg.phase.at_stage(leg.stage)) }
        }
        other => other,
    }
}
