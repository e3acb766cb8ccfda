//! The three convolutions without a column matrix, for kernels that are a multiple of the stride.
//!
//! Cells of s × s pixels (space to depth) turn the input into one with s²·C channels, over which
//! the kernel spans K/s cells at stride 1. Output and input use the same number of cells per row.
//! The neighbour (down, right) of an output pixel is therefore at a fixed offset, and a convolution
//! is (K/s)² matrix products with shifted views of the cells. Unlike im2col, this does not copy the
//! input K² / s² times; the price is slightly wider products.

use super::super::storage::{for_each_chunk, threads};
use super::ConvGeometry;
use super::columns::{Matrix, add_parts, matmul_into, zeros};
use candle_core::WithDType;

/// The memory layout of cells and output pixels.
///
/// The plane of an item has `span − 1` more rows and columns of cells than the output. Output
/// planes use the same layout; their last `span − 1` rows and columns are ignored.
struct CellLayout<'a> {
    g: &'a ConvGeometry,
    /// Number of cells that the kernel spans along each axis.
    span: usize,
    /// Channels of a cell: channels · stride².
    depth: usize,
    /// Cells per row.
    row: usize,
    /// Cells per item.
    plane: usize,
    /// Items per product.
    group: usize,
}

impl<'a> CellLayout<'a> {
    fn new(g: &'a ConvGeometry, batch: usize) -> Self {
        let span = g.kernel / g.stride;
        let (rows, row) = (g.output.0 + span - 1, g.output.1 + span - 1);
        let depth = g.channels_in * g.stride * g.stride;
        Self { g, span, depth, row, plane: rows * row, group: g.group(batch) }
    }

    /// Number of cells of a group: the distance between two channels.
    fn stride(&self) -> usize {
        self.group * self.plane
    }

    /// The offsets of an output pixel's neighbours.
    fn shifts(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.span * self.span).map(|i| i / self.span * self.row + i % self.span)
    }

    /// Number of columns of a product over `items` items: up to the last output pixel.
    fn width(&self, items: usize) -> usize {
        items * self.plane - (self.span - 1) * (self.row + 1)
    }

    /// Calls `visit(cell, pixel, count)` for every run of pixels of an image [C, H, W] that are
    /// `stride` apart in a row. Their cells are contiguous. `item` is the image's index in the
    /// group.
    fn for_each_run(&self, item: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let (g, s) = (self.g, self.g.stride);
        for channel in 0..g.channels_in {
            for y in 0..g.input.0 {
                let (down, dy) = ((y + g.padding.0) / s, (y + g.padding.0) % s);
                for dx in 0..s {
                    let first = g.padding.1.saturating_sub(dx).div_ceil(s);
                    let x = first * s + dx - g.padding.1;
                    if x < g.input.1 {
                        let depth = (channel * s + dy) * s + dx;
                        let cell = depth * self.stride() + item * self.plane + down * self.row + first;
                        visit(cell, (channel * g.input.0 + y) * g.input.1 + x, (g.input.1 - x).div_ceil(s));
                    }
                }
            }
        }
    }

    /// Copies an image into `cells`; cell values outside the image do not change.
    fn cut<T: WithDType>(&self, image: &[T], cells: &mut [T], item: usize) {
        self.for_each_run(item, |cell, pixel, count| {
            let pixels = image[pixel..].iter().step_by(self.g.stride);
            for (to, from) in cells[cell..cell + count].iter_mut().zip(pixels) {
                *to = *from;
            }
        });
    }

    /// The inverse of [`CellLayout::cut`]: copies cells into an image, of which it sets every
    /// pixel.
    fn join<T: WithDType>(&self, cells: &[T], image: &mut [T], item: usize) {
        self.for_each_run(item, |cell, pixel, count| {
            let pixels = image[pixel..].iter_mut().step_by(self.g.stride);
            for (to, from) in pixels.zip(&cells[cell..cell + count]) {
                *to = *from;
            }
        });
    }

    /// Copies output gradients [items, O, pixels] into `places` [O, stride]; the zeros between rows
    /// do not change.
    fn spread<T: WithDType>(&self, gradient: &[T], places: &mut [T]) {
        let (out, pixels) = (self.g.channels_out, self.g.pixels());
        for (i, plane) in gradient.chunks_exact(pixels).enumerate() {
            let start = i % out * self.stride() + i / out * self.plane;
            for (row, values) in plane.chunks_exact(self.g.output.1).enumerate() {
                places[start + row * self.row..][..values.len()].copy_from_slice(values);
            }
        }
    }

    /// The inverse of [`CellLayout::spread`]: copies `places` to output planes [items, O, pixels].
    fn collect<T: WithDType>(&self, places: &[T], y: &mut [T], finish: impl Fn(usize, &mut [T])) {
        let (out, pixels) = (self.g.channels_out, self.g.pixels());
        for (i, plane) in y.chunks_exact_mut(pixels).enumerate() {
            let start = i % out * self.stride() + i / out * self.plane;
            for (row, values) in plane.chunks_exact_mut(self.g.output.1).enumerate() {
                values.copy_from_slice(&places[start + row * self.row..][..values.len()]);
            }
            finish(i % out, plane);
        }
    }

    /// Calls `visit(place, index)` for every weight: `index` in [O, C, K, K], `place` in
    /// [shifts, O, depth].
    fn for_each_weight(&self, mut visit: impl FnMut(usize, usize)) {
        let (k, s) = (self.g.kernel, self.g.stride);
        for o in 0..self.g.channels_out {
            for channel in 0..self.g.channels_in {
                for ky in 0..k {
                    for kx in 0..k {
                        let shift = ky / s * self.span + kx / s;
                        let depth = (channel * s + ky % s) * s + kx % s;
                        let place = (shift * self.g.channels_out + o) * self.depth + depth;
                        visit(place, ((o * self.g.channels_in + channel) * k + ky) * k + kx);
                    }
                }
            }
        }
    }

    /// The weights as one matrix [O, depth] per shift.
    fn matrices<T: WithDType>(&self, w: &[T]) -> Vec<T> {
        let mut matrices = zeros(w.len());
        self.for_each_weight(|place, index| matrices[place] = w[index]);
        matrices
    }

    fn matrix_len(&self) -> usize {
        self.g.channels_out * self.depth
    }
}

/// Whether these kernels apply and are faster than a column matrix: rows must be long compared with
/// their unused ends, and a cell must have enough channels for an efficient product.
pub(super) fn suit(g: &ConvGeometry) -> bool {
    g.kernel.is_multiple_of(g.stride)
        && g.kernel > g.stride
        && g.output.1 >= 12
        && g.channels_in * g.stride * g.stride >= 24
}

pub(super) fn forward<T: WithDType>(
    g: &ConvGeometry,
    batch: usize,
    x: &[T],
    w: &[T],
    finish: impl Fn(usize, &mut [T]) + Sync + Send,
) -> Vec<T> {
    let (layout, out) = (CellLayout::new(g, batch), g.channels_out);
    let weights = layout.matrices(w);
    let mut y = zeros(batch * out * g.pixels());
    let scratch = || (zeros::<T>(layout.depth * layout.stride()), zeros::<T>(out * layout.stride()));
    for_each_chunk(&mut y, layout.group * out * g.pixels(), scratch, |(cells, places), index, y| {
        let items = y.len() / (out * g.pixels());
        for i in 0..items {
            layout.cut(&x[(index * layout.group + i) * g.input_len()..][..g.input_len()], cells, i);
        }
        for (k, shift) in layout.shifts().enumerate() {
            let weight = Matrix { data: &weights[k * layout.matrix_len()..], column: 1, row: layout.depth };
            let neighbours = Matrix { data: &cells[shift..], column: 1, row: layout.stride() };
            let size = (out, layout.width(items), layout.depth);
            matmul_into(size, places, layout.stride(), weight, neighbours, k > 0);
        }
        layout.collect(places, y, &finish);
    });
    y
}

pub(super) fn input_grad<T: WithDType>(
    g: &ConvGeometry,
    batch: usize,
    gy: &[T],
    w: &[T],
    finish: impl Fn(usize, &mut [T]) + Sync + Send,
) -> Vec<T> {
    let (layout, out) = (CellLayout::new(g, batch), g.channels_out);
    let weights = layout.matrices(w);
    let mut gx = zeros(batch * g.input_len());
    let scratch = || (zeros::<T>(layout.depth * layout.stride()), zeros::<T>(out * layout.stride()));
    for_each_chunk(&mut gx, layout.group * g.input_len(), scratch, |(cells, places), index, gx| {
        let items = gx.len() / g.input_len();
        layout.spread(&gy[index * layout.group * out * g.pixels()..][..items * out * g.pixels()], places);
        for row in cells.chunks_exact_mut(layout.stride()) {
            row[layout.width(items)..].fill(T::from_f64(0.0));
        }
        for (k, shift) in layout.shifts().enumerate() {
            let transposed = Matrix { data: &weights[k * layout.matrix_len()..], column: layout.depth, row: 1 };
            let gradient = Matrix { data: &places[..], column: 1, row: layout.stride() };
            let size = (layout.depth, layout.width(items), out);
            matmul_into(size, &mut cells[shift..], layout.stride(), transposed, gradient, k > 0);
        }
        for (i, image) in gx.chunks_exact_mut(g.input_len()).enumerate() {
            layout.join(cells, image, i);
            finish(index * layout.group + i, image);
        }
    });
    gx
}

pub(super) fn weight_grad<T: WithDType>(g: &ConvGeometry, batch: usize, x: &[T], gy: &[T]) -> Vec<T> {
    let (layout, out) = (CellLayout::new(g, batch), g.channels_out);
    let groups = batch.div_ceil(layout.group);
    let parts = threads().min(groups).max(1);
    let per_part = groups.div_ceil(parts) * layout.group;
    let len = layout.span * layout.span * layout.matrix_len();
    let mut sums = zeros(parts * len);
    for_each_chunk(
        &mut sums,
        len,
        || (zeros::<T>(layout.depth * layout.stride()), zeros::<T>(out * layout.stride())),
        |(cells, places), part, sums| {
            let mine = (part * per_part).min(batch)..((part + 1) * per_part).min(batch);
            for first in mine.clone().step_by(layout.group) {
                let items = layout.group.min(mine.end - first);
                for i in 0..items {
                    layout.cut(&x[(first + i) * g.input_len()..][..g.input_len()], cells, i);
                }
                layout.spread(&gy[first * out * g.pixels()..][..items * out * g.pixels()], places);
                for (sum, shift) in sums.chunks_exact_mut(layout.matrix_len()).zip(layout.shifts()) {
                    let gradient = Matrix { data: &places[..], column: 1, row: layout.stride() };
                    let neighbours = Matrix { data: &cells[shift..], column: layout.stride(), row: 1 };
                    let size = (out, layout.depth, layout.width(items));
                    matmul_into(size, sum, layout.depth, gradient, neighbours, true);
                }
            }
        },
    );
    add_parts(&mut sums, len);
    let mut gradient = zeros(len);
    layout.for_each_weight(|place, index| gradient[index] = sums[place]);
    gradient
}
