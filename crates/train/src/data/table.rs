//! Data sets with a `labels.csv`; see [`Source::Table`](super::Source::Table) for its columns.

use super::check::{Annotation, Listing, TableRow};
use super::landmarks::similarity;
use super::pool::FullPhoto;
use super::{DataSettings, Problem, plane};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

pub(super) const FILE: &str = "labels.csv";

/// The columns of the landmarks: irises, then temples.
const POINTS: [&str; 8] =
    ["r_iris_x", "r_iris_y", "l_iris_x", "l_iris_y", "r_temple_x", "r_temple_y", "l_temple_x", "l_temple_y"];

/// The columns of a full photo: the file, the centres of the eyes on it, and those on the aligned
/// image.
const PHOTO: [&str; 9] = [
    "photo",
    "photo_r_eye_x",
    "photo_r_eye_y",
    "photo_l_eye_x",
    "photo_l_eye_y",
    "r_eye_x",
    "r_eye_y",
    "l_eye_x",
    "l_eye_y",
];

/// The indices of the columns.
struct Columns {
    id: Option<usize>,
    image: Option<usize>,
    split: usize,
    glasses: usize,
    person: usize,
    yaw: Option<usize>,
    covered: Option<usize>,
    points: Option<[usize; 8]>,
    photo: Option<[usize; 9]>,
}

pub(super) fn list(folder: &Path, settings: &DataSettings) -> Result<Listing> {
    let path = folder.join(FILE);
    let error = |source: csv::Error| Error::unreadable(&path, "cannot read the table", source);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_path(&path).map_err(error)?;
    let columns = Columns::find(reader.headers().map_err(error)?).map_err(|reason| Error::data(&path, reason))?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut planes = if settings.landmarks { plane::list(folder, &mut problems)? } else { HashMap::new() };
    let mut splits: HashMap<String, Arc<str>> = HashMap::new();
    for (i, record) in reader.records().enumerate() {
        let row = record.map_err(|e| e.to_string()).and_then(|record| columns.row(&record, settings, &mut splits));
        match row {
            Ok(row) => rows.push(TableRow { plane: planes.remove(&row.id), ..row }),
            // Rows count from the header, which is row 1. Quoted line breaks are not counted.
            Err(reason) => problems.push(Problem { path: format!("{} row {}", path.display(), i + 2), reason }),
        }
    }
    Ok(Listing { path, images: folder.to_owned(), rows, problems })
}

impl Columns {
    fn find(header: &csv::StringRecord) -> std::result::Result<Self, String> {
        // Spreadsheets put a byte order mark before the first name.
        let at = |name: &str| header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
        let need = |name: &str| at(name).ok_or_else(|| format!("there is no column `{name}`"));
        let (id, image) = (at("id"), at("image"));
        if id.is_none() && image.is_none() {
            return Err("there is neither a column `id` nor a column `image`".into());
        }
        let points = POINTS.map(at);
        let points = if points.iter().all(Option::is_none) {
            None
        } else {
            match POINTS.iter().zip(points).find(|(_, at)| at.is_none()) {
                Some((name, _)) => return Err(format!("there is no column `{name}`, which landmarks need")),
                None => Some(points.map(Option::unwrap_or_default)),
            }
        };
        let photo = PHOTO.map(at);
        let photo = photo.iter().all(Option::is_some).then(|| photo.map(Option::unwrap_or_default));
        let (split, glasses, person) = (need("split")?, need("glasses")?, need("person")?);
        Ok(Self { id, image, split, glasses, person, yaw: at("yaw"), covered: at("covered"), points, photo })
    }

    fn row(
        &self,
        record: &csv::StringRecord,
        settings: &DataSettings,
        splits: &mut HashMap<String, Arc<str>>,
    ) -> std::result::Result<TableRow, String> {
        let field = |at: usize| record.get(at).filter(|value| !value.is_empty());
        let need = |at: usize, name: &str| field(at).ok_or_else(|| format!("`{name}` is missing"));
        let (id, image) = (self.id.and_then(field), self.image.and_then(field));
        let id = id.or(image).ok_or("`id` is missing")?;
        let split = need(self.split, "split")?;
        let flag = |value: &str, name: &str| match value.to_ascii_lowercase().as_str() {
            "0" | "no" | "false" => Ok(false),
            "1" | "yes" | "true" => Ok(true),
            other => Err(format!("`{name}` is {other:?}, expected 0 or 1")),
        };
        let glasses = flag(need(self.glasses, "glasses")?, "glasses")?;
        let covered = self.covered.and_then(field).map(|value| flag(value, "covered")).transpose()?;
        let number = |value: &str, name: &str| {
            value.parse::<f64>().map_err(|_| format!("`{name}` is {value:?}, expected a number"))
        };
        let yaw = self.yaw.and_then(field).map(|value| number(value, "yaw")).transpose()?;
        let mut landmarks = None;
        if let Some(at) = self.points.filter(|at| settings.landmarks && at.iter().any(|&at| field(at).is_some())) {
            let mut values = [0.0; 8];
            for ((value, at), name) in values.iter_mut().zip(at).zip(POINTS) {
                *value = number(need(at, name)?, name)?;
            }
            let [rx, ry, lx, ly, tx, ty, ux, uy] = values;
            landmarks =
                Some(Annotation::PupilsAndTemples { irises: [[rx, ry], [lx, ly]], temples: [[tx, ty], [ux, uy]] });
        }
        let mut full_photo = None;
        if let Some([file, rest @ ..]) = self.photo
            && let Some(file) = field(file)
        {
            let mut values = [0.0; 8];
            for ((value, at), name) in values.iter_mut().zip(rest).zip(&PHOTO[1..]) {
                *value = number(need(at, name)?, name)?;
            }
            let [a, b, c, d, e, f, g, h] = values;
            let from_aligned = similarity([[e, f], [g, h]], [[a, b], [c, d]])
                .ok_or("the eyes on the full photo coincide or are not finite")?;
            full_photo = Some(FullPhoto { file: file.to_owned(), from_aligned });
        }
        Ok(TableRow {
            id: id.to_owned(),
            person: need(self.person, "person")?.to_owned(),
            split: splits.entry(split.to_owned()).or_insert_with(|| split.into()).clone(),
            glasses,
            file: image.map_or_else(|| format!("aligned/{id}.jpg"), str::to_owned),
            yaw,
            landmarks,
            plane: None,
            covered,
            full_photo,
        })
    }
}
