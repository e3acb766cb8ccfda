//! Grids of example images: one row per face, one column per warp.

use super::canvas::{GREY, INK, drawn, text, text_width, write_png};
use crate::{Error, Result};
use plotters::style::text_anchor::HPos;
use std::path::Path;
use stgan::internals::resample;
use stgan::model::ImageSize;
use stgan::{Bitmap, Homography};

/// An image of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct GridImage {
    /// The planes R, G and B, each of height × width values from 0 to 1.
    pub planes: Vec<f32>,
    /// The landmark error in inter-pupil distances, written below the image.
    pub error: Option<f64>,
}

/// The minimum width of an image in the grid, in pixels.
const MIN_SIDE: usize = 144;
const GAP: u32 = 4;
const HEADER: u32 = 26;
const CAPTION: u32 = 20;

/// Writes a grid of images as PNG, with the names of the columns above it.
///
/// Images narrower than 144 pixels are magnified by an integer factor. Rows may have different
/// lengths. If no image of a row has an error, the row has no captions.
///
/// # Errors
/// - [`Error::Argument`] if there are no images, if a row is longer than `columns`, or if the
///   planes of an image do not have three values for each pixel of `size`.
/// - [`stgan::Error::ImageTooLarge`] if the grid exceeds the size limit of an image.
/// - [`crate::Error::Io`] if the file can't be written.
pub fn write(path: &Path, size: impl Into<ImageSize>, columns: &[&str], rows: &[Vec<GridImage>]) -> Result<()> {
    write_png(path, &draw(size, columns, rows)?)
}

/// Draws the grid that [`write()`] writes.
///
/// # Errors
/// The errors of [`write()`], except [`crate::Error::Io`].
pub fn draw(size: impl Into<ImageSize>, columns: &[&str], rows: &[Vec<GridImage>]) -> Result<Bitmap> {
    let size = size.into();
    check(size, columns, rows)?;
    let factor = MIN_SIDE.div_ceil(size.width);
    let (side, high) = ((size.width * factor) as u32, (size.height * factor) as u32);
    let cell = side + GAP;
    let captioned = |row: &Vec<GridImage>| row.iter().any(|p| p.error.is_some());
    let heights = rows.iter().map(|row| high + GAP + if captioned(row) { CAPTION } else { 0 });
    let tops: Vec<u32> = heights
        .scan(HEADER, |y, height| {
            *y += height;
            Some(*y)
        })
        .collect();
    let (width, height) = (GAP + columns.len() as u32 * cell, tops[tops.len() - 1]);
    let starts: Vec<u32> = std::iter::once(HEADER).chain(tops).take(rows.len()).collect();
    let centre = |column: usize| f64::from(GAP + column as u32 * cell) + f64::from(side) / 2.0;
    let mut sheet = drawn(width, height, |sheet| {
        for (i, name) in columns.iter().enumerate() {
            let room = f64::from(side) / text_width(sheet, name, 100.0).max(1.0) * 100.0;
            text(sheet, (centre(i), 18.0), room.clamp(8.0, 14.0), HPos::Center, &INK, name)?;
        }
        for (row, top) in rows.iter().zip(&starts) {
            for (i, image) in row.iter().enumerate() {
                let Some(error) = image.error else { continue };
                let caption = if error.is_finite() { format!("{error:.3}") } else { "—".to_owned() };
                text(sheet, (centre(i), f64::from(top + high) + 15.0), 13.0, HPos::Center, &GREY, &caption)?;
            }
        }
        Ok(())
    })?;
    for (row, top) in rows.iter().zip(&starts) {
        for (i, image) in row.iter().enumerate() {
            paste(&mut sheet, (GAP + i as u32 * cell, *top), &magnified(image, size, factor)?);
        }
    }
    Ok(sheet)
}

fn check(size: ImageSize, columns: &[&str], rows: &[Vec<GridImage>]) -> Result<()> {
    let wrong = |name: &'static str, value: String, expected: String| Err(Error::Argument { name, value, expected });
    if size.area() == 0 || columns.is_empty() || rows.is_empty() {
        let value = format!("{} columns and {} rows of {size} pixels", columns.len(), rows.len());
        return wrong("grid", value, "at least one of each".into());
    }
    if let Some(row) = rows.iter().find(|row| row.len() > columns.len()) {
        return wrong("row", format!("{} images", row.len()), format!("at most {}, one per column", columns.len()));
    }
    match rows.iter().flatten().find(|image| image.planes.len() != 3 * size.area()) {
        Some(image) => {
            let expected = format!("3 planes of {}×{} values", size.height, size.width);
            wrong("image", format!("{} values", image.planes.len()), expected)
        }
        None => Ok(()),
    }
}

/// Converts planes to pixels and magnifies them by an integer factor.
fn magnified(image: &GridImage, size: ImageSize, factor: usize) -> Result<Bitmap> {
    let area = size.area();
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixel = |i: usize| [0, 1, 2].map(|plane| byte(image.planes[plane * area + i]));
    let data = (0..area).map(pixel).flat_map(|[r, g, b]| [r, g, b, 255]).collect();
    let image = Bitmap::new(size.width as u32, size.height as u32, data)?;
    if factor == 1 {
        return Ok(image);
    }
    let by = 1.0 / factor as f64;
    let (width, height) = (factor * size.width, factor * size.height);
    let planes = resample::view(image.as_ref(), &Homography::similarity(by, 0.0, 0.0, 0.0), width, height)?;
    let area = width * height;
    // The resampler lowers alpha at the edges but not the colours, so alpha is replaced by 1.
    let bytes = (0..area).flat_map(|i| [planes[i], planes[area + i], planes[2 * area + i], 1.0].map(byte));
    Ok(Bitmap::new(width as u32, height as u32, bytes.collect())?)
}

/// Copies an image into the sheet. It must fit.
fn paste(sheet: &mut Bitmap, (left, top): (u32, u32), image: &Bitmap) {
    let (width, stride) = (image.width() as usize * 4, sheet.width() as usize * 4);
    for (y, row) in image.data().chunks_exact(width).enumerate() {
        let start = (top as usize + y) * stride + left as usize * 4;
        sheet.data_mut()[start..start + width].copy_from_slice(row);
    }
}
