//! `stgan track`: how steadily and how promptly frames follow faces.

use crate::files;
use anyhow::Result;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::TrackSettings;
use stgan::compose::Foreground;
use stgan_train::evaluate::live::{self, Conditions, Figures, Report};

/// Measure on clips of the rendered portraits how much frames tremble on a face that is still, and lag behind one that moves.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long, default_value_t = 640)]
    width: u32,
    #[arg(long, default_value_t = 360)]
    height: u32,
    /// Pictures a second.
    #[arg(long, default_value_t = 30.0)]
    rate: f64,
    /// Standard deviation of the camera's noise, of 255.
    #[arg(long, default_value_t = 4.0)]
    noise: f64,
    /// Updates a picture; by default one for each generator.
    #[arg(long)]
    updates: Option<usize>,
    /// So many of the catalogue's frames.
    #[arg(long, default_value_t = 4)]
    glasses: usize,
    /// Weights file; the program's own by default.
    #[arg(long)]
    weights: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

const FRAME_WIDTH: u32 = 600;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let locator = files::locator(None)?;
    let frames = stgan_synth::frames()
        .iter()
        .take(arguments.glasses)
        .map(|frame| Foreground::new(frame.render(FRAME_WIDTH)?.as_ref()))
        .collect::<stgan::Result<Vec<_>>>()?;
    let Arguments { width, height, rate, noise, .. } = *arguments;
    let conditions = Conditions { width, height, rate, noise, steps: arguments.updates.unwrap_or(tryon.stages()) };
    let report = live::steadiness(
        &tryon,
        &locator,
        &TrackSettings::default(),
        stgan_portraits::portraits(),
        &frames,
        &conditions,
    )?;
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { table(&report)? };
    files::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(report: &Report) -> Result<String, std::fmt::Error> {
    let Conditions { width, height, rate, noise, steps } = report.conditions;
    let mut text = format!(
        "{} rendered portraits with {} frames each, {width}×{height} at {rate} pictures a second, eyes {:.0} pixels apart,\n\
         noise of {noise} / 255, {steps} updates a picture; in eye distances\n\n",
        report.portraits, report.frames, report.eye_distance
    );
    writeln!(text, "{:<44}{:>9}{:>9}", "", "mean", "worst")?;
    for (name, Figures { mean, worst }) in [
        ("trembling at rest, rms", report.tremble),
        ("  before smoothing", report.tremble_raw),
        ("lag at one eye distance a second", report.lag),
        ("  before smoothing", report.lag_raw),
    ] {
        writeln!(text, "{name:<44}{mean:>9.4}{worst:>9.4}")?;
    }
    Ok(text)
}
