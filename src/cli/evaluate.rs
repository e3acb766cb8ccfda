//! `stgan evaluate`: how far from the face's points frames end up.

use super::files;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::compose::Foreground;
use stgan::data;
use stgan::evaluate::{self, LocateReport, Pair, Report, Summary};
use stgan::gallery;
use stgan::train::report::{Picture, grid};

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
    /// Measure how faces are found instead: on whole photos and on aligned images pasted anywhere, and how often something
    /// without a face is taken for one.
    #[arg(long)]
    locate: bool,
    /// The locator's weights file; the program's own by default.
    #[arg(long, requires = "locate")]
    locator: Option<PathBuf>,
    /// Pictures without a face.
    #[arg(long, default_value_t = 1000, requires = "locate")]
    faceless: usize,
    /// Writes the heads turned furthest there (.png): bare, with the frame by the located pupils alone, after the generators.
    #[arg(long, value_name = "FILE", requires = "locate")]
    pictures: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

/// Wider than any face of the data, so that frames are filtered as they are in use.
const FRAME_WIDTH: u32 = 600;

/// Pixels of a picture's side, and how many heads are shown.
const PICTURE: usize = 192;
const PICTURED: usize = 12;

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let settings =
        data::Settings { splits: vec![arguments.split.clone()], validation: String::new(), ..Default::default() };
    let dataset = data::open(Some(&arguments.data), &settings, &|_, _| {})?;
    for problem in &dataset.problems {
        eprintln!("skipped {problem}");
    }
    let frames = gallery::frames()
        .iter()
        .map(|frame| Foreground::new(frame.render(FRAME_WIDTH)?.as_ref()))
        .collect::<stgan::Result<Vec<_>>>()?;
    if arguments.locate {
        let locator = files::locator(arguments.locator.as_deref())?;
        let (draws, faceless) = (arguments.draws, arguments.faceless);
        let report = evaluate::located(&tryon, &locator, &dataset, &frames, draws, faceless, arguments.seed)?;
        let text =
            if arguments.json { serde_json::to_string(&report)? + "\n" } else { located(&report, &arguments.split)? };
        files::print(&text)?;
        if let Some(path) = &arguments.pictures {
            let mut pairs = evaluate::pairs(&tryon, &locator, dataset.bare.faces(), &frames, PICTURE)?;
            pairs.truncate(PICTURED);
            draw(path, pairs)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let faces = dataset.bare.faces();
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

/// Two heads a row, with the errors under them.
fn draw(path: &Path, pairs: Vec<Pair>) -> Result<()> {
    let columns = ["bare", "by the pupils alone", "after the generators"];
    let pictures: Vec<Vec<Picture>> = pairs
        .into_iter()
        .map(|pair| pair.pictures.into_iter().map(|(planes, error)| Picture { planes, error }).collect())
        .collect();
    let rows: Vec<Vec<Picture>> = pictures.chunks(2).map(<[_]>::concat).collect();
    ensure!(!rows.is_empty(), "no face of this split has a whole photo to draw");
    grid::write(path, PICTURE, &[columns, columns].concat(), &rows)?;
    Ok(())
}

fn located(report: &LocateReport, split: &str) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "split {split}; the best of what is located, threshold {:.3}; errors in eye distances, median and 95th percentile\n\n",
        report.threshold
    );
    let numbers = |summary: &Option<Summary>| match summary {
        Some(s) => format!("{:>9.4}{:>9.4}", s.median, s.p95),
        None => format!("{:>9}{:>9}", "", ""),
    };
    writeln!(
        text,
        "{:<34}{:>9}{:>10}{:>18}{:>9}{:>18}",
        "", "pictures", "located", "pupils", "found", "anchors after fit"
    )?;
    for (name, group) in [
        ("whole photos", &report.photos),
        ("aligned images, pasted anywhere", &report.pasted),
        ("whole photos, wearing glasses", &report.wearers),
    ] {
        let share = if group.fits > 0 { format!("{:.1} %", 100.0 * group.found) } else { String::new() };
        writeln!(
            text,
            "{name:<34}{:>9}{:>8.1} %{}{share:>9}{}",
            group.pictures,
            100.0 * group.located,
            numbers(&group.pupils),
            numbers(&group.anchors)
        )?;
    }
    writeln!(text, "\nlocated: pupils within 0.25; found: of all fits, those with an anchor error of at most 0.15\n")?;
    writeln!(text, "{:<34}{:>9}{:>9}", "pictures without a face", "pictures", "alarms")?;
    for kind in &report.faceless {
        writeln!(text, "{:<34}{:>9}{:>9}", kind.kind, kind.pictures, kind.alarms)?;
    }
    writeln!(text, "\n{:<16}{:>10}{:>10}{:>30}", "threshold", "precision", "recall", "alarms where there is no face")?;
    for t in &report.thresholds {
        let (precision, recall, alarms) = (100.0 * t.precision, 100.0 * t.recall, 100.0 * t.alarms);
        writeln!(text, "{:<16.3}{precision:>8.1} %{recall:>8.1} %{alarms:>28.2} %", t.threshold)?;
    }
    let line = |errors: &[Summary], step: usize| {
        errors.get(step).map_or(String::new(), |s| format!("{:>9.4}{:>9.4}", s.median, s.p95))
    };
    writeln!(text, "\n{:<34}{:>18}{:>18}", "anchor error, all located faces", "all", "turned tenth")?;
    for step in 0..report.all.len() {
        let name = if step == 0 { "by the located pupils alone".into() } else { format!("after update {step}") };
        writeln!(text, "{name:<34}{}{}", line(&report.all, step), line(&report.turned, step))?;
    }
    Ok(text)
}
