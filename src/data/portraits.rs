//! A folder of aligned faces with a `labels.csv`: image, split, glasses yes or no, person, landmarks.

use super::anchors::{self, Anchors, Point};
use crate::{Bitmap, Error, Result, decode};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// One row of `labels.csv`; columns that are not named here are not needed.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    id: String,
    split: String,
    glasses: u8,
    person: String,
    #[serde(default)]
    yaw: f64,
    r_iris_x: f64,
    r_iris_y: f64,
    l_iris_x: f64,
    l_iris_y: f64,
    r_temple_x: f64,
    r_temple_y: f64,
    l_temple_x: f64,
    l_temple_y: f64,
}

/// A face, with the points that a frame's anchors should meet, in the image's pixels.
#[derive(Clone, Debug)]
pub struct Face {
    pub id: String,
    pub image: Bitmap,
    pub target: Anchors,
    /// Degrees.
    pub yaw: f64,
}

/// Reads the faces without glasses of the given splits from `folder/labels.csv` and `folder/aligned/ID.jpg`.
///
/// # Errors
/// [`Error::Data`] for a missing or malformed table, an image that cannot be read, landmarks that make no sense, a
/// person who is in two splits, or no faces at all. The message names the row.
pub fn bare_faces(folder: &Path, splits: &[&str]) -> Result<Vec<Face>> {
    let rows = rows(folder)?;
    let wanted: Vec<_> = rows.into_iter().filter(|r| r.glasses == 0 && splits.contains(&r.split.as_str())).collect();
    if wanted.is_empty() {
        return Err(data_error(folder, format!("no faces without glasses in {}", splits.join(", "))));
    }
    wanted.into_par_iter().map(|row| face(folder, row)).collect()
}

fn rows(folder: &Path) -> Result<Vec<Row>> {
    let path = folder.join("labels.csv");
    let mut reader = csv::Reader::from_path(&path).map_err(|e| data_error(&path, e.to_string()))?;
    let rows: Vec<Row> =
        reader.deserialize().collect::<std::result::Result<_, _>>().map_err(|e| data_error(&path, e.to_string()))?;
    let mut splits = BTreeMap::new();
    for row in &rows {
        let first: &mut &str = splits.entry(row.person.as_str()).or_insert(row.split.as_str());
        if *first != row.split {
            let reason = format!("person {} is in the splits {first} and {}", row.person, row.split);
            return Err(data_error(&path, reason));
        }
    }
    Ok(rows)
}

fn face(folder: &Path, row: Row) -> Result<Face> {
    let path = folder.join("aligned").join(format!("{}.jpg", row.id));
    let bytes = std::fs::read(&path).map_err(|source| Error::Io { path: path.display().to_string(), source })?;
    let image = decode::decode(&bytes).map_err(|e| data_error(&path, e.to_string()))?;
    let point = |x: f64, y: f64| -> Point { [x, y] };
    let irises = [point(row.r_iris_x, row.r_iris_y), point(row.l_iris_x, row.l_iris_y)];
    let temples = [point(row.r_temple_x, row.r_temple_y), point(row.l_temple_x, row.l_temple_y)];
    let target = anchors::from_landmarks(irises, temples);
    let eyes = anchors::distance(irises[0], irises[1]);
    let sensible = target.iter().flatten().all(|v| v.is_finite()) && eyes >= 4.0 && irises[0][0] < irises[1][0];
    if !sensible {
        return Err(data_error(&path, "its landmarks make no sense".into()));
    }
    Ok(Face { id: row.id, image, target, yaw: row.yaw })
}

fn data_error(path: &Path, reason: String) -> Error {
    Error::Data { path: path.display().to_string(), reason }
}
