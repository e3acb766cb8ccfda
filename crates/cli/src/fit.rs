//! `stgan fit`: fits glasses to the faces in a photo, or furniture to a room.

use crate::cut_out::{CutOutArguments, report as glasses_report};
use crate::files;
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use stgan::compose::{self, ContactShadow, Foreground};
use stgan::glasses::RealWidth;
use stgan::{Bitmap, BitmapRef, FaceAttributes, Fit, Glasses, Homography, LocatedFace, Placement, Rect, furniture};

/// Fit glasses to the face in a photo, or furniture to a room
///
/// The face is detected, unless --placement gives a rough initial placement. Opaque product photos
/// are cut out first. Furniture (--task room) needs a placement.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan fit photo.jpg glasses.png -o fitted.jpg
  stgan fit photo.jpg glasses.png --all --json
  stgan fit photo.jpg glasses.png --glasses-width-mm 132 -o fitted.jpg
  stgan fit photo.jpg glasses.png --placement 320,240,180,-5 -o fitted.jpg
  stgan fit --task room room.jpg sofa.png --placement 600,540,420 --shadow -o fitted.jpg")]
pub(crate) struct Arguments {
    /// Photo: JPEG (rotated upright by its EXIF orientation), PNG or WebP
    photo: PathBuf,
    /// Image of the glasses: PNG or WebP with a transparent background, or a product photo from the
    /// front on a plain ground. With --task room, image of the furniture
    #[arg(value_name = "GLASSES")]
    foreground: PathBuf,
    /// What to fit
    #[arg(long, value_enum, default_value = "glasses")]
    task: TaskName,
    #[command(flatten)]
    cut_out: CutOutArguments,
    /// Initial placement: centre and width of the opaque part of the glasses or the furniture in
    /// photo pixels, rotation in degrees clockwise [default: the detected face with the highest
    /// score]
    #[arg(long, visible_alias = "placement", value_name = "X,Y,WIDTH[,DEGREES]", value_parser = placement)]
    #[arg(allow_hyphen_values = true, required_if_eq("task", "room"))]
    at: Option<Placement>,
    /// Fit the glasses to all detected faces
    #[arg(long, conflicts_with = "at")]
    all: bool,
    /// Real width of the glasses in millimetres, 90 to 200: they are drawn as wide as they would be
    /// on the face [default: the width that the networks fit]
    #[arg(long, value_name = "MM", conflicts_with = "at")]
    glasses_width_mm: Option<f64>,
    /// Distance between the pupils of the person in millimetres, 45 to 80 [default: 63, the mean of
    /// adults]
    #[arg(long, value_name = "MM", requires = "glasses_width_mm")]
    pupil_distance_mm: Option<f64>,
    /// Draw a soft contact shadow below the furniture
    #[arg(long)]
    shadow: bool,
    /// Image to write, at the size of the photo; the name ends in .png, .jpg or .webp
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print updates and homographies (pixels of the prepared glasses or the furniture to photo
    /// pixels), confidence and the report on the glasses as JSON; with --all as a list of faces
    #[arg(long)]
    json: bool,
    /// Number of updates, 0 to 64 [default: as stored in the weights file]
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Weights file of the generators for the task [default: bundled]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Weights file of the face locator [default: bundled]
    #[arg(long, value_name = "FILE")]
    locator: Option<PathBuf>,
}

/// What is composited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum TaskName {
    /// Glasses on faces
    Glasses,
    /// Furniture in a room
    Room,
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
    match arguments.task {
        TaskName::Glasses => fit_glasses(arguments),
        TaskName::Room => fit_furniture(arguments),
    }
}

fn fit_glasses(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(!arguments.shadow, "--shadow needs --task room: glasses cast no contact shadow");
    let tryon = files::tryon(arguments.weights.as_deref())?;
    let photo = files::read_image(&arguments.photo)?;
    let glasses = arguments.cut_out.read(&arguments.foreground)?;
    let width = arguments.glasses_width_mm.map(|mm| RealWidth::new(mm, arguments.pupil_distance_mm)).transpose()?;
    let placements = initial_placements(arguments, photo.as_ref())?;
    let mut image = photo.clone();
    let mut reports = Vec::new();
    for (placement, face) in placements {
        let mut fit = tryon.fit(photo.as_ref(), glasses.foreground(), &placement, arguments.updates)?;
        if let (Some(width), Some(face)) = (&width, &face) {
            fit = fit.with_real_width(width, &face.pupils);
        }
        let last = fit.homography(fit.updates().len())?;
        let whole = whole(&image);
        compose::blend(glasses.foreground(), &last, image.data_mut(), whole)?;
        reports.push(glasses_fit_report(&fit, &last, &placement, face.as_ref(), &glasses));
    }
    // Without --all there is exactly one report.
    let report = if arguments.all { Value::from(reports) } else { reports.swap_remove(0) };
    finish(arguments, image, &report)
}

fn fit_furniture(arguments: &Arguments) -> Result<ExitCode> {
    let tryon = files::room(arguments.weights.as_deref())?;
    let mut photo = files::read_image(&arguments.photo)?;
    let source = files::read_image(&arguments.foreground)?;
    let prepared = furniture::prepare(source.as_ref())
        .map_err(|error| anyhow!("{}: {}: {error}", arguments.foreground.display(), error.code()))?;
    let furniture = Foreground::new(prepared.as_ref())?;
    let placement = arguments.at.context("placement: furniture needs --placement")?;
    let fit = tryon.fit(photo.as_ref(), &furniture, &placement, arguments.updates)?;
    let last = fit.homography(fit.updates().len())?;
    let whole = whole(&photo);
    if arguments.shadow {
        ContactShadow::new(&furniture)?.blend(&last, photo.data_mut(), whole)?;
    }
    compose::blend(&furniture, &last, photo.data_mut(), whole)?;
    let mut report = fit_report(&fit, &last, &placement);
    report["furniture"] = json!([furniture.width(), furniture.height()]);
    finish(arguments, photo, &report)
}

fn whole(image: &Bitmap) -> Rect {
    Rect { x: 0, y: 0, width: image.width(), height: image.height() }
}

/// Writes the image and prints the report, as the arguments say.
fn finish(arguments: &Arguments, image: Bitmap, report: &Value) -> Result<ExitCode> {
    if let Some(path) = &arguments.output {
        files::write_image(path, image)?;
    }
    if arguments.json {
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

fn fit_report(fit: &Fit, last: &Homography, placement: &Placement) -> Value {
    let updates: Vec<_> = fit
        .updates()
        .iter()
        .map(|update| json!({ "delta": update.delta, "params": update.params, "homography": update.homography.0 }))
        .collect();
    let (width, height) = fit.photo();
    let Placement { x, y, width: across, rotation } = placement;
    json!({
        "photo": [width, height],
        "placement": { "x": x, "y": y, "width": across, "rotation": rotation },
        "updates": updates,
        "homography": last.0,
    })
}

fn glasses_fit_report(
    fit: &Fit,
    last: &Homography,
    placement: &Placement,
    face: Option<&LocatedFace>,
    prepared: &Glasses,
) -> Value {
    let mut report = fit_report(fit, last, placement);
    let (width, height) = fit.foreground();
    report["glasses"] = json!([width, height]);
    report["confidence"] = json!(fit.confidence());
    report["report"] = glasses_report(prepared.report());
    report["toSource"] = json!(prepared.to_source().0);
    if let Some(face) = face {
        report["face"] = json!({ "pupils": face.pupils, "score": face.score });
        if let Some(FaceAttributes { glasses, covered, yaw, pitch, .. }) = face.attributes {
            report["face"]["attributes"] =
                json!({ "glasses": glasses, "covered": covered, "yaw": yaw, "pitch": pitch });
        }
    }
    report
}
