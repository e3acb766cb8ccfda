//! Labels for the pixels of a product photo: first on the whole photo, small, to find the glasses,
//! then on the part with the glasses.

use super::groups::{Group, Groups, groups};
use super::network::{BACKGROUND, FRONT, LABELS, LENS, Segmenter};
use crate::resample::Downscaler;
use crate::{BitmapRef, Rect, Result};

/// The longer side of the whole photo as the network reads it, in pixels: the second one only if
/// the glasses are small or hard to find.
const COARSE: [u32; 2] = [160, 256];
/// Glasses at least this wide, as a share of the longer side, are not small.
const LARGE: f64 = 0.45;
/// Their height as a share of their width, if nothing else was found with them.
const ASPECTS: std::ops::RangeInclusive<f64> = 0.15..=0.6;
/// The widths of the part with the glasses as the network reads it, in pixels. The mean of both
/// probabilities is more certain than either: thin rims are seen at one of them.
const FINE: [u32; 2] = [224, 320];
/// The margin around the glasses in the second pass, as a share of their width.
const MARGIN: f64 = 0.1;
/// A pixel belongs to the glasses if front and lens have at least this probability together.
const GLASSES: f32 = 0.5;
/// Smaller groups of pixels, as a share of the largest group, are not part of the glasses: a logo
/// or a price.
const MIN_GROUP: f64 = 0.05;
/// The least number of pixels of glasses.
const MIN_COUNT: usize = 12;

/// The part of a photo that shows the glasses, with the probabilities of the labels.
#[derive(Clone, Debug)]
pub(crate) struct Segments {
    /// The part in pixels of the photo.
    pub rect: Rect,
    /// Width and height of the probabilities.
    pub size: (usize, usize),
    /// [`LABELS`] values for each pixel, rows top to bottom.
    pub probabilities: Vec<f32>,
}

impl Segments {
    /// The groups of front and lens, and for each whether it is part of the glasses.
    ///
    /// The largest one is, and so are others beside it that are not much smaller. A logo or a price
    /// stands above or below.
    fn glasses(&self) -> (Groups, Vec<bool>) {
        let is_glasses: Vec<bool> =
            self.probabilities.chunks_exact(LABELS).map(|p| p[FRONT] + p[LENS] > GLASSES).collect();
        // A gap of one pixel does not separate.
        let found = groups(&is_glasses, self.size.0, 2);
        let largest = found.groups.iter().max_by_key(|group| group.count);
        // Glasses are larger than a few pixels.
        let Some(largest) = largest.filter(|group| group.count >= MIN_COUNT) else {
            let none = vec![false; found.groups.len()];
            return (found, none);
        };
        let [_, top, _, bottom] = largest.bounds;
        let is_kept = |group: &Group| {
            let [_, first, _, last] = group.bounds;
            let beside = bottom.min(last) + 1 > top.max(first) + (last + 1 - first) / 2;
            beside && group.count as f64 >= MIN_GROUP * largest.count as f64
        };
        let kept = found.groups.iter().map(is_kept).collect();
        (found, kept)
    }

    /// Labels all groups that are no part of the glasses as background.
    fn remove_stray_groups(&mut self) {
        let (found, kept) = self.glasses();
        for (values, of) in self.probabilities.chunks_exact_mut(LABELS).zip(&found.of) {
            if of.is_some_and(|id| !kept[id as usize]) {
                values.fill(0.0);
                values[BACKGROUND] = 1.0;
            }
        }
    }

    /// The probabilities at every pixel of the part.
    pub(crate) fn at_full_size(&self) -> Vec<f32> {
        self.resized((self.rect.width as usize, self.rect.height as usize))
    }

    /// The probabilities at another width and height, by bilinear interpolation.
    fn resized(&self, (width, height): (usize, usize)) -> Vec<f32> {
        let axis = |i: usize, full: usize, small: usize| {
            let at = ((i as f32 + 0.5) * small as f32 / full as f32 - 0.5).clamp(0.0, (small - 1) as f32);
            let first = at as usize;
            (first, (first + 1).min(small - 1), at - first as f32)
        };
        let columns: Vec<_> = (0..width).map(|x| axis(x, width, self.size.0)).collect();
        let mut all = Vec::with_capacity(LABELS * width * height);
        let mut between = vec![[0.0f32; LABELS]; self.size.0];
        let rows = self.probabilities.as_chunks::<LABELS>().0;
        for y in 0..height {
            let (top, bottom, down) = axis(y, height, self.size.1);
            let [above, below] = [top, bottom].map(|row| &rows[row * self.size.0..][..self.size.0]);
            for (between, (above, below)) in between.iter_mut().zip(above.iter().zip(below)) {
                *between = std::array::from_fn(|k| above[k] + down * (below[k] - above[k]));
            }
            for &(left, right, across) in &columns {
                let (left, right) = (&between[left], &between[right]);
                let mixed: [f32; LABELS] = std::array::from_fn(|k| left[k] + across * (right[k] - left[k]));
                all.extend_from_slice(&mixed);
            }
        }
        all
    }
}

/// Finds and labels the glasses of a photo; `None` if there are none.
///
/// # Errors
/// [`crate::Error::ImageTooLarge`] as [`Downscaler::new`].
pub(crate) fn segment(segmenter: &Segmenter, photo: BitmapRef) -> Result<Option<Segments>> {
    let (width, height) = (photo.width(), photo.height());
    let whole = Rect { x: 0, y: 0, width, height };
    let mut found = None;
    for side in COARSE {
        let scale = f64::from(side) / f64::from(width.max(height));
        found = bounds(&labelled(segmenter, photo, whole, scale.min(1.0))?);
        let is_large = |rect: &Rect| f64::from(rect.width) > LARGE * f64::from(width.max(height));
        let is_plausible = |rect: &Rect| ASPECTS.contains(&(f64::from(rect.height) / f64::from(rect.width)));
        if found.as_ref().is_some_and(|rect| is_large(rect) && is_plausible(rect)) {
            break;
        }
    }
    let Some(found) = found else { return Ok(None) };
    let margin = (MARGIN * f64::from(found.width)) as u32 + 2;
    let (x, y) = (found.x.saturating_sub(margin), found.y.saturating_sub(margin));
    let right = (found.x + found.width + margin).min(width);
    let bottom = (found.y + found.height + margin).min(height);
    let part = Rect { x, y, width: right - x, height: bottom - y };
    let fine = |width: u32| {
        let scale = f64::from(width) / f64::from(part.width);
        labelled(segmenter, photo, part, scale.min(1.0))
    };
    let (low, mut fine) = (fine(FINE[0])?, fine(FINE[1])?);
    for (value, other) in fine.probabilities.iter_mut().zip(low.resized(fine.size)) {
        *value = 0.5 * (*value + other);
    }
    fine.remove_stray_groups();
    fine.tidy_lenses();
    Ok(Some(fine))
}

/// Labels a part of the photo, downscaled by `scale`.
fn labelled(segmenter: &Segmenter, photo: BitmapRef, rect: Rect, scale: f64) -> Result<Segments> {
    let reduced = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, side);
    let (width, height) = (reduced(rect.width), reduced(rect.height));
    let mut downscaler = Downscaler::new((rect.width, rect.height), (width, height))?;
    let pitch = 4 * photo.width() as usize;
    for row in photo.data().chunks_exact(pitch).skip(rect.y as usize).take(rect.height as usize) {
        downscaler.push(&row[4 * rect.x as usize..4 * (rect.x + rect.width) as usize])?;
    }
    let small = downscaler.finish()?;
    let (width, height) = (width as usize, height as usize);
    // The border is repeated up to a size that halves evenly. Transparent pixels show white.
    let cell = segmenter.multiple();
    let (columns, rows) = (width.next_multiple_of(cell), height.next_multiple_of(cell));
    let mut image = Vec::with_capacity(3 * columns * rows);
    for y in 0..rows {
        for x in 0..columns {
            let pixel = &small.data()[4 * (y.min(height - 1) * width + x.min(width - 1))..][..4];
            let alpha = f32::from(pixel[3]) / 255.0;
            image.extend([0, 1, 2].map(|c| alpha * (f32::from(pixel[c]) / 255.0 - 1.0) + 0.5));
        }
    }
    let padded = segmenter.probabilities(&image, (rows, columns));
    let rows = padded.chunks_exact(LABELS * columns).take(height);
    let probabilities = rows.flat_map(|row| &row[..LABELS * width]).copied().collect();
    Ok(Segments { rect, size: (width, height), probabilities })
}

/// The box around the glasses in pixels of the photo; `None` without glasses.
fn bounds(segments: &Segments) -> Option<Rect> {
    let (found, kept) = segments.glasses();
    let kept = found.groups.iter().zip(kept).filter(|(_, kept)| *kept).map(|(group, _)| group.bounds);
    let [left, top, right, bottom] =
        kept.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])?;
    let (width, height) = segments.size;
    let Rect { x, y, width: full_width, height: full_height } = segments.rect;
    let to_full = |at: usize, full: u32, small: usize| (at as f64 * f64::from(full) / small as f64) as u32;
    let (left, right) = (to_full(left, full_width, width), to_full(right + 1, full_width, width));
    let (top, bottom) = (to_full(top, full_height, height), to_full(bottom + 1, full_height, height));
    Some(Rect { x: x + left, y: y + top, width: (right - left).max(1), height: (bottom - top).max(1) })
}
