//! `stgan export`: the browser's weights file out of a run.

use crate::files;
use crate::weights_file::{Output, Stored};
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::model::weights::{self, Storage};

/// Write the weights of a training run as one file for the browser and for `--weights`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The run's folder, as `train --out` named it, or a weights file to convert.
    run: PathBuf,
    #[command(flatten)]
    output: Output,
    /// Take the newest weights (weights.safetensors) in place of those that did best on validation (best.safetensors).
    #[arg(long)]
    last: bool,
    /// How numbers are stored; as the source stores them by default.
    #[arg(long)]
    storage: Option<Stored>,
    /// How many updates a fit with these weights has if it is not told otherwise; one for each stage by default.
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Keep the discriminator, to train on from the file; the browser has no use for it.
    #[arg(long)]
    critic: bool,
}

const BEST: &str = "best.safetensors";
const LAST: &str = "weights.safetensors";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.output.check()?;
    let source = source(&arguments.run, arguments.last)?;
    let mut file = weights::read(&files::read(&source)?).with_context(|| source.display().to_string())?;
    if !arguments.critic {
        file.discriminator = None;
    } else if file.discriminator.is_none() {
        bail!("{} has no discriminator: leave out --critic", source.display());
    }
    if let Some(updates) = arguments.updates {
        file.metadata.insert("updates".into(), updates.to_string());
    }
    let storage = arguments.storage.map_or(file.storage, Storage::from);
    let mut text = arguments.output.write(&file, storage, &source.display().to_string())?;
    for (key, what) in [("data", "trained on"), ("faces", "faces"), ("command", "by")] {
        if let Some(value) = file.metadata.get(key) {
            writeln!(text, "{what}: {value}")?;
        }
    }
    files::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn source(run: &Path, last: bool) -> Result<PathBuf> {
    if run.is_file() {
        ensure!(!last, "{} is a file, and --last chooses between those of a run's folder", run.display());
        return Ok(run.to_owned());
    }
    ensure!(run.is_dir(), "{} is neither the folder of a run nor a weights file", run.display());
    let (wanted, other) = if last { (LAST, BEST) } else { (BEST, LAST) };
    let path = run.join(wanted);
    if path.is_file() {
        return Ok(path);
    }
    if !run.join(other).is_file() {
        bail!("{} holds no weights: neither {BEST} nor {LAST}", run.display());
    }
    let hint = if last { "without --last it is taken" } else { "--last takes it" };
    bail!("{} holds no {wanted}, but {other}: {hint}", run.display());
}
