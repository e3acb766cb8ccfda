//! `stgan train`: trains generators, and the critic that teaches them.

use crate::{device, files};
use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use stgan::model::weights;
use stgan_train::data::{self, Dataset};
use stgan_train::{Config, Event, Folder, Start, locator};

/// Train generators; Ctrl-C writes a checkpoint and ends.
#[derive(clap::Args)]
pub struct Arguments {
    /// CelebA as it is distributed, or a folder with labels.csv and images; without it, faces are drawn.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration: by default the run's own where it is resumed, configs/compact-glasses.toml where there is data,
    /// configs/synthetic.toml where there is none.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Replace a value of the configuration: `--set critic.iterations=2000`. May be given more than once.
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

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = Folder::new(&arguments.out);
    let (text, name) = config_text(arguments, &folder)?;
    if !arguments.resume && folder.newest_checkpoint()?.is_some() {
        bail!("{} holds a run already: --resume goes on with it, --out names another folder", arguments.out.display());
    }
    if locator::Config::is_meant(&text) {
        return train_locator(arguments, &locator::Config::parse_with(&text, &name, &arguments.changes)?);
    }
    let config = Config::parse_with(&text, &name, &arguments.changes)?;
    let start = match &arguments.from {
        _ if arguments.resume => Start::Resume,
        Some(path) => {
            let weights = weights::read(&files::read(path)?).with_context(|| path.display().to_string())?;
            Start::From(Box::new(weights))
        }
        None => Start::Afresh,
    };
    let device = arguments.device.open()?;
    let stop = stop_on_interrupt()?;
    let dataset = open(arguments, &config.data)?;
    let bar = bar("drawing frames")?;
    let finished = stgan_train::run(&config, &dataset, &arguments.out, start, &device, &mut |event| {
        show(&bar, event);
        !stop.load(Ordering::Relaxed)
    });
    bar.abandon();
    end(arguments, &folder, finished, "weights.safetensors")
}

/// The same for a locator.
fn train_locator(arguments: &Arguments, config: &locator::Config) -> Result<ExitCode> {
    ensure!(arguments.from.is_none(), "a locator starts afresh, or goes on with --resume");
    let device = arguments.device.open()?;
    let stop = stop_on_interrupt()?;
    let dataset = open(arguments, &config.data)?;
    let bar = bar("drawing what has no face")?;
    let finished = locator::run(config, &dataset, &arguments.out, arguments.resume, &device, &mut |event| {
        show_locator(&bar, event);
        !stop.load(Ordering::Relaxed)
    });
    bar.abandon();
    end(arguments, &Folder::new(&arguments.out), finished, "locator.safetensors")
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
fn end(arguments: &Arguments, folder: &Folder, finished: stgan::Result<bool>, weights: &str) -> Result<ExitCode> {
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
fn open(arguments: &Arguments, settings: &data::Settings) -> Result<Dataset> {
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
            bar.set_message(format!("{} stage {stage} loss {loss:.5}", phase.name()));
        }
        Event::Validated { phase, stage, iteration, errors, preference } => {
            let mut line = format!("{} stage {stage} iteration {iteration}:", phase.name());
            if let Some(errors) = errors {
                let steps = errors.median.iter().zip(&errors.p95).map(|(m, p)| format!("{m:.4} ({p:.4})"));
                line += &format!(" anchor error, median (95 %): {}", steps.collect::<Vec<_>>().join(" → "));
                line += &format!("; ignoring the face {:.4}", errors.ignorant);
            }
            if let Some(preference) = preference {
                line += &format!("; the critic prefers the right placement in {:.1} %", 100.0 * preference);
            }
            say(bar, line);
        }
        Event::CriticDone { preference, reached: true } => {
            say(bar, format!("the critic has learned enough: {:.1} %", 100.0 * preference));
        }
        Event::CriticDone { preference, reached: false } => {
            let hint = "generators that start against such a critic may wander off; give it more iterations";
            say(bar, format!("the critic is left at {:.1} %, below stop_at: {hint}", 100.0 * preference));
        }
    }
}

fn show_locator(bar: &ProgressBar, event: locator::Event) {
    match event {
        locator::Event::Ready { iterations, done, validation } => {
            say(bar, format!("{iterations} iterations; validation on {validation} photos"));
            bar.set_length(iterations as u64);
            bar.set_position(done as u64);
            bar.reset_eta();
        }
        locator::Event::Progress { phase, done, loss } => {
            bar.set_position(done as u64);
            bar.set_message(format!("{phase} loss {loss:.5}"));
        }
        locator::Event::Validated { phase, iteration, measured: m } => say(
            bar,
            format!(
                "{phase} iteration {iteration}: {:.1} % found, pupils off by {:.4} (95 %: {:.4}) eye distances; {:.1} % at threshold {:.3}",
                100.0 * m.found,
                m.median,
                m.p95,
                100.0 * m.recall,
                m.threshold
            ),
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
