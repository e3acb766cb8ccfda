//! Pictures of what the networks do: one row a sample, one column a warp.

use super::canvas::{GREY, INK, drawn, text, text_width, write_png};
use crate::{Error, Result};
use plotters::style::text_anchor::HPos;
use std::path::Path;
use stgan::internals::resample;
use stgan::{Bitmap, Homography};

/// What one cell shows.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Three planes R, G, B of size × size values from 0 to 1, as the networks have them.
    pub planes: Vec<f32>,
    /// Written under the picture: the anchor error in eye distances.
    pub error: Option<f64>,
}

/// Pictures are shown at least so many pixels wide.
const LEAST: usize = 144;
const GAP: u32 = 4;
const HEADER: u32 = 26;
const CAPTION: u32 = 20;

/// Writes a PNG in which every row of pictures is a row, under the columns' names (as placed, after stage 1, …). Pictures of
/// fewer than 144 pixels are magnified by a whole number. Rows may be shorter than others; where no picture of a row has an
/// error, nothing is written under them.
///
/// # Errors
/// [`Error::Argument`] for no pictures at all, a row of more pictures than `columns`, or planes that are not 3·`size`²
/// long; [`stgan::Error::ImageTooLarge`]; [`crate::Error::Io`].
pub fn write(path: &Path, size: usize, columns: &[&str], rows: &[Vec<Picture>]) -> Result<()> {
    write_png(path, &draw(size, columns, rows)?)
}

/// The image that [`write()`] writes.
///
/// # Errors
/// As [`write()`], without [`crate::Error::Io`].
pub fn draw(size: usize, columns: &[&str], rows: &[Vec<Picture>]) -> Result<Bitmap> {
    check(size, columns, rows)?;
    let side = (size * LEAST.div_ceil(size)) as u32;
    let cell = side + GAP;
    let heights = rows.iter().map(|row| if row.iter().any(|p| p.error.is_some()) { cell + CAPTION } else { cell });
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
            for (i, picture) in row.iter().enumerate() {
                let Some(error) = picture.error else { continue };
                let caption = if error.is_finite() { format!("{error:.3}") } else { "—".to_owned() };
                text(sheet, (centre(i), f64::from(top + side) + 15.0), 13.0, HPos::Center, &GREY, &caption)?;
            }
        }
        Ok(())
    })?;
    for (row, top) in rows.iter().zip(&starts) {
        for (i, picture) in row.iter().enumerate() {
            paste(&mut sheet, (GAP + i as u32 * cell, *top), &magnified(picture, size, side)?);
        }
    }
    Ok(sheet)
}

fn check(size: usize, columns: &[&str], rows: &[Vec<Picture>]) -> Result<()> {
    let wrong = |name: &'static str, value: String, expected: String| Err(Error::Argument { name, value, expected });
    if size == 0 || columns.is_empty() || rows.is_empty() {
        let value = format!("{} columns and {} rows of {size} pixels", columns.len(), rows.len());
        return wrong("grid", value, "at least one of each".into());
    }
    if let Some(row) = rows.iter().find(|row| row.len() > columns.len()) {
        return wrong("row", format!("{} pictures", row.len()), format!("at most {} of them", columns.len()));
    }
    match rows.iter().flatten().find(|picture| picture.planes.len() != 3 * size * size) {
        Some(picture) => {
            wrong("picture", format!("{} values", picture.planes.len()), format!("3 planes of {size}×{size}"))
        }
        None => Ok(()),
    }
}

fn magnified(picture: &Picture, size: usize, side: u32) -> Result<Bitmap> {
    let area = size * size;
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixel = |i: usize| [0, 1, 2].map(|plane| byte(picture.planes[plane * area + i]));
    let data = (0..area).map(pixel).flat_map(|[r, g, b]| [r, g, b, 255]).collect();
    let image = Bitmap::new(size as u32, size as u32, data)?;
    if side as usize == size {
        return Ok(image);
    }
    let by = size as f64 / f64::from(side);
    let side = side as usize;
    let planes = resample::view(image.as_ref(), &Homography::similarity(by, 0.0, 0.0, 0.0), side, side)?;
    let area = side * side;
    // At the edges alpha falls, and colours stay what they are.
    let bytes = (0..area).flat_map(|i| [planes[i], planes[area + i], planes[2 * area + i], 1.0].map(byte));
    Ok(Bitmap::new(side as u32, side as u32, bytes.collect())?)
}

/// Copies the rows of an image that fits.
fn paste(sheet: &mut Bitmap, (left, top): (u32, u32), image: &Bitmap) {
    let (width, stride) = (image.width() as usize * 4, sheet.width() as usize * 4);
    for (y, row) in image.data().chunks_exact(width).enumerate() {
        let start = (top as usize + y) * stride + left as usize * 4;
        sheet.data_mut()[start..start + width].copy_from_slice(row);
    }
}
