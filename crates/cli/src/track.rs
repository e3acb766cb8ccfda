//! `stgan track`: jitter and latency of tracking.

use crate::cut_out::CutOutArguments;
use crate::files;
use anyhow::Result;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::TrackSettings;
use stgan::compose::Foreground;
use stgan_train::evaluate::tracking::{self, Conditions, MeanWorst, TrackingReport};

/// Measure the jitter and latency of tracking on synthetic video
///
/// The videos show the sample portraits, still and moving. Jitter is the motion of the glasses on a
/// still face. Latency is their delay behind a moving face. Both are in inter-pupil distances.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan track --glasses 1 --weights mine.safetensors
  stgan track --image product.jpg")]
pub(crate) struct Arguments {
    /// Width of the video in pixels, 64 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 640)]
    width: u32,
    /// Height of the video in pixels, 64 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 360)]
    height: u32,
    /// Video frames per second, 1 to 1000
    #[arg(long, value_name = "RATE", default_value_t = 30.0)]
    fps: f64,
    /// Standard deviation of the camera noise in grey levels, 0 to 64 (of 255)
    #[arg(long, value_name = "LEVELS", default_value_t = 4.0)]
    noise: f64,
    /// Number of updates per video frame, 1 to 64 [default: one per generator stage]
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Number of pairs of glasses from the catalogue
    #[arg(long, value_name = "N", default_value_t = 4)]
    glasses: usize,
    /// Image of the glasses instead of the catalogue's: PNG or WebP with a transparent background,
    /// or a product photo from the front on a plain ground
    #[arg(long, value_name = "FILE", conflicts_with = "glasses")]
    image: Option<PathBuf>,
    #[command(flatten)]
    cut_out: CutOutArguments,
    /// Weights file of the generators [default: bundled]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Print the metrics as JSON
    #[arg(long)]
    json: bool,
}

/// The width in pixels at which glasses are rendered.
const GLASSES_WIDTH: u32 = 600;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let locator = files::locator(None)?;
    let glasses = match &arguments.image {
        Some(path) => vec![arguments.cut_out.read(path)?.foreground().clone()],
        None => stgan_synth::catalogue()
            .iter()
            .take(arguments.glasses)
            .map(|pair| Foreground::new(pair.render(GLASSES_WIDTH)?.as_ref()))
            .collect::<stgan::Result<Vec<_>>>()?,
    };
    let Arguments { width, height, fps, noise, .. } = *arguments;
    let conditions = Conditions { width, height, fps, noise, updates: arguments.updates.unwrap_or(tryon.stages()) };
    let report = tracking::jitter_and_latency(
        &tryon,
        &locator,
        &TrackSettings::default(),
        stgan_portraits::portraits(),
        &glasses,
        &conditions,
    )?;
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { table(&report)? };
    files::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(report: &TrackingReport) -> Result<String, std::fmt::Error> {
    let Conditions { width, height, fps, noise, updates } = report.conditions;
    let mut text = format!(
        "{} portraits with {} glasses each; {width}×{height} pixels, {fps} video frames per second, \
         inter-pupil distance {:.0} pixels,\n\
         camera noise {noise} of 255, {updates} updates per video frame; errors in inter-pupil distances\n\n",
        report.portraits, report.glasses, report.inter_pupil_distance
    );
    writeln!(text, "{:<46}{:>9}{:>9}", "", "mean", "worst")?;
    for (name, MeanWorst { mean, worst }) in [
        ("jitter on a still face, RMS", report.jitter),
        ("  without smoothing", report.jitter_unsmoothed),
        ("latency at 1 inter-pupil distance per second", report.latency),
        ("  without smoothing", report.latency_unsmoothed),
    ] {
        writeln!(text, "{name:<46}{mean:>9.4}{worst:>9.4}")?;
    }
    Ok(text)
}
