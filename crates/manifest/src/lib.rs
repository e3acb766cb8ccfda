//! The manifest of `stgan glasses`: what became of each photo of a batch. docs/product-photos.md
//! describes its fields.
//!
//! Reading validates: whatever the text is, the result is a [`Manifest`] whose file names have no
//! folders, or an [`Error`].

mod entry;
mod error;
mod shard;

pub use entry::{Entry, Failure, Outcome, Point, Prepared, Rect, Report};
pub use error::Error;
pub use shard::{Shard, merge};

use serde::{Deserialize, Serialize};

/// The version of the format. It grows if the meaning of a field changes.
pub const VERSION: u32 = 1;

/// The file of a batch or of a shard: `manifest.json` or `manifest-I-of-N.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the format.
    pub version: u32,
    /// Whether all photos have been processed.
    pub complete: bool,
    /// The settings of the batch.
    pub settings: Settings,
    /// All contact sheets.
    pub sheets: Vec<Sheet>,
    /// One entry for each photo, in the order of the sources.
    pub glasses: Vec<Entry>,
}

/// Whatever changes the images. Entries with other settings are not reused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The version of the program.
    pub program: String,
    /// The SHA-256 of the weights file, or `bundled`.
    pub weights: String,
    /// What was done with the background: `auto`, `never` or `always`.
    pub cut_out: String,
    /// Whether images have the size of their photo.
    pub keep_size: bool,
    /// Whether label maps were written.
    pub labels: bool,
}

/// A contact sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The name of the file.
    pub image: String,
    /// The SHA-256 of the entries that it shows.
    pub entries: String,
}

impl Manifest {
    /// An unfinished manifest without entries.
    pub fn new(settings: Settings) -> Self {
        Self { version: VERSION, complete: false, settings, sheets: Vec::new(), glasses: Vec::new() }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// - [`Error::Format`] for a text that is no manifest.
    /// - [`Error::Version`] for another version of the format.
    /// - [`Error::FileName`] for an image outside the manifest's folder.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let manifest: Self = serde_json::from_str(text).map_err(Error::Format)?;
        if manifest.version != VERSION {
            return Err(Error::Version(manifest.version));
        }
        // The program deletes and overwrites files of these names.
        let wrong = manifest.file_names().find(|name| !is_file_name(name)).map(str::to_owned);
        wrong.map_or(Ok(manifest), |name| Err(Error::FileName(name)))
    }

    /// The text of the manifest, with one line for each photo.
    ///
    /// # Errors
    /// None in practice: all fields can be written.
    pub fn to_json(&self) -> Result<String, Error> {
        let lines = |entries: Vec<serde_json::Result<String>>| -> Result<String, Error> {
            let entries = entries.into_iter().collect::<Result<Vec<_>, _>>().map_err(Error::Format)?;
            Ok(if entries.is_empty() { String::new() } else { format!("\n  {}\n", entries.join(",\n  ")) })
        };
        Ok(format!(
            "{{\n\"version\": {},\n\"complete\": {},\n\"settings\": {},\n\"sheets\": [{}],\n\"glasses\": [{}]\n}}\n",
            self.version,
            self.complete,
            serde_json::to_string(&self.settings).map_err(Error::Format)?,
            lines(self.sheets.iter().map(serde_json::to_string).collect())?,
            lines(self.glasses.iter().map(serde_json::to_string).collect())?,
        ))
    }

    /// The names of all files that the manifest describes.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        let sheets = self.sheets.iter().map(|sheet| sheet.image.as_str());
        let images = self.glasses.iter().filter_map(Entry::prepared);
        sheets.chain(images.flat_map(|image| [Some(image.image.as_str()), image.labels.as_deref()]).flatten())
    }
}

/// Whether a text is the name of a file, without a folder, on every operating system.
fn is_file_name(text: &str) -> bool {
    !text.is_empty() && !matches!(text, "." | "..") && !text.contains(['/', '\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let settings = Settings {
            program: "1".into(),
            weights: "bundled".into(),
            cut_out: "auto".into(),
            keep_size: false,
            labels: false,
        };
        let report = Report { kind: "cut-out".into(), lenses: "clear".into(), confidence: 0.9, warnings: vec![] };
        let prepared = Prepared {
            image: "a.png".into(),
            sha256: "00".into(),
            width: 3,
            height: 2,
            bounds: Rect { x: 0, y: 0, width: 3, height: 2 },
            lens_centres: [Point { x: 0.1, y: 1.0 / 3.0 }, Point { x: 2.5, y: 1.0 }],
            to_source: [1.0, 0.0, 7.0, 0.0, 1.0, 9.5, 0.0, 0.0, 1.0],
            labels: None,
            width_mm: Some(140.5),
            report,
        };
        let failed = Outcome::Failed { error: Failure::new("io", "gone") };
        let mut manifest = Manifest::new(settings);
        manifest.sheets = vec![Sheet { image: "sheet.jpg".into(), entries: "11".into() }];
        manifest.glasses =
            [("a.jpg", Some("ff".to_owned()), Outcome::Prepared(Box::new(prepared))), ("b.jpg", None, failed)]
                .map(|(source, source_sha256, outcome)| Entry { source: source.to_owned(), source_sha256, outcome })
                .into();
        manifest
    }

    #[test]
    fn manifests_are_read_as_they_were_written() {
        let manifest = manifest();
        assert_eq!(Manifest::parse(&manifest.to_json().unwrap()).unwrap(), manifest);
    }

    #[test]
    fn another_version_is_refused() {
        let text = Manifest { version: 2, ..manifest() }.to_json().unwrap();
        assert_eq!(Manifest::parse(&text).unwrap_err().code(), "manifest-version");
    }

    #[test]
    fn file_names_cannot_leave_the_folder() {
        for name in ["", ".", "..", "../a.jpg", "/etc/passwd", "a\\b", "C:a", "a/b"] {
            let mut other = manifest();
            other.sheets[0].image = name.into();
            let error = Manifest::parse(&other.to_json().unwrap()).unwrap_err();
            assert!(matches!(&error, Error::FileName(found) if found == name), "{error}");
        }
    }
}
