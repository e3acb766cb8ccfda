//! `stgan evaluate`: how far from the face's points frames end up.

use super::files;
use anyhow::Result;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::compose::Foreground;
use stgan::data;
use stgan::evaluate::{self, Report};
use stgan::gallery;

/// Measure the anchor error on labelled faces, with the catalogue's frames: mean distance of the two pupils and the two
/// temples, in eye distances.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder with labels.csv and aligned/ID.jpg.
    #[arg(long)]
    data: PathBuf,
    /// Which of its faces.
    #[arg(long, default_value = "val")]
    split: String,
    /// Weights file; the program's own by default.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Placements drawn for every face and frame.
    #[arg(long, default_value_t = 1)]
    draws: usize,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Updates; by default one for each generator.
    #[arg(long)]
    steps: Option<usize>,
    #[arg(long)]
    json: bool,
}

/// Wider than any face of the data, so that frames are filtered as they are in use.
const FRAME_WIDTH: u32 = 600;

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let settings =
        data::Settings { splits: vec![arguments.split.clone()], validation: String::new(), ..Default::default() };
    let faces = data::open(Some(&arguments.data), &settings, &|_, _| {})?;
    for problem in &faces.problems {
        eprintln!("skipped {problem}");
    }
    let faces = faces.bare.faces();
    let frames = gallery::frames()
        .iter()
        .map(|frame| Foreground::new(frame.render(FRAME_WIDTH)?.as_ref()))
        .collect::<stgan::Result<Vec<_>>>()?;
    let report = evaluate::anchor_errors(&tryon, faces, &frames, arguments.draws, arguments.steps, arguments.seed)?;
    let text = if arguments.json {
        serde_json::to_string(&report)? + "\n"
    } else {
        table(&report, &arguments.split, arguments.seed)?
    };
    files::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(report: &Report, split: &str, seed: u64) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "{} faces of split {split}, {} catalogue frames, {} fits from placements off by N(0, 0.15 eye distances) a side,\n\
         log-scale N(0, 0.1), rotation N(0, 6°), seed {seed}; anchor error in eye distances\n\n",
        report.faces, report.frames, report.fits
    );
    writeln!(text, "{:<16}{:>9}{:>9}{:>9}", "", "mean", "median", "95 %")?;
    for (step, summary) in report.steps.iter().enumerate() {
        let name = if step == 0 { "as placed".to_owned() } else { format!("after update {step}") };
        writeln!(text, "{name:<16}{:>9.4}{:>9.4}{:>9.4}", summary.mean, summary.median, summary.p95)?;
    }
    Ok(text)
}
