//! Contact sheets of a batch.

use super::manifest::{named, sha256};
use super::photos::Photo;
use super::prepare::{Done, Thumbnails};
use crate::files;
use anyhow::Result;
use rayon::prelude::*;
use std::path::Path;
use stgan_manifest::{Entry, Outcome, Shard, Sheet};
use stgan_train::report::sheet::{self, Cell, Tone};

/// The number of photos on a contact sheet.
pub(super) const PHOTOS: usize = 100;
/// The largest width and height of a thumbnail in pixels.
pub(super) const THUMBNAIL: (u32, u32) = sheet::IMAGE;

/// The contact sheet of some photos. It is written unless `earlier` has the same one.
///
/// # Errors
/// If the file can't be written.
pub(super) fn write(
    folder: &Path,
    name: String,
    photos: &[Photo],
    done: Vec<Done>,
    earlier: &[Sheet],
) -> Result<Sheet> {
    let entries: Vec<&Entry> = done.iter().map(|done| &done.entry).collect();
    let sheet = Sheet { entries: sha256(serde_json::to_string(&entries)?.as_bytes()), image: name };
    let path = folder.join(&sheet.image);
    if done.iter().all(|done| done.reused) && earlier.contains(&sheet) && path.exists() {
        return Ok(sheet);
    }
    let cells = photos.par_iter().zip(done).map(|(photo, Done { entry, mut thumbnails, .. })| {
        thumbnails.complete(photo, &entry, folder);
        cell(photo, &entry, thumbnails)
    });
    files::write_image(&path, sheet::draw(&cells.collect::<Vec<_>>())?)?;
    Ok(sheet)
}

/// The name of the sheet with this index.
pub(super) fn name(shard: Option<Shard>, index: usize) -> String {
    match index {
        0 => format!("{}.jpg", named("sheet", shard)),
        _ => format!("{}-{}.jpg", named("sheet", shard), index + 1),
    }
}

fn cell(photo: &Photo, entry: &Entry, Thumbnails { photo: before, image: after }: Thumbnails) -> Cell {
    let name = photo.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (caption, tone) = match &entry.outcome {
        Outcome::Failed { error } => (error.code.clone(), Tone::Bad),
        Outcome::Prepared(prepared) => {
            let report = &prepared.report;
            let facts = [report.kind.clone(), report.lenses.clone(), format!("{:.2}", report.confidence)];
            let facts: Vec<String> = facts.into_iter().chain(report.warnings.iter().cloned()).collect();
            let doubtful = ["uncertain", "opaque-background", "low-resolution"];
            let is_doubtful = report.warnings.iter().any(|warning| doubtful.contains(&warning.as_str()));
            (facts.join(" · "), if is_doubtful { Tone::Doubtful } else { Tone::Good })
        }
    };
    Cell { before, after, name, caption, tone }
}
