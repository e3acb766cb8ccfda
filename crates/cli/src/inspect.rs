//! `stgan inspect`: the content of a weights file.

use crate::files;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::internals::{cutout, locate};
use stgan::model::Parameters;
use stgan::model::weights::{self, Weights};

/// Check a weights file and print its content
///
/// The output lists the network sizes, the metadata and all tensors.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  stgan inspect weights/glasses.safetensors")]
pub(crate) struct Arguments {
    /// Weights file of generators, of a locator or of a cut-out network
    #[arg(value_name = "FILE")]
    weights: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bytes = files::read(&arguments.weights)?;
    if let Ok(file) = locate::read(&bytes) {
        files::print(&describe_locator(&arguments.weights, bytes.len(), &file)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Ok(file) = cutout::read(&bytes) {
        files::print(&describe_cut_out(&arguments.weights, bytes.len(), &file)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = weights::read(&bytes).with_context(|| arguments.weights.display().to_string())?;
    files::print(&describe(&arguments.weights, bytes.len(), &file)?)?;
    Ok(ExitCode::SUCCESS)
}

fn describe(path: &Path, bytes: usize, file: &Weights) -> Result<String, std::fmt::Error> {
    let (mut text, spec) = (String::new(), &file.spec);
    writeln!(text, "{}: {:.2} MB, {:?}", path.display(), bytes as f64 / 1e6, file.storage)?;
    writeln!(
        text,
        "generator stages: {}, crops of {}×{} pixels, inputs {}",
        file.stages,
        spec.size.width,
        spec.size.height,
        spec.inputs.name()
    )?;
    writeln!(text, "channels {:?}, hidden layer {}", spec.channels, spec.hidden)?;
    match &file.discriminator {
        Some(discriminator) => writeln!(text, "discriminator: channels {:?}", discriminator.channels)?,
        None => writeln!(text, "discriminator: none")?,
    }
    rest(&mut text, &file.parameters, &file.metadata)?;
    Ok(text)
}

fn describe_locator(path: &Path, bytes: usize, file: &locate::LocatorWeights) -> Result<String, std::fmt::Error> {
    let (mut text, spec) = (String::new(), &file.spec);
    writeln!(text, "{}: {:.2} MB", path.display(), bytes as f64 / 1e6)?;
    match spec.detector.layers.as_slice() {
        [] => writeln!(text, "detector: BlazeFace")?,
        layers => writeln!(text, "detector: layers [kernel, channels] {layers:?}")?,
    }
    let (size, refiner) = (spec.refiner.size, &spec.refiner);
    writeln!(
        text,
        "landmark network (refiner): {size}×{size} pixels, channels {:?}, hidden layer {}",
        refiner.channels, refiner.hidden
    )?;
    writeln!(text, "detection threshold: {:.3}", file.threshold)?;
    rest(&mut text, &file.parameters, &file.metadata)?;
    Ok(text)
}

fn describe_cut_out(path: &Path, bytes: usize, file: &cutout::CutoutWeights) -> Result<String, std::fmt::Error> {
    let (mut text, spec) = (String::new(), &file.spec);
    writeln!(text, "{}: {:.2} MB", path.display(), bytes as f64 / 1e6)?;
    writeln!(text, "cut-out network: channels down {:?}, up {:?}", spec.down, spec.up)?;
    rest(&mut text, &file.parameters, &file.metadata)?;
    Ok(text)
}

/// Appends the number of parameters, the metadata and the tensors.
fn rest(text: &mut String, parameters: &Parameters, metadata: &BTreeMap<String, String>) -> std::fmt::Result {
    writeln!(text, "{:.3} million parameters\n\nmetadata", parameters.count() as f64 / 1e6)?;
    for (key, value) in metadata {
        writeln!(text, "  {key} = {}", value.trim_end().replace('\n', "\n    "))?;
    }
    writeln!(text, "\ntensors")?;
    for (name, tensor) in &parameters.0 {
        writeln!(text, "  {name} {:?}", tensor.dims())?;
    }
    Ok(())
}
