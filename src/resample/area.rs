//! Sums of an image over the cells of a coarser grid, as its rows come in: every reduced image is made of them.

use std::ops::{AddAssign, Mul, Range};

/// Pixels are summed up in 31 bits in runs of at most so many: 2¹⁵ · 255² is just below 2³¹.
const RUN: usize = 1 << 15;

/// The most halvings of cells that are summed in 32 bits.
pub(super) const MAX_HALVINGS: u32 = 8;

/// Opaque lines that columns of 16 bits can hold: 257 · 255 = 2¹⁶ − 1.
const LINES: u32 = 257;

/// What sums are made in. Both are exact: cells of up to 2¹⁶ whole pixels fit into a u32, and all of an image's pixels, however
/// they are cut up, stay below 2⁵³.
pub(super) trait Sum: Copy + Default + AddAssign + Mul<Output = Self> {
    /// Whether cells may cut pixels. Those of [`Axis::halved`] do not, and need less code.
    const CUTS: bool;

    fn of(number: u32) -> Self;
}

impl Sum for u32 {
    const CUTS: bool = false;

    #[inline(always)]
    fn of(number: u32) -> Self {
        number
    }
}

impl Sum for f64 {
    const CUTS: bool = true;

    #[inline(always)]
    fn of(number: u32) -> Self {
        // One instruction, where that of a u32 is several. None here has more than 31 bits.
        Self::from(number as i32)
    }
}

/// One side of an image, in cells. Lengths are in units that make both a pixel and a cell whole numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// Pixels.
    length: u32,
    /// Units of a pixel.
    pixel: u32,
    /// Units of a cell, which is no shorter than a pixel.
    cell: u32,
}

impl Axis {
    /// Cells of 2ⁿ pixels, n at most [`MAX_HALVINGS`]. The last one may end outside the image, where everything is
    /// transparent.
    pub(crate) fn halved(length: u32, halvings: u32) -> Self {
        Self { length, pixel: 1, cell: 1 << halvings }
    }

    /// As many cells as `count` says, from 1 to `length`: they end where the image ends.
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

/// The pixels of a cell along one side: whole ones, and units of those at both ends.
#[derive(Clone, Debug)]
struct Span {
    whole: Range<usize>,
    before: u32,
    after: u32,
}

/// The side of an image that its lines run along.
#[derive(Clone, Debug)]
struct Across {
    axis: Axis,
    /// One for each cell; none if no cell cuts a pixel.
    spans: Vec<Span>,
}

impl Across {
    fn new<S: Sum>(axis: Axis) -> Self {
        let cells = if S::CUTS { axis.count() } else { 0 };
        Self { axis, spans: (0..cells).map(|cell| axis.span(cell)).collect() }
    }

    /// Calls `put` with the sum over each cell in one line, in units of the axis, and with what `to` has for the cell.
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
        if !S::CUTS {
            to.zip(line.chunks(cell as usize)).for_each(|(to, run)| put(to, sum(run)));
            return;
        }
        for (to, Span { whole, before, after }) in to.zip(&self.spans) {
            let mut total = [S::default(); 4];
            let (first, rest) = line[whole.clone()].split_at(whole.len().min(RUN));
            add(&mut total, times(sum(first), S::of(pixel)));
            rest.chunks(RUN).for_each(|run| add(&mut total, times(sum(run), S::of(pixel))));
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

/// Takes an image from the top to the bottom and gives the rows of its cells: sums of premultiplied colour and alpha, bytes
/// multiplied by the alpha byte (alpha by 255), each pixel by its area in the cell. They are whole numbers below 2⁵³ as long as
/// the image has no more than [`crate::MAX_PIXELS`], so they are exact, however the rows come in.
#[derive(Clone, Debug)]
pub(super) struct Areas<S> {
    across: Across,
    down: Axis,
    /// Lines that have come in.
    lines: u32,
    /// Of the row of cells at hand, and of the next.
    sums: [Vec<[S; 4]>; 2],
    /// Whether nothing has been added to the former yet; then they hold something else.
    empty: bool,
    /// Sums of the bytes of opaque lines that lie in one row of cells as a whole, which wait for its end.
    columns: Vec<[u16; 4]>,
    waiting: u32,
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
            waiting: 0,
        }
    }

    /// What a pixel of full opacity and white has, by the area of a cell.
    pub(crate) fn unit(&self) -> f64 {
        255.0 * 255.0 * f64::from(self.across.axis.cell) * f64::from(self.down.cell)
    }

    /// Bytes of a line.
    pub(crate) fn stride(&self) -> usize {
        4 * self.across.axis.length as usize
    }

    /// Whether every pixel is a cell: what [`Areas::push`] is not needed for.
    pub(crate) fn are_pixels(&self) -> bool {
        self.across.axis.cell == self.across.axis.pixel && self.down.cell == self.down.pixel
    }

    /// Counts a line that is not summed, and says which it is.
    pub(crate) fn count_line(&mut self) -> usize {
        self.lines += 1;
        self.lines as usize - 1
    }

    /// Lines that have come in.
    pub(crate) fn lines(&self) -> u32 {
        self.lines
    }

    /// Lines that are missing.
    pub(crate) fn missing(&self) -> u32 {
        self.down.length - self.lines
    }

    /// How many lines so many bytes of RGBA are; none where they are not whole lines, or more than are missing.
    pub(crate) fn whole_lines(&self, bytes: usize) -> Option<usize> {
        let lines = bytes / self.stride();
        (bytes.is_multiple_of(self.stride()) && lines <= self.missing() as usize).then_some(lines)
    }

    /// Takes whole lines. For each row of cells that ends in them `row` says where in `to` it belongs, and `mean` makes of a
    /// cell's sum what is written there.
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
            // Units of the line in this row and in the next.
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

    /// Ends the row of cells at hand.
    fn store<P>(&mut self, to: &mut [P], mean: impl Fn([S; 4]) -> P) {
        if self.empty {
            // All of it waits in columns, as it does in photos. Then it need not be written twice.
            let unit = self.unit_of_columns();
            self.across.sums(&self.columns, |column| column, to.iter_mut(), |to, sum| *to = mean(times(sum, unit)));
            self.columns.fill([0; 4]);
            self.waiting = 0;
        } else {
            self.gather();
            for (to, sum) in to.iter_mut().zip(&self.sums[0]) {
                *to = mean(*sum);
            }
        }
    }

    /// Adds a line, so many units of it to the row of cells at hand and to the next.
    fn add(&mut self, line: &[[u8; 4]], here: u32, next: u32) {
        if next == 0 && here == self.down.pixel && line.iter().fold(255, |all, pixel| all & pixel[3]) == 255 {
            for (sum, value) in self.columns.as_flattened_mut().iter_mut().zip(line.as_flattened()) {
                *sum += u16::from(*value);
            }
            self.waiting += 1;
            if self.waiting == LINES {
                self.gather();
            }
            return;
        }
        let (empty, here) = (std::mem::take(&mut self.empty), S::of(here));
        let [sums, following] = &mut self.sums;
        if !S::CUTS {
            self.across.sums(line, premultiplied, sums.iter_mut(), |sum, value| put(sum, value, empty));
            return;
        }
        // What the next row gets is written even if it is nothing: one loop, and one branch less in it.
        let (both, next) = (sums.iter_mut().zip(following), S::of(next));
        self.across.sums(line, premultiplied, both, |(sum, following), value| {
            put(sum, times(value, here), empty);
            *following = times(value, next);
        });
    }

    /// Adds what waits in columns to the row of cells.
    fn gather(&mut self) {
        if self.waiting == 0 {
            return;
        }
        let (unit, empty) = (self.unit_of_columns(), std::mem::take(&mut self.empty));
        let sums = self.sums[0].iter_mut();
        self.across.sums(&self.columns, |column| column, sums, |sum, value| put(sum, times(value, unit), empty));
        self.columns.fill([0; 4]);
        self.waiting = 0;
    }

    /// What the bytes of an opaque line count, in units of a pixel's height.
    fn unit_of_columns(&self) -> S {
        S::of(255) * S::of(self.down.pixel)
    }
}

/// A pixel times its alpha, exact in 16 bits.
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

/// The first values of a sum, or more.
#[inline(always)]
fn put<S: Sum>(sum: &mut [S; 4], values: [S; 4], first: bool) {
    if first {
        *sum = values;
    } else {
        add(sum, values);
    }
}
