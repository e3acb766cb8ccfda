//! `stgan export`: the weights file of a training run.

use crate::files;
use crate::weights_file::{Output, StorageName};
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::internals::cutout::{self, CutoutWeights};
use stgan::model::weights::{self, Storage, Weights};

/// Export a training run, or convert a weights file
///
/// The result is one file for the browser and for --weights. Of a cut-out network only the weights
/// file can be converted.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan export runs/glasses -o glasses.safetensors --storage f16
  stgan export glasses.safetensors -o quantised.safetensors --storage i8
  stgan export runs/stiff --last --mean-with glasses.safetensors -o mean.safetensors")]
pub(crate) struct Arguments {
    /// Folder of the run (`train --out`), or a weights file to convert
    run: PathBuf,
    #[command(flatten)]
    output: Output,
    /// Export the last weights (weights.safetensors) instead of the best ones on the validation
    /// split (best.safetensors)
    #[arg(long)]
    last: bool,
    /// Number format of the weights [default: as in the source; i8 for a cut-out network]
    #[arg(long, value_name = "FORMAT")]
    storage: Option<StorageName>,
    /// Default number of updates of a fit with these weights, 1 to 64 [default: as in the source,
    /// else one per stage]
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Export this stage only, counted from 1; all updates of a fit then use it
    #[arg(long, value_name = "K", conflicts_with = "discriminator")]
    stage: Option<usize>,
    /// Average the weights with those of another weights file of the same sizes, for example those
    /// that a run started from (Wortsman et al. 2022)
    #[arg(long, value_name = "FILE", conflicts_with = "discriminator")]
    mean_with: Option<PathBuf>,
    /// Include the discriminator, to continue training from the file (`train --from`)
    #[arg(long)]
    discriminator: bool,
}

const BEST: &str = "best.safetensors";
const LAST: &str = "weights.safetensors";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.output.check()?;
    let source = source(&arguments.run, arguments.last)?;
    let bytes = files::read(&source)?;
    if let Ok(file) = cutout::read(&bytes) {
        return convert_cut_out(arguments, &file);
    }
    let mut file = weights::read(&bytes).with_context(|| source.display().to_string())?;
    if !arguments.discriminator {
        file.discriminator = None;
    } else if file.discriminator.is_none() {
        bail!("{} has no discriminator; omit --discriminator", source.display());
    }
    if let Some(path) = &arguments.mean_with {
        let other = weights::read(&files::read(path)?).with_context(|| path.display().to_string())?;
        average(&mut file, &other).with_context(|| path.display().to_string())?;
    }
    if let Some(stage) = arguments.stage {
        keep_stage(&mut file, stage)?;
    }
    if let Some(updates) = arguments.updates {
        file.metadata.insert("updates".into(), updates.to_string());
    }
    let storage = arguments.storage.map_or(file.storage, Storage::from);
    let mut text = arguments.output.write(&file, storage, &source.display().to_string())?;
    for (key, name) in [("data", "training data"), ("faces", "faces"), ("command", "command")] {
        if let Some(value) = file.metadata.get(key) {
            writeln!(text, "{name}: {value}")?;
        }
    }
    files::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Replaces the weights by their mean with those of another file.
fn average(file: &mut Weights, other: &Weights) -> Result<()> {
    let sizes = |weights: &Weights| (weights.spec.clone(), weights.stages);
    ensure!(
        sizes(file) == sizes(other),
        "the file has other sizes or another task; average weights of one architecture"
    );
    let generators = file.parameters.0.iter_mut().filter(|(name, _)| name.starts_with("stages."));
    for (name, tensor) in generators {
        let other = other.parameters.0.get(name).with_context(|| format!("the file lacks {name}"))?;
        *tensor = ((&*tensor + other)? * 0.5)?;
    }
    Ok(())
}

/// Leaves out all stages but one, counted from 1.
fn keep_stage(file: &mut Weights, stage: usize) -> Result<()> {
    ensure!((1..=file.stages).contains(&stage), "--stage is {stage}; the source has {} stages", file.stages);
    let own = format!("stages.{}.", stage - 1);
    let kept = file.parameters.0.iter().filter_map(|(name, tensor)| {
        let rest = name.strip_prefix(&own)?;
        Some((format!("stages.0.{rest}"), tensor.clone()))
    });
    file.parameters = kept.collect();
    file.stages = 1;
    Ok(())
}

/// Writes a cut-out network with another number format.
fn convert_cut_out(arguments: &Arguments, file: &CutoutWeights) -> Result<ExitCode> {
    ensure!(
        arguments.updates.is_none()
            && arguments.stage.is_none()
            && arguments.mean_with.is_none()
            && !arguments.discriminator,
        "{} is a cut-out network, which has neither updates, stages nor a discriminator; omit --updates, --stage, \
         --mean-with and --discriminator",
        arguments.run.display()
    );
    let storage = arguments.storage.map_or(Storage::I8, Storage::from);
    let bytes = cutout::write(file, storage).with_context(|| arguments.run.display().to_string())?;
    files::print(&arguments.output.save(&bytes, storage, &arguments.run.display().to_string())?)?;
    Ok(ExitCode::SUCCESS)
}

/// The weights file to read: `run` itself, or the best or last weights in the folder `run`.
fn source(run: &Path, last: bool) -> Result<PathBuf> {
    if run.is_file() {
        ensure!(!last, "--last needs the folder of a run, but {} is a file", run.display());
        return Ok(run.to_owned());
    }
    ensure!(run.is_dir(), "{} is neither the folder of a run nor a weights file", run.display());
    let (wanted, other) = if last { (LAST, BEST) } else { (BEST, LAST) };
    let path = run.join(wanted);
    if path.is_file() {
        return Ok(path);
    }
    if !run.join(other).is_file() {
        bail!("{} contains no weights: neither {BEST} nor {LAST}", run.display());
    }
    let hint = if last { "omit --last to export it" } else { "pass --last to export it" };
    bail!("{} contains {other} but no {wanted}; {hint}", run.display());
}
