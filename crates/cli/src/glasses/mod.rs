//! `stgan glasses`: glasses cut out of product photos, one file or thousands.

mod manifest;
mod photos;
mod prepare;
mod progress;
mod sheet;

use crate::cut_out::{Cutter, Mode};
use crate::files;
use anyhow::{Context, Result, bail};
use manifest::Earlier;
use photos::Photo;
use prepare::{Batch, Done};
use progress::Progress;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use stgan_manifest::{Entry, Manifest, Settings, Shard, Sheet};

/// Cut glasses out of product photos
///
/// Writes DIR/STEM.png for each photo: the glasses without background, with see-through lenses,
/// level and cropped. DIR/manifest.json describes each image, and DIR/sheet.jpg shows them all. A
/// photo that can't be used does not stop the others: its entry in the manifest has an error, and
/// the exit status is 1. A second run skips photos that have not changed. docs/product-photos.md
/// describes the manifest, the errors and the warnings.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  stgan glasses photos -o cut-outs
  stgan glasses 'photos/**/*.jpg' -o cut-outs
  stgan glasses photos -o cut-outs --shard 0/16
  stgan glasses --merge cut-outs")]
pub(crate) struct Arguments {
    /// Product photos: JPEG, PNG or WebP files, folders of them (without their subfolders), or
    /// quoted patterns with *, ?, [...] and **
    #[arg(required_unless_present = "merge", value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Folder for images, manifest and contact sheets, created if missing
    #[arg(short, long, value_name = "DIR", required_unless_present = "merge")]
    output: Option<PathBuf>,
    /// What to do with the background
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Mode::Auto)]
    cut_out: Mode,
    /// Weights file of the cut-out network [default: bundled]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Write images of the size of the photo, with the glasses at their place, instead of level and
    /// cropped ones
    #[arg(long)]
    keep_size: bool,
    /// Also write DIR/STEM.labels.png for each opaque photo, one grey level for each pixel: 0
    /// background, 1 front, 2 lens, 3 temple arm
    #[arg(long, requires = "keep_size")]
    labels: bool,
    /// Exit with status 0 even if some photos have no cut-out
    #[arg(long)]
    lenient: bool,
    /// Process only part I of N, counted from 0: every N-th photo of the sorted list. Each part has
    /// its own manifest and contact sheets
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    shard: Option<Shard>,
    /// Join the manifests of all parts in DIR to DIR/manifest.json
    #[arg(long, value_name = "DIR", exclusive = true)]
    merge: Option<PathBuf>,
}

impl Arguments {
    /// The folder for the output. Only `--merge` has none.
    fn output(&self) -> &Path {
        self.output.as_deref().unwrap_or(Path::new("."))
    }
}

/// The time between two writes of an unfinished manifest.
const BETWEEN_WRITES: Duration = Duration::from_secs(5);

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(folder) = &arguments.merge {
        let manifest = manifest::merge(folder)?;
        let failed = manifest.glasses.iter().filter(|entry| entry.failure().is_some()).count();
        let (path, done) = (folder.join("manifest.json"), manifest.glasses.len() - failed);
        files::print(&format!("{}: {done} cut-outs, {failed} photos without one\n", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let output = arguments.output();
    let photos = photos::collect(&arguments.photos)?;
    photos::check_output(&photos, output)?;
    let photos = photos::of_shard(photos, arguments.shard);
    let cutter = Cutter::new(arguments.cut_out, arguments.weights.as_deref())?;
    std::fs::create_dir_all(output).with_context(|| output.display().to_string())?;
    let settings = settings(arguments)?;
    let earlier = Earlier::read(output, &settings)?;
    let batch = Batch { arguments, cutter, settings, earlier };
    let (manifest, reused) = process(&batch, &photos)?;
    let failed = manifest.glasses.iter().filter(|entry| entry.failure().is_some()).count();
    let (all, done) = (photos.len(), photos.len() - failed);
    files::print(&format!("{}: {done} of {all} photos cut out, {reused} of them earlier\n", output.display()))?;
    if failed > 0 && !arguments.lenient {
        let path = output.join(manifest::named("manifest", arguments.shard) + ".json");
        bail!("{failed} of {all} photos have no cut-out; {} and the contact sheet say why", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn settings(arguments: &Arguments) -> Result<Settings> {
    let weights = match &arguments.weights {
        Some(path) => manifest::sha256(&files::read(path)?),
        None => "bundled".to_owned(),
    };
    Ok(Settings {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        weights,
        cut_out: arguments.cut_out.name().to_owned(),
        keep_size: arguments.keep_size,
        labels: arguments.labels,
    })
}

/// Processes all photos and writes the manifest. Returns it, and how many cut-outs are those of an
/// earlier run.
fn process(batch: &Batch, photos: &[Photo]) -> Result<(Manifest, usize)> {
    let shard = batch.arguments.shard;
    let unfinished = Unfinished::new(batch, photos)?;
    let earlier_sheets = &unfinished.earlier_sheets;
    let progress = Progress::new(photos.len())?;
    let mut sheets = Vec::new();
    let mut reused = 0;
    for (index, page) in photos.chunks(sheet::PHOTOS).enumerate() {
        let one = |(i, photo): (usize, &Photo)| {
            let done = batch.process(photo);
            if let Some(error) = done.entry.failure().filter(|_| !done.reused) {
                progress.say(&format!("{}: {}: {}", done.entry.source, error.code, error.message));
            }
            unfinished.set(sheet::PHOTOS * index + i, &done.entry)?;
            progress.count();
            Ok(done)
        };
        // One photo at a time: their durations differ.
        let done = page.par_iter().enumerate().with_max_len(1).map(one).collect::<Result<Vec<Done>>>()?;
        reused += done.iter().filter(|done| done.reused && done.entry.failure().is_none()).count();
        let name = sheet::name(shard, index);
        sheets.push(sheet::write(batch.arguments.output(), name, page, done, earlier_sheets)?);
    }
    progress.finish();
    for outdated in earlier_sheets.iter().filter(|old| sheets.iter().all(|sheet| sheet.image != old.image)) {
        // It may have been deleted already.
        let _ = std::fs::remove_file(batch.arguments.output().join(&outdated.image));
    }
    Ok((unfinished.finish(sheets)?, reused))
}

/// The manifest of a run, written now and then so that an interrupted run can continue.
struct Unfinished {
    path: PathBuf,
    settings: Settings,
    earlier_sheets: Vec<Sheet>,
    state: Mutex<State>,
}

struct State {
    /// The entries of photos that are done, or that an earlier run has done. The latter are checked
    /// when it is their turn.
    entries: Vec<Option<Entry>>,
    written: Instant,
}

impl Unfinished {
    /// Replaces the manifest of an earlier run by an unfinished one.
    ///
    /// # Errors
    /// If the manifest can't be written.
    fn new(batch: &Batch, photos: &[Photo]) -> Result<Self> {
        let name = manifest::named("manifest", batch.arguments.shard);
        let path = batch.arguments.output().join(name + ".json");
        let entries = photos.iter().map(|photo| batch.earlier.entry(&photo.path.display().to_string()));
        let unfinished = Self {
            settings: batch.settings.clone(),
            earlier_sheets: manifest::earlier_sheets(&path),
            state: Mutex::new(State { entries: entries.collect(), written: Instant::now() }),
            path,
        };
        unfinished.write(&unfinished.lock(), false, unfinished.earlier_sheets.clone())?;
        Ok(unfinished)
    }

    /// Sets the entry of a photo.
    ///
    /// # Errors
    /// If the manifest can't be written.
    fn set(&self, index: usize, entry: &Entry) -> Result<()> {
        let mut state = self.lock();
        state.entries[index] = Some(entry.clone());
        if state.written.elapsed() >= BETWEEN_WRITES {
            state.written = Instant::now();
            self.write(&state, false, self.earlier_sheets.clone())?;
        }
        Ok(())
    }

    fn finish(&self, sheets: Vec<Sheet>) -> Result<Manifest> {
        self.write(&self.lock(), true, sheets)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, state: &State, complete: bool, sheets: Vec<Sheet>) -> Result<Manifest> {
        let glasses = state.entries.iter().flatten().cloned().collect();
        let manifest = Manifest { complete, sheets, glasses, ..Manifest::new(self.settings.clone()) };
        manifest::write(&manifest, &self.path)?;
        Ok(manifest)
    }
}
