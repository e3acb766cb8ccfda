//! The alpha of a source image on a coarse grid: which parts are glasses, and whether they look
//! like a front alone.

use crate::BitmapRef;
use crate::compose::MIN_OPAQUE_ALPHA;
use crate::cutout::{Group, groups};

/// The longer side of the grid, in cells.
const CELLS: u32 = 400;
/// A group of cells this much smaller than the largest one is no part of the glasses, unless it
/// lies among them.
const MIN_GROUP: f64 = 0.2;
/// Fewer columns of glasses tell nothing but their aspect ratio.
const MIN_COLUMNS: usize = 24;
/// Columns of temple arms are less high than this, as a share of the height of the glasses.
const ARM_HEIGHT: f64 = 0.25;
/// How far hinges and end pieces stand off the rims, as a share of the width.
const HINGE: f64 = 0.04;
/// A contour this faint, from 0 to 255, belongs to a shadow or to a mirror image.
const FAINT: u8 = 80;

/// The largest alpha in square cells of a source image.
pub(super) struct AlphaGrid {
    /// The side of a cell in pixels.
    cell: usize,
    size: (usize, usize),
    alpha: Vec<u8>,
}

/// The cells of the glasses.
pub(super) struct Front {
    /// Left, top, right, bottom: the first and the last column and row.
    bounds: [usize; 4],
    /// Whether a cell is a speck: visible, but away from the glasses.
    is_speck: Vec<bool>,
}

impl AlphaGrid {
    pub(super) fn new(source: BitmapRef) -> Self {
        let cell = source.width().max(source.height()).div_ceil(CELLS) as usize;
        let size = ((source.width() as usize).div_ceil(cell), (source.height() as usize).div_ceil(cell));
        let mut alpha = vec![0u8; size.0 * size.1];
        for (y, row) in source.data().chunks_exact(4 * source.width() as usize).enumerate() {
            let cells = &mut alpha[y / cell * size.0..][..size.0];
            for (largest, pixels) in cells.iter_mut().zip(row.chunks(4 * cell)) {
                let found = pixels.chunks_exact(4).map(|pixel| pixel[3]).max().unwrap_or(0);
                *largest = (*largest).max(found);
            }
        }
        Self { cell, size, alpha }
    }

    /// The cells of the glasses: the largest group of visible cells, groups not much smaller, and
    /// all groups among them. `None` if nothing is visible.
    pub(super) fn front(&self) -> Option<Front> {
        let visible: Vec<bool> = self.alpha.iter().map(|&alpha| alpha >= MIN_OPAQUE_ALPHA).collect();
        let found = groups(&visible, self.size.0, 1);
        let largest = found.groups.iter().map(|group| group.count).max()?;
        let is_large = |group: &Group| group.count as f64 >= MIN_GROUP * largest as f64;
        let [left, top, right, bottom] = around(found.groups.iter().filter(|group| is_large(group)));
        let is_outside = |group: &Group| {
            let b = group.bounds;
            b[0] > right || b[2] < left || b[1] > bottom || b[3] < top
        };
        let specks: Vec<bool> = found.groups.iter().map(is_outside).collect();
        let bounds = around(found.groups.iter().filter(|group| !is_outside(group)));
        let is_speck = found.of.iter().map(|of| of.is_some_and(|id| specks[id as usize])).collect();
        Some(Front { bounds, is_speck })
    }

    /// Whether a pixel of the source image is part of a speck.
    pub(super) fn is_speck(&self, front: &Front, x: usize, y: usize) -> bool {
        front.is_speck[y / self.cell * self.size.0 + x / self.cell]
    }

    /// The first and last column and row of the glasses, in pixels of the source image: x, y, width
    /// and height, up to the size of a cell.
    pub(super) fn bounds(&self, front: &Front) -> [f64; 4] {
        let [left, top, right, bottom] = front.bounds;
        let cell = self.cell as f64;
        [left as f64, top as f64, (right + 1 - left) as f64, (bottom + 1 - top) as f64].map(|value| value * cell)
    }

    /// Whether the visible pixels are probably more than a front: they have the wrong aspect ratio,
    /// or faint contours as shadows and mirror images have.
    pub(super) fn is_more_than_a_front(&self, front: &Front) -> bool {
        let [left, top, right, bottom] = front.bounds;
        let (width, height) = (right + 1 - left, bottom + 1 - top);
        let aspect = height as f64 / width as f64;
        !(0.15..=0.52).contains(&aspect) || width >= 24 && (self.faint_contour(front) > 0.08 || self.arms_beside(front))
    }

    /// The share of the contour of the glasses near which nothing is more opaque than [`FAINT`].
    fn faint_contour(&self, front: &Front) -> f64 {
        let [left, top, right, bottom] = front.bounds;
        let (columns, rows) = self.size;
        let reach = ((right + 1 - left) / 100).max(1);
        let is_visible =
            |x: usize, y: usize| x < columns && y < rows && self.alpha[y * columns + x] >= MIN_OPAQUE_ALPHA;
        let (mut contour, mut faint) = (0usize, 0usize);
        for y in top..=bottom {
            // The outermost visible cells of a row.
            let mut cells = (left..=right).filter(|&x| is_visible(x, y));
            let first = cells.next();
            for x in first.into_iter().chain(cells.next_back()) {
                contour += 1;
                faint += usize::from(self.largest_near(x, y, reach) < FAINT);
            }
        }
        for x in left..=right {
            let mut cells = (top..=bottom).filter(|&y| is_visible(x, y));
            let first = cells.next();
            for y in first.into_iter().chain(cells.next_back()) {
                contour += 1;
                faint += usize::from(self.largest_near(x, y, reach) < FAINT);
            }
        }
        faint as f64 / contour.max(1) as f64
    }

    fn largest_near(&self, x: usize, y: usize, reach: usize) -> u8 {
        let (columns, rows) = self.size;
        let columns_near = x.saturating_sub(reach)..(x + reach + 1).min(columns);
        (y.saturating_sub(reach)..(y + reach + 1).min(rows))
            .flat_map(|y| &self.alpha[y * columns..][columns_near.clone()])
            .copied()
            .max()
            .unwrap_or(0)
    }

    /// Whether the glasses are no taller than temple arms at a tenth of the width from both ends:
    /// rims are taller there.
    fn arms_beside(&self, front: &Front) -> bool {
        let [left, _, right, _] = front.bounds;
        let width = right + 1 - left;
        let (near, far) = (width * 8 / 100, width * 12 / 100);
        let is_thin = |x: usize| self.height_share(front, x) < ARM_HEIGHT;
        width >= MIN_COLUMNS && (near..far).all(|x| is_thin(left + x) && is_thin(right - x))
    }

    /// The first and the last column in pixels, without temple arms beside the front. `None` if
    /// there are no arms.
    pub(super) fn without_arms(&self, front: &Front) -> Option<[usize; 2]> {
        if !self.arms_beside(front) {
            return None;
        }
        let [left, _, right, _] = front.bounds;
        let is_rim = |x: &usize| self.height_share(front, *x) >= ARM_HEIGHT;
        let (first, last) = ((left..=right).find(is_rim)?, (left..=right).rev().find(is_rim)?);
        let hinge = ((last + 1 - first) as f64 * HINGE) as usize;
        let (first, last) = (first.saturating_sub(hinge).max(left), (last + hinge).min(right));
        Some([first * self.cell, (last + 1) * self.cell - 1])
    }

    /// The height of the visible cells of a column, as a share of the height of the glasses.
    fn height_share(&self, front: &Front, x: usize) -> f64 {
        let [_, top, _, bottom] = front.bounds;
        let mut cells = (top..=bottom).filter(|&y| self.alpha[y * self.size.0 + x] >= MIN_OPAQUE_ALPHA);
        let Some(first) = cells.next() else { return 0.0 };
        let last = cells.next_back().unwrap_or(first);
        (last + 1 - first) as f64 / (bottom + 1 - top) as f64
    }

    /// The centres of the lenses in pixels of the source image, the left one first: of the two
    /// regions of even alpha around the places where fronts have them; otherwise these places.
    pub(super) fn lens_centres(&self, front: &Front) -> [[f64; 2]; 2] {
        let [left, top, right, bottom] = front.bounds;
        let (width, height) = ((right + 1 - left) as f64, (bottom + 1 - top) as f64);
        let usual =
            [-1.0, 1.0].map(|side| [left as f64 + width * (0.5 + side * LENS_CENTRE), top as f64 + 0.5 * height]);
        let centres = usual.map(|seed| self.even_region(seed, front));
        let in_pixels = |centre: [f64; 2]| centre.map(|value| value * self.cell as f64);
        let middle = left as f64 + 0.5 * width;
        match centres {
            [Some(one), Some(other)] if (one[0] + other[0] - 2.0 * middle).abs() < ASYMMETRY * width => {
                [one, other].map(in_pixels)
            }
            _ => usual.map(in_pixels),
        }
    }

    /// The centre of the region of about the same alpha around a cell, if it is as large as a lens
    /// and inside the front.
    fn even_region(&self, seed: [f64; 2], front: &Front) -> Option<[f64; 2]> {
        let [left, top, right, bottom] = front.bounds;
        let (columns, rows) = (right + 1 - left, bottom + 1 - top);
        let at = |x: usize, y: usize| self.alpha[(top + y) * self.size.0 + left + x];
        let (x, y) = (seed[0] as usize - left, seed[1] as usize - top);
        let level = at(x, y);
        let even: Vec<bool> = (0..columns * rows).map(|i| at(i % columns, i / columns).abs_diff(level) < 48).collect();
        let found = groups(&even, columns, 1);
        let group = &found.groups[found.of[y * columns + x]? as usize];
        let [l, t, r, b] = group.bounds;
        let is_inside = l > 0 && t > 0 && r + 1 < columns && b + 1 < rows;
        let share = group.count as f64 / (columns * columns) as f64;
        let centre = group.centre();
        (is_inside && share > 0.02 && share < 0.3).then_some([left as f64 + centre[0], top as f64 + centre[1]])
    }
}

/// The bounds of all groups together.
fn around<'a>(groups: impl Iterator<Item = &'a Group>) -> [usize; 4] {
    groups.fold([usize::MAX, usize::MAX, 0, 0], |all, group| {
        let b = group.bounds;
        [all[0].min(b[0]), all[1].min(b[1]), all[2].max(b[2]), all[3].max(b[3])]
    })
}

/// Regions whose centres are less symmetric than this, as a share of the width, are no lenses.
const ASYMMETRY: f64 = 0.02;

/// The distance of a lens centre from the middle, as a share of the width of the front.
pub(super) const LENS_CENTRE: f64 = crate::pose::PUPIL_X / (2.0 * crate::pose::TEMPLE_X);
