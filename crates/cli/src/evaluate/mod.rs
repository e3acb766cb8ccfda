//! `stgan evaluate`: metrics of weights on a labelled data set.

mod glasses;
mod locate;
mod replay;
mod rooms;
mod tables;

pub(crate) use rooms::draw_fits;

use super::files;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::compose::Foreground;
use stgan_train::data;
use stgan_train::evaluate::{self, Calibration, FaceGroup, Spread, SpreadErrors, YawBand};
use stgan_train::report::{GridImage, grid};

/// Measure the accuracy of weights on labelled faces
///
/// All glasses of the catalogue are fitted to all faces from random initial placements. The
/// landmark error is the mean distance of the lens centres and ends of the glasses from where they
/// belong, in inter-pupil distances: from those of a stiff front in the pose of the head
/// (plane.csv), and from the pupils and visible temples. With --locate, the face locator is
/// measured instead; with --glasses, the cut-outs of product photos. With --task room, furniture is
/// fitted to rendered rooms of designs that training does not use.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan evaluate --data celeba
  stgan evaluate --data celeba --weights mine.safetensors --spread dropped --json
  stgan evaluate --data celeba --locate
  stgan evaluate --glasses products
  stgan evaluate --task room --weights room.safetensors --models models")]
pub(crate) struct Arguments {
    /// Folder of the data set: CelebA as distributed, or images with labels.csv (docs/training.md,
    /// Data); with --task room a folder of `stgan rooms` [default with --task room: rendered]
    #[arg(long, value_name = "FOLDER", required_unless_present_any = ["glasses", "task"])]
    data: Option<PathBuf>,
    /// Task of the weights [default: glasses]
    #[arg(long, value_enum, conflicts_with_all = ["glasses", "locate", "spread", "fits"])]
    task: Option<TaskName>,
    /// With --task room: folder that `make models` has written [default: furniture is drawn]
    #[arg(long, value_name = "FOLDER", requires = "task", conflicts_with = "data")]
    models: Option<PathBuf>,
    /// Split of the data set to evaluate
    #[arg(long, value_name = "NAME", default_value = "val")]
    split: String,
    /// Weights file of the generators [default: bundled]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Distribution of the initial placements [default: all that the images support]
    #[arg(long, value_enum, conflicts_with = "locate")]
    spread: Option<SpreadName>,
    /// Random initial placements per face and pair of glasses
    #[arg(long, value_name = "N", default_value_t = 1)]
    draws: usize,
    /// Random seed; equal seeds give equal initial placements
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Number of updates, 0 to 64 [default: as stored in the weights file]
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Measure the face locator instead: accuracy on whole photos and pasted images, false
    /// positives without a face
    #[arg(long)]
    locate: bool,
    /// Weights file of the face locator [default: bundled]
    #[arg(long, value_name = "FILE", requires = "locate")]
    locator: Option<PathBuf>,
    /// Number of synthetic images without a face
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "locate")]
    faceless: usize,
    /// Measure the cut-outs of product photos instead: of the labelled photos in DIR
    /// (docs/product-photos.md, Measuring cut-outs), or without DIR of rendered photos
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with_all = ["data", "locate", "weights", "spread", "updates", "images", "fits"])]
    glasses: Option<Option<PathBuf>>,
    /// Weights file of the cut-out network [default: bundled]
    #[arg(long, value_name = "FILE", requires = "glasses")]
    cut_out_weights: Option<PathBuf>,
    /// Number of rendered product photos
    #[arg(long, value_name = "N", default_value_t = 100, requires = "glasses")]
    rendered: usize,
    /// Write the 20 worst fits as a PNG image; with --locate the 12 most turned heads before and
    /// after the fit; with --task room the first 12 rooms
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,
    /// Write the fits of the first table as JSON, to repeat them with another implementation
    #[arg(long, value_name = "FILE", conflicts_with = "locate")]
    fits: Option<PathBuf>,
    /// Print the metrics as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TaskName {
    /// Furniture in rooms
    Room,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SpreadName {
    /// Placements that a user would make by dragging glasses onto a face: position N(0, 0.15
    /// inter-pupil distances), log scale N(0, 0.1), rotation N(0, 6°)
    Dropped,
    /// `dropped` with doubled standard deviations
    Double,
    /// Protocol of the ST-GAN paper, section 4: crop and warp parameters are perturbed
    Paper,
}

impl From<SpreadName> for Spread {
    fn from(name: SpreadName) -> Self {
        match name {
            SpreadName::Dropped => Self::Dropped,
            SpreadName::Double => Self::Double,
            SpreadName::Paper => Self::Paper,
        }
    }
}

/// The JSON output.
#[derive(serde::Serialize)]
struct Report<'a> {
    split: &'a str,
    faces: usize,
    glasses: usize,
    seed: u64,
    spreads: Vec<SpreadErrors>,
    yaw_bands: Vec<YawBand>,
    groups: Vec<FaceGroup>,
    calibration: Option<Calibration>,
}

/// The width in pixels at which glasses are rendered. It exceeds the faces of the data set, so
/// glasses are minified as in practice.
const GLASSES_WIDTH: u32 = 600;

/// The side of an example image in pixels.
const IMAGE_SIZE: usize = 192;

/// The number of worst fits in the image file, one per face.
const WORST: usize = 20;

/// The number of fits per face and situation for the calibration, for each of `--draws`.
const FITS_PER_SITUATION: usize = 4;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(folder) = &arguments.glasses {
        glasses::run(arguments, folder.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.task == Some(TaskName::Room) {
        rooms::run(arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let settings =
        data::DataSettings { splits: vec![arguments.split.clone()], validation: String::new(), ..Default::default() };
    let dataset = data::open(arguments.data.as_deref(), &settings, &|_, _| {})?;
    for problem in &dataset.problems {
        eprintln!("skipped {problem}");
    }
    let glasses = stgan_synth::catalogue()
        .iter()
        .map(|pair| Foreground::new(pair.render(GLASSES_WIDTH)?.as_ref()))
        .collect::<stgan::Result<Vec<_>>>()?;
    if arguments.locate {
        locate::run(arguments, &tryon, &dataset, &glasses)?;
        return Ok(ExitCode::SUCCESS);
    }
    let faces = dataset.without_glasses.faces();
    let spreads: Vec<Spread> = match arguments.spread {
        Some(name) => vec![name.into()],
        None => {
            let all = |spread: Spread| faces.iter().all(|face| spread.supports(face));
            Spread::ALL.into_iter().filter(|spread| all(*spread)).collect()
        }
    };
    let (draws, updates, seed) = (arguments.draws, arguments.updates, arguments.seed);
    let measured = spreads
        .into_iter()
        .map(|spread| Ok((spread, evaluate::measure(&tryon, faces, &glasses, spread, draws, updates, seed)?)))
        .collect::<Result<Vec<_>>>()?;
    let yaw_bands =
        measured.first().map(|(spread, fits)| evaluate::yaw_bands(faces, *spread, fits)).unwrap_or_default();
    let groups = match measured.first() {
        Some((spread, fits)) => evaluate::groups(faces, *spread, fits)?,
        None => Vec::new(),
    };
    let whole = arguments.spread.is_none() && updates.is_none();
    let calibration = || evaluate::calibration(&tryon, faces, &glasses, FITS_PER_SITUATION * draws, seed);
    let report = Report {
        split: &arguments.split,
        faces: faces.len(),
        glasses: glasses.len(),
        seed,
        spreads: measured.iter().map(|(spread, fits)| SpreadErrors::of(*spread, fits)).collect(),
        yaw_bands,
        groups,
        calibration: whole.then(calibration).transpose()?,
    };
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { tables::table(&report)? };
    files::print(&text)?;
    if let (Some(path), Some((_, fits))) = (&arguments.fits, measured.first()) {
        replay::write(path, faces, &glasses, fits)?;
    }
    if let (Some(path), Some((_, fits))) = (&arguments.images, measured.first()) {
        let worst = evaluate::worst(&tryon, faces, &glasses, fits, WORST, IMAGE_SIZE)?;
        let count = worst.first().map_or(0, |(_, row)| row.len().saturating_sub(2));
        let updates = (1..=count).map(|k| format!("after update {k}"));
        let columns: Vec<String> =
            ["as placed".to_owned()].into_iter().chain(updates).chain(["by landmarks".to_owned()]).collect();
        eprintln!("faces, worst first: {}", worst.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", "));
        draw(path, &columns, worst.into_iter().map(|(_, row)| row).collect())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a grid with two heads per row.
fn draw(path: &Path, columns: &[String], heads: Vec<Vec<GridImage>>) -> Result<()> {
    let rows: Vec<Vec<GridImage>> = heads.chunks(2).map(<[_]>::concat).collect();
    let columns: Vec<&str> = columns.iter().chain(columns).map(String::as_str).collect();
    grid::write(path, IMAGE_SIZE, &columns, &rows)?;
    Ok(())
}
