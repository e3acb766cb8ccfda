//! The optional `plane.csv` beside `labels.csv`: the plane of stiff glasses on each face.

use super::Problem;
use super::landmarks::{self, Landmarks};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use stgan::Homography;

pub(super) const FILE: &str = "plane.csv";

/// The required columns: the homography row by row, then the width of the head.
const NUMBERS: [&str; 10] = ["h11", "h12", "h13", "h21", "h22", "h23", "h31", "h32", "h33", "temples"];

/// The range of the distance between the temples, in inter-pupil distances. Other values are
/// mistakes.
const TEMPLES: std::ops::RangeInclusive<f64> = 1.4..=3.2;

/// A row of the file.
#[derive(Clone, Copy)]
pub(super) struct Plane {
    /// The points of stiff glasses, in pixels of the image.
    pub front: Landmarks,
    /// The pitch in degrees, if the file has that column.
    pub pitch: Option<f64>,
}

/// The rows by the id of the face. There are none without the file.
///
/// Unusable rows are added to `problems`.
///
/// # Errors
/// [`Error::Data`] if the file cannot be read as a table, lacks a column or lists a face twice.
pub(super) fn list(folder: &Path, problems: &mut Vec<Problem>) -> Result<HashMap<String, Plane>> {
    let path = folder.join(FILE);
    let mut planes = HashMap::new();
    if !path.is_file() {
        return Ok(planes);
    }
    let error = |source: csv::Error| Error::unreadable(&path, "cannot read the table", source);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_path(&path).map_err(error)?;
    let header = reader.headers().map_err(error)?.clone();
    let column = |name: &str| {
        let found = header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
        found.ok_or_else(|| Error::data(&path, format!("there is no column `{name}`")))
    };
    let id = column("id")?;
    let mut columns = [0; NUMBERS.len()];
    for (at, name) in columns.iter_mut().zip(NUMBERS) {
        *at = column(name)?;
    }
    let pitch = column("pitch").ok();
    for (i, record) in reader.records().enumerate() {
        let row = record.map_err(|e| e.to_string()).and_then(|record| {
            let id = record.get(id).filter(|id| !id.is_empty()).ok_or("`id` is missing")?.to_owned();
            let pitch = pitch.and_then(|at| record.get(at)).and_then(|text| text.parse().ok());
            Ok((id, Plane { front: front(&record, &columns)?, pitch: pitch.filter(|pitch: &f64| pitch.is_finite()) }))
        });
        match row {
            Ok((id, _)) if planes.contains_key(&id) => {
                return Err(Error::data(&path, format!("{id} is listed twice")));
            }
            Ok((id, plane)) => _ = planes.insert(id, plane),
            Err(reason) => problems.push(Problem { path: format!("{} row {}", path.display(), i + 2), reason }),
        }
    }
    Ok(planes)
}

/// The landmarks of one row.
fn front(record: &csv::StringRecord, columns: &[usize; NUMBERS.len()]) -> std::result::Result<Landmarks, String> {
    let mut values = [0.0; NUMBERS.len()];
    for ((value, &at), name) in values.iter_mut().zip(columns).zip(NUMBERS) {
        let text = record.get(at).filter(|text| !text.is_empty()).ok_or_else(|| format!("`{name}` is missing"))?;
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        *value = number.ok_or_else(|| format!("`{name}` is {text:?}, expected a finite number"))?;
    }
    let [homography @ .., temples] = values;
    if !TEMPLES.contains(&temples) {
        return Err(format!("`temples` is {temples}, expected {} to {}", TEMPLES.start(), TEMPLES.end()));
    }
    landmarks::from_plane(&Homography(homography), temples)
        .ok_or_else(|| "the homography maps the glasses to infinity or mirrors them".into())
}
