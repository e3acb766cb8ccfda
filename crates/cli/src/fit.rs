//! `stgan fit`: fits glasses to the faces in a photo.

use crate::cut_out::{CutOutArguments, report as glasses_report};
use crate::files;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::compose;
use stgan::{BitmapRef, FaceAttributes, Fit, Glasses, Homography, LocatedFace, Placement, Rect};

/// Fit glasses to the face in a photo
///
/// The face is detected, unless --at gives a rough initial placement. Opaque product photos of
/// glasses are cut out first.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan fit photo.jpg glasses.png -o fitted.jpg
  stgan fit photo.jpg glasses.png --all --json
  stgan fit photo.jpg glasses.png --at 320,240,180,-5 -o fitted.jpg")]
pub(crate) struct Arguments {
    /// Photo: JPEG (rotated upright by its EXIF orientation), PNG or WebP
    photo: PathBuf,
    /// Image of the glasses: PNG or WebP with a transparent background, or a product photo from the
    /// front on a plain ground
    glasses: PathBuf,
    #[command(flatten)]
    cut_out: CutOutArguments,
    /// Initial placement: centre and width of the opaque part of the glasses in photo pixels,
    /// rotation in degrees clockwise [default: the detected face with the highest score]
    #[arg(long, value_name = "X,Y,WIDTH[,DEGREES]", value_parser = placement, allow_hyphen_values = true)]
    at: Option<Placement>,
    /// Fit the glasses to all detected faces
    #[arg(long, conflicts_with = "at")]
    all: bool,
    /// Image to write, at the size of the photo; the name ends in .png, .jpg or .webp
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print updates, homographies (pixels of the prepared glasses to photo pixels), confidence and
    /// the report on the glasses as JSON; with --all as a list of faces
    #[arg(long)]
    json: bool,
    /// Number of updates, 0 to 64 [default: as stored in the weights file]
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Weights file of the generators [default: bundled]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Weights file of the face locator [default: bundled]
    #[arg(long, value_name = "FILE")]
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
    ensure!(arguments.json || arguments.output.is_some(), "nothing to do; pass --output, --json or both");
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let photo = files::read_image(&arguments.photo)?;
    let glasses = arguments.cut_out.read(&arguments.glasses)?;
    let placements = initial_placements(arguments, photo.as_ref())?;
    let mut image = photo.clone();
    let whole = Rect { x: 0, y: 0, width: photo.width(), height: photo.height() };
    let mut reports = Vec::new();
    for (placement, face) in placements {
        let fit = tryon.fit(photo.as_ref(), glasses.foreground(), &placement, arguments.updates)?;
        let last = fit.homography(fit.updates().len())?;
        compose::blend(glasses.foreground(), &last, image.data_mut(), whole)?;
        reports.push(report(&fit, &last, &placement, face.as_ref(), &glasses));
    }
    if let Some(path) = &arguments.output {
        files::write_image(path, image)?;
    }
    if arguments.json {
        // Without --all there is exactly one report.
        let report = if arguments.all { Value::from(reports) } else { reports.swap_remove(0) };
        files::print(&format!("{report}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The initial placements, with the faces that they come from.
fn initial_placements(arguments: &Arguments, photo: BitmapRef) -> Result<Vec<(Placement, Option<LocatedFace>)>> {
    if let Some(placement) = arguments.at {
        return Ok(vec![(placement, None)]);
    }
    let mut found = files::locator(arguments.locator.as_deref())?.locate(photo)?;
    ensure!(!found.is_empty(), "no-face: no face found in {}; place the glasses with --at", arguments.photo.display());
    if !arguments.all {
        found.truncate(1);
    }
    Ok(found.into_iter().map(|face| (face.placement(), Some(face))).collect())
}

fn report(
    fit: &Fit,
    last: &Homography,
    placement: &Placement,
    face: Option<&LocatedFace>,
    prepared: &Glasses,
) -> Value {
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
        "confidence": fit.confidence(),
        "report": glasses_report(prepared.report()),
        "toSource": prepared.to_source().0,
    });
    if let Some(face) = face {
        report["face"] = json!({ "pupils": face.pupils, "score": face.score });
        if let Some(FaceAttributes { glasses, covered, yaw, pitch, .. }) = face.attributes {
            report["face"]["attributes"] =
                json!({ "glasses": glasses, "covered": covered, "yaw": yaw, "pitch": pitch });
        }
    }
    report
}
