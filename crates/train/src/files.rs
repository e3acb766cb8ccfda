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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("stgan-test-{}-files", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(write_atomically(&folder.join("none/a.txt"), b"x").unwrap_err().code(), "io");
        assert_eq!(write_atomically(Path::new("/"), b"x").unwrap_err().code(), "argument");
        // A folder cannot be replaced by a file.
        std::fs::create_dir_all(folder.join("b/c")).unwrap();
        assert_eq!(write_atomically(&folder.join("b"), b"x").unwrap_err().code(), "io");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
