//! `stgan gallery`: image files of the catalogue of glasses, of the sample portraits, and of rooms
//! with furniture.

mod rooms;

use crate::files;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use stgan_portraits::Portrait;
use stgan_synth::CatalogueGlasses;
use stgan_train::write_atomically;

/// Write the glasses, portraits, rooms and furniture of the demo as images
///
/// The folder also gets gallery.json, which lists the images with their sizes, names and pupils.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  stgan gallery --out gallery")]
pub(crate) struct Arguments {
    /// Folder to write, created if missing
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Width of the images of glasses in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1000)]
    width: u32,
    /// Width of the portraits in pixels, at least 16; 0 omits them
    #[arg(long, value_name = "PIXELS", default_value_t = 960)]
    portrait_width: u32,
    /// Width of the rooms in pixels, at least 160; 0 omits rooms and furniture
    #[arg(long, value_name = "PIXELS", default_value_t = 1200)]
    room_width: usize,
}

/// The width of a thumbnail in pixels.
const THUMBNAIL_WIDTH: u32 = 240;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let width = arguments.room_width;
    ensure!(width == 0 || (160..=4000).contains(&width), "--room-width is {width}; expected 0 or 160 to 4000 pixels");
    for name in ["glasses", "portraits", "rooms", "furniture"] {
        let path = arguments.out.join(name);
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    }
    let glasses =
        stgan_synth::catalogue().par_iter().map(|g| write_glasses(arguments, g)).collect::<Result<Vec<_>>>()?;
    let portraits = match arguments.portrait_width {
        0 => Vec::new(),
        // Portraits are sequential, because rendering one uses all threads.
        width => stgan_portraits::portraits()
            .iter()
            .map(|p| write_portrait(arguments, p, width))
            .collect::<Result<Vec<_>>>()?,
    };
    let (rooms, furniture) = match arguments.room_width {
        0 => Default::default(),
        width => rooms::write(&arguments.out, width)?,
    };
    let list = json!({ "glasses": glasses, "portraits": portraits, "rooms": rooms, "furniture": furniture });
    write_atomically(&arguments.out.join("gallery.json"), serde_json::to_string_pretty(&list)?.as_bytes())?;
    let [glasses, portraits, rooms, furniture] = [&glasses, &portraits, &rooms, &furniture].map(Vec::len);
    let counts = format!("{glasses} glasses, {portraits} portraits, {rooms} rooms, {furniture} pieces of furniture");
    files::print(&format!("{}: {counts}\n", arguments.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the image and the thumbnail of a pair of glasses, and returns its entry of gallery.json.
fn write_glasses(arguments: &Arguments, glasses: &CatalogueGlasses) -> Result<Value> {
    let (file, thumbnail) = (format!("glasses/{}.png", glasses.id), format!("glasses/{}.small.png", glasses.id));
    let image = glasses.render(arguments.width)?;
    let entry = json!({
        "id": glasses.id, "name": glasses.name, "kind": glasses.kind, "file": file, "thumbnail": thumbnail,
        "width": image.width(), "height": image.height(),
    });
    let thumbnail_image = glasses.render(THUMBNAIL_WIDTH)?;
    write_atomically(&arguments.out.join(file), &files::small_png(&image)?)?;
    write_atomically(&arguments.out.join(thumbnail), &files::small_png(&thumbnail_image)?)?;
    Ok(entry)
}

/// Writes the image and the thumbnail of a portrait, and returns its entry of gallery.json.
fn write_portrait(arguments: &Arguments, portrait: &Portrait, width: u32) -> Result<Value> {
    let (file, thumbnail) = (format!("portraits/{}.jpg", portrait.id), format!("portraits/{}.small.jpg", portrait.id));
    let image = portrait.render(width)?;
    let height = image.height();
    let pupils = portrait.pupils.map(|[x, y]| [x * f64::from(width), y * f64::from(height)]);
    let (x, y, box_width) = portrait.placement(width);
    let entry = json!({
        "id": portrait.id, "name": portrait.name, "alt": portrait.alt, "file": file, "thumbnail": thumbnail,
        "width": width, "height": height, "pupils": pupils,
        "placement": { "x": x, "y": y, "width": box_width, "rotation": 0 },
    });
    files::write_image(&arguments.out.join(thumbnail), files::resized(&image, THUMBNAIL_WIDTH)?)?;
    files::write_image(&arguments.out.join(file), image)?;
    Ok(entry)
}
