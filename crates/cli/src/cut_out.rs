//! The background of images of glasses, shared by the commands that read one: the arguments, and
//! warnings in plain words.

use crate::files;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use stgan::glasses::{Removal, Report, Warning};
use stgan::{CutOut, Glasses};

/// The options of a command that reads one image of glasses.
#[derive(clap::Args)]
pub(crate) struct CutOutArguments {
    /// What to do with the background of the image of the glasses
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Mode::Auto)]
    cut_out: Mode,
    /// Weights file of the cut-out network [default: bundled]
    #[arg(long, value_name = "FILE")]
    cut_out_weights: Option<PathBuf>,
}

impl CutOutArguments {
    /// Reads and prepares an image of glasses. Prints each warning to standard error.
    ///
    /// # Errors
    /// If the file can't be read or decoded; with the code of the refusal, if the glasses can't be
    /// cut out.
    pub(crate) fn read(&self, path: &Path) -> Result<Glasses> {
        let cutter = Cutter::new(self.cut_out, self.cut_out_weights.as_deref())?;
        let image = files::read_image(path)?;
        let glasses = Glasses::new(image.as_ref(), cutter.removal())
            .map_err(|error| anyhow::anyhow!("{}: {}: {}", path.display(), error.code(), error.report()))?;
        for warning in &glasses.report().warnings {
            eprintln!("{}: {}: {}", path.display(), warning.code(), describe(*warning));
        }
        Ok(glasses)
    }
}

/// When a background is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Remove the background if the image is opaque or shows more than the front of the glasses
    Auto,
    /// Keep the image's transparency; only leftovers of an earlier removal are cleaned
    Never,
    /// Remove the background, whatever the image's transparency
    Always,
}

impl Mode {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Never => "never",
            Self::Always => "always",
        }
    }
}

/// A mode with the network that it needs.
pub(crate) struct Cutter {
    mode: Mode,
    network: CutOut,
}

impl Cutter {
    /// Reads the network from a weights file; without one, uses the bundled weights.
    ///
    /// # Errors
    /// If the file can't be read or is not a weights file of a cut-out network.
    pub(crate) fn new(mode: Mode, weights: Option<&Path>) -> Result<Self> {
        Ok(Self { mode, network: network(weights)? })
    }

    /// What the library does with an image.
    pub(crate) fn removal(&self) -> Removal<'_> {
        match self.mode {
            Mode::Auto => Removal::Auto(&self.network),
            Mode::Never => Removal::Never,
            Mode::Always => Removal::Always(&self.network),
        }
    }
}

/// Reads a cut-out network from a weights file; without one, uses the bundled weights.
pub(crate) fn network(weights: Option<&Path>) -> Result<CutOut> {
    match weights {
        None => Ok(CutOut::bundled()?),
        Some(path) => CutOut::new(&files::read(path)?).with_context(|| path.display().to_string()),
    }
}

/// The report on prepared glasses as JSON, with the names of the JavaScript package.
pub(crate) fn report(report: &Report) -> Value {
    json!({
        "kind": report.kind.name(),
        "lenses": report.lenses.name(),
        "confidence": report.confidence,
        "warnings": report.warnings.iter().map(|warning| warning.code()).collect::<Vec<_>>(),
    })
}

/// A warning in plain words.
pub(crate) fn describe(warning: Warning) -> &'static str {
    match warning {
        Warning::OpaqueBackground => {
            "the image has no transparency, so the glasses cover the face as a rectangle; omit --cut-out never"
        }
        Warning::SpecksRemoved => "specks away from the glasses were removed",
        Warning::VeilRemoved => "a nearly transparent veil around the glasses was removed",
        Warning::LensesOpened => "opaque white lenses were made transparent",
        Warning::ArmsRemoved => "temple arms were removed",
        Warning::Straightened => "the glasses were rotated to be level",
        Warning::LowResolution => {
            "the glasses are less than 300 pixels wide and look soft on a large photo; use a larger image"
        }
        Warning::Uncertain => "the cut-out is uncertain; look at it before you use it",
        _ => "look at the result before you use it",
    }
}
