//! The photos of a batch: which files, in which order, and the names of their cut-outs.

use anyhow::{Context, Result, bail, ensure};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use stgan_manifest::Shard;

/// A photo, and the name of its cut-out without `.png`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Photo {
    pub path: PathBuf,
    pub name: String,
}

/// The photos among files, the direct contents of folders, and patterns (`*`, `?`, `[…]`, `**`).
/// They are in the order of their paths, each once.
///
/// A file that is named explicitly is a photo, whatever its extension and whether it exists: the
/// batch reports what is wrong with it.
///
/// # Errors
/// If a folder can't be read, if a pattern is invalid or matches nothing, or if there are no photos
/// at all.
pub(super) fn collect(arguments: &[PathBuf]) -> Result<Vec<Photo>> {
    let mut paths = Vec::new();
    for argument in arguments {
        let before = paths.len();
        let text = argument.to_str().unwrap_or_default();
        if argument.exists() || !text.contains(['*', '?', '[']) {
            add(&mut paths, argument.clone())?;
            continue;
        }
        for found in glob::glob(text).with_context(|| format!("invalid pattern `{text}`"))? {
            add(&mut paths, found?)?;
        }
        ensure!(paths.len() > before, "no file matches `{text}`");
    }
    paths.sort();
    paths.dedup();
    ensure!(!paths.is_empty(), "the given folders contain no JPEG, PNG or WebP file; pass folders or files that do");
    let names = names(&paths);
    Ok(paths.into_iter().zip(names).map(|(path, name)| Photo { path, name }).collect())
}

/// Adds a file, or the images in a folder.
fn add(paths: &mut Vec<PathBuf>, path: PathBuf) -> Result<()> {
    if !path.is_dir() {
        paths.push(path);
        return Ok(());
    }
    for entry in std::fs::read_dir(&path).with_context(|| path.display().to_string())? {
        let found = entry.with_context(|| path.display().to_string())?.path();
        if is_image(&found) && found.is_file() {
            paths.push(found);
        }
    }
    Ok(())
}

/// Whether a name is that of an image. Hidden files are none: some systems put one beside each
/// image.
fn is_image(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let extension = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    !hidden && matches!(extension.as_str(), "jpg" | "jpeg" | "png" | "webp")
}

/// A name for each path: its stem. If an earlier path has that name, `-2`, `-3` and so on follow.
/// Names differ in more than case, because some file systems ignore case, and none ends in
/// `.labels`, because label maps have such names.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stems: HashSet<String> = paths.iter().map(|path| stem(path).to_lowercase()).collect();
    let mut taken = HashSet::new();
    let free = |path: &PathBuf| {
        let stem = stem(path);
        let lowercase = stem.to_lowercase();
        if !lowercase.ends_with(".labels") && taken.insert(lowercase) {
            return stem;
        }
        // A number must not take the stem of another photo.
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let mut free = numbered.filter(|name| !stems.contains(&name.to_lowercase()));
        free.find(|name| taken.insert(name.to_lowercase())).unwrap_or(stem)
    };
    paths.iter().map(free).collect()
}

/// The photos of a shard: every `count`-th one. All shards together have each photo once.
pub(super) fn of_shard(photos: Vec<Photo>, shard: Option<Shard>) -> Vec<Photo> {
    match shard {
        Some(Shard { index, count }) => photos.into_iter().skip(index).step_by(count).collect(),
        None => photos,
    }
}

/// Checks that no cut-out would replace a photo.
///
/// # Errors
/// If a photo lies in `output`.
pub(super) fn check_output(photos: &[Photo], output: &Path) -> Result<()> {
    let Ok(output_folder) = output.canonicalize() else { return Ok(()) };
    let folders: HashSet<&Path> = photos.iter().filter_map(|photo| photo.path.parent()).collect();
    for folder in folders {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if here.canonicalize().is_ok_and(|folder| folder == output_folder) {
            bail!("{} contains photos of this batch; choose another --output", output.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stems_get_numbers_that_no_other_photo_has() {
        let paths = ["a/x.jpg", "a/x.png", "b/X.jpg", "b/x-2.jpg", "c/y.labels.jpg"].map(PathBuf::from);
        assert_eq!(names(&paths), ["x", "x-3", "X-4", "x-2", "y.labels-2"]);
    }

    #[test]
    fn shards_are_disjoint_and_complete() {
        let photos: Vec<Photo> =
            (0..11).map(|i| Photo { path: format!("{i:02}.jpg").into(), name: format!("{i:02}") }).collect();
        let mut all: Vec<Photo> =
            (0..4).flat_map(|index| of_shard(photos.clone(), Some(Shard { index, count: 4 }))).collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(all, photos);
    }
}
