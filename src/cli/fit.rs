//! `stgan fit`: a frame onto a photo.

use super::files;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::compose::{self, Foreground};
use stgan::tryon::Placement;

/// Fit a frame to a photo, from a rough placement.
#[derive(clap::Args)]
pub struct Arguments {
    /// JPEG (turned upright by its EXIF orientation), PNG or WebP.
    photo: PathBuf,
    /// A frame with a transparent background: PNG or WebP.
    frame: PathBuf,
    /// Where the frame is at first: the centre and the width of its opaque part in photo pixels, and its rotation in degrees clockwise.
    #[arg(long, value_name = "X,Y,WIDTH[,DEGREES]", value_parser = placement, allow_hyphen_values = true)]
    at: Placement,
    /// The photo with the frame, at the photo's own size: .png, .jpg or .webp.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Print the updates and homographies (frame pixels to photo pixels) as JSON.
    #[arg(long)]
    json: bool,
    /// Updates; by default one for each generator.
    #[arg(long)]
    steps: Option<usize>,
    /// Weights file; the program's own by default.
    #[arg(long)]
    weights: Option<PathBuf>,
}

fn placement(text: &str) -> Result<Placement, String> {
    let numbers = text.split(',').map(|part| part.trim().parse::<f64>()).collect::<Result<Vec<_>, _>>();
    match numbers.as_deref() {
        Ok([x, y, width]) => Ok(Placement { x: *x, y: *y, width: *width, rotation: 0.0 }),
        Ok([x, y, width, rotation]) => Ok(Placement { x: *x, y: *y, width: *width, rotation: *rotation }),
        _ => Err("expected three or four numbers: X,Y,WIDTH[,DEGREES]".into()),
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(arguments.json || arguments.output.is_some(), "nothing to do: name an --output, or ask for --json");
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let photo = files::read_image(&arguments.photo)?;
    let frame = files::read_image(&arguments.frame)?;
    let frame = Foreground::new(frame.as_ref()).with_context(|| arguments.frame.display().to_string())?;
    let fit = tryon.fit(photo.as_ref(), &frame, &arguments.at, arguments.steps)?;
    let last = fit.homography(fit.steps())?;
    if let Some(path) = &arguments.output {
        files::write_image(path, compose::composite(photo.as_ref(), &frame, &last)?)?;
    }
    if arguments.json {
        let updates: Vec<_> = fit
            .updates()
            .iter()
            .map(|update| json!({ "delta": update.delta, "params": update.params, "homography": update.homography.0 }))
            .collect();
        let (photo, frame) = (fit.photo(), fit.frame());
        let report = json!({
            "photo": [photo.0, photo.1],
            "frame": [frame.0, frame.1],
            "updates": updates,
            "homography": last.0,
        });
        println!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}
