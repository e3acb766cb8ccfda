//! Parts of a batch that run as tasks of their own.

use crate::error::MAX_LISTED;
use crate::{Error, Manifest};
use std::collections::BTreeMap;
use std::path::Path;

/// A part of a batch: photos `index`, `index + count`, `index + 2·count` and so on of all photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0 to `count − 1`.
    pub index: usize,
    /// The number of all shards.
    pub count: usize,
}

impl Shard {
    /// Parses `I/N`.
    ///
    /// # Errors
    /// A description of what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shard = text.split_once('/').and_then(|(index, count)| Self::of(index, count));
        shard.ok_or_else(|| "expected I/N with I from 0 to N − 1, for example 0/8".into())
    }

    /// The shard of a manifest with this file name; `None` unless it is `manifest-I-of-N.json`.
    pub fn of_manifest(name: &str) -> Option<Self> {
        let (index, count) = name.strip_prefix("manifest-")?.strip_suffix(".json")?.split_once("-of-")?;
        let shard = Self::of(index, count)?;
        // Two spellings of a number would be two manifests of one shard.
        (format!("{}.json", shard.named("manifest")) == name).then_some(shard)
    }

    fn of(index: &str, count: &str) -> Option<Self> {
        let shard = Self { index: index.parse().ok()?, count: count.parse().ok()? };
        (shard.index < shard.count).then_some(shard)
    }

    /// The stem of this shard's file: `NAME-I-of-N`.
    pub fn named(self, name: &str) -> String {
        format!("{name}-{}-of-{}", self.index, self.count)
    }
}

/// Joins the manifests of all shards of a batch.
///
/// # Errors
/// [`Error::NoShards`], [`Error::ShardCounts`], [`Error::ShardsMissing`] or
/// [`Error::ShardSettings`] if they are not the complete shards of one batch.
pub fn merge(shards: Vec<(Shard, Manifest)>) -> Result<Manifest, Error> {
    let mut counts: Vec<usize> = shards.iter().map(|(shard, _)| shard.count).collect();
    counts.sort_unstable();
    counts.dedup();
    let count = match counts[..] {
        [] => return Err(Error::NoShards),
        [count] => count,
        _ => return Err(Error::ShardCounts(counts)),
    };
    let mut shards: BTreeMap<usize, Manifest> = shards.into_iter().map(|(shard, m)| (shard.index, m)).collect();
    // A file name can declare any number of shards.
    let unfinished = (0..count).filter(|index| !shards.get(index).is_some_and(|manifest| manifest.complete));
    let missing: Vec<usize> = unfinished.take(MAX_LISTED + 1).collect();
    let Some((_, mut merged)) = shards.pop_first().filter(|_| missing.is_empty()) else {
        return Err(Error::ShardsMissing { count, missing });
    };
    for shard in shards.into_values() {
        if shard.settings != merged.settings {
            return Err(Error::ShardSettings);
        }
        merged.sheets.extend(shard.sheets);
        merged.glasses.extend(shard.glasses);
    }
    // The order of paths, not of text, as in a batch without shards.
    merged.glasses.sort_by(|a, b| Path::new(&a.source).cmp(Path::new(&b.source)));
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn shards_count_from_zero() {
        assert_eq!(Shard::parse("0/3"), Ok(Shard { index: 0, count: 3 }));
        assert_eq!(Shard::parse("2/3"), Ok(Shard { index: 2, count: 3 }));
        for wrong in ["3/3", "0/0", "-1/3", "1", "1/x", ""] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn manifests_of_shards_are_known_by_their_names() {
        assert_eq!(Shard::of_manifest("manifest-2-of-3.json"), Some(Shard { index: 2, count: 3 }));
        for wrong in ["manifest.json", "manifest-3-of-3.json", "manifest-02-of-3.json", "manifest-+1-of-3.json"] {
            assert_eq!(Shard::of_manifest(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_missing_shard_is_an_error_however_many_are_declared() {
        let settings = Settings {
            program: String::new(),
            weights: String::new(),
            cut_out: String::new(),
            keep_size: false,
            labels: false,
        };
        let complete = || Manifest { complete: true, ..Manifest::new(settings.clone()) };
        let of = |count: usize, indices: &[usize]| {
            merge(indices.iter().map(|&index| (Shard { index, count }, complete())).collect())
        };
        assert!(of(2, &[0, 1]).is_ok());
        let message = of(3, &[0, 2]).unwrap_err().to_string();
        assert!(message.contains("unfinished: 1; run"), "{message}");
        let message = of(usize::MAX, &[0]).unwrap_err().to_string();
        assert!(message.contains("unfinished: 1, 2, 3, ") && message.contains("20, …;"), "{message}");
    }
}
