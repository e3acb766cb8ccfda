//! Where a run writes.

use super::checkpoint;
use crate::Result;
use std::path::{Path, PathBuf};

/// The folder of a run: `config.toml`, `metrics.jsonl`, `checkpoints/`, and the weights, written with every checkpoint.
///
/// Those of generators are `weights.safetensors`; beside them are `best.safetensors`, which did best on the validation
/// split (the sum of median and 95th percentile), `losses.png`, `landmark-error.png` and `examples.png`. A locator's are
/// `locator.safetensors`.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Names a folder, which need not be there.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The newest checkpoint; none in a folder without any, or that does not exist.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the folder is there and cannot be read.
    pub fn newest_checkpoint(&self) -> Result<Option<PathBuf>> {
        Ok(checkpoint::all(&self.checkpoints())?.pop())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn checkpoints(&self) -> PathBuf {
        self.file("checkpoints")
    }
}
