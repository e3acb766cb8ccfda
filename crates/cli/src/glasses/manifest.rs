//! The manifest of a batch of cut-outs. docs/product-photos.md describes its fields.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use stgan_train::write_atomically;

/// The version of the format. It grows if the meaning of a field changes.
const VERSION: u32 = 1;

/// A part of a batch: photos `index`, `index + count`, `index + 2·count` and so on of all photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 0 to `count − 1`.
    pub index: usize,
    pub count: usize,
}

impl Shard {
    /// Parses `I/N`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err("expected I/N with I from 0 to N − 1, for example 0/8".into()),
        }
    }
}

/// The file of a batch or of a shard: `manifest.json` or `manifest-I-of-N.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub version: u32,
    /// Whether all photos have been processed.
    pub complete: bool,
    pub settings: Settings,
    pub sheets: Vec<Sheet>,
    /// One entry for each photo, in the order of the sources.
    pub glasses: Vec<Entry>,
}

/// Whatever changes the images. Entries with other settings are not reused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    /// The version of the program.
    pub program: String,
    /// The SHA-256 of the weights file, or `bundled`.
    pub weights: String,
    pub cut_out: String,
    pub keep_size: bool,
    pub labels: bool,
}

/// A contact sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sheet {
    /// The name of the file.
    pub image: String,
    /// The SHA-256 of the entries that it shows.
    pub entries: String,
}

/// A photo, and its cut-out or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    /// The path of the photo as given.
    pub source: String,
    /// The SHA-256 of the photo, unless it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    Prepared(Box<Prepared>),
    Failed { error: Failure },
}

/// A cut-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prepared {
    /// The name of the image file, relative to the manifest.
    pub image: String,
    /// The SHA-256 of the image file.
    pub sha256: String,
    pub width: u32,
    pub height: u32,
    /// The box around all pixels that are at least 10 % opaque.
    pub bounds: Rect,
    /// In pixels of the image, the left one first.
    pub lens_centres: [Point; 2],
    /// The map from pixels of the image to pixels of the photo: a 3×3 matrix in row-major order.
    pub to_source: [f64; 9],
    /// The name of the label map, if one was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub labels: Option<String>,
    pub report: Report,
}

/// A rectangle of pixels: the top-left corner and the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rect {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl From<stgan::Rect> for Rect {
    fn from(stgan::Rect { x, y, width, height }: stgan::Rect) -> Self {
        Self { x, y, width, height }
    }
}

/// A point in pixels from the top-left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

impl From<[f64; 2]> for Point {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

/// What was found and done. The names are those of the library's report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Report {
    pub kind: String,
    pub lenses: String,
    pub confidence: f64,
    pub warnings: Vec<String>,
}

impl Report {
    pub(super) fn new(report: &stgan::glasses::Report) -> Self {
        Self {
            kind: report.kind.name().to_owned(),
            lenses: report.lenses.name().to_owned(),
            confidence: report.confidence,
            warnings: report.warnings.iter().map(|warning| warning.code().to_owned()).collect(),
        }
    }
}

/// Why a photo has no cut-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// A short, stable name in kebab case.
    pub code: String,
    pub message: String,
}

impl Failure {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// Whether another try may succeed with the same photo.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.code.as_str(), "io" | "internal")
    }
}

impl From<stgan::Error> for Failure {
    fn from(error: stgan::Error) -> Self {
        Self::new(error.code(), error.report())
    }
}

impl From<stgan_decoder::Error> for Failure {
    fn from(error: stgan_decoder::Error) -> Self {
        Self::new(error.code(), format!("{:#}", anyhow::Error::from(error)))
    }
}

impl From<stgan_train::Error> for Failure {
    fn from(error: stgan_train::Error) -> Self {
        Self::new(error.code(), format!("{:#}", anyhow::Error::from(error)))
    }
}

impl Entry {
    pub(super) fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failed { error } => Some(error),
            Outcome::Prepared(_) => None,
        }
    }
}

/// The SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The name of the files of a batch or of a shard: `manifest` or `manifest-I-of-N`.
pub(super) fn named(name: &str, shard: Option<Shard>) -> String {
    shard.map_or(name.to_owned(), |Shard { index, count }| format!("{name}-{index}-of-{count}"))
}

impl Manifest {
    pub(super) fn new(settings: Settings) -> Self {
        Self { version: VERSION, complete: false, settings, sheets: Vec::new(), glasses: Vec::new() }
    }

    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let manifest: Self = serde_json::from_str(&text).with_context(|| {
            format!("{} is not a manifest of `stgan glasses`; delete it and start again", path.display())
        })?;
        let version = manifest.version;
        ensure!(
            version == VERSION,
            "{} has version {version}; this release reads version {VERSION}: delete the file and start again",
            path.display()
        );
        Ok(manifest)
    }

    /// Writes the manifest with one line for each photo.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let lines = |entries: Vec<serde_json::Result<String>>| -> Result<String> {
            let entries = entries.into_iter().collect::<Result<Vec<_>, _>>()?;
            Ok(if entries.is_empty() { String::new() } else { format!("\n  {}\n", entries.join(",\n  ")) })
        };
        let text = format!(
            "{{\n\"version\": {},\n\"complete\": {},\n\"settings\": {},\n\"sheets\": [{}],\n\"glasses\": [{}]\n}}\n",
            self.version,
            self.complete,
            serde_json::to_string(&self.settings)?,
            lines(self.sheets.iter().map(serde_json::to_string).collect())?,
            lines(self.glasses.iter().map(serde_json::to_string).collect())?,
        );
        Ok(write_atomically(path, text.as_bytes())?)
    }
}

/// The number of a shard's manifest: `manifest-I-of-N.json`.
fn shard_of(name: &str) -> Option<Shard> {
    let (index, count) = name.strip_prefix("manifest-")?.strip_suffix(".json")?.split_once("-of-")?;
    Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? })
}

/// The names of all files in a folder.
fn file_names(folder: &Path) -> Result<Vec<String>> {
    let context = || folder.display().to_string();
    let entries = std::fs::read_dir(folder).with_context(context)?;
    let names = entries.map(|entry| Ok(entry.with_context(context)?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

/// The entries with the same settings of all manifests in a folder, by source. The manifests of
/// other shards count too: a photo changes its shard if photos are added or the number of shards
/// changes.
///
/// # Errors
/// If the folder or a manifest can't be read.
pub(super) fn earlier(folder: &Path, settings: &Settings) -> Result<HashMap<String, Entry>> {
    let mut entries = HashMap::new();
    for name in file_names(folder)? {
        if name != "manifest.json" && shard_of(&name).is_none() {
            continue;
        }
        let manifest = Manifest::read(&folder.join(name))?;
        if manifest.settings == *settings {
            entries.extend(manifest.glasses.into_iter().map(|entry| (entry.source.clone(), entry)));
        }
    }
    Ok(entries)
}

/// The contact sheets of an earlier manifest, if there is one.
pub(super) fn earlier_sheets(path: &Path) -> Vec<Sheet> {
    Manifest::read(path).map_or(Vec::new(), |manifest| manifest.sheets)
}

/// Joins the manifests of all shards in a folder to `manifest.json`.
///
/// # Errors
/// If shards are missing, unfinished, of different numbers, or have different settings.
pub(super) fn merge(folder: &Path) -> Result<Manifest> {
    let mut shards = BTreeMap::new();
    let mut counts = Vec::new();
    for name in file_names(folder)? {
        if let Some(Shard { index, count }) = shard_of(&name) {
            counts.push(count);
            shards.insert(index, Manifest::read(&folder.join(name))?);
        }
    }
    counts.sort_unstable();
    counts.dedup();
    let folder_name = folder.display();
    let count = match counts[..] {
        [] => bail!("{folder_name} has no manifest of a shard (manifest-I-of-N.json)"),
        [count] => count,
        _ => bail!("{folder_name} has manifests of runs with {counts:?} shards; delete the manifests of outdated runs"),
    };
    let missing: Vec<usize> = (0..count).filter(|index| !shards.get(index).is_some_and(|m| m.complete)).collect();
    ensure!(
        missing.is_empty(),
        "{folder_name}: of {count} shards these are missing or unfinished: {missing:?}; run them again"
    );
    let mut shards = shards.into_values();
    let mut merged = shards.next().context("internal error: no shard")?;
    for shard in shards {
        ensure!(
            shard.settings == merged.settings,
            "{folder_name}: shards have different settings; run all shards with the same options"
        );
        merged.sheets.extend(shard.sheets);
        merged.glasses.extend(shard.glasses);
    }
    // The order of paths, not of text, as in a batch without shards.
    merged.glasses.sort_by(|a, b| Path::new(&a.source).cmp(Path::new(&b.source)));
    merged.write(&folder.join("manifest.json"))?;
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_zero() {
        assert_eq!(Shard::parse("0/3"), Ok(Shard { index: 0, count: 3 }));
        assert_eq!(Shard::parse("2/3"), Ok(Shard { index: 2, count: 3 }));
        for wrong in ["3/3", "0/0", "-1/3", "1", "1/x", ""] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn manifests_are_read_as_they_were_written() {
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
            sha256: sha256(b"abc"),
            width: 3,
            height: 2,
            bounds: Rect { x: 0, y: 0, width: 3, height: 2 },
            lens_centres: [Point { x: 0.1, y: 1.0 / 3.0 }, Point { x: 2.5, y: 1.0 }],
            to_source: [1.0, 0.0, 7.0, 0.0, 1.0, 9.5, 0.0, 0.0, 1.0],
            labels: None,
            report,
        };
        let failed = Outcome::Failed { error: Failure::new("io", "gone") };
        let mut manifest = Manifest::new(settings);
        manifest.glasses =
            [("a.jpg", Some("ff".to_owned()), Outcome::Prepared(Box::new(prepared))), ("b.jpg", None, failed)]
                .map(|(source, source_sha256, outcome)| Entry { source: source.to_owned(), source_sha256, outcome })
                .into();
        let path = std::env::temp_dir().join(format!("stgan-manifest-{}.json", std::process::id()));
        manifest.write(&path).unwrap();
        let read = Manifest::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((read.glasses, read.settings), (manifest.glasses, manifest.settings));
        // FIPS 180-2, appendix B.1.
        assert!(sha256(b"abc").starts_with("ba7816bf8f01cfea") && sha256(b"abc").ends_with("f20015ad"));
    }
}
