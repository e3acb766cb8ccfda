//! Contact sheets: photos beside their cut-outs, with a name and a caption.

use super::canvas::{Area, Drawn, FAINT, FINE, GREY, INK, drawn, fine, text, text_width};
use crate::{Error, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use stgan::Bitmap;

/// The largest width and height in pixels of the two images of a cell. Larger images are clipped.
pub const IMAGE: (u32, u32) = (160, 104);

/// A photo and what became of it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The photo.
    pub before: Option<Bitmap>,
    /// The cut-out, drawn over chequered grey.
    pub after: Option<Bitmap>,
    /// The first line below the images.
    pub name: String,
    /// The second line.
    pub caption: String,
    /// The colour of the caption.
    pub tone: Tone,
}

/// The kind of result in a [`Cell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A cut-out.
    Good,
    /// A cut-out to look at.
    Doubtful,
    /// No cut-out.
    Bad,
}

/// The size of an image with the ground around it.
const TILE: (u32, u32) = (IMAGE.0 + 8, IMAGE.1 + 8);
const COLUMNS: usize = 5;
const MARGIN: u32 = 20;
/// The gap between the two images of a cell.
const GAP: u32 = 4;
const HEADER: u32 = 30;
const TEXT: u32 = 50;
const CELL: (u32, u32) = (2 * TILE.0 + GAP, TILE.1 + TEXT);

/// The grounds behind cut-outs: white fringes and dark remains both show on mid-tones.
const CHECKS: [RGBColor; 2] = [RGBColor(0x96, 0xa0, 0xaa), RGBColor(0xa6, 0xb0, 0xb9)];
/// The side of a square in pixels.
const SQUARE: u32 = 8;
const GROUND: RGBColor = RGBColor(0xf6, 0xf8, 0xfa);
const AMBER: RGBColor = RGBColor(0x9a, 0x67, 0x00);
const RED: RGBColor = RGBColor(0xb3, 0x26, 0x1e);
const PALE_RED: RGBColor = RGBColor(0xfb, 0xe9, 0xe7);

/// Draws a sheet with five cells in a row.
///
/// # Errors
/// - [`Error::Argument`] if there are no cells.
/// - [`stgan::Error::ImageTooLarge`] for more cells than fit into an image, which are thousands.
pub fn draw(cells: &[Cell]) -> Result<Bitmap> {
    if cells.is_empty() {
        return Err(Error::Argument { name: "cells", value: "0".into(), expected: "at least one".into() });
    }
    let columns = COLUMNS.min(cells.len()) as u32;
    let rows = cells.len().div_ceil(COLUMNS) as u32;
    let (width, height) = (MARGIN + columns * (CELL.0 + MARGIN), HEADER + MARGIN + rows * CELL.1);
    let place = |i: usize| {
        let (column, row) = ((i % COLUMNS) as u32, (i / COLUMNS) as u32);
        (MARGIN + column * (CELL.0 + MARGIN), HEADER + MARGIN / 2 + row * CELL.1)
    };
    let mut sheet = drawn(width, height, |area| {
        let size = 15.0;
        text(area, (f64::from(MARGIN), 24.0), size, HPos::Left, &INK, &headline(cells, columns))?;
        cells.iter().enumerate().try_for_each(|(i, cell)| draw_cell(area, place(i), cell))
    })?;
    for (i, cell) in cells.iter().enumerate() {
        let (left, top) = place(i);
        for (image, left) in [(&cell.before, left), (&cell.after, left + TILE.0 + GAP)] {
            if let Some(image) = image {
                paste(&mut sheet, (left, top), image);
            }
        }
    }
    Ok(sheet)
}

fn headline(cells: &[Cell], columns: u32) -> String {
    let count = |tone: Tone| cells.iter().filter(|cell| cell.tone == tone).count();
    let photos = format!("{} {}", cells.len(), if cells.len() == 1 { "photo" } else { "photos" });
    if columns < 2 {
        return photos;
    }
    let (doubtful, bad) = (count(Tone::Doubtful), count(Tone::Bad));
    format!("{photos}: {} cut out ({doubtful} to look at), {bad} not", cells.len() - bad)
}

/// Draws grounds and text of a cell.
fn draw_cell(area: &Area, (left, top): (u32, u32), cell: &Cell) -> Drawn {
    let second = left + TILE.0 + GAP;
    fill(area, (left, top), TILE, &GROUND)?;
    outline(area, (left, top))?;
    if cell.after.is_some() {
        for (y, x) in
            (0..TILE.1).step_by(SQUARE as usize).flat_map(|y| (0..TILE.0).step_by(SQUARE as usize).map(move |x| (y, x)))
        {
            let colour = &CHECKS[((x + y) / SQUARE % 2) as usize];
            let size = (SQUARE.min(TILE.0 - x), SQUARE.min(TILE.1 - y));
            fill(area, (second + x, top + y), size, colour)?;
        }
    } else {
        fill(area, (second, top), TILE, &PALE_RED)?;
        let centre = (f64::from(second + TILE.0 / 2), f64::from(top + TILE.1 / 2) + 5.0);
        text(area, centre, 15.0, HPos::Center, &RED, "no cut-out")?;
    }
    if cell.before.is_none() {
        let centre = (f64::from(left + TILE.0 / 2), f64::from(top + TILE.1 / 2) + 5.0);
        text(area, centre, 15.0, HPos::Center, &GREY, "unreadable")?;
    }
    let colour = match cell.tone {
        Tone::Good => &GREY,
        Tone::Doubtful => &AMBER,
        Tone::Bad => &RED,
    };
    let bottom = f64::from(top + TILE.1);
    for (line, size, below, colour) in [(&cell.name, 14.0, 17.0, &INK), (&cell.caption, 12.5, 33.0, colour)] {
        let line = fitting(area, line, size, f64::from(CELL.0));
        text(area, (f64::from(left), bottom + below), size, HPos::Left, colour, &line)?;
    }
    Ok(())
}

fn fill(area: &Area, (left, top): (u32, u32), (width, height): (u32, u32), colour: &RGBColor) -> Drawn {
    let corner = |x: u32, y: u32| ((x * FINE) as i32, (y * FINE) as i32);
    area.draw(&Rectangle::new([corner(left, top), corner(left + width, top + height)], colour.filled()))
}

/// Draws a line around the tile at a place.
fn outline(area: &Area, (left, top): (u32, u32)) -> Drawn {
    let [left, top] = [left, top].map(|side| fine(f64::from(side)) - 1);
    let (right, bottom) = (left + (TILE.0 * FINE) as i32 + 1, top + (TILE.1 * FINE) as i32 + 1);
    area.draw(&Rectangle::new([(left, top), (right, bottom)], FAINT.stroke_width(2)))
}

/// The text, without its middle if it is wider than `room` pixels: names often differ at the end.
fn fitting(area: &Area, line: &str, size: f64, room: f64) -> String {
    let width = text_width(area, line, size);
    if width <= room {
        return line.to_owned();
    }
    let letters: Vec<char> = line.chars().collect();
    let kept = (letters.len() as f64 * room / width) as usize;
    let half = kept.saturating_sub(2) / 2;
    let (start, end) = (&letters[..half], &letters[letters.len() - half..]);
    start.iter().chain(&['…']).chain(end).collect()
}

/// Draws an image centred over the tile at a place.
fn paste(sheet: &mut Bitmap, (left, top): (u32, u32), image: &Bitmap) {
    let (width, height) = (image.width().min(IMAGE.0), image.height().min(IMAGE.1));
    let (left, top) = (left + (TILE.0 - width) / 2, top + (TILE.1 - height) / 2);
    let stride = 4 * sheet.width() as usize;
    let rows = image.data().chunks_exact(4 * image.width() as usize).take(height as usize);
    for (y, row) in rows.enumerate() {
        let start = (top as usize + y) * stride + 4 * left as usize;
        let below = &mut sheet.data_mut()[start..start + 4 * width as usize];
        for (below, pixel) in below.chunks_exact_mut(4).zip(row.chunks_exact(4)) {
            let alpha = f32::from(pixel[3]) / 255.0;
            for (below, &above) in below.iter_mut().zip(&pixel[..3]) {
                *below = (f32::from(*below) + alpha * (f32::from(above) - f32::from(*below))).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(tone: Tone, name: &str) -> Cell {
        let tile = |alpha: u8| Bitmap::new(IMAGE.0, 40, [10, 20, 30, alpha].repeat(IMAGE.0 as usize * 40)).unwrap();
        Cell {
            before: Some(tile(255)),
            after: (tone != Tone::Bad).then(|| tile(0)),
            name: name.to_owned(),
            caption: "clear".into(),
            tone,
        }
    }

    #[test]
    fn photos_and_cut_outs_lie_side_by_side() {
        let cells = [Tone::Good, Tone::Doubtful, Tone::Bad, Tone::Good, Tone::Good, Tone::Good].map(|t| cell(t, "a"));
        let sheet = draw(&cells).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (20 + 5 * 360, 30 + 20 + 2 * 162));
        let at = |x: u32, y: u32| &sheet.data()[4 * (y * sheet.width() + x) as usize..][..3];
        // The middle of a square, which its neighbours do not blur.
        let middle = HEADER + MARGIN / 2 + TILE.1 / 2 - SQUARE / 2;
        assert_eq!(at(MARGIN + 84, middle), [10, 20, 30]);
        // The transparent cut-out shows the ground.
        let colours = CHECKS.map(|RGBColor(r, g, b)| [r, g, b]);
        assert!(colours.iter().any(|colour| at(MARGIN + TILE.0 + GAP + 84, middle) == colour));
        assert!(draw(&[]).is_err());
    }

    #[test]
    fn long_names_lose_their_middle() {
        let name = "a".repeat(80) + "-front.jpg";
        drawn(400, 40, |area| {
            let short = fitting(area, &name, 14.0, 300.0);
            assert!(short.starts_with("aaaa") && short.contains('…') && short.ends_with("-front.jpg"), "{short}");
            assert!(text_width(area, &short, 14.0) <= 305.0);
            assert_eq!(fitting(area, "short.jpg", 14.0, 300.0), "short.jpg");
            Ok(())
        })
        .unwrap();
    }
}
