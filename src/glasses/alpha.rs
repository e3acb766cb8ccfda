//! Images with a transparent background: leftovers of an earlier removal are cleaned, everything
//! else is respected.

use super::grid::{AlphaGrid, Front};
use super::report::Warning;
use super::white_lenses;
use crate::cutout::Lenses;
use crate::{Bitmap, BitmapRef, Error, Result};

/// A source image is opaque if almost all of its pixels have this alpha, from 0 to 255.
const OPAQUE: u8 = 250;
/// Fainter pixels, from 0 to 255, away from the glasses are leftovers.
const LEFTOVER: u8 = 8;
/// Leftovers are this many pixels away from the glasses.
const AWAY: f64 = 3.0;

/// A source image with a transparent background, without leftovers.
pub(super) struct Cleaned {
    pub image: Bitmap,
    pub lens_centres: [[f64; 2]; 2],
    pub lenses: Lenses,
    pub warnings: Vec<Warning>,
}

/// Whether almost no pixel is transparent.
pub(super) fn is_opaque(source: BitmapRef) -> bool {
    source.is_opaque(OPAQUE)
}

/// Implements [`super::Glasses::needs_removal`].
pub(super) fn needs_removal(source: BitmapRef) -> bool {
    if is_opaque(source) {
        return true;
    }
    let veil = Veil::find(source);
    let without = veil.map(|veil| veil.removed(source));
    let grid = AlphaGrid::new(without.as_ref().map_or(source, Bitmap::as_ref));
    grid.front().is_some_and(|front| grid.is_more_than_a_front(&front))
}

/// The lens centres in pixels, the left one first, and the kind of the lenses.
///
/// # Errors
/// [`Error::EmptyGlasses`] if no pixel is at least 10 % opaque.
pub(super) fn inspect(source: BitmapRef) -> Result<([[f64; 2]; 2], Lenses)> {
    let grid = AlphaGrid::new(source);
    let front = grid.front().ok_or_else(|| empty(source))?;
    let lens_centres = grid.lens_centres(&front);
    Ok((lens_centres, lenses(source, &lens_centres, grid.bounds(&front)[2])))
}

fn empty(source: BitmapRef) -> Error {
    Error::EmptyGlasses { width: source.width(), height: source.height() }
}

/// Removes leftovers and opens white lenses.
///
/// # Errors
/// [`Error::EmptyGlasses`] if no pixel is at least 10 % opaque.
pub(super) fn clean(source: BitmapRef) -> Result<Cleaned> {
    let veil = Veil::find(source);
    let mut image = veil.as_ref().map_or_else(|| source.to_owned(), |veil| veil.removed(source));
    let outline = |image: &Bitmap| {
        let grid = AlphaGrid::new(image.as_ref());
        grid.front().map(|front| (grid, front)).ok_or_else(|| empty(source))
    };
    let (grid, front) = outline(&image)?;
    let has_specks = remove_specks(&mut image, &grid, &front);
    let has_arms = remove_arms(&mut image);
    let (grid, front) = if has_arms { outline(&image)? } else { (grid, front) };
    let bounds = grid.bounds(&front);
    let has_leftovers = remove_faint_leftovers(&mut image, bounds);
    let opened = white_lenses::open(&mut image, bounds);
    let found = [
        (Warning::SpecksRemoved, has_specks),
        (Warning::VeilRemoved, veil.is_some() || has_leftovers && !has_specks),
        (Warning::LensesOpened, opened.is_some()),
        (Warning::ArmsRemoved, has_arms),
    ];
    let warnings = found.into_iter().filter_map(|(warning, is_so)| is_so.then_some(warning)).collect();
    let lens_centres = opened.unwrap_or_else(|| grid.lens_centres(&front));
    let lenses = lenses(image.as_ref(), &lens_centres, bounds[2]);
    Ok(Cleaned { image, lens_centres, lenses, warnings })
}

/// Makes temple arms beside the front transparent. Whether there were any.
pub(super) fn remove_arms(image: &mut Bitmap) -> bool {
    let grid = AlphaGrid::new(image.as_ref());
    let Some([first, last]) = grid.front().and_then(|front| grid.without_arms(&front)) else { return false };
    let width = image.width() as usize;
    for (i, pixel) in image.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
        if !(first..=last).contains(&(i % width)) {
            *pixel = [0; 4];
        }
    }
    true
}

/// A veil: the same faint colour over all that should be transparent.
struct Veil {
    pixel: [u8; 4],
}

impl Veil {
    /// The veil of a source image: the median of the pixels at its edges, if most of them are
    /// alike, visible and not opaque.
    fn find(source: BitmapRef) -> Option<Self> {
        let (width, height) = (source.width() as usize, source.height() as usize);
        let at = |x: usize, y: usize| -> [u8; 4] { std::array::from_fn(|k| source.data()[4 * (y * width + x) + k]) };
        let rows = (0..width).flat_map(|x| [at(x, 0), at(x, height - 1)]);
        let columns = (0..height).flat_map(|y| [at(0, y), at(width - 1, y)]);
        let edge: Vec<[u8; 4]> = rows.chain(columns).collect();
        let pixel = std::array::from_fn(|k| {
            let mut values: Vec<u8> = edge.iter().map(|pixel| pixel[k]).collect();
            let middle = values.len() / 2;
            *values.select_nth_unstable(middle).1
        });
        let veil = Self { pixel };
        let alike = edge.iter().filter(|pixel| veil.covers(**pixel)).count();
        ((1..128).contains(&pixel[3]) && alike * 10 >= edge.len() * 8).then_some(veil)
    }

    fn covers(&self, pixel: [u8; 4]) -> bool {
        let alpha = self.pixel[3];
        // The colour of a pixel with little alpha is coarse.
        let tolerance = 12 + 255 / alpha.max(1);
        pixel[3].abs_diff(alpha) <= 2.max(alpha / 5) && (0..3).all(|k| pixel[k].abs_diff(self.pixel[k]) <= tolerance)
    }

    fn removed(&self, source: BitmapRef) -> Bitmap {
        let mut image = source.to_owned();
        for pixel in image.data_mut().as_chunks_mut::<4>().0 {
            if self.covers(*pixel) {
                *pixel = [0; 4];
            }
        }
        image
    }
}

/// Whether there were any.
fn remove_specks(image: &mut Bitmap, grid: &AlphaGrid, front: &Front) -> bool {
    let width = image.width() as usize;
    let mut found = false;
    for (i, pixel) in image.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
        if pixel[3] > 0 && grid.is_speck(front, i % width, i / width) {
            *pixel = [0; 4];
            found = true;
        }
    }
    found
}

/// Makes faint pixels transparent around the glasses, whose `bounds` are x, y, width and height in
/// pixels. Whether there were any. Among the glasses, faint pixels are reflections.
fn remove_faint_leftovers(image: &mut Bitmap, [left, top, wide, high]: [f64; 4]) -> bool {
    let mut found = false;
    let width = image.width() as usize;
    let is_inside = |at: usize, start: f64, length: f64| (start - AWAY..=start + length + AWAY).contains(&(at as f64));
    for (i, pixel) in image.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let inside = is_inside(i % width, left, wide) && is_inside(i / width, top, high);
        if (1..LEFTOVER).contains(&pixel[3]) && !inside {
            *pixel = [0; 4];
            found = true;
        }
    }
    found
}

/// The kind of the lenses, by the median alpha around their centres.
fn lenses(image: BitmapRef, centres: &[[f64; 2]; 2], width: f64) -> Lenses {
    const STEPS: i32 = 6;
    let mut alpha = Vec::new();
    for [x, y] in centres {
        for (i, j) in (-STEPS..=STEPS).flat_map(|j| (-STEPS..=STEPS).map(move |i| (i, j))) {
            let step = 0.07 * width / f64::from(STEPS);
            let (x, y) = (x + step * f64::from(i), y + step * f64::from(j));
            if x >= 0.0 && y >= 0.0 && x < f64::from(image.width()) && y < f64::from(image.height()) {
                alpha.push(image.data()[4 * (y as usize * image.width() as usize + x as usize) + 3]);
            }
        }
    }
    alpha.sort_unstable();
    match alpha.get(alpha.len() / 2) {
        Some(0..=71) | None => Lenses::Clear,
        Some(72..=243) => Lenses::Tinted,
        Some(_) => Lenses::Opaque,
    }
}
