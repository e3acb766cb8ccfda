//! Opaque white lenses, which the removal of a white background leaves inside closed rims.

use super::grid::LENS_CENTRE;
use crate::cutout::{ARM, FRONT, Ground, LABELS, LENS, Labelled, Segments, cut_out, groups};
use crate::{Bitmap, BitmapRef, Rect};

/// White: at least this bright in each channel, from 0 to 255.
const WHITE: u8 = 215;
/// White: the channels differ by no more.
const GREY: u8 = 26;
/// How far around a lens its rim is unmixed from the white, in pixels.
const RIM: usize = 3;

/// Opens the two lenses in `bounds` (x, y, width, height in pixels), if both are opaque white.
/// Returns the lens centres.
pub(super) fn open(image: &mut Bitmap, bounds: [f64; 4]) -> Option<[[f64; 2]; 2]> {
    let rect = rect(bounds, image.as_ref());
    let part = image.as_ref().crop(rect).ok()?;
    let width = rect.width as usize;
    let white: Vec<bool> = part.data().as_chunks::<4>().0.iter().map(is_white).collect();
    let found = groups(&white, width, 1);
    let middle = rect.height as usize / 2;
    let mut lens = vec![false; white.len()];
    let mut centres = [[0.0; 2]; 2];
    for (centre, side) in centres.iter_mut().zip([-1.0, 1.0]) {
        let seed = (f64::from(rect.width) * (0.5 + side * LENS_CENTRE)) as usize;
        let id = nearest(&found.of, width, (seed, middle))?;
        let group = &found.groups[id as usize];
        let [left, top, right, bottom] = group.bounds;
        let is_inside = left > 0 && top > 0 && right + 1 < width && bottom + 1 < rect.height as usize;
        let share = group.count as f64 / f64::from(rect.width).powi(2);
        if !is_inside || !(0.015..0.3).contains(&share) {
            return None;
        }
        let [x, y] = group.centre();
        *centre = [x + f64::from(rect.x), y + f64::from(rect.y)];
        for (lens, of) in lens.iter_mut().zip(&found.of) {
            *lens |= *of == Some(id);
        }
    }
    let opened = matted(&part, &mut lens)?;
    let image_width = image.width() as usize;
    for (i, pixel) in opened.data().as_chunks::<4>().0.iter().enumerate() {
        let (x, y) = (i % width, i / width);
        // Only the lenses and their rims change, and nothing beyond thin rims.
        if part.data()[4 * i + 3] >= 250 && is_near(&lens, width, (x, y), RIM) {
            let at = (y + rect.y as usize) * image_width + x + rect.x as usize;
            image.data_mut()[4 * at..4 * at + 4].copy_from_slice(pixel);
        }
    }
    Some(centres)
}

fn rect([x, y, width, height]: [f64; 4], image: BitmapRef) -> Rect {
    let (x, y) = (x as u32, y as u32);
    Rect { x, y, width: (width as u32).min(image.width() - x), height: (height as u32).min(image.height() - y) }
}

fn is_white(pixel: &[u8; 4]) -> bool {
    let [r, g, b, alpha] = *pixel;
    let (low, high) = (r.min(g).min(b), r.max(g).max(b));
    alpha >= 250 && low >= WHITE && high - low <= GREY
}

/// The group at a cell, or at a cell nearby if a print or a reflection lies there.
fn nearest(of: &[Option<u32>], width: usize, (x, y): (usize, usize)) -> Option<u32> {
    let reach = width / 20;
    (0..=reach).step_by((reach / 4).max(1)).find_map(|off| {
        let near = [(x, y), (x + off, y), (x.saturating_sub(off), y), (x, y + off), (x, y.saturating_sub(off))];
        near.into_iter().find_map(|(x, y)| of.get(y * width + x.min(width - 1)).copied().flatten())
    })
}

/// The part with the lenses labelled as lens and all else as front, on a white ground. What crosses
/// a lens is an arm; the lenses get its pixels.
fn matted(part: &Bitmap, lens: &mut [bool]) -> Option<Bitmap> {
    let size = (part.width() as usize, part.height() as usize);
    let ground = Ground::constant(white_of(part, lens), size);
    let mut probabilities = vec![0.0; LABELS * lens.len()];
    for (i, values) in probabilities.chunks_exact_mut(LABELS).enumerate() {
        let rim = !lens[i] && is_near(lens, size.0, (i % size.0, i / size.0), 1);
        // A pixel of the rim beside the lens shows both.
        let share = if lens[i] { 1.0 } else { if rim { 0.6 } else { 0.0 } };
        (values[LENS], values[FRONT]) = (share, 1.0 - share);
    }
    let mut segments =
        Segments { rect: Rect { x: 0, y: 0, width: part.width(), height: part.height() }, size, probabilities };
    segments.tidy_lenses();
    for (lens, label) in lens.iter_mut().zip(segments.labels()) {
        *lens |= matches!(label, LENS | ARM);
    }
    let labelled = Labelled { image: part.as_ref(), probabilities: &segments.probabilities };
    cut_out(&labelled, &ground).ok().map(|matted| matted.image)
}

/// The brightest colour of the lenses, but for a hundredth of their pixels.
fn white_of(part: &Bitmap, lens: &[bool]) -> [f64; 3] {
    std::array::from_fn(|c| {
        let pixels = part.data().as_chunks::<4>().0.iter().zip(lens).filter(|(_, lens)| **lens);
        let mut values: Vec<u8> = pixels.map(|(pixel, _)| pixel[c]).collect();
        let at = (values.len() * 99 / 100).min(values.len().saturating_sub(1));
        f64::from(*values.select_nth_unstable(at).1) / 255.0
    })
}

fn is_near(lens: &[bool], width: usize, (x, y): (usize, usize), reach: usize) -> bool {
    let height = lens.len() / width;
    let columns = x.saturating_sub(reach)..(x + reach + 1).min(width);
    (y.saturating_sub(reach)..(y + reach + 1).min(height)).any(|y| lens[y * width..][columns.clone()].contains(&true))
}
