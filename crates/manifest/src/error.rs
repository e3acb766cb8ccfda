use crate::VERSION;

/// Why a text is no valid manifest, or why shards cannot be joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that is no manifest.
    #[error("this is not a manifest of `stgan glasses`; delete it and start again")]
    Format(#[source] serde_json::Error),
    /// A manifest of another version.
    #[error("the manifest has version {0}; this release reads version {VERSION}: delete the file and start again")]
    Version(u32),
    /// An image outside the manifest's folder.
    #[error("`{0}` is not the name of a file in the folder of the manifest; delete the manifest and start again")]
    FileName(String),
    /// No shards to join.
    #[error("there is no manifest of a shard (manifest-I-of-N.json)")]
    NoShards,
    /// Shards of runs with different numbers of shards.
    #[error("there are manifests of runs with {0:?} shards; delete the manifests of outdated runs")]
    ShardCounts(Vec<usize>),
    /// Shards that are missing or unfinished.
    #[error("of {count} shards these are missing or unfinished: {}; run them again", listed(.missing))]
    ShardsMissing {
        /// The number of shards.
        count: usize,
        /// The first indices of missing or unfinished shards.
        missing: Vec<usize>,
    },
    /// Shards with different settings.
    #[error("shards have different settings; run all shards with the same options")]
    ShardSettings,
}

/// The largest number of missing shards in a message.
pub(crate) const MAX_LISTED: usize = 20;

fn listed(indices: &[usize]) -> String {
    let more = if indices.len() > MAX_LISTED { ", …" } else { "" };
    let texts: Vec<String> = indices.iter().take(MAX_LISTED).map(usize::to_string).collect();
    texts.join(", ") + more
}

impl Error {
    /// A short, stable name in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format(_) => "manifest-format",
            Self::Version(_) => "manifest-version",
            Self::FileName(_) => "manifest-file-name",
            Self::NoShards | Self::ShardCounts(_) | Self::ShardsMissing { .. } | Self::ShardSettings => "shards",
        }
    }
}
