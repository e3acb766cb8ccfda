//! Files that are whole at any time.

use crate::{Error, Result};
use std::path::Path;

/// Writes `bytes` to `.NAME.partial` in the same folder and renames that: what is at `path` is the file of before, or all
/// of the new one. No bytes make an empty file.
///
/// # Errors
/// [`Error::Argument`] for a path that does not name a file; [`Error::Io`] if the folder does not exist or cannot be
/// written to. What was at `path` then stays.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(name) = path.file_name() else {
        let expected = "the name of a file".into();
        return Err(Error::Argument { name: "path", value: path.display().to_string(), expected });
    };
    let beside = path.with_file_name(format!(".{}.partial", name.to_string_lossy()));
    std::fs::write(&beside, bytes).map_err(Error::io(&beside, "written"))?;
    std::fs::rename(&beside, path).map_err(Error::io(path, "replaced"))
}
