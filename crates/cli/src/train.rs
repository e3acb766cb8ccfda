//! `stgan train`: trains generators, and the critic that teaches them.

use crate::{device, files};
use anyhow::{Context, Result, bail, ensure};
use candle_core::Device;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use stgan::model::weights;
use stgan_train::data::{self, Dataset};
use stgan_train::{Config, Event, Folder, LocatorConfig, RunStart, ValidationMetrics, train_generators, train_locator};

/// Train generators; Ctrl-C writes a checkpoint and ends.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// CelebA as it is distributed, or a folder with labels.csv and images; without it, faces are drawn.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration: by default the run's own where it is resumed, configs/compact-glasses.toml where there is data,
    /// configs/synthetic.toml where there is none.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Replace a value of the configuration: `--set discriminator_pretraining.iterations=2000`. May be given more than once.
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "resume")]
    changes: Vec<String>,
    /// Folder for weights, checkpoints, metrics and pictures.
    #[arg(long, default_value = "runs/glasses")]
    out: PathBuf,
    /// Go on from the newest checkpoint in the folder.
    #[arg(long)]
    resume: bool,
    /// Start with the stages, and the critic if there is one, of a weights file.
    #[arg(long, value_name = "WEIGHTS", conflicts_with = "resume")]
    from: Option<PathBuf>,
    /// cpu, or cuda:0 and so on in a program that was built with `--features cuda`.
    #[arg(long, default_value = "cpu", value_parser = device::parse)]
    device: device::Name,
}

const COMPACT: (&str, &str) = (include_str!("../../../configs/compact-glasses.toml"), "configs/compact-glasses.toml");
const SYNTHETIC: (&str, &str) = (include_str!("../../../configs/synthetic.toml"), "configs/synthetic.toml");

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = Folder::new(&arguments.out);
    let (text, name) = config_text(arguments, &folder)?;
    if !arguments.resume && folder.newest_checkpoint()?.is_some() {
        bail!("{} holds a run already: --resume goes on with it, --out names another folder", arguments.out.display());
    }
    let locator = LocatorConfig::is_locator_config(&text);
    ensure!(!locator || arguments.from.is_none(), "a locator starts afresh, or goes on with --resume");
    if locator {
        let config = LocatorConfig::parse_with(&text, &name, &arguments.changes)?;
        let session = Session::open(arguments, &config.data, "drawing what has no face")?;
        let finished = session.run(|report| {
            train_locator(&config, &session.dataset, &arguments.out, arguments.resume, &session.device, report)
        });
        return end(arguments, &folder, finished, "locator.safetensors");
    }
    let config = Config::parse_with(&text, &name, &arguments.changes)?;
    let start = match &arguments.from {
        _ if arguments.resume => RunStart::Resume,
        Some(path) => {
            let weights = weights::read(&files::read(path)?).with_context(|| path.display().to_string())?;
            RunStart::FromWeights(Box::new(weights))
        }
        None => RunStart::FromScratch,
    };
    let session = Session::open(arguments, &config.data, "drawing frames")?;
    let finished = session
        .run(|report| train_generators(&config, &session.dataset, &arguments.out, start, &session.device, report));
    end(arguments, &folder, finished, "weights.safetensors")
}

/// What every run needs: a device, data, somebody to watch it and a way to end it.
struct Session {
    device: Device,
    dataset: Dataset,
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Session {
    /// `message` stands at the bar until the run is ready.
    fn open(arguments: &Arguments, settings: &data::DataSettings, message: &'static str) -> Result<Self> {
        let device = arguments.device.open()?;
        let stop = stop_on_interrupt()?;
        let dataset = open(arguments, settings)?;
        Ok(Self { device, dataset, bar: bar(message)?, stop })
    }

    /// Shows what the run reports, and ends it after an interrupt.
    fn run<T>(&self, train: impl FnOnce(&mut dyn FnMut(Event) -> bool) -> T) -> T {
        let result = train(&mut |event| {
            show(&self.bar, event);
            !self.stop.load(Ordering::Relaxed)
        });
        self.bar.abandon();
        result
    }
}

fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(stop)
}

fn bar(message: &'static str) -> Result<ProgressBar> {
    let style = "{msg:38} {wide_bar} {pos}/{len} {per_sec}, {elapsed_precise} gone, {eta_precise} left";
    Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?).with_message(message))
}

/// Says how the run has ended, and where its weights are.
fn end(arguments: &Arguments, folder: &Folder, finished: stgan_train::Result<bool>, weights: &str) -> Result<ExitCode> {
    let finished = match (finished, folder.newest_checkpoint()?) {
        (Err(error), Some(last)) => {
            return Err(error).with_context(|| format!("the run has ended; its last checkpoint is {}", last.display()));
        }
        (finished, _) => finished?,
    };
    if !finished {
        eprintln!("stopped; go on with: stgan train --resume --out {} …", arguments.out.display());
        return Ok(ExitCode::from(130));
    }
    files::print(&format!("{}\n", folder.file(weights).display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The text of the configuration, and what to call it.
fn config_text(arguments: &Arguments, folder: &Folder) -> Result<(String, String)> {
    let read = |path: &PathBuf| -> Result<(String, String)> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok((text, path.display().to_string()))
    };
    let built_in = |(text, name): (&str, &str)| Ok((text.to_owned(), name.to_owned()));
    match (&arguments.config, &arguments.data) {
        (Some(path), _) => read(path),
        (None, _) if arguments.resume => read(&folder.file("config.toml")),
        (None, Some(_)) => built_in(COMPACT),
        (None, None) => built_in(SYNTHETIC),
    }
}

/// Opens the data with a bar, since every image is looked at once.
fn open(arguments: &Arguments, settings: &data::DataSettings) -> Result<Dataset> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta_precise} left")?;
    let bar = ProgressBar::new(0).with_style(style).with_message("looking at the data");
    let seen = Mutex::new(0);
    let dataset = data::open(arguments.data.as_deref(), settings, &|done, total| {
        let mut seen = seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *seen = done.max(*seen);
        bar.set_length(total as u64);
        bar.set_position(*seen as u64);
    })?;
    bar.finish_and_clear();
    files::print(&format!("{}\n", dataset.summary()))?;
    Ok(dataset)
}

fn show(bar: &ProgressBar, event: Event) {
    match event {
        Event::Ready { validation, iterations, done } => {
            say(bar, format!("{iterations} iterations at most; validation on {validation} faces"));
            bar.set_length(iterations as u64);
            bar.set_position(done as u64);
            bar.reset_eta();
        }
        Event::Progress { phase, stage, done, loss } => {
            bar.set_position(done as u64);
            bar.set_message(format!("{} loss {loss:.5}", phase.at_stage(stage)));
        }
        Event::Validated { phase, stage, iteration, metrics } => {
            say(bar, format!("{} iteration {iteration}:{}", phase.at_stage(stage), described(&metrics)));
        }
        Event::DiscriminatorPretrained { preference, reached: true } => {
            say(bar, format!("the critic has learned enough: {:.1} %", 100.0 * preference));
        }
        Event::DiscriminatorPretrained { preference, reached: false } => {
            let hint = "generators that start against such a critic may wander off; give it more iterations";
            say(bar, format!("the critic is left at {:.1} %, below stop_at: {hint}", 100.0 * preference));
        }
        _ => {}
    }
}

/// The figures of a validation, each after a space.
fn described(measured: &ValidationMetrics) -> String {
    match measured {
        ValidationMetrics::Cascade { errors, preference } => {
            let mut parts = Vec::new();
            if let Some(errors) = errors {
                let steps = errors.median.iter().zip(&errors.p95).map(|(m, p)| format!("{m:.4} ({p:.4})"));
                let steps = steps.collect::<Vec<_>>().join(" → ");
                parts.push(format!(" anchor error, median (95 %): {steps}; ignoring the face {:.4}", errors.baseline));
            }
            if let Some(preference) = preference {
                parts.push(format!(" the critic prefers the right placement in {:.1} %", 100.0 * preference));
            }
            parts.join(";")
        }
        ValidationMetrics::Locator(m) => format!(
            " {:.1} % found, pupils off by {:.4} (95 %: {:.4}) eye distances; {:.1} % at threshold {:.3}",
            100.0 * m.found,
            m.median,
            m.p95,
            100.0 * m.recall,
            m.threshold
        ),
    }
}

/// Above the bar where there is a terminal, plain lines where there is none.
fn say(bar: &ProgressBar, line: String) {
    if bar.is_hidden() {
        // A run of hours does not end because nobody can hear it.
        let _ = files::print(&format!("{line}\n"));
    } else {
        bar.println(line);
    }
}
