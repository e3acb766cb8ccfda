//! `stgan rooms`: rendered rooms with furniture, as training data of the task `room`.

use crate::evaluate::draw_fits;
use crate::files;
use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::TryOn;
use stgan::model::Task;
use stgan_synth::furniture::Category;
use stgan_synth::rooms::{Options, Split};
use stgan_train::report::grid;
use stgan_train::rooms::{self, RoomSettings};

/// Render rooms with furniture: training data of the task `room`
///
/// A sample is a room without a piece of furniture, the room with it, the piece cut out from
/// another view, and the homography between the two. Training renders samples by itself and keeps
/// them in memory. Samples that were prepared in a folder are read when they are needed, so there
/// can be more of them. An interrupted call is continued by the same call.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan rooms --out rooms
  stgan rooms --out rooms-test --split test --count 500
  stgan rooms --models models --out rooms-models
  stgan rooms --sheet sheet.png --count 12 --width 640
  stgan rooms --sheet fits.png --count 6 --width 1200 --split test --weights room.safetensors")]
pub(crate) struct Arguments {
    /// Folder of the shards
    #[arg(long, value_name = "FOLDER", required_unless_present = "sheet", conflicts_with = "sheet")]
    out: Option<PathBuf>,
    /// Write a contact sheet of samples as a PNG image instead
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Number of samples [default: 50000, with --sheet 12]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: Option<u32>,
    /// Designs of furniture, floors and walls
    #[arg(long, value_enum, default_value = "train")]
    split: SplitName,
    /// Random seed; equal seeds give equal samples
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Least and greatest turn of the cut-out's view about the piece, in degrees
    #[arg(long, value_names = ["MIN", "MAX"], num_args = 2, default_values_t = [8.0, 30.0])]
    turn: Vec<f32>,
    /// Least distance of the camera in metres
    #[arg(long, value_name = "METRES", default_value_t = 1.3)]
    nearest: f32,
    /// Take cut-outs from the room's own camera, turned to the piece: the homography is then exact
    #[arg(long)]
    same_camera: bool,
    /// Folder that `make models` has written [default: furniture is drawn]
    #[arg(long, value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Kind of furniture [default: all]
    #[arg(long, value_name = "NAME", requires = "sheet", value_parser = category)]
    category: Option<Category>,
    /// Width of the images of a sheet in pixels, 40 to 1600; the height is three quarters of it
    #[arg(long, value_name = "PIXELS", requires = "sheet", default_value_t = 320, value_parser = clap::value_parser!(u32).range(40..=1600))]
    width: u32,
    /// Draw fits of these weights in the sheet: the piece as placed, after each update, and in its
    /// right place
    #[arg(long, value_name = "FILE", requires = "sheet")]
    weights: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SplitName {
    /// Four of five designs
    Train,
    /// The others
    Test,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Self {
        match name {
            SplitName::Train => Self::Train,
            SplitName::Test => Self::Test,
        }
    }
}

fn category(name: &str) -> Result<Category, String> {
    let known = Category::from_name(name).filter(|category| Category::TARGETS.contains(category));
    let names = Category::TARGETS.map(Category::name).join(", ");
    known.ok_or_else(|| format!("unknown kind of furniture `{name}`; expected one of {names}"))
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let &[least, most] = arguments.turn.as_slice() else { anyhow::bail!("--turn takes two angles, as in 8 30") };
    let settings = RoomSettings {
        turn: [least, most],
        nearest: arguments.nearest,
        same_camera: arguments.same_camera,
        models: arguments.models.clone(),
        ..RoomSettings::default()
    };
    settings.validate()?;
    match (&arguments.sheet, &arguments.out) {
        (Some(path), _) => sheet(arguments, &settings, path),
        (None, Some(out)) => shards(arguments, &settings, out),
        (None, None) => anyhow::bail!("pass --out or --sheet"),
    }
}

fn sheet(arguments: &Arguments, settings: &RoomSettings, path: &std::path::Path) -> Result<ExitCode> {
    let count = arguments.count.unwrap_or(12) as usize;
    ensure!(count <= 200, "--count is {count}; a sheet has at most 200 samples");
    let base = settings.options(arguments.split.into())?;
    let size = (arguments.width as usize, (3 * arguments.width as usize).div_ceil(4));
    let detail = (base.detail * arguments.width as f32 / base.size.0 as f32).min(200.0);
    let options = Options { size, detail, category: arguments.category, pieces: 1, cutouts: 1, ..base };
    let samples = rooms::draw(count, &options, arguments.seed, &mut |_| ())?;
    match &arguments.weights {
        Some(weights) => {
            let tryon = TryOn::for_task(&files::read(weights)?, &Task::room());
            let tryon = tryon.with_context(|| weights.display().to_string())?;
            draw_fits(path, &tryon, tryon.updates(), &samples, arguments.seed)?;
        }
        None => {
            let size = stgan::model::ImageSize { height: size.1, width: size.0 };
            grid::write(path, size, &rooms::SHEET_COLUMNS, &rooms::sheet_rows(&samples)?)?;
        }
    }
    for sample in &samples {
        let record = &sample.record;
        let places = record.family.len();
        eprintln!("{}: turn {:.0}°, overlap {:.2}, right places: {places}", record.id, record.turn, record.overlap);
    }
    files::print(&format!("{}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn shards(arguments: &Arguments, settings: &RoomSettings, out: &std::path::Path) -> Result<ExitCode> {
    let count = arguments.count.unwrap_or(50_000) as usize;
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta_precise} left")?;
    let bar = ProgressBar::new(count as u64).with_style(style).with_message("rendering rooms");
    rooms::write(out, count, settings, arguments.split.into(), arguments.seed, &mut |done| {
        bar.set_position(done as u64);
        true
    })?;
    bar.finish_and_clear();
    files::print(&format!("{}: {count} samples\n", out.display()))?;
    Ok(ExitCode::SUCCESS)
}
