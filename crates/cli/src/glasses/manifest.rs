//! The manifests in the folder of a batch.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use stgan_manifest::{Entry, Manifest, Outcome, Settings, Shard, Sheet};
use stgan_train::write_atomically;

/// The SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The stem of the files of a batch or of a shard: `NAME` or `NAME-I-of-N`.
pub(super) fn named(name: &str, shard: Option<Shard>) -> String {
    shard.map_or(name.to_owned(), |shard| shard.named(name))
}

fn read(path: &Path) -> Result<Manifest> {
    let context = || path.display().to_string();
    Manifest::parse(&std::fs::read_to_string(path).with_context(context)?).with_context(context)
}

/// Writes a manifest atomically.
///
/// # Errors
/// If the file can't be written.
pub(super) fn write(manifest: &Manifest, path: &Path) -> Result<()> {
    Ok(write_atomically(path, manifest.to_json()?.as_bytes())?)
}

/// The names of all files in a folder.
fn file_names(folder: &Path) -> Result<Vec<String>> {
    let context = || folder.display().to_string();
    let entries = std::fs::read_dir(folder).with_context(context)?;
    let names = entries.map(|entry| Ok(entry.with_context(context)?.file_name().to_string_lossy().into_owned()));
    names.collect()
}

/// What earlier runs left in a folder.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Entries with the settings of this run, by source.
    pub entries: HashMap<String, Entry>,
    /// The real widths that the shop has added to manifests, by source.
    pub widths: HashMap<String, f64>,
}

impl Earlier {
    /// Reads all manifests in a folder. Those of other shards count too: a photo changes its shard
    /// if photos are added or the number of shards changes.
    ///
    /// # Errors
    /// If the folder or a manifest can't be read.
    pub(super) fn read(folder: &Path, settings: &Settings) -> Result<Self> {
        let mut earlier = Self::default();
        let mut names = file_names(folder)?;
        names.retain(|name| name == "manifest.json" || Shard::of_manifest(name).is_some());
        // `manifest.json`, which is published, comes last: its widths count.
        names.sort_unstable();
        for name in names {
            let manifest = read(&folder.join(name))?;
            for entry in manifest.glasses {
                if let Some(width) = entry.prepared().and_then(|prepared| prepared.width_mm) {
                    earlier.widths.insert(entry.source.clone(), width);
                }
                if manifest.settings == *settings {
                    earlier.entries.insert(entry.source.clone(), entry);
                }
            }
        }
        Ok(earlier)
    }

    /// The entry of a photo, with its real width.
    pub(super) fn entry(&self, source: &str) -> Option<Entry> {
        self.entries.get(source).map(|entry| self.with_width(entry.clone()))
    }

    /// An entry with the real width that an earlier run knew.
    pub(super) fn with_width(&self, mut entry: Entry) -> Entry {
        if let (Outcome::Prepared(prepared), Some(width)) = (&mut entry.outcome, self.widths.get(&entry.source)) {
            prepared.width_mm = Some(*width);
        }
        entry
    }
}

/// The contact sheets of an earlier manifest, if there is one.
pub(super) fn earlier_sheets(path: &Path) -> Vec<Sheet> {
    read(path).map_or(Vec::new(), |manifest| manifest.sheets)
}

/// Joins the manifests of all shards in a folder to `manifest.json`.
///
/// # Errors
/// If a manifest can't be read, and the errors of [`stgan_manifest::merge`].
pub(super) fn merge(folder: &Path) -> Result<Manifest> {
    let mut shards = Vec::new();
    for name in file_names(folder)? {
        if let Some(shard) = Shard::of_manifest(&name) {
            shards.push((shard, read(&folder.join(name))?));
        }
    }
    let merged = stgan_manifest::merge(shards).with_context(|| folder.display().to_string())?;
    write(&merged, &folder.join("manifest.json"))?;
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha_256_is_that_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        assert!(sha256(b"abc").starts_with("ba7816bf8f01cfea") && sha256(b"abc").ends_with("f20015ad"));
    }
}
