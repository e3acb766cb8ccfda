//! Atomic file writes.

use crate::{Error, Result};
use std::path::Path;

/// Writes a file atomically: `bytes` go to `.NAME.partial` in the same folder, which is then
/// renamed.
///
/// At any time the file has either its old or its complete new content. `bytes` may be empty.
///
/// # Errors
/// [`Error::Argument`] if `path` does not name a file; [`Error::Io`] if the folder does not exist
/// or is not writable. A file that existed before is then unchanged.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(name) = path.file_name() else {
        let expected = "a path that ends in a file name".into();
        return Err(Error::Argument { name: "path", value: path.display().to_string(), expected });
    };
    let partial = path.with_file_name(format!(".{}.partial", name.to_string_lossy()));
    std::fs::write(&partial, bytes).map_err(Error::io(&partial, "written"))?;
    std::fs::rename(&partial, path).map_err(Error::io(path, "replaced"))
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
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
