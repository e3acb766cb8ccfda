//! `stgan glasses`: glasses cut out of product photos.

use crate::files;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::glasses::Removal;
use stgan::internals::glasses::{Extract, extract};
use stgan::{Bitmap, CutOut};
use stgan_train::write_atomically;

/// Cut glasses out of product photos
///
/// Writes DIR/STEM.png for each photo, and DIR/manifest.json with an entry for each photo: its
/// image, its place in the photo, the kind of the lenses, or the error. A photo that fails does not
/// stop the others.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Product photos (JPEG, PNG or WebP), or folders of them
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Folder for the images and the manifest
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Weights file of the cut-out network, as `stgan train` writes it
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Write images of the size of the photo instead of cropped ones
    #[arg(long)]
    keep_size: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let weights = files::read(&arguments.weights)?;
    let cutter = CutOut::new(&weights).with_context(|| arguments.weights.display().to_string())?;
    let photos = photos(&arguments.photos)?;
    ensure!(!photos.is_empty(), "no JPEG, PNG or WebP file in the given folders");
    std::fs::create_dir_all(&arguments.output).with_context(|| arguments.output.display().to_string())?;
    let entries: Vec<Value> = photos.par_iter().map(|path| entry(arguments, &cutter, path)).collect();
    let failed = entries.iter().filter(|entry| entry["error"].is_string()).count();
    let manifest = serde_json::to_string_pretty(&json!({ "glasses": entries }))?;
    write_atomically(&arguments.output.join("manifest.json"), manifest.as_bytes())?;
    let done = photos.len() - failed;
    files::print(&format!("{done} of {} photos cut out into {}\n", photos.len(), arguments.output.display()))?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The photos among files and the direct contents of folders, sorted.
fn photos(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let is_image = |path: &Path| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        matches!(extension.as_str(), "jpg" | "jpeg" | "png" | "webp")
    };
    let mut photos = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).with_context(|| path.display().to_string())?;
            let found = entries.collect::<Result<Vec<_>, _>>().with_context(|| path.display().to_string())?;
            photos.extend(found.into_iter().map(|entry| entry.path()).filter(|path| is_image(path)));
        } else {
            photos.push(path.clone());
        }
    }
    photos.sort();
    Ok(photos)
}

/// The manifest's entry for a photo, after its image is written.
fn entry(arguments: &Arguments, cutter: &CutOut, path: &Path) -> Value {
    let photo = path.display().to_string();
    match cut_out(arguments, cutter, path) {
        Ok(entry) => entry,
        Err(error) => {
            eprintln!("{photo}: {error:#}");
            json!({ "photo": photo, "error": format!("{error:#}") })
        }
    }
}

fn cut_out(arguments: &Arguments, cutter: &CutOut, path: &Path) -> Result<Value> {
    let photo = files::read_image(path)?;
    let extract = extract(photo.as_ref(), Removal::Auto(cutter))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).context("the file name is not Unicode")?;
    let file = format!("{stem}.png");
    let report = extract.report.clone();
    let image =
        if arguments.keep_size { placed(&photo, &extract)? } else { extract.into_glasses()?.image().to_owned() };
    files::write_image(&arguments.output.join(&file), image)?;
    let warnings: Vec<_> = report.warnings.iter().map(|warning| warning.code()).collect();
    Ok(json!({
        "photo": path.display().to_string(),
        "image": file,
        "kind": report.kind.name(),
        "lenses": report.lenses.name(),
        "confidence": report.confidence,
        "warnings": warnings,
    }))
}

/// The cut-out at its place in an image of the photo's size.
fn placed(photo: &Bitmap, extract: &Extract) -> Result<Bitmap> {
    let (width, rect) = (photo.width() as usize, extract.rect);
    let mut data = vec![0; photo.data().len()];
    for (y, row) in extract.image.data().chunks_exact(4 * rect.width as usize).enumerate() {
        let start = 4 * ((rect.y as usize + y) * width + rect.x as usize);
        data[start..start + row.len()].copy_from_slice(row);
    }
    Ok(Bitmap::new(photo.width(), photo.height(), data)?)
}
