//! `stgan clip`: a sample portrait that moves, as a file that a browser's fake camera plays.

use crate::files;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use std::path::PathBuf;
use std::process::ExitCode;
use stgan_portraits::{Clip, Motion};
use stgan_train::write_atomically;

/// Write a clip of a rendered portrait that comes, looks about, leaves and comes back, as Motion JPEG: 30 pictures a second,
/// one JPEG after the other.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A file whose name ends in .mjpeg.
    #[arg(short, long)]
    output: PathBuf,
    #[arg(long, default_value_t = 480)]
    width: u32,
    #[arg(long, default_value_t = 360)]
    height: u32,
    /// Which portrait, by its name.
    #[arg(long, default_value = "mateo")]
    portrait: String,
    /// What it does.
    #[arg(long, value_enum, default_value_t = Course::Visit)]
    motion: Course,
    /// Standard deviation of the camera's noise, of 255.
    #[arg(long, default_value_t = 2.0)]
    noise: f64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Course {
    Visit,
    Circle,
    Still,
}

/// Pictures a second: what browsers take Motion JPEG to have.
const RATE: f64 = 30.0;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { output, width, height, portrait, motion, noise } = arguments;
    ensure!(output.extension().is_some_and(|end| end == "mjpeg"), "{}: a name that ends in .mjpeg", output.display());
    ensure!((0.0..=64.0).contains(noise), "--noise {noise}: 0 to 64");
    let all = stgan_portraits::portraits();
    let names = || all.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
    let person =
        all.iter().find(|p| p.id == portrait).with_context(|| format!("no portrait {portrait}: {}", names()))?;
    let motion = match motion {
        Course::Visit => Motion::Visit,
        Course::Circle => Motion::Circle,
        Course::Still => Motion::Still,
    };
    let clip = Clip::new(person, *width, *height, motion)?;
    let count = (clip.duration() * RATE).round() as u32;
    let jpeg = |index: u32| -> Result<Vec<u8>> {
        let picture = clip.picture(f64::from(index) / RATE, *noise);
        files::jpeg(picture, 90)
    };
    let pictures = (0..count).into_par_iter().map(jpeg).collect::<Result<Vec<_>>>()?;
    write_atomically(output, &pictures.concat())?;
    files::print(&format!("{count} pictures of {width}×{height} in {}\n", output.display()))?;
    Ok(ExitCode::SUCCESS)
}
