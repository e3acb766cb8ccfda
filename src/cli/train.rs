//! `stgan train`: trains generators on a folder of labelled faces.

use super::files;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stgan::model::weights;
use stgan::train::Config;
use stgan::train::regression::{self, Event, Start};

/// Train generators; Ctrl-C writes a checkpoint and ends.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder with labels.csv and aligned/ID.jpg.
    #[arg(long)]
    data: PathBuf,
    /// Configuration; the shipped model's by default.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder for weights, checkpoint, metrics.
    #[arg(long, default_value = "runs/glasses")]
    out: PathBuf,
    /// Go on from the checkpoint in the folder.
    #[arg(long)]
    resume: bool,
    /// Keep the stages of this weights file, and train those that the configuration has beyond them.
    #[arg(long, value_name = "WEIGHTS", conflicts_with = "resume")]
    extend: Option<PathBuf>,
    /// Train the last stage of this weights file further.
    #[arg(long, value_name = "WEIGHTS", conflicts_with_all = ["resume", "extend"])]
    tune: Option<PathBuf>,
}

const DEFAULT: &str = include_str!("../../configs/compact-glasses.toml");

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (text, name) = match &arguments.config {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            (text, path.display().to_string())
        }
        None => (DEFAULT.to_owned(), "configs/compact-glasses.toml".to_owned()),
    };
    let config = Config::parse(&text, &name)?;
    if !arguments.resume && arguments.out.join("checkpoint.safetensors").exists() {
        bail!("{} holds a run already: --resume goes on with it, --out names another folder", arguments.out.display());
    }
    let weights = |path: &PathBuf| weights::read(&files::read(path)?).with_context(|| path.display().to_string());
    let start = match (&arguments.extend, &arguments.tune) {
        _ if arguments.resume => Start::Resume,
        (Some(path), _) => Start::Extend(weights(path)?),
        (_, Some(path)) => Start::Tune(weights(path)?),
        _ => Start::Afresh,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;

    let style = "{msg:32} {wide_bar} {pos}/{len} {per_sec}, {elapsed_precise} gone, {eta_precise} left";
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?).with_message("drawing frames");
    let finished = regression::run(&config, &arguments.data, &arguments.out, start, &mut |event| {
        show(&bar, event);
        !stop.load(Ordering::Relaxed)
    })?;
    bar.abandon();
    if !finished {
        eprintln!("stopped; go on with: stgan train --resume --out {} …", arguments.out.display());
        return Ok(ExitCode::from(130));
    }
    println!("{}", arguments.out.join("weights.safetensors").display());
    Ok(ExitCode::SUCCESS)
}

fn show(bar: &ProgressBar, event: Event) {
    match event {
        Event::Ready { faces, validation, frames, iterations, done } => {
            say(bar, format!("{faces} faces, {frames} frames; validation on {validation} faces"));
            bar.set_length(iterations as u64);
            bar.set_position(done as u64);
            bar.reset_eta();
        }
        Event::Progress { stage, done, loss } => {
            bar.set_position(done as u64);
            bar.set_message(format!("stage {stage} loss {loss:.5}"));
        }
        Event::Validated { stage, iteration, median, p95 } => {
            let errors =
                median.iter().zip(&p95).map(|(m, p)| format!("{m:.4} ({p:.4})")).collect::<Vec<_>>().join(" → ");
            say(bar, format!("stage {stage} iteration {iteration}: anchor error, median (95 %): {errors}"));
        }
    }
}

/// Above the bar where there is a terminal, plain lines where there is none.
fn say(bar: &ProgressBar, line: String) {
    if bar.is_hidden() { println!("{line}") } else { bar.println(line) }
}
