//! Input and output shared by the commands: images, weights and text.

use anyhow::{Context, Result, bail};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, ImageFormat, RgbaImage};
use std::io::Cursor;
use std::path::Path;
use stgan::internals::resample::{self, Downscaler};
use stgan::model::Task;
use stgan::{Bitmap, Homography, Locator, TryOn};
use stgan_train::write_atomically;

/// Reads a locator from a weights file; without one, uses the bundled weights.
pub(crate) fn locator(weights: Option<&Path>) -> Result<Locator> {
    match weights {
        None => Ok(Locator::bundled()?),
        Some(path) => Locator::new(&read(path)?).with_context(|| path.display().to_string()),
    }
}

/// Reads generators for glasses from a weights file; without one, uses the bundled weights.
pub(crate) fn tryon(weights: Option<&Path>) -> Result<TryOn> {
    tryon_for(weights, &Task::glasses(), TryOn::bundled)
}

/// Reads generators for furniture from a weights file; without one, uses the bundled weights.
pub(crate) fn room(weights: Option<&Path>) -> Result<TryOn> {
    tryon_for(weights, &Task::room(), TryOn::bundled_room)
}

fn tryon_for(weights: Option<&Path>, task: &Task, bundled: impl Fn() -> stgan::Result<TryOn>) -> Result<TryOn> {
    match weights {
        None => Ok(bundled()?),
        Some(path) => TryOn::for_task(&read(path)?, task).with_context(|| path.display().to_string()),
    }
}

/// The JPEG quality of image files, of 100.
const QUALITY: u8 = 92;

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// Reads a JPEG, PNG or WebP file and rotates it upright by its EXIF orientation.
pub(crate) fn read_image(path: &Path) -> Result<Bitmap> {
    let image = stgan_decoder::decode(&read(path)?).with_context(|| path.display().to_string())?;
    Ok(Bitmap::new(image.width, image.height, image.pixels)?)
}

/// Writes a PNG, JPEG or WebP file, by the file extension.
pub(crate) fn write_image(path: &Path, image: Bitmap) -> Result<()> {
    let format = ImageFormat::from_path(path).ok();
    let Some(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) = format else {
        bail!("{}: the name of an image file must end in .png, .jpg or .webp", path.display());
    };
    let (width, height) = (image.width(), image.height());
    if format == ImageFormat::Jpeg {
        return Ok(write_atomically(path, &jpeg(image, QUALITY)?)?);
    }
    let pixels =
        RgbaImage::from_raw(width, height, image.into_data()).context("internal error: wrong number of pixels")?;
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format)?;
    Ok(write_atomically(path, bytes.get_ref())?)
}

/// Encodes an image as JPEG. The alpha channel is dropped; `quality` is at most 100.
pub(crate) fn jpeg(image: Bitmap, quality: u8) -> Result<Vec<u8>> {
    let (width, height) = (image.width(), image.height());
    let pixels =
        RgbaImage::from_raw(width, height, image.into_data()).context("internal error: wrong number of pixels")?;
    let mut bytes = Vec::new();
    DynamicImage::from(pixels).into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
    Ok(bytes)
}

/// Encodes an image as PNG with the best compression: such files are downloaded often and written
/// once.
pub(crate) fn small_png(image: &Bitmap) -> Result<Vec<u8>> {
    png(image.data(), (image.width(), image.height()), ExtendedColorType::Rgba8)
}

/// Encodes one byte for each pixel as a greyscale PNG.
pub(crate) fn grey_png(size: (u32, u32), values: &[u8]) -> Result<Vec<u8>> {
    png(values, size, ExtendedColorType::L8)
}

fn png(data: &[u8], (width, height): (u32, u32), colour: ExtendedColorType) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(data, width, height, colour)?;
    Ok(bytes)
}

/// Downscales an image to fit into a box (width, height) and keeps its aspect ratio. A smaller
/// image keeps its size.
///
/// # Errors
/// [`stgan::Error::Argument`] if a side of the box is 0.
pub(crate) fn thumbnail(image: &Bitmap, room: (u32, u32)) -> stgan::Result<Bitmap> {
    let (width, height) = (image.width(), image.height());
    let scale = (f64::from(room.0) / f64::from(width)).min(f64::from(room.1) / f64::from(height)).min(1.0);
    let reduced = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, side);
    let mut downscaler = Downscaler::new((width, height), (reduced(width), reduced(height)))?;
    downscaler.push(image.data())?;
    downscaler.finish()
}

/// Resizes an image to another width and keeps its aspect ratio.
pub(crate) fn resized(image: &Bitmap, width: u32) -> Result<Bitmap> {
    let scale = f64::from(image.width()) / f64::from(width);
    let height = (f64::from(image.height()) / scale).round().max(1.0) as u32;
    let planes =
        resample::view(image.as_ref(), &Homography::similarity(scale, 0.0, 0.0, 0.0), width as usize, height as usize)?;
    let area = (width * height) as usize;
    let bytes = (0..area).flat_map(|i| [0, 1, 2, 3].map(|plane| (planes[plane * area + i] * 255.0).round() as u8));
    Ok(Bitmap::new(width, height, bytes.collect())?)
}

/// Prints to standard output. A closed pipe, as in `stgan … | head`, is not an error.
pub(crate) fn print(text: &str) -> Result<()> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
