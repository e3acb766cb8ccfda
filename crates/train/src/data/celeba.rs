//! CelebA (Liu et al. 2015) in its original layout, with aligned and cropped images; see
//! [`Source::Celeba`](super::Source::Celeba).

use super::check::{Annotation, Listing, TableRow};
use super::{DataSettings, Problem};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const ATTRIBUTES: &str = "list_attr_celeba";
const PARTITION: &str = "list_eval_partition";
const LANDMARKS: &str = "list_landmarks_align_celeba";
const IDENTITY: &str = "identity_CelebA";
const IMAGES: &str = "img_align_celeba";
const GLASSES: &str = "Eyeglasses";

/// The splits by their number in the partition.
const SPLITS: [&str; 3] = ["train", "val", "test"];

/// The landmark columns in use. "Left" is the left of the image.
const EYES: [&str; 4] = ["lefteye_x", "lefteye_y", "righteye_x", "righteye_y"];

pub(super) fn is_at(folder: &Path) -> bool {
    find(folder, ATTRIBUTES).is_some()
}

/// Finds a list, as a text file or as the CSV file of some mirrors.
fn find(folder: &Path, stem: &str) -> Option<PathBuf> {
    ["txt", "csv"].map(|ending| folder.join(format!("{stem}.{ending}"))).into_iter().find(|path| path.is_file())
}

pub(super) fn list(folder: &Path, settings: &DataSettings) -> Result<Listing> {
    let need = |stem: &str| {
        find(folder, stem)
            .ok_or_else(|| Error::data(folder, format!("the folder has neither {stem}.txt nor {stem}.csv")))
    };
    let attributes = ListFile::read(need(ATTRIBUTES)?)?;
    let partition = ListFile::read(need(PARTITION)?)?;
    let identity = find(folder, IDENTITY).map(ListFile::read).transpose()?;
    let eyes = find(folder, LANDMARKS).filter(|_| settings.landmarks).map(ListFile::read).transpose()?;
    let images = match folder.join(IMAGES) {
        // Some archives unpack into a folder of the same name.
        outer if outer.join(IMAGES).is_dir() => outer.join(IMAGES),
        outer if outer.is_dir() => outer,
        outer => return Err(Error::data(&outer, "the folder does not exist")),
    };
    let glasses = attributes.column(GLASSES)?;
    let lists = Lists {
        glasses,
        splits: partition.by_name(),
        names: SPLITS.map(Arc::<str>::from),
        persons: identity.as_ref().map(ListFile::by_name),
        eyes: match &eyes {
            Some(sheet) => Some((sheet.columns(EYES)?, sheet.by_name())),
            None => None,
        },
    };
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    if let Some((expected, found)) =
        attributes.count.map(|count| (count, attributes.rows().count())).filter(|(a, b)| a != b)
    {
        let reason = format!("the list has {found} rows, but its first line says {expected}");
        problems.push(Problem { path: attributes.path.display().to_string(), reason });
    }
    for (line, text) in attributes.rows() {
        match lists.row(text) {
            Ok(row) => rows.push(row),
            Err(reason) => {
                problems.push(Problem { path: format!("{} line {line}", attributes.path.display()), reason });
            }
        }
    }
    let path = partition.path.clone();
    Ok(Listing { path, images, rows, problems })
}

/// The lists by file name, and the indices of their columns.
struct Lists<'a> {
    /// The column of the attribute list.
    glasses: usize,
    splits: HashMap<&'a str, &'a str>,
    /// The names of the splits.
    names: [Arc<str>; 3],
    persons: Option<HashMap<&'a str, &'a str>>,
    eyes: Option<([usize; 4], HashMap<&'a str, &'a str>)>,
}

impl Lists<'_> {
    /// The row of the data set for a row of the attribute list, or what is wrong with it.
    fn row(&self, text: &str) -> std::result::Result<TableRow, String> {
        let (name, values) = cells(text);
        let glasses = match nth(values, self.glasses) {
            Some("1") => true,
            Some("-1" | "0") => false,
            Some(other) => return Err(format!("{name}: {GLASSES} is {other:?}, expected 1 or -1")),
            None => return Err(format!("{name}: {GLASSES} is missing")),
        };
        let split = self.split(name)?;
        let person = match &self.persons {
            Some(persons) => {
                persons.get(name).and_then(|v| nth(v, 0)).ok_or_else(|| format!("{name} is not in {IDENTITY}"))?
            }
            None => name,
        };
        Ok(TableRow {
            id: name.to_owned(),
            person: person.to_owned(),
            split,
            glasses,
            file: name.to_owned(),
            yaw: None,
            covered: None,
            landmarks: self.landmarks(name)?,
            plane: None,
            full_photo: None,
        })
    }

    fn split(&self, name: &str) -> std::result::Result<Arc<str>, String> {
        let Some(value) = self.splits.get(name).and_then(|values| nth(values, 0)) else {
            return Err(format!("{name} is not in {PARTITION}"));
        };
        let split = value.parse::<usize>().ok().and_then(|value| self.names.get(value));
        split.cloned().ok_or_else(|| format!("{name}: {PARTITION} has {value:?}, expected 0, 1 or 2"))
    }

    fn landmarks(&self, name: &str) -> std::result::Result<Option<Annotation>, String> {
        let Some((columns, sheet)) = &self.eyes else { return Ok(None) };
        let values = sheet.get(name).ok_or_else(|| format!("{name} is not in {LANDMARKS}"))?;
        let number = |at: usize| nth(values, at).and_then(|value| value.parse::<f64>().ok());
        match columns.map(number) {
            // Pixel indices: the centre of a pixel is half a pixel further.
            [Some(rx), Some(ry), Some(lx), Some(ly)] => {
                Ok(Some(Annotation::Pupils([[rx + 0.5, ry + 0.5], [lx + 0.5, ly + 0.5]])))
            }
            _ => Err(format!("{name}: the eyes in {LANDMARKS} are not numbers")),
        }
    }
}

/// One of the lists: rows of a file name and values, separated by spaces or commas. The number of
/// rows and the names of the columns may come before them.
struct ListFile {
    path: PathBuf,
    text: String,
    count: Option<usize>,
    header: Vec<String>,
    /// Lines before the first row.
    skip: usize,
}

impl ListFile {
    fn read(path: PathBuf) -> Result<Self> {
        let bytes = std::fs::read(&path).map_err(Error::io(&path, "read"))?;
        let text = String::from_utf8(bytes)
            .map_err(|source| Error::unreadable(&path, "the file is not UTF-8 text", source))?;
        let text = text.trim_start_matches('\u{feff}').to_owned();
        let mut lines = text.lines().peekable();
        let count = lines.peek().and_then(|line| line.trim().parse::<usize>().ok());
        if count.is_some() {
            lines.next();
        }
        let mut header = Vec::new();
        // The first cell of a row is a file name, which has a dot.
        if let Some(line) = lines.peek().filter(|line| !cells(line).0.contains('.')) {
            header = line.split(is_separator).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
            if header.first().is_some_and(|name| name == "image_id") {
                header.remove(0);
            }
        }
        let skip = usize::from(count.is_some()) + usize::from(!header.is_empty());
        Ok(Self { skip, count, header, path, text })
    }

    /// Line numbers from 1, and the text of the rows.
    fn rows(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).skip(self.skip).filter(|(_, line)| !line.trim().is_empty())
    }

    fn by_name(&self) -> HashMap<&str, &str> {
        self.rows().map(|(_, line)| cells(line)).collect()
    }

    fn column(&self, name: &str) -> Result<usize> {
        self.header
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| Error::data(&self.path, format!("there is no column `{name}`")))
    }

    fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N]> {
        let mut columns = [0; N];
        for (column, name) in columns.iter_mut().zip(names) {
            *column = self.column(name)?;
        }
        Ok(columns)
    }
}

fn is_separator(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

/// The first cell of a row, and the rest of the row.
fn cells(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once(is_separator).unwrap_or((line, ""))
}

fn nth(values: &str, n: usize) -> Option<&str> {
    values.split(is_separator).filter(|cell| !cell.is_empty()).nth(n)
}
