//! `stgan export`: the browser's weights file out of a run.

use crate::files;
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::model::weights::{self, Storage, Weights};
use stgan_train::write_atomically;

/// Write the weights of a training run as one file for the browser and for `--weights`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The run's folder, as `train --out` named it.
    run: PathBuf,
    /// The file to write, such as glasses.safetensors.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Take the newest weights (weights.safetensors) in place of those that did best on validation (best.safetensors).
    #[arg(long)]
    last: bool,
    /// How numbers are stored; as the run stored them by default.
    #[arg(long)]
    storage: Option<Stored>,
    /// How many updates a fit with these weights has if it is not told otherwise; one for each stage by default.
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Keep the discriminator, to train on from the file; the browser has no use for it.
    #[arg(long)]
    critic: bool,
    /// Overwrite the file where it exists.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Stored {
    F32,
    /// Half the size
    F16,
    /// A quarter: whole numbers of eight bits, with a scale for every output channel
    I8,
}

impl From<Stored> for Storage {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::F32 => Self::F32,
            Stored::F16 => Self::F16,
            Stored::I8 => Self::I8,
        }
    }
}

const BEST: &str = "best.safetensors";
const LAST: &str = "weights.safetensors";

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    check_output(&arguments.output, arguments.force)?;
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
    // Nothing is written that could not be read.
    let updates = file.updates()?;
    let storage = arguments.storage.map_or(file.storage, Storage::from);
    let bytes = weights::write(&file, storage).with_context(|| source.display().to_string())?;
    write_atomically(&arguments.output, &bytes)?;
    files::print(&describe(&arguments.output, &source, (bytes.len(), storage, updates), &file)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Before anything is read: nobody likes to hear it at the end.
fn check_output(output: &Path, force: bool) -> Result<()> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "{}: there is no folder {}", output.display(), folder.display());
    ensure!(!output.is_dir(), "{} is a folder: name a file", output.display());
    ensure!(force || !output.exists(), "{} exists: --force overwrites it", output.display());
    Ok(())
}

fn source(run: &Path, last: bool) -> Result<PathBuf> {
    ensure!(run.is_dir(), "{} is not the folder of a run", run.display());
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

fn describe(
    output: &Path,
    source: &Path,
    (bytes, storage, updates): (usize, Storage, usize),
    file: &Weights,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}: {:.2} MB, {storage:?}, from {}", output.display(), bytes as f64 / 1e6, source.display())?;
    let stages = if file.stages == 1 { "stage" } else { "stages" };
    let critic = if file.discriminator.is_some() { " and the discriminator" } else { "" };
    let (size, inputs) = (file.spec.size, file.spec.inputs.name());
    writeln!(
        text,
        "{} generator {stages}{critic}, {size}×{size} pixels, inputs {inputs}; a fit has {updates} updates",
        file.stages
    )?;
    for (key, what) in [("data", "trained on"), ("faces", "faces"), ("command", "by")] {
        if let Some(value) = file.metadata.get(key) {
            writeln!(text, "{what}: {value}")?;
        }
    }
    Ok(text)
}
