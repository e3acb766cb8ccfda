//! The folder of a run.

use super::checkpoint;
use crate::Result;
use std::path::{Path, PathBuf};

/// The folder of a run: `config.toml`, `metrics.jsonl`, `checkpoints/` and the weights.
///
/// The weights are written with every checkpoint: `weights.safetensors` for generators,
/// `locator.safetensors` for a locator. A run of generators also writes `best.safetensors` (the
/// weights with the lowest sum of median and 95th percentile on the validation split),
/// `losses.png`, `landmark-error.png` and `examples.png`.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Names a folder. It need not exist.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The newest checkpoint. None if the folder does not exist or has no checkpoint.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the folder exists and cannot be read.
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
