//! Construction of a data set from the rows of a table. Every image is decoded once, and unusable
//! images are listed by name.

use super::landmarks::{self, Landmarks, Point};
use super::plane::Plane;
use super::pool::{self, Face, FullPhoto, PixelSource, Pool, PoolKind, aligned_placement};
use super::{Broken, Crop, DataSettings, Dataset, Problem, Target, list_first, plane};
use crate::error::chain;
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The minimum side of an image, in pixels.
const MIN_IMAGE_SIDE: u32 = 16;
/// The minimum distance between the pupils, in pixels.
const MIN_PUPIL_DISTANCE: f64 = 4.0;

/// The maximum distance of a lens centre of the front from the pupil, in inter-pupil distances.
const MAX_FRONT_OFFSET: f64 = 0.4;

/// One row of a table.
pub(super) struct TableRow {
    pub id: String,
    pub person: String,
    pub split: Arc<str>,
    pub glasses: bool,
    /// The path relative to `Listing::images`.
    pub file: String,
    pub yaw: Option<f64>,
    pub landmarks: Option<Annotation>,
    /// The points of a stiff front, in pixels of the image, and the pitch.
    pub plane: Option<Plane>,
    pub covered: Option<bool>,
    pub full_photo: Option<FullPhoto>,
}

/// Annotated points in pixels of the image, the subject's right one first.
pub(super) enum Annotation {
    Pupils([Point; 2]),
    PupilsAndTemples { irises: [Point; 2], temples: [Point; 2] },
}

/// The content of a table.
pub(super) struct Listing {
    /// The table, for messages.
    pub path: PathBuf,
    pub images: PathBuf,
    pub rows: Vec<TableRow>,
    pub problems: Vec<Problem>,
}

impl Annotation {
    fn landmarks(&self) -> Landmarks {
        match self {
            Self::Pupils(pupils) => landmarks::from_pupils(*pupils),
            Self::PupilsAndTemples { irises, temples } => landmarks::from_landmarks(*irises, *temples),
        }
    }
}

/// The pool that a row belongs to. None if the settings do not use its split.
fn pool_of(row: &TableRow, settings: &DataSettings) -> Option<PoolKind> {
    let split = &*row.split;
    let among = |splits: &[String]| splits.iter().any(|s| s == split);
    if !settings.validation.is_empty() && split == settings.validation {
        Some(if row.glasses { PoolKind::ValidationWithGlasses } else { PoolKind::ValidationWithoutGlasses })
    } else if among(&settings.splits) {
        Some(if row.glasses { PoolKind::WithGlasses } else { PoolKind::WithoutGlasses })
    } else {
        (row.glasses && among(&settings.with_glasses_splits)).then_some(PoolKind::WithGlasses)
    }
}

pub(super) fn dataset(
    folder: &Path,
    listed: Listing,
    settings: &DataSettings,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Dataset> {
    let Listing { path, images, rows, mut problems } = listed;
    check_identities(&path, &rows)?;
    refuse(&problems, settings)?;
    let rows = without_duplicates(&path, rows, &mut problems);
    splits_exist(&path, &rows, settings)?;
    let wanted: Vec<(PoolKind, TableRow)> =
        rows.into_iter().filter_map(|row| pool_of(&row, settings).map(|kind| (kind, row))).collect();
    let (total, done) = (wanted.len(), AtomicUsize::new(0));
    let images: Arc<Path> = images.into();
    let checked: Vec<(PoolKind, std::result::Result<Face, Problem>)> = wanted
        .into_par_iter()
        .map(|(kind, row)| {
            let face = face(&images, row, settings);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            (kind, face)
        })
        .collect();
    let mut faces = Faces::default();
    for (kind, face) in checked {
        match face {
            // Turned faces are excluded from training, not from validation.
            Ok(face) if kind.is_learned() && face.yaw.is_some_and(|yaw| yaw.abs() > settings.max_yaw) => {}
            Ok(face) => faces.of(kind).push(face),
            Err(problem) => problems.push(problem),
        }
    }
    refuse(&problems, settings)?;
    for (kind, splits) in [
        (PoolKind::WithoutGlasses, settings.splits.join(", ")),
        (PoolKind::ValidationWithoutGlasses, settings.validation.clone()),
    ] {
        if faces.of(kind).is_empty() && !splits.is_empty() {
            let mut reason = format!("no faces without glasses in split {splits}");
            if !problems.is_empty() {
                reason += &format!("; {} cannot be used: {}", problems.len(), list_first(&problems));
            }
            return Err(Error::data(folder, reason));
        }
    }
    let pool = |faces: Vec<Face>| Pool::new(faces, settings.keep_in_memory_below);
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name.file_name().map_or_else(|| "data".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(Dataset {
        name,
        without_glasses: pool(faces.without_glasses),
        with_glasses: pool(faces.with_glasses),
        validation_without_glasses: pool(faces.validation_without_glasses),
        validation_with_glasses: pool(faces.validation_with_glasses),
        problems,
    })
}

/// The faces of the four pools.
#[derive(Default)]
struct Faces {
    without_glasses: Vec<Face>,
    with_glasses: Vec<Face>,
    validation_without_glasses: Vec<Face>,
    validation_with_glasses: Vec<Face>,
}

impl Faces {
    fn of(&mut self, kind: PoolKind) -> &mut Vec<Face> {
        match kind {
            PoolKind::WithoutGlasses => &mut self.without_glasses,
            PoolKind::WithGlasses => &mut self.with_glasses,
            PoolKind::ValidationWithoutGlasses => &mut self.validation_without_glasses,
            PoolKind::ValidationWithGlasses => &mut self.validation_with_glasses,
        }
    }
}

fn refuse(problems: &[Problem], settings: &DataSettings) -> Result<()> {
    match (settings.broken, problems) {
        (Broken::Refuse, [first, rest @ ..]) => {
            let mut reason = first.reason.clone();
            if !rest.is_empty() {
                reason += &format!("; also: {}", list_first(rest));
            }
            Err(Error::Data { path: first.path.clone(), reason, source: None })
        }
        _ => Ok(()),
    }
}

/// Rejects an identity in two splits even if unusable rows are skipped: validation would measure
/// people that training has seen.
fn check_identities(path: &Path, rows: &[TableRow]) -> Result<()> {
    let mut splits: HashMap<&str, &str> = HashMap::new();
    for row in rows {
        let first: &str = splits.entry(&row.person).or_insert(&row.split);
        if *first != *row.split {
            let reason =
                format!("person {} is in the splits {first} and {}; move all rows to one split", row.person, row.split);
            return Err(Error::data(path, reason));
        }
    }
    Ok(())
}

fn without_duplicates(path: &Path, rows: Vec<TableRow>, problems: &mut Vec<Problem>) -> Vec<TableRow> {
    let mut seen = HashSet::new();
    let mut again = |row: &TableRow| {
        let new = seen.insert(row.id.clone());
        if !new {
            let reason = format!("{} is listed twice", row.id);
            problems.push(Problem { path: path.display().to_string(), reason });
        }
        new
    };
    rows.into_iter().filter(|row| again(row)).collect()
}

/// Rejects a table without a split that the settings name. Further faces, which have no
/// validation, need one of them only.
fn splits_exist(path: &Path, rows: &[TableRow], settings: &DataSettings) -> Result<()> {
    let found: BTreeSet<&str> = rows.iter().map(|row| &*row.split).collect();
    if settings.validation.is_empty() && settings.splits.iter().any(|split| found.contains(split.as_str())) {
        return Ok(());
    }
    let wanted =
        settings.splits.iter().chain(&settings.with_glasses_splits).chain(std::iter::once(&settings.validation));
    match wanted.into_iter().find(|split| !split.is_empty() && !found.contains(split.as_str())) {
        Some(split) => {
            let found: Vec<&str> = found.into_iter().collect();
            Err(Error::data(path, format!("there is no split {split}; the splits are {}", found.join(", "))))
        }
        None => Ok(()),
    }
}

/// Decodes the image of a row and checks its landmarks.
fn face(images: &Arc<Path>, row: TableRow, settings: &DataSettings) -> std::result::Result<Face, Problem> {
    let path = images.join(&row.file);
    let problem = |reason: String| Problem { path: path.display().to_string(), reason };
    let image = pool::read_image(&path).map_err(|error| match error {
        Error::Data { reason, source: None, .. } => problem(reason),
        Error::Data { source: Some(source), .. } => problem(chain(&*source)),
        Error::Io { source, .. } => problem(source.to_string()),
        other => problem(chain(&other)),
    })?;
    let size = (image.width(), image.height());
    if size.0.min(size.1) < MIN_IMAGE_SIDE {
        return Err(problem(format!(
            "the image of {}×{} pixels is too small; each side needs at least {MIN_IMAGE_SIDE}",
            size.0, size.1
        )));
    }
    let landmarks = row.landmarks.filter(|_| settings.landmarks);
    let visible = landmarks.map(|annotation| annotation.landmarks());
    if let Some(visible) = &visible {
        check_landmarks(visible, size).map_err(|what| problem(format!("invalid landmarks: {what}")))?;
    }
    let plane = row.plane.filter(|_| settings.landmarks);
    let front = plane.map(|plane| plane.front);
    if let (Some(front), Some(visible)) = (&front, &visible)
        && !agree(front, visible)
    {
        return Err(problem(format!("the plane of {} in {} is not at the pupils", row.id, plane::FILE)));
    }
    let target = match settings.target {
        Target::Visible => visible,
        Target::Front if settings.landmarks && front.is_none() => {
            return Err(problem(format!("{} has no row {}, which data.target = \"front\" needs", plane::FILE, row.id)));
        }
        Target::Front => front,
    };
    let placement = match (&target, settings.crop) {
        (Some(target), Crop::Landmarks) => landmarks::placement(target),
        _ => aligned_placement(size.0, size.1).ok_or_else(|| {
            let reason =
                format!("the image of {}×{} pixels does not have CelebA's aspect ratio (178×218)", size.0, size.1);
            problem(reason + ", and there are no landmarks to locate the face")
        })?,
    };
    if row.yaw.is_some_and(|yaw| !yaw.is_finite()) {
        return Err(problem("the yaw is not finite".into()));
    }
    let origin = PixelSource::File(images.clone(), row.file);
    Ok(Face {
        id: row.id,
        person: row.person,
        target,
        visible,
        front,
        placement,
        yaw: row.yaw,
        pitch: plane.and_then(|plane| plane.pitch),
        covered: row.covered,
        size,
        origin,
        full_photo: row.full_photo,
    })
}

/// Whether the lens centres of a front are near the pupils. They are shifted on a turned head,
/// because the front is before the eyes.
fn agree(front: &Landmarks, visible: &Landmarks) -> bool {
    let pupils = landmarks::distance(visible[0], visible[1]);
    (0..2).all(|k| landmarks::distance(front[k], visible[k]) < MAX_FRONT_OFFSET * pupils)
}

/// Checks that landmarks are plausible, so that glasses can be placed by them.
fn check_landmarks(target: &Landmarks, size: (u32, u32)) -> std::result::Result<(), &'static str> {
    let [right, left, right_temple, left_temple, ..] = *target;
    let finite = |points: &[Point]| points.iter().flatten().all(|v| v.is_finite());
    if !finite(&[right, left]) {
        return Err("a coordinate is not finite");
    }
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let inside = |[x, y]: Point| (0.0..=width).contains(&x) && (0.0..=height).contains(&y);
    if !inside(right) || !inside(left) {
        return Err("a pupil is outside the image");
    }
    if landmarks::distance(right, left) < MIN_PUPIL_DISTANCE || right[0] >= left[0] {
        return Err("the pupils are closer than 4 pixels, or swapped");
    }
    if !finite(target) {
        return Err("a coordinate is not finite");
    }
    let beyond = |temple: Point, pupil: Point, other: Point| {
        (temple[0] - other[0]) * (pupil[0] - other[0]) + (temple[1] - other[1]) * (pupil[1] - other[1]) > 0.0
    };
    if !beyond(right_temple, right, left) || !beyond(left_temple, left, right) {
        return Err("the temples are swapped");
    }
    // In canonical coordinates, as the networks see the face.
    let to_view = landmarks::placement(target).to_photo().and_then(|to_photo| to_photo.inverse());
    let solved = to_view.and_then(|to_view| landmarks::solve(&landmarks::apply(&to_view, target)));
    solved.map(|_| ()).map_err(|_| "no homography places glasses there")
}
