//! `stgan clip`: a video of a moving sample portrait, as input for a browser's fake camera.

use crate::files;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use std::path::PathBuf;
use std::process::ExitCode;
use stgan_portraits::{Clip, Motion};
use stgan_train::write_atomically;

/// Render a video of a moving sample portrait
///
/// The video is Motion JPEG at 30 frames per second: concatenated JPEG files without a container.
/// Chromium plays it as a fake camera.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  stgan clip -o visit.mjpeg
  chromium --use-fake-device-for-media-stream --use-file-for-fake-video-capture=visit.mjpeg")]
pub(crate) struct Arguments {
    /// Video file to write; the name ends in .mjpeg
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Width of the video in pixels, 64 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 480)]
    width: u32,
    /// Height of the video in pixels, 64 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 360)]
    height: u32,
    /// Name of the portrait: mei, kofi, helen or mateo
    #[arg(long, value_name = "NAME", default_value = "mateo")]
    portrait: String,
    /// Motion of the head
    #[arg(long, value_enum, default_value_t = MotionName::Visit)]
    motion: MotionName,
    /// Standard deviation of the camera noise in grey levels, 0 to 64 (of 255)
    #[arg(long, value_name = "LEVELS", default_value_t = 2.0)]
    noise: f64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum MotionName {
    /// The person enters, moves, turns the head, leaves and returns (10 seconds)
    Visit,
    /// The head moves along a circle at one inter-pupil distance per second (4.7 seconds)
    Circle,
    /// Nothing moves (4 seconds)
    Still,
}

/// Video frames per second: the rate at which browsers play Motion JPEG.
const FPS: f64 = 30.0;

/// The JPEG quality of a video frame, of 100.
const QUALITY: u8 = 90;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { output, width, height, portrait, motion, noise } = arguments;
    ensure!(
        output.extension().is_some_and(|end| end == "mjpeg"),
        "{}: the name of the video file must end in .mjpeg",
        output.display()
    );
    ensure!((0.0..=64.0).contains(noise), "--noise is {noise}, expected 0 to 64 grey levels");
    let all = stgan_portraits::portraits();
    let names = || all.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
    let person = all
        .iter()
        .find(|p| p.id == portrait)
        .with_context(|| format!("unknown portrait `{portrait}`; choose one of: {}", names()))?;
    let motion = match motion {
        MotionName::Visit => Motion::Visit,
        MotionName::Circle => Motion::Circle,
        MotionName::Still => Motion::Still,
    };
    let clip = Clip::new(person, *width, *height, motion)?;
    let count = (clip.duration() * FPS).round() as u32;
    let jpeg = |index: u32| -> Result<Vec<u8>> {
        let image = clip.video_frame(f64::from(index) / FPS, *noise);
        files::jpeg(image, QUALITY)
    };
    let video = (0..count).into_par_iter().map(jpeg).collect::<Result<Vec<_>>>()?;
    write_atomically(output, &video.concat())?;
    files::print(&format!("{}: {count} video frames, {width}×{height} pixels\n", output.display()))?;
    Ok(ExitCode::SUCCESS)
}
