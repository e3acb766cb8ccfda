//! The lock of a run's folder.

use crate::{Error, Result};
use std::fs::{File, OpenOptions};
use std::path::Path;

/// The name of the file that is locked. It stays in the folder and is empty.
const FILE: &str = ".lock";

/// Holds the folder of a run until it is dropped. The operating system frees it if the process
/// ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a folder.
    ///
    /// # Errors
    /// [`Error::Data`] if another run has it; [`Error::Io`] if the file cannot be opened or locked.
    pub(super) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(Error::io(&path, "opened"))?;
        // Not the method of `File`: it needs Rust 1.89.
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Self { _file: file }),
            Err(fs4::TryLockError::WouldBlock) => Err(Error::data(
                folder,
                "another run is training in this folder; choose another one or wait for its end",
            )),
            Err(fs4::TryLockError::Error(error)) => Err(Error::io(&path, "locked")(error)),
        }
    }
}
