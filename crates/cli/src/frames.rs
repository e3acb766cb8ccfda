//! `stgan frames`: the catalogue's frames and the sample portraits as image files.

use crate::files;
use anyhow::{Context, Result};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use stgan::Bitmap;
use stgan_portraits::Portrait;
use stgan_synth::CatalogueFrame;
use stgan_train::write_atomically;

/// Write the catalogue's frames, the sample portraits and gallery.json into a folder.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    out: PathBuf,
    /// Width of the frames in pixels.
    #[arg(long, default_value_t = 1000)]
    width: u32,
    /// Width of the portraits in pixels; 0 leaves them out.
    #[arg(long, default_value_t = 960)]
    portrait_width: u32,
}

/// Pixels across of what a strip of frames or portraits shows.
const THUMBNAIL: u32 = 240;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    for name in ["frames", "portraits"] {
        let path = arguments.out.join(name);
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
    }
    let frames = stgan_synth::frames().par_iter().map(|f| frame(arguments, f)).collect::<Result<Vec<_>>>()?;
    let portraits = match arguments.portrait_width {
        0 => Vec::new(),
        // One after the other: each uses all threads.
        width => {
            stgan_portraits::portraits().iter().map(|p| portrait(arguments, p, width)).collect::<Result<Vec<_>>>()?
        }
    };
    let list = json!({ "frames": frames, "portraits": portraits });
    write_atomically(&arguments.out.join("gallery.json"), serde_json::to_string_pretty(&list)?.as_bytes())?;
    let (frames, portraits) = (frames.len(), portraits.len());
    files::print(&format!("{frames} frames and {portraits} portraits in {}\n", arguments.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn frame(arguments: &Arguments, frame: &CatalogueFrame) -> Result<Value> {
    let (file, thumbnail) = (format!("frames/{}.png", frame.id), format!("frames/{}.small.png", frame.id));
    let image = frame.render(arguments.width)?;
    let entry = json!({
        "id": frame.id, "name": frame.name, "kind": frame.kind, "file": file, "thumbnail": thumbnail,
        "width": image.width(), "height": image.height(),
    });
    write_small_png(&arguments.out.join(file), &image)?;
    write_small_png(&arguments.out.join(thumbnail), &frame.render(THUMBNAIL)?)?;
    Ok(entry)
}

/// Writes a PNG as small as the encoder can: these files are downloaded often and written once.
fn write_small_png(path: &Path, image: &Bitmap) -> Result<()> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(image.data(), image.width(), image.height(), ExtendedColorType::Rgba8)?;
    Ok(write_atomically(path, &bytes)?)
}

fn portrait(arguments: &Arguments, portrait: &Portrait, width: u32) -> Result<Value> {
    let (file, thumbnail) = (format!("portraits/{}.jpg", portrait.id), format!("portraits/{}.small.jpg", portrait.id));
    let image = portrait.render(width)?;
    let height = image.height();
    let eyes = portrait.eyes.map(|[x, y]| [x * f64::from(width), y * f64::from(height)]);
    let (x, y, box_width) = portrait.placement(width);
    let entry = json!({
        "id": portrait.id, "name": portrait.name, "alt": portrait.alt, "file": file, "thumbnail": thumbnail,
        "width": width, "height": height, "eyes": eyes,
        "placement": { "x": x, "y": y, "width": box_width, "rotation": 0 },
    });
    files::write_image(&arguments.out.join(thumbnail), files::reduced(&image, THUMBNAIL)?)?;
    files::write_image(&arguments.out.join(file), image)?;
    Ok(entry)
}
