//! `stgan fit`: glasses onto a photo, where somebody put it or where a face is found.

use crate::files;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::compose::{self, Foreground};
use stgan::{BitmapRef, Fit, Homography, LocatedFace, Placement, Rect};

/// Fit glasses to a photo: to the face that is found, or from a rough placement.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// JPEG (turned upright by its EXIF orientation), PNG or WebP.
    photo: PathBuf,
    /// Glasses with a transparent background: PNG or WebP.
    glasses: PathBuf,
    /// Where the glasses is at first: the centre and the width of its opaque part in photo pixels, and its rotation in degrees
    /// clockwise. By default it is put on the face that is found best.
    #[arg(long, value_name = "X,Y,WIDTH[,DEGREES]", value_parser = placement, allow_hyphen_values = true)]
    at: Option<Placement>,
    /// Put glasses on everybody who is found.
    #[arg(long, conflicts_with = "at")]
    all: bool,
    /// The photo with the glasses, at the photo's own size: .png, .jpg or .webp.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Print the updates and homographies (glasses pixels to photo pixels) as JSON.
    #[arg(long)]
    json: bool,
    /// Updates; by default as many as the weights file says.
    #[arg(long)]
    updates: Option<usize>,
    /// Weights file; the program's own by default.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// The locator's weights file; the program's own by default.
    #[arg(long)]
    locator: Option<PathBuf>,
}

fn placement(text: &str) -> Result<Placement, String> {
    let numbers = text.split(',').map(|part| part.trim().parse::<f64>()).collect::<Result<Vec<_>, _>>();
    match numbers.as_deref() {
        Ok([x, y, width]) => Ok(Placement { x: *x, y: *y, width: *width, rotation: 0.0 }),
        Ok([x, y, width, rotation]) => Ok(Placement { x: *x, y: *y, width: *width, rotation: *rotation }),
        _ => Err("expected three or four numbers: X,Y,WIDTH[,DEGREES]".into()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(arguments.json || arguments.output.is_some(), "nothing to do: name an --output, or ask for --json");
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let photo = files::read_image(&arguments.photo)?;
    let glasses = files::read_image(&arguments.glasses)?;
    let glasses = Foreground::new(glasses.as_ref()).with_context(|| arguments.glasses.display().to_string())?;
    let starts = starts(arguments, photo.as_ref())?;
    let mut image = photo.clone();
    let whole = Rect { x: 0, y: 0, width: photo.width(), height: photo.height() };
    let mut reports = Vec::new();
    for (placement, face) in starts {
        let fit = tryon.fit(photo.as_ref(), &glasses, &placement, arguments.updates)?;
        let last = fit.homography(fit.updates().len())?;
        compose::blend(&glasses, &last, image.data_mut(), whole)?;
        reports.push(report(&fit, &last, &placement, face.as_ref()));
    }
    if let Some(path) = &arguments.output {
        files::write_image(path, image)?;
    }
    if arguments.json {
        // One object for one face, a list of them for everybody.
        let report = if arguments.all { Value::from(reports) } else { reports.swap_remove(0) };
        files::print(&format!("{report}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where glasses are at first, with the faces that say so.
fn starts(arguments: &Arguments, photo: BitmapRef) -> Result<Vec<(Placement, Option<LocatedFace>)>> {
    if let Some(placement) = arguments.at {
        return Ok(vec![(placement, None)]);
    }
    let mut found = files::locator(arguments.locator.as_deref())?.locate(photo)?;
    ensure!(
        !found.is_empty(),
        "no-face: no face was found in {}; --at says where the glasses goes",
        arguments.photo.display()
    );
    if !arguments.all {
        found.truncate(1);
    }
    Ok(found.into_iter().map(|face| (face.placement(), Some(face))).collect())
}

fn report(fit: &Fit, last: &Homography, placement: &Placement, face: Option<&LocatedFace>) -> Value {
    let updates: Vec<_> = fit
        .updates()
        .iter()
        .map(|update| json!({ "delta": update.delta, "params": update.params, "homography": update.homography.0 }))
        .collect();
    let (photo, glasses) = (fit.photo(), fit.glasses());
    let Placement { x, y, width, rotation } = placement;
    let mut report = json!({
        "photo": [photo.0, photo.1],
        "glasses": [glasses.0, glasses.1],
        "placement": { "x": x, "y": y, "width": width, "rotation": rotation },
        "updates": updates,
        "homography": last.0,
    });
    if let Some(face) = face {
        report["face"] = json!({ "pupils": face.pupils, "score": face.score });
    }
    report
}
