//! Cut-outs of product photos, measured on labelled photos and on rendered ones.

mod mask;
mod measure;
mod rendered;

pub use measure::CutOutScores;
pub use rendered::{RenderedReport, rendered_photos};

use crate::{Error, Result};
use measure::{FRONT, LENS, Product};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use stgan::glasses::Removal;
use stgan::internals::glasses::{Extract, extract};
use stgan::{Bitmap, CutOut};

/// Glasses in an image of the size of their photo, neither rotated nor moved.
#[derive(Clone, Debug)]
pub struct InPlace {
    /// The glasses; everything else is transparent.
    pub image: Bitmap,
    /// The label of each pixel, if a network labelled the photo: 0 background, 1 front, 2 lens, 3
    /// arm.
    pub labels: Option<Vec<u8>>,
}

/// Puts an extract back to its place in the photo of `size` (width, height) that it comes from.
///
/// # Errors
/// [`stgan::Error::Argument`] if the extract lies outside such a photo.
pub fn in_place(extract: &Extract, size: (u32, u32)) -> stgan::Result<InPlace> {
    let rect = extract.rect;
    let fits = |start: u32, length: u32, side: u32| start.checked_add(length).is_some_and(|end| end <= side);
    if !fits(rect.x, rect.width, size.0) || !fits(rect.y, rect.height, size.1) {
        let expected = format!("a photo that contains {rect:?}");
        return Err(stgan::Error::argument("size", format!("{}×{}", size.0, size.1), expected));
    }
    let mut image = Bitmap::transparent(size.0, size.1)?;
    copy(extract.image.data(), image.data_mut(), rect, size.0, 4);
    let labels = extract.labels.as_ref().map(|part| {
        let mut labels = vec![0; size.0 as usize * size.1 as usize];
        copy(part, &mut labels, rect, size.0, 1);
        labels
    });
    Ok(InPlace { image, labels })
}

/// Copies a rectangle of pixels of `bytes` each into an image of `width` columns.
fn copy(from: &[u8], to: &mut [u8], rect: stgan::Rect, width: u32, bytes: usize) {
    for (y, row) in from.chunks_exact(bytes * rect.width as usize).enumerate() {
        let start = bytes * ((rect.y as usize + y) * width as usize + rect.x as usize);
        to[start..start + row.len()].copy_from_slice(row);
    }
}

/// A labelled photo and the scores of its cut-out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoredPhoto {
    /// The name of the photo without extension.
    pub stem: String,
    /// The kind of the lenses: `clear`, or another word for lenses that are not.
    pub lenses: String,
    /// The kind of the front: `translucent`, or another word.
    pub frame: String,
    /// The code of the error, if there is no cut-out.
    pub refused: Option<String>,
    /// The scores; those of an unusable cut-out if it was refused.
    #[serde(flatten)]
    pub scores: CutOutScores,
}

/// A row of `labels.csv`.
#[derive(Deserialize)]
struct Row {
    stem: String,
    lenses: String,
    frame: String,
}

/// Cuts the glasses out of all labelled photos of a folder and scores them.
///
/// The folder has `pictures/STEM.*`, label maps `labels/STEM.png` of the same size (greyscale: 0
/// background, 1 front, 2 lens, 3 arm or pad), and `labels/labels.csv` with the columns `stem`,
/// `lenses` and `frame`.
///
/// # Errors
/// [`Error::Data`] and [`Error::Io`] if a file is missing, unreadable, or of the wrong size or
/// content.
pub fn labelled_photos(folder: &Path, cut_out: &CutOut) -> Result<Vec<ScoredPhoto>> {
    let path = folder.join("labels/labels.csv");
    let mut reader =
        csv::Reader::from_path(&path).map_err(|error| Error::unreadable(&path, "cannot be read as CSV", error))?;
    let rows = reader.deserialize().collect::<Result<Vec<Row>, _>>();
    let rows = rows.map_err(|error| Error::unreadable(&path, "needs the columns stem, lenses and frame", error))?;
    if rows.is_empty() {
        return Err(Error::data(&path, "has no rows"));
    }
    rows.into_par_iter().with_max_len(1).map(|row| score(folder, row, cut_out)).collect()
}

fn score(folder: &Path, Row { stem, lenses, frame }: Row, cut_out: &CutOut) -> Result<ScoredPhoto> {
    let path = picture(folder, &stem)?;
    let bytes = std::fs::read(&path).map_err(Error::io(&path, "read"))?;
    let photo = stgan_decoder::decode(&bytes).map_err(|error| Error::unreadable(&path, "cannot be decoded", error))?;
    let photo = Bitmap::new(photo.width, photo.height, photo.pixels)?;
    let size = (photo.width(), photo.height());
    let truth = label_map(&folder.join("labels").join(format!("{stem}.png")), size)?;
    let product = Product { clear: lenses == "clear", translucent: frame == "translucent" };
    let (refused, scores) = match extract(photo.as_ref(), Removal::Auto(cut_out)) {
        Ok(extract) => (None, CutOutScores::of(&in_place(&extract, size)?, &truth, product)),
        Err(error) => (Some(error.code().to_owned()), CutOutScores::REFUSED),
    };
    Ok(ScoredPhoto { stem, lenses, frame, refused, scores })
}

/// The photo with a stem.
fn picture(folder: &Path, stem: &str) -> Result<PathBuf> {
    let pictures = folder.join("pictures");
    let paths = ["jpg", "jpeg", "png", "webp"].map(|extension| pictures.join(format!("{stem}.{extension}")));
    let found = paths.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| Error::data(&pictures, format!("has no {stem}.jpg, .jpeg, .png or .webp")))
}

/// Reads a label map of `size` in which there are front and lens.
fn label_map(path: &Path, size: (u32, u32)) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    let image = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png);
    let image = image.map_err(|error| Error::unreadable(path, "cannot be decoded", error))?;
    let found = (image.width(), image.height());
    if found != size {
        let reason = format!("has {}×{} pixels, its photo {}×{}", found.0, found.1, size.0, size.1);
        return Err(Error::data(path, reason));
    }
    let labels = image.into_luma8().into_raw();
    if let Some(label) = labels.iter().find(|&&label| label > 3) {
        return Err(Error::data(path, format!("has the value {label}, expected 0 to 3")));
    }
    match [FRONT, LENS].into_iter().find(|label| !labels.contains(label)) {
        Some(label) => Err(Error::data(path, format!("has no pixel with the value {label}"))),
        None => Ok(labels),
    }
}
