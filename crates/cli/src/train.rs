//! `stgan train`: trains generators and their discriminator, or a locator.

use crate::{device, files};
use anyhow::{Context, Result, bail, ensure};
use candle_core::Device;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use stgan::internals::{cutout, locate};
use stgan::model::{Task, weights};
use stgan_synth::rooms::Split;
use stgan_train::data::{self, Dataset};
use stgan_train::rooms::{self, RoomSamples};
use stgan_train::{
    Config, CutoutConfig, Event, Folder, LocatorConfig, RoomData, RunStart, ValidationMetrics, train_cutout,
    train_generators, train_locator, train_room_generators,
};

/// Train generators and discriminator, or a face locator
///
/// The configuration decides what is trained. Ctrl-C writes a checkpoint and stops the run;
/// --resume continues it. docs/training.md describes the data, the configuration and the output.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan train
  stgan train --data celeba --out runs/celeba
  stgan train --data celeba --config configs/locator.toml --out runs/locator
  stgan train --config configs/room.toml --out runs/room
  stgan train --resume --data celeba --out runs/celeba")]
pub(crate) struct Arguments {
    /// Folder of the data set: CelebA as distributed, images with labels.csv, or for the task
    /// `room` a folder of `stgan rooms` [default: synthetic faces or rooms]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Folder of further faces or rooms for training, of the same layout; can be repeated. Its
    /// validation split is not used
    #[arg(long, value_name = "FOLDER", requires = "data")]
    extra_data: Vec<PathBuf>,
    /// Training configuration [default: with --resume that of the run, with --data
    /// configs/compact-glasses.toml, else configs/synthetic.toml; built in]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Override a value of the configuration, for example --set seed=2; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "resume")]
    changes: Vec<String>,
    /// Folder of the run: weights, checkpoints, metrics, plots and example images
    #[arg(long, value_name = "FOLDER", default_value = "runs/glasses")]
    out: PathBuf,
    /// Continue the run in --out from its newest checkpoint
    #[arg(long)]
    resume: bool,
    /// Initialise the networks from a weights file [default: random weights]
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    from: Option<PathBuf>,
    /// Device: cpu, or cuda:0, cuda:1 and so on if built with --features cuda
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = device::parse)]
    device: device::DeviceName,
}

const COMPACT: (&str, &str) = (include_str!("../../../configs/compact-glasses.toml"), "configs/compact-glasses.toml");
const SYNTHETIC: (&str, &str) = (include_str!("../../../configs/synthetic.toml"), "configs/synthetic.toml");

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = Folder::new(&arguments.out);
    let (text, name) = config_text(arguments, &folder)?;
    if !arguments.resume && folder.newest_checkpoint()?.is_some() {
        bail!(
            "{} already contains a run; pass --resume to continue it or choose another --out",
            arguments.out.display()
        );
    }
    let is_locator = LocatorConfig::is_locator_config(&text);
    let is_cutout = CutoutConfig::is_cutout_config(&text);
    if is_cutout {
        ensure!(arguments.data.is_none(), "a cut-out network is trained on rendered product photos; omit --data");
        let config = CutoutConfig::parse_with(&text, &name, &arguments.changes)?;
        let start = start(arguments, |bytes| Ok(cutout::read(bytes)?))?;
        let (device, stop) = (arguments.device.open()?, stop_on_interrupt()?);
        let bar = bar("rendering held-out product photos")?;
        let finished = train_cutout(&config, &arguments.out, start, &device, &mut |event| {
            show(&bar, event);
            !stop.load(Ordering::Relaxed)
        });
        bar.abandon();
        return end(arguments, &folder, finished, "cutout.safetensors");
    }
    if is_locator {
        let config = LocatorConfig::parse_with(&text, &name, &arguments.changes)?;
        let start = start(arguments, |bytes| Ok(locate::read(bytes)?))?;
        let session = Session::open(arguments, &config.data, "drawing faceless images")?;
        let finished = session
            .run(|report| train_locator(&config, &session.dataset, &arguments.out, start, &session.device, report));
        return end(arguments, &folder, finished, "locator.safetensors");
    }
    let config = Config::parse_with(&text, &name, &arguments.changes)?;
    let start = start(arguments, |bytes| Ok(weights::read(bytes)?))?;
    if config.generator()?.task == Task::room() {
        return train_rooms(arguments, &config, &folder, start);
    }
    let session = Session::open(arguments, &config.data, "drawing glasses")?;
    let finished = session
        .run(|report| train_generators(&config, &session.dataset, &arguments.out, start, &session.device, report));
    end(arguments, &folder, finished, "weights.safetensors")
}

/// The initial weights that the arguments ask for.
fn start<W>(arguments: &Arguments, read: impl Fn(&[u8]) -> Result<W>) -> Result<RunStart<W>> {
    Ok(match &arguments.from {
        _ if arguments.resume => RunStart::Resume,
        Some(path) => {
            RunStart::FromWeights(Box::new(read(&files::read(path)?).with_context(|| path.display().to_string())?))
        }
        None => RunStart::FromScratch,
    })
}

/// Trains generators of the task `room`, on the samples of --data or on samples that are rendered.
fn train_rooms(
    arguments: &Arguments,
    config: &Config,
    folder: &Folder,
    start: RunStart<weights::Weights>,
) -> Result<ExitCode> {
    let (device, stop) = (arguments.device.open()?, stop_on_interrupt()?);
    let settings = config.rooms.clone().unwrap_or_default();
    let bar = bar("rendering rooms")?;
    let draw = |count: usize, split: Split| {
        bar.set_length(count as u64);
        rooms::draw(count, &settings.options(split)?, config.seed, &mut |done| bar.set_position(done as u64))
    };
    let held_out = draw(settings.held_out, Split::Test)?;
    let (name, training) = match &arguments.data {
        Some(path) => {
            let mut samples = RoomSamples::open(path)?;
            for folder in &arguments.extra_data {
                samples.extend(RoomSamples::open(folder)?);
            }
            (path.display().to_string(), samples)
        }
        None => ("rendered rooms".to_owned(), draw(settings.samples, Split::Train)?.into()),
    };
    let data = RoomData { name, training, held_out: held_out.into() };
    let finished = train_room_generators(config, &data, &arguments.out, start, &device, &mut |event| {
        show(&bar, event);
        !stop.load(Ordering::Relaxed)
    });
    bar.abandon();
    end(arguments, folder, finished, "weights.safetensors")
}

/// The resources of a run: device, data, progress bar and interrupt flag.
struct Session {
    device: Device,
    dataset: Dataset,
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Session {
    /// Opens device and data. The progress bar shows `message` until the run is ready.
    fn open(arguments: &Arguments, settings: &data::DataSettings, message: &'static str) -> Result<Self> {
        let device = arguments.device.open()?;
        let stop = stop_on_interrupt()?;
        let dataset = open(arguments, settings)?;
        Ok(Self { device, dataset, bar: bar(message)?, stop })
    }

    /// Runs the training, shows its events, and stops it after an interrupt.
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
    let style = "{msg:38} {wide_bar} {pos}/{len} {per_sec}, {elapsed_precise} elapsed, {eta_precise} left";
    Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?).with_message(message))
}

/// Reports the result of the run and the path of its weights.
fn end(arguments: &Arguments, folder: &Folder, finished: stgan_train::Result<bool>, weights: &str) -> Result<ExitCode> {
    let finished = match (finished, folder.newest_checkpoint()?) {
        (Err(error), Some(last)) => {
            return Err(error).with_context(|| format!("the run failed; its last checkpoint is {}", last.display()));
        }
        (finished, _) => finished?,
    };
    if !finished {
        let mut data = arguments.data.as_ref().map_or(String::new(), |data| format!(" --data {}", data.display()));
        data.extend(arguments.extra_data.iter().map(|extra| format!(" --extra-data {}", extra.display())));
        eprintln!("stopped; continue with: stgan train --resume{data} --out {}", arguments.out.display());
        return Ok(ExitCode::from(130));
    }
    files::print(&format!("{}\n", folder.file(weights).display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The text of the configuration, and its name for messages.
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

/// Opens the data set, with the further faces for training.
fn open(arguments: &Arguments, settings: &data::DataSettings) -> Result<Dataset> {
    let mut dataset = open_folder(arguments.data.as_deref(), settings)?;
    for folder in &arguments.extra_data {
        let settings = data::DataSettings { validation: String::new(), ..settings.clone() };
        dataset.extend_training(open_folder(Some(folder), &settings)?, settings.keep_in_memory_below)?;
    }
    files::print(&format!("{}\n", dataset.summary()))?;
    Ok(dataset)
}

/// Opens one data set with a progress bar, because this reads every image once.
fn open_folder(folder: Option<&Path>, settings: &data::DataSettings) -> Result<Dataset> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta_precise} left")?;
    let bar = ProgressBar::new(0).with_style(style).with_message("reading the data set");
    let most = Mutex::new(0);
    let dataset = data::open(folder, settings, &|done, total| {
        let mut most = most.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *most = done.max(*most);
        bar.set_length(total as u64);
        bar.set_position(*most as u64);
    })?;
    bar.finish_and_clear();
    Ok(dataset)
}

fn show(bar: &ProgressBar, event: Event) {
    match event {
        Event::Ready { validation, iterations, done } => {
            say(bar, format!("at most {iterations} iterations; validation on {validation} held-out examples"));
            bar.set_length(iterations as u64);
            bar.set_position(done as u64);
            bar.reset_eta();
        }
        Event::Progress { phase, stage, done, loss } => {
            bar.set_position(done as u64);
            bar.set_message(format!("{} loss {loss:.5}", phase.at_stage(stage)));
        }
        Event::Validated { phase, stage, iteration, metrics } => {
            say(bar, format!("{} iteration {iteration}: {}", phase.at_stage(stage), described(&metrics)));
        }
        Event::DiscriminatorPretrained { preference, reached: true } => {
            say(bar, format!("discriminator pretraining reached stop_at with {:.1} %", 100.0 * preference));
        }
        Event::DiscriminatorPretrained { preference, reached: false } => {
            let hint = "generators may diverge; increase discriminator_pretraining.iterations";
            say(bar, format!("the discriminator only reached {:.1} %, below stop_at; {hint}", 100.0 * preference));
        }
        _ => {}
    }
}

/// The metrics of a validation in words.
fn described(metrics: &ValidationMetrics) -> String {
    match metrics {
        ValidationMetrics::Cascade { errors, preference } => {
            let mut parts = Vec::new();
            if let Some(errors) = errors {
                let stages = errors.median.iter().zip(&errors.p95).map(|(m, p)| format!("{m:.4} ({p:.4})"));
                let stages = stages.collect::<Vec<_>>().join(" → ");
                parts.push(format!(
                    "landmark error, median (95 %): {stages}, baseline that ignores the view {:.4}",
                    errors.baseline
                ));
            }
            if let Some(preference) = preference {
                parts.push(format!(
                    "the discriminator prefers the correct placement in {:.1} % of the pairs",
                    100.0 * preference
                ));
            }
            parts.join("; ")
        }
        ValidationMetrics::Cutout(m) => {
            format!("intersection over union: front {:.3}, lens {:.3}, arm {:.3}", m.front, m.lens, m.arm)
        }
        ValidationMetrics::Locator(m) => format!(
            "{:.1} % of the faces found, pupil error {:.4} (95 %: {:.4}) inter-pupil distances; \
             recall {:.1} % at threshold {:.3}",
            100.0 * m.found,
            m.median,
            m.p95,
            100.0 * m.recall,
            m.threshold
        ),
    }
}

/// Prints a line above the progress bar, or to standard output if there is no terminal.
fn say(bar: &ProgressBar, line: String) {
    if bar.is_hidden() {
        // A failure to print must not abort a long run.
        let _ = files::print(&format!("{line}\n"));
    } else {
        bar.println(line);
    }
}
