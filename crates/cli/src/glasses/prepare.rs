//! One photo of a batch: its files and its entry in the manifest.

use super::Arguments;
use super::manifest::{Earlier, sha256};
use super::photos::Photo;
use crate::cut_out::Cutter;
use crate::files;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use stgan::compose::Foreground;
use stgan::glasses::Warning;
use stgan::internals::glasses::{Extract, extract};
use stgan::{Bitmap, Homography};
use stgan_manifest::{Entry, Failure, Outcome, Prepared, Report, Settings};
use stgan_train::evaluate::in_place;
use stgan_train::write_atomically;

/// What all photos of a batch share.
pub(super) struct Batch<'a> {
    pub arguments: &'a Arguments,
    pub cutter: Cutter,
    pub settings: Settings,
    pub earlier: Earlier,
}

/// What became of a photo in this run.
pub(super) struct Done {
    pub entry: Entry,
    /// Whether files and entry are those of an earlier run.
    pub reused: bool,
    pub thumbnails: Thumbnails,
}

/// Small copies for the contact sheet; `None` if an image was not read or does not exist.
#[derive(Default)]
pub(super) struct Thumbnails {
    pub photo: Option<Bitmap>,
    pub image: Option<Bitmap>,
}

impl Batch<'_> {
    /// Processes a photo. A failure becomes an entry, even a panic of the library.
    pub(super) fn process(&self, photo: &Photo) -> Done {
        let source = photo.path.display().to_string();
        let done = catch_unwind(AssertUnwindSafe(|| self.read(photo, &source))).unwrap_or_else(|_| {
            let failure = Failure::new("internal", "a defect of the program; please report it with the photo");
            Done::failed(source, None, Thumbnails::default(), failure)
        });
        Done { entry: self.earlier.with_width(done.entry), ..done }
    }

    fn read(&self, photo: &Photo, source: &str) -> Done {
        let bytes = match std::fs::read(&photo.path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let failure = Failure::new("io", format!("the photo cannot be read: {error}"));
                return Done::failed(source.to_owned(), None, Thumbnails::default(), failure);
            }
        };
        let hash = sha256(&bytes);
        if let Some(entry) = self.earlier.entries.get(source).filter(|entry| self.is_current(entry, photo, &hash)) {
            return Done { entry: entry.clone(), reused: true, thumbnails: Thumbnails::default() };
        }
        let mut thumbnails = Thumbnails::default();
        match self.cut_out(photo, &bytes, &mut thumbnails) {
            Ok(prepared) => {
                let outcome = Outcome::Prepared(Box::new(prepared));
                let entry = Entry { source: source.to_owned(), source_sha256: Some(hash), outcome };
                Done { entry, reused: false, thumbnails }
            }
            Err(failure) => Done::failed(source.to_owned(), Some(hash), thumbnails, failure),
        }
    }

    /// Whether an entry with the batch's settings holds for a photo with the SHA-256 `hash`, and
    /// its image file is unchanged.
    fn is_current(&self, entry: &Entry, photo: &Photo, hash: &str) -> bool {
        if entry.source_sha256.as_deref() != Some(hash) {
            return false;
        }
        match &entry.outcome {
            Outcome::Failed { error } => !error.may_pass(),
            Outcome::Prepared(prepared) => {
                let path = self.arguments.output().join(&prepared.image);
                let has_labels =
                    prepared.labels.as_ref().is_none_or(|labels| self.arguments.output().join(labels).exists());
                has_labels
                    && prepared.image == image_name(photo)
                    && std::fs::read(path).is_ok_and(|bytes| sha256(&bytes) == prepared.sha256)
            }
        }
    }

    /// Writes the files of a photo.
    fn cut_out(&self, photo: &Photo, bytes: &[u8], thumbnails: &mut Thumbnails) -> Result<Prepared, Failure> {
        let decoded = stgan_decoder::decode(bytes).map_err(|error| failure(error.code(), error))?;
        let source = Bitmap::new(decoded.width, decoded.height, decoded.pixels)?;
        thumbnails.photo = Some(files::thumbnail(&source, super::sheet::THUMBNAIL)?);
        let extract = extract(source.as_ref(), self.cutter.removal())?;
        let mut report = Report::new(&extract.report);
        let (image, bounds, lens_centres, to_source, labels);
        if self.arguments.keep_size {
            // Nothing is rotated at the photo's own place.
            report.warnings.retain(|warning| warning != Warning::Straightened.code());
            let placed = in_place(&extract, (source.width(), source.height()))?;
            bounds = Foreground::new(placed.image.as_ref())?.bounding_box();
            lens_centres = in_source(&extract);
            to_source = Homography::IDENTITY;
            (image, labels) = (placed.image, placed.labels);
        } else {
            let glasses = extract.into_glasses()?;
            bounds = glasses.foreground().bounding_box();
            lens_centres = glasses.lens_centres();
            to_source = *glasses.to_source();
            (image, labels) = (glasses.image().to_owned(), None);
        }
        thumbnails.image = Some(files::thumbnail(&image, super::sheet::THUMBNAIL)?);
        let (width, height) = (image.width(), image.height());
        let labels = self.write_labels(photo, (width, height), labels.filter(|_| self.arguments.labels))?;
        let name = image_name(photo);
        let png = files::small_png(&image).map_err(internal)?;
        write_atomically(&self.arguments.output().join(&name), &png).map_err(not_written)?;
        Ok(Prepared {
            image: name,
            sha256: sha256(&png),
            width,
            height,
            bounds: bounds.into(),
            lens_centres: lens_centres.map(|centre| centre.map(|value| rounded(value, 1e3)).into()),
            to_source: to_source.normalized()?.0.map(|value| rounded(value, 1e9)),
            labels,
            width_mm: None,
            report: Report { confidence: rounded(report.confidence, 1e4), ..report },
        })
    }

    /// Writes a label map and returns its name; without one, removes that of an earlier run.
    fn write_labels(
        &self,
        photo: &Photo,
        size: (u32, u32),
        labels: Option<Vec<u8>>,
    ) -> Result<Option<String>, Failure> {
        let name = format!("{}.labels.png", photo.name);
        let path = self.arguments.output().join(&name);
        match labels {
            Some(labels) => {
                write_atomically(&path, &files::grey_png(size, &labels).map_err(internal)?).map_err(not_written)?;
                Ok(Some(name))
            }
            None => {
                // The file usually does not exist.
                let _ = std::fs::remove_file(path);
                Ok(None)
            }
        }
    }
}

impl Done {
    fn failed(source: String, hash: Option<String>, thumbnails: Thumbnails, error: Failure) -> Self {
        let entry = Entry { source, source_sha256: hash, outcome: Outcome::Failed { error } };
        Self { entry, reused: false, thumbnails }
    }
}

impl Thumbnails {
    /// Reads what a run that reused an entry did not.
    pub(super) fn complete(&mut self, photo: &Photo, entry: &Entry, folder: &Path) {
        let read = |path: &Path| files::thumbnail(&files::read_image(path).ok()?, super::sheet::THUMBNAIL).ok();
        if self.photo.is_none() {
            self.photo = read(&photo.path);
        }
        if let (None, Outcome::Prepared(prepared)) = (&self.image, &entry.outcome) {
            self.image = read(&folder.join(&prepared.image));
        }
    }
}

fn image_name(photo: &Photo) -> String {
    format!("{}.png", photo.name)
}

/// The lens centres in pixels of the photo.
fn in_source(extract: &Extract) -> [[f64; 2]; 2] {
    extract.lens_centres.map(|[x, y]| [x + f64::from(extract.rect.x), y + f64::from(extract.rect.y)])
}

/// Few digits keep the manifest small, and equal after it is read.
fn rounded(value: f64, by: f64) -> f64 {
    (value * by).round() / by
}

/// A failure with the messages of an error and of its causes.
fn failure(code: &str, error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(code, format!("{:#}", error.into()))
}

fn not_written(error: stgan_train::Error) -> Failure {
    failure(error.code(), error)
}

fn internal(error: anyhow::Error) -> Failure {
    failure("internal", error)
}
