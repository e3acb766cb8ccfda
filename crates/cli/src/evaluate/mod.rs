//! `stgan evaluate`: how far from the face's points frames end up.

mod locate;
mod replay;
mod tables;

use super::files;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::compose::Foreground;
use stgan_train::data;
use stgan_train::evaluate::{self, Errors, Shown, Spread, Subset, Trust};
use stgan_train::report::{Picture, grid};

/// Measure the anchor error on labelled faces, with the catalogue's frames: mean distance of the two pupils and the two
/// temples, in eye distances.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with labels.csv and aligned/ID.jpg.
    #[arg(long)]
    data: PathBuf,
    /// Which of its faces.
    #[arg(long, default_value = "val")]
    split: String,
    /// Weights file; the program's own by default.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// From where: as people drop frames, from twice that spread, or by the paper's protocol (see the table's heading); all of them by
    /// default.
    #[arg(long, value_enum, conflicts_with = "locate")]
    spread: Option<Starts>,
    /// Placements drawn for every face and frame.
    #[arg(long, default_value_t = 1)]
    draws: usize,
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Updates; by default as many as the weights file says.
    #[arg(long)]
    updates: Option<usize>,
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
    /// Draws there (.png) the 20 faces whose worst fit ended farthest off: as placed, after each update, and as a placement by landmarks would
    /// have it; with --locate the heads turned furthest: bare, with the frame by the located pupils alone, after the generators.
    #[arg(long, value_name = "FILE")]
    pictures: Option<PathBuf>,
    /// Writes the fits of the first table there (JSON): faces, placements, landmarks and errors, to be made again elsewhere.
    #[arg(long, value_name = "FILE", conflicts_with = "locate")]
    fits: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Starts {
    Dropped,
    Twice,
    Paper,
}

impl From<Starts> for Spread {
    fn from(starts: Starts) -> Self {
        match starts {
            Starts::Dropped => Self::Dropped,
            Starts::Twice => Self::Twice,
            Starts::Paper => Self::Paper,
        }
    }
}

/// What `--json` prints.
#[derive(serde::Serialize)]
struct Report<'a> {
    split: &'a str,
    faces: usize,
    frames: usize,
    seed: u64,
    spreads: Vec<Errors>,
    groups: Vec<Subset>,
    trust: Option<Trust>,
}

/// Wider than any face of the data, so that frames are filtered as they are in use.
const FRAME_WIDTH: u32 = 600;

/// Pixels of a picture's side.
const PICTURE: usize = 192;

/// How many of the worst fits are shown, each of another face.
const WORST: usize = 20;

/// Fits of a face in each situation, for each of `--draws`.
const EACH: usize = 4;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let settings =
        data::DataSettings { splits: vec![arguments.split.clone()], validation: String::new(), ..Default::default() };
    let dataset = data::open(Some(&arguments.data), &settings, &|_, _| {})?;
    for problem in &dataset.problems {
        eprintln!("skipped {problem}");
    }
    let frames = stgan_synth::frames()
        .iter()
        .map(|frame| Foreground::new(frame.render(FRAME_WIDTH)?.as_ref()))
        .collect::<stgan::Result<Vec<_>>>()?;
    if arguments.locate {
        locate::run(arguments, &tryon, &dataset, &frames)?;
        return Ok(ExitCode::SUCCESS);
    }
    let faces = dataset.without_glasses.faces();
    let spreads: Vec<Spread> = match arguments.spread {
        Some(starts) => vec![starts.into()],
        None => {
            let all = |spread: Spread| faces.iter().all(|face| spread.fits(face));
            Spread::ALL.into_iter().filter(|spread| all(*spread)).collect()
        }
    };
    let (draws, steps, seed) = (arguments.draws, arguments.updates, arguments.seed);
    let measured = spreads
        .into_iter()
        .map(|spread| Ok((spread, evaluate::measure(&tryon, faces, &frames, spread, draws, steps, seed)?)))
        .collect::<Result<Vec<_>>>()?;
    let groups = match measured.first() {
        Some((spread, fits)) => evaluate::groups(faces, *spread, fits)?,
        None => Vec::new(),
    };
    let whole = arguments.spread.is_none() && steps.is_none();
    let report = Report {
        split: &arguments.split,
        faces: faces.len(),
        frames: frames.len(),
        seed,
        spreads: measured.iter().map(|(spread, fits)| Errors::of(*spread, fits)).collect(),
        groups,
        trust: whole.then(|| evaluate::trust(&tryon, faces, &frames, EACH * draws, seed)).transpose()?,
    };
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { tables::table(&report)? };
    files::print(&text)?;
    if let (Some(path), Some((_, fits))) = (&arguments.fits, measured.first()) {
        replay::write(path, faces, &frames, fits)?;
    }
    if let (Some(path), Some((_, fits))) = (&arguments.pictures, measured.first()) {
        let worst = evaluate::worst(&tryon, faces, &frames, fits, WORST, PICTURE)?;
        let updates = worst.first().map_or(0, |(_, row)| row.len().saturating_sub(2));
        let updated = (1..=updates).map(|k| format!("after update {k}"));
        let columns: Vec<String> =
            ["as placed".to_owned()].into_iter().chain(updated).chain(["by landmarks".to_owned()]).collect();
        eprintln!("worst first: {}", worst.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", "));
        draw(path, &columns, worst.into_iter().map(|(_, row)| row).collect())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Two heads a row, with the errors under them.
fn draw(path: &Path, columns: &[String], heads: Vec<Vec<Shown>>) -> Result<()> {
    let picture = |(planes, error)| Picture { planes, error };
    let pictures: Vec<Vec<Picture>> = heads.into_iter().map(|row| row.into_iter().map(picture).collect()).collect();
    let rows: Vec<Vec<Picture>> = pictures.chunks(2).map(<[_]>::concat).collect();
    let columns: Vec<&str> = columns.iter().chain(columns).map(String::as_str).collect();
    grid::write(path, PICTURE, &columns, &rows)?;
    Ok(())
}
