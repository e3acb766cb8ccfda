//! What lies inside a lens: lenses are about convex, so whatever the network labels as front or
//! background deep inside the hull of a lens is an arm behind it, or a part of it.

use super::groups::groups;
use super::network::{ARM, BACKGROUND, FRONT, LABELS, LENS};
use super::segment::Segments;
use std::ops::Range;

/// The probability of a sure lens cell.
const SURE: f32 = 0.6;
/// Smaller groups of lens cells, as a share of the largest one on their side, are stray.
const MIN_GROUP: f64 = 0.1;
/// How deep inside the hull front cells are arms, as a share of the width of the glasses. Rims
/// reach this far into the hull if a lens is slightly concave.
const DEEP: f64 = 0.02;
/// A lens higher than this share of the front's height at the bridge is a shield.
const SHIELD: f64 = 0.33;

impl Segments {
    /// The most probable label of each cell.
    pub(crate) fn labels(&self) -> Vec<usize> {
        let most = |values: &[f32]| (1..LABELS).fold(0, |best, k| if values[k] > values[best] { k } else { best });
        self.probabilities.chunks_exact(LABELS).map(most).collect()
    }

    /// Changes the labels deep inside the hulls of the two lenses: front becomes arm, background
    /// becomes lens.
    pub(crate) fn tidy_lenses(&mut self) {
        let labels = self.labels();
        let Some(sides) = Sides::of(&labels, self.size.0) else { return };
        if sides.is_shield {
            return;
        }
        let [left, right] = sides.columns;
        let depth = ((DEEP * (right + 1 - left) as f64).round() as usize).max(2);
        for columns in [left..sides.bridge, sides.bridge..right + 1] {
            let hull = self.hull(columns);
            self.relabel(&hull, depth);
        }
    }

    /// The hull of the sure lens cells in a range of columns.
    fn hull(&self, columns: Range<usize>) -> Hull {
        let (width, height) = self.size;
        let is_lens: Vec<bool> = (0..width * height)
            .map(|i| columns.contains(&(i % width)) && self.probabilities[LABELS * i + LENS] > SURE)
            .collect();
        let found = groups(&is_lens, width, 1);
        let largest = found.groups.iter().map(|group| group.count).max().unwrap_or(0);
        let is_kept =
            |of: Option<u32>| of.is_some_and(|id| found.groups[id as usize].count as f64 >= MIN_GROUP * largest as f64);
        Hull::of(height, (0..width * height).filter(|&i| is_kept(found.of[i])).map(|i| (i % width, i / width)))
    }

    fn relabel(&mut self, hull: &Hull, depth: usize) {
        let width = self.size.0;
        for (i, values) in self.probabilities.chunks_exact_mut(LABELS).enumerate() {
            let (x, y) = (i % width, i / width);
            if hull.contains(x, y, depth) {
                values[ARM] += values[FRONT];
                values[FRONT] = 0.0;
            }
            if hull.contains(x, y, 1) {
                values[LENS] += values[BACKGROUND];
                values[BACKGROUND] = 0.0;
            }
        }
    }
}

/// The columns of front and lenses, and the one between the lenses.
pub(crate) struct Sides {
    /// The first and the last column.
    pub columns: [usize; 2],
    /// The first and the last row.
    pub rows: [usize; 2],
    /// The column with the fewest lens cells around the middle.
    pub bridge: usize,
    /// Whether one lens reaches over the bridge.
    pub is_shield: bool,
}

impl Sides {
    /// `None` without cells of front or lens.
    pub(crate) fn of(labels: &[usize], width: usize) -> Option<Self> {
        let mut bounds: Option<[usize; 4]> = None;
        for (i, _) in labels.iter().enumerate().filter(|(_, label)| matches!(**label, FRONT | LENS)) {
            let (x, y) = (i % width, i / width);
            let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
            bounds = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        }
        let [left, top, right, bottom] = bounds?;
        let lenses_in = |x: usize| labels.iter().skip(x).step_by(width).filter(|&&label| label == LENS).count();
        let (span, middle) = (right + 1 - left, (left + right).div_ceil(2));
        let around = left + span * 3 / 10..=left + span * 7 / 10;
        let bridge = around.min_by_key(|&x| (lenses_in(x), x.abs_diff(middle))).unwrap_or(middle);
        let is_shield = lenses_in(bridge) as f64 > SHIELD * (bottom + 1 - top) as f64;
        Some(Self { columns: [left, right], rows: [top, bottom], bridge, is_shield })
    }
}

/// A convex set of cells.
struct Hull {
    /// For each row the first and the last column; `None` for rows outside.
    rows: Vec<Option<[f64; 2]>>,
}

impl Hull {
    /// The convex hull of points (x, y) in a grid of `height` rows.
    fn of(height: usize, points: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut extent: Vec<Option<[f64; 2]>> = vec![None; height];
        for (x, y) in points {
            let x = x as f64;
            let [first, last] = extent[y].unwrap_or([x, x]);
            extent[y] = Some([first.min(x), last.max(x)]);
        }
        let side = |k: usize, sign: f64| {
            let corners = extent.iter().enumerate().filter_map(|(y, row)| row.map(|row| [y as f64, sign * row[k]]));
            lower_chain(corners)
        };
        let (left, right) = (side(0, 1.0), side(1, -1.0));
        let rows = (0..height).map(|y| Some([at(&left, y as f64)?, -at(&right, y as f64)?])).collect();
        Self { rows }
    }

    /// Whether a cell and the cells `depth` away from it in four directions are inside.
    fn contains(&self, x: usize, y: usize, depth: usize) -> bool {
        let inside = |x: f64, y: usize| {
            self.rows.get(y).copied().flatten().is_some_and(|[first, last]| (first..=last).contains(&x))
        };
        let (x, reach) = (x as f64, depth as f64);
        y >= depth && inside(x, y - depth) && inside(x, y + depth) && inside(x - reach, y) && inside(x + reach, y)
    }
}

/// The lower convex chain of points (t, value) with increasing t (Andrew's monotone chain).
fn lower_chain(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut chain: Vec<[f64; 2]> = Vec::new();
    for point in points {
        while let [.., a, b] = chain[..] {
            if (b[0] - a[0]) * (point[1] - a[1]) > (b[1] - a[1]) * (point[0] - a[0]) {
                break;
            }
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

/// The value of a chain at t; `None` outside.
fn at(chain: &[[f64; 2]], t: f64) -> Option<f64> {
    let next = chain.iter().position(|point| point[0] >= t)?;
    let [end, to] = chain[next];
    match next.checked_sub(1).map(|before| chain[before]) {
        Some([start, from]) => Some(from + (to - from) * (t - start) / (end - start)),
        None => (end == t).then_some(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rect;

    /// `#` front, `o` lens, `-` arm, a space background.
    fn segments(rows: &[&str]) -> Segments {
        let label = |c: u8| match c {
            b'#' => FRONT,
            b'o' => LENS,
            b'-' => ARM,
            _ => BACKGROUND,
        };
        let size = (rows[0].len(), rows.len());
        let one = |c: u8| (0..LABELS).map(move |k| if k == label(c) { 1.0 } else { 0.0 });
        let probabilities = rows.iter().flat_map(|row| row.bytes().flat_map(one)).collect();
        Segments { rect: Rect { x: 0, y: 0, width: 1, height: 1 }, size, probabilities }
    }

    #[test]
    fn what_crosses_a_lens_is_an_arm_and_holes_in_it_are_lens() {
        let mut found = segments(&[
            "##################### #####################",
            "#ooooooooooooooooooo###ooooooooooooooooooo#",
            "#ooooooooooooooooooo# #ooooooooooooooooooo#",
            "##ooooooooooooooooo## ##ooooooooooooooooo##",
            "#####oooooooooooooo# # #ooooooooooooo  ooo#",
            "#ooo#####oooooooooo# # #ooooooooooooo  ooo#",
            "#oooooo####oooooooo# # #oooooooooooooooooo#",
            "#ooooooooooooooooooo# #ooooooooooooooooooo#",
            "#ooooooooooooooooooo# #ooooooooooooooooooo#",
            "##################### #####################",
        ]);
        found.tidy_lenses();
        let labels = found.labels();
        let label = |x: usize, y: usize| labels[y * 43 + x];
        // The arm, away from the rim.
        assert_eq!([label(5, 5), label(7, 5), label(8, 6)], [ARM; 3]);
        // The rims, and the slight notches in them.
        assert_eq!(
            [label(0, 5), label(1, 4), label(20, 5), label(18, 3), label(10, 0)],
            [FRONT, FRONT, BACKGROUND, LENS, FRONT]
        );
        assert_eq!([label(19, 5), label(23, 5)], [FRONT; 2]);
        // A hole.
        assert_eq!([label(37, 4), label(38, 5)], [LENS; 2]);
    }

    #[test]
    fn a_shield_and_an_image_without_glasses_stay_as_they_are() {
        for rows in [["          ", "          "], ["oooooooooo", "oooooooooo"]] {
            let mut found = segments(&rows);
            let before = found.labels();
            found.tidy_lenses();
            assert_eq!(found.labels(), before);
        }
    }
}
