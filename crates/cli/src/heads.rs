//! `stgan heads`: rendered heads, as training data for the generator of glasses and the locator.

use crate::files;
use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::Bitmap;
use stgan_synth::heads::{self, Options, Shapes, Split};
use stgan_train::heads::{HeadSettings, draw, write};

/// Render heads of random people: training data with exact planes and pupils
///
/// The heads are mixtures of MakeHuman's shapes, which `make shapes` unpacks: every age, any skin,
/// hair and light, turned by up to 45° of yaw and 25° of pitch, some with headwear, masks, glasses
/// or a hand before the face. The folder has the layout of labelled portraits. An interrupted call
/// is continued by the same call.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan heads --shapes shapes --out heads --count 20000
  stgan heads --shapes shapes --out heads-val --count 400 --seed 2 --split val
  stgan heads --shapes shapes --sheet sheet.png --count 40
  stgan train --data portraits --extra-data heads --config configs/glasses-stiff.toml --out runs/heads")]
pub(crate) struct Arguments {
    /// Folder that `make shapes` has written
    #[arg(long, value_name = "FOLDER", default_value = "shapes")]
    shapes: PathBuf,
    /// Folder of the data set
    #[arg(long, value_name = "FOLDER", required_unless_present = "sheet", conflicts_with = "sheet")]
    out: Option<PathBuf>,
    /// Write a contact sheet of heads as an image instead
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Number of heads [default: 10000, with --sheet 40]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    count: Option<u32>,
    /// People for training or for validation
    #[arg(long, value_enum, default_value = "train")]
    split: SplitName,
    /// Random seed; equal seeds give equal heads
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Leave out headwear, masks, glasses, closed eyes and things before the face
    #[arg(long)]
    uncovered: bool,
    /// Light all heads softly from the front
    #[arg(long)]
    plain_light: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SplitName {
    /// People for training
    Train,
    /// Other people, for validation
    Val,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let split = match arguments.split {
        SplitName::Train => Split::Train,
        SplitName::Val => Split::Validation,
    };
    let default = if arguments.sheet.is_some() { 40 } else { 10_000 };
    let settings = HeadSettings {
        count: u64::from(arguments.count.unwrap_or(default)),
        split,
        seed: arguments.seed,
        options: Options { covers: !arguments.uncovered, plain_light: arguments.plain_light },
    };
    let shapes = Shapes::open(&arguments.shapes)?;
    match (&arguments.sheet, &arguments.out) {
        (Some(path), _) => sheet(&shapes, &settings, path),
        (None, Some(out)) => data_set(&shapes, &settings, out),
        (None, None) => anyhow::bail!("pass --out or --sheet"),
    }
}

fn data_set(shapes: &Shapes, settings: &HeadSettings, out: &Path) -> Result<ExitCode> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta_precise} left")?;
    let bar = ProgressBar::new(settings.count).with_style(style).with_message("rendering heads");
    write(out, shapes, settings, &|done| {
        bar.set_position(done);
        true
    })?;
    bar.finish_and_clear();
    files::print(&format!("{}: {} heads\n", out.display(), settings.count))?;
    Ok(ExitCode::SUCCESS)
}

/// Images in rows of eight.
fn sheet(shapes: &Shapes, settings: &HeadSettings, path: &Path) -> Result<ExitCode> {
    const ACROSS: usize = 8;
    ensure!(settings.count <= 200, "--count is {}; a sheet has at most 200 heads", settings.count);
    let heads = draw(shapes, settings)?;
    let [width, height] = [heads::SIZE.0, heads::SIZE.1].map(|side| side as usize);
    let (across, down) = (heads.len().min(ACROSS), heads.len().div_ceil(ACROSS));
    let mut pixels = vec![255; 4 * across * width * down * height];
    for (i, (image, _)) in heads.iter().enumerate() {
        for (y, row) in image.data().chunks_exact(4 * width).enumerate() {
            let start = 4 * (((i / ACROSS) * height + y) * across + i % ACROSS) * width;
            pixels[start..start + 4 * width].copy_from_slice(row);
        }
    }
    files::write_image(path, Bitmap::new((across * width) as u32, (down * height) as u32, pixels)?)?;
    files::print(&format!("{}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
