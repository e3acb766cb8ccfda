//! The rooms and the furniture of the demo, rendered.

use crate::files;
use anyhow::{Context, Result};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use stgan::{Bitmap, Rect};
use stgan_synth::furniture::Category;
use stgan_synth::rooms::{Options, Split};
use stgan_train::rooms::{self, RoomSample, RoomSettings};
use stgan_train::write_atomically;

/// A room or a piece of furniture: a sample with this seed.
struct Entry {
    id: &'static str,
    name: &'static str,
    category: Category,
    seed: u64,
}

const ROOMS: [Entry; 3] = [
    entry("living-room", "Living room", Category::Bed, 5),
    entry("bedroom", "Bedroom", Category::Bed, 4),
    entry("study", "Study", Category::Desk, 3),
];

const FURNITURE: [Entry; 12] = [
    entry("sofa", "Sofa", Category::Sofa, 2),
    entry("armchair", "Armchair", Category::Sofa, 3),
    entry("bookshelf", "Bookshelf", Category::Bookshelf, 1),
    entry("shelf", "Shelf", Category::Bookshelf, 2),
    entry("sideboard", "Sideboard", Category::Cabinet, 2),
    entry("nightstand", "Nightstand", Category::Cabinet, 1),
    entry("wardrobe", "Wardrobe", Category::Cabinet, 7),
    entry("bed", "Bed", Category::Bed, 1),
    entry("desk", "Desk", Category::Desk, 1),
    entry("table", "Table", Category::Table, 1),
    entry("dining-table", "Dining table", Category::Table, 3),
    entry("chair", "Chair", Category::Chair, 1),
];

const fn entry(id: &'static str, name: &'static str, category: Category, seed: u64) -> Entry {
    Entry { id, name, category, seed }
}

/// The longer side of an image of furniture in pixels.
const SIDE: u32 = 460;
/// The transparent margin around furniture in pixels.
const MARGIN: f64 = 8.0;
/// Texels a metre of floors and walls at the full width.
const DETAIL: f32 = 200.0;

/// Renders an entry at `width × ¾ width` pixels.
fn sample(entry: &Entry, width: usize) -> Result<RoomSample> {
    let options = Options {
        size: (width, width * 3 / 4),
        samples: 3,
        detail: DETAIL,
        category: Some(entry.category),
        pieces: 1,
        cutouts: 1,
        ..RoomSettings::default().options(Split::Train)?
    };
    rooms::draw(1, &options, entry.seed, &mut |_| ())?.pop().context("internal error: no sample")
}

/// Writes rooms of `width` pixels and the furniture, and returns their entries of gallery.json.
pub(super) fn write(out: &Path, width: usize) -> Result<(Vec<Value>, Vec<Value>)> {
    let rooms = ROOMS.par_iter().map(|entry| write_room(out, entry, width)).collect::<Result<_>>()?;
    let furniture = FURNITURE.par_iter().map(|entry| write_piece(out, entry, width / 2)).collect::<Result<_>>()?;
    Ok((rooms, furniture))
}

fn write_room(out: &Path, entry: &Entry, width: usize) -> Result<Value> {
    let (file, thumbnail) = (format!("rooms/{}.jpg", entry.id), format!("rooms/{}.small.jpg", entry.id));
    let RoomSample { room, record, .. } = sample(entry, width)?;
    let [x, y] = record.centre.map(f64::round);
    let value = json!({
        "id": entry.id, "name": entry.name, "file": file, "thumbnail": thumbnail,
        "width": room.width(), "height": room.height(),
        "placement": { "x": x, "y": y, "width": (1.1 * record.area.sqrt()).round(), "rotation": 0 },
    });
    let small = files::resized(&room, super::THUMBNAIL_WIDTH)?;
    write_atomically(&out.join(file), &files::jpeg(room, QUALITY)?)?;
    write_atomically(&out.join(thumbnail), &files::jpeg(small, QUALITY)?)?;
    Ok(value)
}

/// The JPEG quality of rooms, of 100.
const QUALITY: u8 = 85;

fn write_piece(out: &Path, entry: &Entry, width: usize) -> Result<Value> {
    let (file, thumbnail) = (format!("furniture/{}.png", entry.id), format!("furniture/{}.small.png", entry.id));
    let image = piece(&sample(entry, width)?)?;
    let value = json!({
        "id": entry.id, "name": entry.name, "file": file, "thumbnail": thumbnail,
        "width": image.width(), "height": image.height(),
    });
    write_atomically(&out.join(file), &files::small_png(&image)?)?;
    write_atomically(&out.join(thumbnail), &files::small_png(&files::thumbnail(&image, (120, 120))?)?)?;
    Ok(value)
}

/// The cut-out of a sample, cropped and reduced.
fn piece(sample: &RoomSample) -> Result<Bitmap> {
    let [left, top, right, bottom] = sample.record.bounds;
    let (width, height) = (f64::from(sample.cutout.width()), f64::from(sample.cutout.height()));
    let [x, y] = [left, top].map(|edge| (edge - MARGIN).max(0.0));
    let rect = Rect {
        x: x as u32,
        y: y as u32,
        width: ((right + MARGIN).min(width) - x) as u32,
        height: ((bottom + MARGIN).min(height) - y) as u32,
    };
    Ok(files::thumbnail(&sample.cutout.as_ref().crop(rect)?, (SIDE, SIDE))?)
}
