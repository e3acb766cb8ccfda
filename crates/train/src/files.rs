//! Atomic file writes.

use crate::{Error, Result};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes a file atomically: `bytes` go to `.NAME.partial` in the same folder, which is then
/// renamed.
///
/// At any time the file has either its old or its complete new content, also after a power failure.
/// `bytes` may be empty.
///
/// # Errors
/// [`Error::Argument`] if `path` does not name a file; [`Error::Io`] if the folder does not exist
/// or is not writable. A file that existed before is then unchanged.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(name) = path.file_name() else {
        let expected = "a path that ends in a file name".into();
        return Err(Error::Argument { name: "path", value: path.display().to_string(), expected });
    };
    let partial = path.with_file_name(format!(".{}{PARTIAL}", name.to_string_lossy()));
    let written = write_to_disk(&partial, bytes).map_err(Error::io(&partial, "written"));
    let replaced = written.and_then(|()| std::fs::rename(&partial, path).map_err(Error::io(path, "replaced")));
    if replaced.is_err() {
        // It may take the last space of a full disk. If it does not exist, nothing is to be done.
        let _ = std::fs::remove_file(&partial);
    }
    replaced
}

/// The ending of incomplete files.
const PARTIAL: &str = ".partial";

fn write_to_disk(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes the incomplete files that killed writers left in a folder, if it exists.
///
/// # Errors
/// [`Error::Io`] if the folder cannot be read or such a file cannot be removed.
pub(crate) fn remove_incomplete(folder: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(folder, "read")(error)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::io(folder, "read"))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(PARTIAL) {
            std::fs::remove_file(entry.path()).map_err(Error::io(&entry.path(), "removed"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_completely_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("stgan-test-{}-files", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(write_atomically(&folder.join("none/a.txt"), b"x").unwrap_err().code(), "io");
        assert_eq!(write_atomically(Path::new("/"), b"x").unwrap_err().code(), "argument");
        // A file cannot replace a folder.
        std::fs::create_dir_all(folder.join("b/c")).unwrap();
        assert_eq!(write_atomically(&folder.join("b"), b"x").unwrap_err().code(), "io");
        assert!(!folder.join(".b.partial").exists());
        std::fs::write(folder.join(".c.partial"), b"half").unwrap();
        remove_incomplete(&folder).unwrap();
        assert!(!folder.join(".c.partial").exists() && path.exists());
        remove_incomplete(&folder.join("none")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
