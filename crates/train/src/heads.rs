//! Data sets of rendered heads: a folder of images with `labels.csv` and `plane.csv`.

use crate::files::{remove_incomplete, write_atomically};
use crate::{Error, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbaImage};
use rayon::prelude::*;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use stgan::Bitmap;
use stgan_synth::heads::{Head, Labels, Options, Shapes, Split};

/// The JPEG quality of the images, of 100.
const QUALITY: u8 = 92;
/// The file that says which heads a folder has.
const ORIGIN: &str = "heads.txt";
const LABELS: [&str; 15] = [
    "id",
    "split",
    "glasses",
    "person",
    "yaw",
    "pitch",
    "covered",
    "r_iris_x",
    "r_iris_y",
    "l_iris_x",
    "l_iris_y",
    "r_temple_x",
    "r_temple_y",
    "l_temple_x",
    "l_temple_y",
];
const PLANE: [&str; 13] =
    ["id", "h11", "h12", "h13", "h21", "h22", "h23", "h31", "h32", "h33", "yaw", "pitch", "temples"];

/// What a data set of heads contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadSettings {
    /// The number of heads. Each is another person.
    pub count: u64,
    /// Whether they are for training or for validation; the name of their split.
    pub split: Split,
    /// The random seed. Equal seeds give equal heads.
    pub seed: u64,
    /// What varies.
    pub options: Options,
}

/// Renders a data set into the folder `out`, on all threads.
///
/// Images that exist are kept, so an interrupted call can be repeated, also with a larger number of
/// heads. The tables are written last. `progress` is called with the number of heads that are done
/// and returns whether to continue. Returns whether the data set is complete.
///
/// # Errors
/// [`Error::Data`] if the folder has heads of other settings; [`Error::Io`] if a file cannot be
/// written.
pub fn write(
    out: &Path,
    shapes: &Shapes,
    settings: &HeadSettings,
    progress: &(dyn Fn(u64) -> bool + Sync),
) -> Result<bool> {
    let images = out.join("aligned");
    std::fs::create_dir_all(&images).map_err(Error::io(&images, "created"))?;
    claim(out, settings)?;
    remove_incomplete(&images)?;
    let (done, stopped) = (AtomicUsize::new(0), std::sync::atomic::AtomicBool::new(false));
    let rows: Vec<Option<[Vec<String>; 2]>> = (0..settings.count)
        .into_par_iter()
        .map(|index| {
            if stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let head = Head::sample(shapes, settings.options, settings.split, settings.seed, index);
            let id = id(settings, index);
            let path = images.join(format!("{id}.jpg"));
            if !path.exists() {
                write_atomically(&path, &jpeg(head.draw()?)?)?;
            }
            if !progress(done.fetch_add(1, Ordering::Relaxed) as u64 + 1) {
                stopped.store(true, Ordering::Relaxed);
            }
            Ok(Some(table_rows(&id, settings.split, &head.labels()?)))
        })
        .collect::<Result<_>>()?;
    let Some(rows) = rows.into_iter().collect::<Option<Vec<_>>>() else { return Ok(false) };
    for (k, (name, header)) in [("labels.csv", &LABELS[..]), ("plane.csv", &PLANE[..])].into_iter().enumerate() {
        write_table(&out.join(name), header, rows.iter().map(|row| &row[k]))?;
    }
    Ok(true)
}

/// Draws heads as [`write()`] does, without files.
///
/// # Errors
/// None in practice.
pub fn draw(shapes: &Shapes, settings: &HeadSettings) -> Result<Vec<(Bitmap, Labels)>> {
    let one = |index| {
        let head = Head::sample(shapes, settings.options, settings.split, settings.seed, index);
        Ok((head.draw()?, head.labels()?))
    };
    (0..settings.count).into_par_iter().map(one).collect()
}

/// Writes down which heads the folder has, or checks it.
fn claim(out: &Path, settings: &HeadSettings) -> Result<()> {
    let HeadSettings { split, seed, options, .. } = settings;
    let origin = format!("{}, seed {seed}, {options:?}\n", name(*split));
    let path = out.join(ORIGIN);
    match std::fs::read_to_string(&path) {
        Ok(found) if found == origin => Ok(()),
        Ok(found) => {
            let reason =
                format!("the folder has heads of {}; choose another folder for {}", found.trim(), origin.trim());
            Err(Error::data(&path, reason))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => write_atomically(&path, origin.as_bytes()),
        Err(error) => Err(Error::io(&path, "read")(error)),
    }
}

fn name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Validation => "val",
    }
}

fn id(settings: &HeadSettings, index: u64) -> String {
    format!("head-{}-{}-{index:06}", name(settings.split), settings.seed)
}

/// The rows of both tables.
fn table_rows(id: &str, split: Split, labels: &Labels) -> [Vec<String>; 2] {
    let flag = |value: bool| u8::from(value).to_string();
    let angles = |yaw: f64| [format!("{yaw:.2}"), format!("{:.2}", labels.pitch)];
    let mut row = vec![id.to_owned(), name(split).to_owned(), flag(labels.glasses), id.to_owned()];
    row.extend(angles(labels.yaw));
    row.push(flag(labels.covered));
    let points = labels.pupils.iter().chain(&labels.temples).flatten();
    row.extend(points.map(|x| format!("{x:.3}")));
    let mut plane = vec![id.to_owned()];
    plane.extend(labels.plane.0.iter().map(|x| format!("{:.9e}", x / labels.plane.0[8])));
    // In `plane.csv` of portraits, yaw is positive if the face turns to the image's left.
    plane.extend(angles(-labels.yaw));
    plane.push(format!("{:.4}", labels.temple_width));
    [row, plane]
}

fn write_table<'a>(path: &Path, header: &[&str], rows: impl Iterator<Item = &'a Vec<String>>) -> Result<()> {
    let error = |e| Error::unreadable(path, "the table cannot be written", e);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(error)?;
    for row in rows {
        writer.write_record(row).map_err(error)?;
    }
    let bytes =
        writer.into_inner().map_err(|e| Error::unreadable(path, "the table cannot be written", e.into_error()))?;
    write_atomically(path, &bytes)
}

fn jpeg(image: Bitmap) -> Result<Vec<u8>> {
    let (width, height) = (image.width(), image.height());
    let invalid = |e| Error::unreadable(Path::new("image"), "it cannot be encoded", e);
    let mut bytes = Vec::new();
    if let Some(pixels) = RgbaImage::from_raw(width, height, image.into_data()) {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        DynamicImage::from(pixels).into_rgb8().write_with_encoder(encoder).map_err(invalid)?;
    }
    Ok(bytes)
}
