//! Sums of an image over the cells of a coarser grid, as its rows arrive: the basis of all
//! downscaling.

use std::ops::{AddAssign, Mul, Range};

/// The maximum number of pixels summed in a u32 before conversion: 2¹⁵ · 255² is just below 2³¹.
const MAX_RUN: usize = 1 << 15;

/// The maximum number of halvings whose cell sums fit into 32 bits.
pub(super) const MAX_HALVINGS: u32 = 8;

/// The maximum number of opaque rows whose column sums fit into 16 bits: 257 · 255 = 2¹⁶ − 1.
const MAX_PENDING: u32 = 257;

/// The type of a cell's sum: u32 or f64.
///
/// Both are exact. Cells of up to 2¹⁶ whole pixels fit into a u32. Sums over fractional pixels are
/// integers below 2⁵³ for every valid image.
pub(super) trait Sum: Copy + Default + AddAssign + Mul<Output = Self> {
    /// Whether a cell boundary may lie inside a pixel; for [`Axis::halved`] it never does.
    const FRACTIONAL: bool;

    fn of(value: u32) -> Self;
}

impl Sum for u32 {
    const FRACTIONAL: bool = false;

    #[inline(always)]
    fn of(value: u32) -> Self {
        value
    }
}

impl Sum for f64 {
    const FRACTIONAL: bool = true;

    #[inline(always)]
    fn of(value: u32) -> Self {
        // Converting an i32 takes one instruction, a u32 several. All values fit into 31 bits.
        Self::from(value as i32)
    }
}

/// The division of one side of an image into cells.
///
/// Lengths are in units such that a pixel and a cell are both integers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// The length of the side, in pixels.
    length: u32,
    /// The length of a pixel, in units.
    pixel: u32,
    /// The length of a cell, in units; at least that of a pixel.
    cell: u32,
}

impl Axis {
    /// Cells of 2ⁿ pixels, n at most [`MAX_HALVINGS`]. The last one may extend beyond the image,
    /// where pixels are transparent.
    pub(crate) fn halved(length: u32, halvings: u32) -> Self {
        Self { length, pixel: 1, cell: 1 << halvings }
    }

    /// `count` equal cells, from 1 to `length`.
    pub(crate) fn divided(length: u32, count: u32) -> Self {
        Self { length, pixel: count, cell: length }
    }

    pub(crate) fn count(self) -> u32 {
        (u64::from(self.length) * u64::from(self.pixel)).div_ceil(u64::from(self.cell)) as u32
    }

    fn span(self, cell: u32) -> Span {
        let [length, pixel, cell, at] = [self.length, self.pixel, self.cell, cell].map(u64::from);
        let (start, end) = (at * cell, ((at + 1) * cell).min(length * pixel));
        let (first, last) = (start.div_ceil(pixel), end / pixel);
        Span {
            whole: first as usize..last as usize,
            before: (first * pixel - start) as u32,
            after: (end - last * pixel) as u32,
        }
    }
}

/// The pixels of a cell along one side: whole pixels, and the units of the partial pixels before
/// and after them.
#[derive(Clone, Debug)]
struct Span {
    whole: Range<usize>,
    before: u32,
    after: u32,
}

/// The cells along a row of the image.
#[derive(Clone, Debug)]
struct Across {
    axis: Axis,
    /// One for each cell; empty if cells have whole pixels only.
    spans: Vec<Span>,
}

impl Across {
    fn new<S: Sum>(axis: Axis) -> Self {
        let cells = if S::FRACTIONAL { axis.count() } else { 0 };
        Self { axis, spans: (0..cells).map(|cell| axis.span(cell)).collect() }
    }

    /// Sums one row over each cell, in units of the axis, and calls `put` with the cell's item of
    /// `to` and the sum.
    #[inline(always)]
    fn sums<T: Copy, S: Sum, C>(
        &self,
        line: &[T],
        value: impl Fn(T) -> [u16; 4],
        to: impl Iterator<Item = C>,
        mut put: impl FnMut(C, [S; 4]),
    ) {
        let sum = |run: &[T]| {
            let mut sum = [0; 4];
            for &values in run {
                add(&mut sum, value(values).map(u32::from));
            }
            sum.map(S::of)
        };
        let Axis { pixel, cell, .. } = self.axis;
        if !S::FRACTIONAL {
            to.zip(line.chunks(cell as usize)).for_each(|(to, run)| put(to, sum(run)));
            return;
        }
        for (to, Span { whole, before, after }) in to.zip(&self.spans) {
            let mut total = [S::default(); 4];
            let (first, rest) = line[whole.clone()].split_at(whole.len().min(MAX_RUN));
            add(&mut total, times(sum(first), S::of(pixel)));
            rest.chunks(MAX_RUN).for_each(|run| add(&mut total, times(sum(run), S::of(pixel))));
            if *before > 0 {
                add(&mut total, times(sum(&line[whole.start - 1..whole.start]), S::of(*before)));
            }
            if *after > 0 {
                add(&mut total, times(sum(&line[whole.end..whole.end + 1]), S::of(*after)));
            }
            put(to, total);
        }
    }
}

/// Sums an image over a grid of cells, as its rows arrive from top to bottom.
///
/// A cell's sum weights each pixel by its area in the cell. Values are premultiplied: colour bytes
/// times the alpha byte, alpha times 255. Sums are integers below 2⁵³ for images of up to
/// [`crate::MAX_PIXELS`], so they are exact and do not depend on how rows are grouped.
#[derive(Clone, Debug)]
pub(super) struct Areas<S> {
    across: Across,
    down: Axis,
    /// The number of image rows received.
    lines: u32,
    /// The sums of the current row of cells and of the next.
    sums: [Vec<[S; 4]>; 2],
    /// Whether the current row of cells has no sums yet; its buffer then holds stale values.
    empty: bool,
    /// Column sums of opaque image rows that lie entirely in the current row of cells. They are
    /// added to its sums later, at once.
    columns: Vec<[u16; 4]>,
    /// The number of image rows in `columns`.
    pending: u32,
}

impl<S: Sum> Areas<S> {
    pub(crate) fn new(across: Axis, down: Axis) -> Self {
        let sums = || vec![[S::default(); 4]; across.count() as usize];
        Self {
            across: Across::new::<S>(across),
            down,
            lines: 0,
            sums: [sums(), sums()],
            empty: true,
            columns: vec![[0; 4]; across.length as usize],
            pending: 0,
        }
    }

    /// The sum of a cell of opaque white pixels.
    pub(crate) fn unit(&self) -> f64 {
        255.0 * 255.0 * f64::from(self.across.axis.cell) * f64::from(self.down.cell)
    }

    /// The length of an image row, in bytes.
    pub(crate) fn stride(&self) -> usize {
        4 * self.across.axis.length as usize
    }

    /// Whether every cell is one pixel. [`Areas::push`] is not necessary then.
    pub(crate) fn are_pixels(&self) -> bool {
        self.across.axis.cell == self.across.axis.pixel && self.down.cell == self.down.pixel
    }

    /// Counts an image row that is not summed; returns its index.
    pub(crate) fn count_line(&mut self) -> usize {
        self.lines += 1;
        self.lines as usize - 1
    }

    /// The number of image rows received.
    pub(crate) fn lines(&self) -> u32 {
        self.lines
    }

    /// The number of image rows still missing.
    pub(crate) fn missing(&self) -> u32 {
        self.down.length - self.lines
    }

    /// The number of image rows in `bytes` bytes of RGBA; `None` if that is not an integer or more
    /// than the missing rows.
    pub(crate) fn whole_lines(&self, bytes: usize) -> Option<usize> {
        let lines = bytes / self.stride();
        (bytes.is_multiple_of(self.stride()) && lines <= self.missing() as usize).then_some(lines)
    }

    /// Adds image rows. For each row of cells that they complete, `row` selects the output row in
    /// `to`, and `mean` converts a cell's sum to an output pixel.
    pub(crate) fn push<T, P>(
        &mut self,
        lines: &[u8],
        to: &mut T,
        row: impl Fn(&mut T, usize) -> &mut [P],
        mean: impl Fn([S; 4]) -> P,
    ) {
        let [pixel, cell] = [self.down.pixel, self.down.cell].map(u64::from);
        for line in lines.chunks_exact(self.stride()) {
            let (start, at) = (u64::from(self.lines) * pixel, u64::from(self.lines) * pixel / cell);
            // The units of this image row in the current row of cells; the others are in the next.
            let here = pixel.min((at + 1) * cell - start) as u32;
            self.lines += 1;
            self.add(line.as_chunks().0, here, self.down.pixel - here);
            if start + pixel >= (at + 1) * cell || self.missing() == 0 {
                self.store(row(to, at as usize), &mean);
                self.sums.swap(0, 1);
                self.empty = here == self.down.pixel;
            }
        }
    }

    /// Writes the current row of cells.
    fn store<P>(&mut self, to: &mut [P], mean: impl Fn([S; 4]) -> P) {
        if self.empty {
            // Everything is in `columns`, as usual for opaque photos: skip the intermediate sums.
            let unit = self.unit_of_columns();
            self.across.sums(&self.columns, |column| column, to.iter_mut(), |to, sum| *to = mean(times(sum, unit)));
            self.columns.fill([0; 4]);
            self.pending = 0;
        } else {
            self.gather();
            for (to, sum) in to.iter_mut().zip(&self.sums[0]) {
                *to = mean(*sum);
            }
        }
    }

    /// Adds an image row: `here` units of it to the current row of cells, `next` units to the next.
    fn add(&mut self, line: &[[u8; 4]], here: u32, next: u32) {
        if next == 0 && here == self.down.pixel && line.iter().fold(255, |all, pixel| all & pixel[3]) == 255 {
            for (sum, value) in self.columns.as_flattened_mut().iter_mut().zip(line.as_flattened()) {
                *sum += u16::from(*value);
            }
            self.pending += 1;
            if self.pending == MAX_PENDING {
                self.gather();
            }
            return;
        }
        let (empty, here) = (std::mem::take(&mut self.empty), S::of(here));
        let [sums, following] = &mut self.sums;
        if !S::FRACTIONAL {
            self.across.sums(line, premultiplied, sums.iter_mut(), |sum, value| put(sum, value, empty));
            return;
        }
        // Writes the next row even if `next` is 0, which saves a branch in the loop.
        let (both, next) = (sums.iter_mut().zip(following), S::of(next));
        self.across.sums(line, premultiplied, both, |(sum, following), value| {
            put(sum, times(value, here), empty);
            *following = times(value, next);
        });
    }

    /// Adds `columns` to the current row of cells.
    fn gather(&mut self) {
        if self.pending == 0 {
            return;
        }
        let (unit, empty) = (self.unit_of_columns(), std::mem::take(&mut self.empty));
        let sums = self.sums[0].iter_mut();
        self.across.sums(&self.columns, |column| column, sums, |sum, value| put(sum, times(value, unit), empty));
        self.columns.fill([0; 4]);
        self.pending = 0;
    }

    /// The weight of `columns`: the alpha byte of an opaque pixel times its height in units.
    fn unit_of_columns(&self) -> S {
        S::of(255) * S::of(self.down.pixel)
    }
}

/// The premultiplied pixel, exact in 16 bits.
#[inline(always)]
pub(super) fn premultiplied([r, g, b, alpha]: [u8; 4]) -> [u16; 4] {
    [r, g, b, 255].map(|value| u16::from(value) * u16::from(alpha))
}

#[inline(always)]
fn times<S: Sum>(values: [S; 4], factor: S) -> [S; 4] {
    values.map(|value| value * factor)
}

#[inline(always)]
fn add<S: Sum>(sum: &mut [S; 4], values: [S; 4]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}

/// Adds values to a sum, or sets it if they are the first.
#[inline(always)]
fn put<S: Sum>(sum: &mut [S; 4], values: [S; 4], first: bool) {
    if first {
        *sum = values;
    } else {
        add(sum, values);
    }
}
