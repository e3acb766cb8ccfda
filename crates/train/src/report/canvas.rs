//! Drawing with `plotters`. The font is embedded, because a training machine may have none.

use crate::files::write_atomically;
use crate::{Error, Result};
use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;
use std::sync::Once;
use stgan::Bitmap;

/// The colour of text and lines.
pub(super) const INK: RGBColor = RGBColor(0x24, 0x29, 0x2f);
pub(super) const GREY: RGBColor = RGBColor(0x52, 0x5a, 0x63);
pub(super) const FAINT: RGBColor = RGBColor(0xdf, 0xe3, 0xe7);

/// The supersampling factor of a sheet. It gives sub-pixel text positions, which `plotters` lacks.
pub(super) const FINE: u32 = 2;
const FONT: &str = "ubuntu";
/// The size of the font in `plotters` (descender to ascender) relative to its em size.
const TALL: f64 = 1.121;

pub(super) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
pub(super) type Drawn =
    std::result::Result<(), DrawingAreaErrorKind<<BitMapBackend<'static> as DrawingBackend>::ErrorType>>;

/// Draws on a white sheet of `width × height` pixels. The area given to `draw` is [`FINE`] times as
/// large in each direction.
///
/// # Errors
/// [`stgan::Error::ImageTooLarge`] if the sheet exceeds the size limit of [`Bitmap`].
pub(super) fn drawn(width: u32, height: u32, draw: impl FnOnce(&Area) -> Drawn) -> Result<Bitmap> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let known = register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
        debug_assert!(known.is_ok(), "the embedded font is valid");
    });
    let mut image = Bitmap::transparent(width, height)?;
    let size = (width * FINE, height * FINE);
    let mut sheet = RgbImage::new(size.0, size.1);
    {
        let area = BitMapBackend::with_buffer(&mut sheet, size).into_drawing_area();
        let done = area.fill(&WHITE).and_then(|()| draw(&area)).and_then(|()| area.present());
        done.map_err(|error| Error::data(Path::new("chart"), format!("drawing failed: {error}")))?;
    }
    let sheet = resize(&sheet, width, height, FilterType::Triangle);
    for (to, from) in image.data_mut().chunks_exact_mut(4).zip(sheet.pixels()) {
        to.copy_from_slice(&[from[0], from[1], from[2], 255]);
    }
    Ok(image)
}

/// Converts pixels of the sheet to pixels of the supersampled area.
pub(super) fn fine(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// A text style with a size in pixels, anchored at the top.
pub(super) fn style(size: f64, anchor: HPos, colour: &RGBColor) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(FONT), size * TALL * f64::from(FINE), FontStyle::Normal);
    let style = TextStyle::from(font);
    TextStyle { color: colour.to_backend_color(), ..style }.pos(Pos::new(anchor, VPos::Top))
}

/// Writes text at a point on its baseline, in pixels of the sheet.
pub(super) fn text(area: &Area, (x, y): (f64, f64), size: f64, anchor: HPos, colour: &RGBColor, text: &str) -> Drawn {
    // `plotters` puts the baseline half the size below the top.
    let top = fine(y) - (size * TALL * f64::from(FINE) / 2.0) as i32;
    area.draw_text(text, &style(size, anchor, colour), (fine(x), top))
}

/// The width of text in pixels of the sheet.
pub(super) fn text_width(area: &Area, text: &str, size: f64) -> f64 {
    let width = area.estimate_text_size(text, &style(size, HPos::Left, &INK)).map_or(0, |(width, _)| width);
    f64::from(width) / f64::from(FINE)
}

/// Writes an opaque image as PNG, atomically.
///
/// # Errors
/// [`crate::Error::Io`].
pub(super) fn write_png(path: &Path, image: &Bitmap) -> Result<()> {
    let rgb: Vec<u8> = image.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&rgb, image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|error| Error::unreadable(path, "PNG encoding failed", error))?;
    write_atomically(path, &bytes)
}
