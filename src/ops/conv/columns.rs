//! The three convolutions as products with a column matrix (im2col), for any kernel and stride.

use super::super::storage::{for_each_chunk, threads};
use super::ConvGeometry;
use candle_core::WithDType;

/// A strided view of a matrix in a slice.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a, T> {
    pub data: &'a [T],
    /// The distance between two columns.
    pub column: usize,
    /// The distance between two rows.
    pub row: usize,
}

/// dst [m, n] = a [m, k] · b [k, n]; with `accumulate`, dst += a · b.
fn matmul<T: WithDType>(size: (usize, usize, usize), dst: &mut [T], a: Matrix<T>, b: Matrix<T>, accumulate: bool) {
    matmul_into(size, dst, size.1, a, b, accumulate);
}

/// [`matmul`] with `dst_row`, the distance between two rows of `dst`.
pub(super) fn matmul_into<T: WithDType>(
    (m, n, k): (usize, usize, usize),
    dst: &mut [T],
    dst_row: usize,
    a: Matrix<T>,
    b: Matrix<T>,
    accumulate: bool,
) {
    let last =
        |matrix: &Matrix<T>, rows: usize, columns: usize| (rows - 1) * matrix.row + (columns - 1) * matrix.column;
    assert!(n <= dst_row && dst.len() >= (m - 1) * dst_row + n);
    assert!(a.data.len() > last(&a, m, k) && b.data.len() > last(&b, k, n));
    // SAFETY: the assertions above keep every access inside the three slices; `dst` is borrowed
    // mutably.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            dst.as_mut_ptr(),
            1,
            dst_row as isize,
            accumulate,
            a.data.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.column as isize,
            b.row as isize,
            T::from_f64(1.0),
            T::from_f64(1.0),
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Writes an image's patches into a column matrix with `columns` columns, starting at column `at`.
fn im2col<T: WithDType>(g: &ConvGeometry, image: &[T], matrix: &mut [T], columns: usize, at: usize) {
    let zero = T::from_f64(0.0);
    let mut rows = matrix.chunks_exact_mut(columns);
    for plane in image.chunks_exact(g.input.0 * g.input.1) {
        for ky in 0..g.kernel {
            for kx in 0..g.kernel {
                let Some(row) = rows.next() else { return };
                let inside = g.inside(kx);
                for (oy, out) in row[at..at + g.pixels()].chunks_exact_mut(g.output.1).enumerate() {
                    let source = (oy * g.stride + ky).checked_sub(g.padding.0).filter(|&y| y < g.input.0);
                    let Some(y) = source.filter(|_| !inside.is_empty()) else {
                        out.fill(zero);
                        continue;
                    };
                    out[..inside.start].fill(zero);
                    out[inside.end..].fill(zero);
                    let line = &plane[y * g.input.1..][inside.start * g.stride + kx - g.padding.1..g.input.1];
                    for (value, taken) in out[inside.clone()].iter_mut().zip(line.iter().step_by(g.stride)) {
                        *value = *taken;
                    }
                }
            }
        }
    }
}

/// The transpose of [`im2col`]: adds the columns back into the image.
fn col2im<T: WithDType>(g: &ConvGeometry, image: &mut [T], matrix: &[T], columns: usize, at: usize) {
    let mut rows = matrix.chunks_exact(columns);
    for plane in image.chunks_exact_mut(g.input.0 * g.input.1) {
        for ky in 0..g.kernel {
            for kx in 0..g.kernel {
                let Some(row) = rows.next() else { return };
                let inside = g.inside(kx);
                if inside.is_empty() {
                    continue;
                }
                for (oy, values) in row[at..at + g.pixels()].chunks_exact(g.output.1).enumerate() {
                    let target = (oy * g.stride + ky).checked_sub(g.padding.0).filter(|&y| y < g.input.0);
                    let Some(y) = target else { continue };
                    let start = inside.start * g.stride + kx - g.padding.1;
                    let line = &mut plane[y * g.input.1 + start..(y + 1) * g.input.1];
                    for (sum, value) in line.iter_mut().step_by(g.stride).zip(&values[inside.clone()]) {
                        *sum += *value;
                    }
                }
            }
        }
    }
}

/// Rearranges [n, channels, pixels] to [channels, n · pixels].
fn gather<T: Copy>(items: &[T], channels: usize, pixels: usize, out: &mut [T]) {
    let columns = items.len() / channels;
    for (i, plane) in items.chunks_exact(pixels).enumerate() {
        let (item, channel) = (i / channels, i % channels);
        out[channel * columns + item * pixels..][..pixels].copy_from_slice(plane);
    }
}

/// Rearranges [channels, n · pixels] to [n, channels, pixels].
fn scatter<T: Copy>(rows: &[T], channels: usize, pixels: usize, out: &mut [T]) {
    let columns = out.len() / channels;
    for (i, plane) in out.chunks_exact_mut(pixels).enumerate() {
        let (item, channel) = (i / channels, i % channels);
        plane.copy_from_slice(&rows[channel * columns + item * pixels..][..pixels]);
    }
}

pub(super) fn zeros<T: WithDType>(n: usize) -> Vec<T> {
    vec![T::from_f64(0.0); n]
}

pub(super) fn forward<T: WithDType>(
    g: &ConvGeometry,
    batch: usize,
    x: &[T],
    w: &[T],
    finish: impl Fn(usize, &mut [T]) + Sync + Send,
) -> Vec<T> {
    let (pixels, taps, out, group) = (g.pixels(), g.taps(), g.channels_out, g.group(batch));
    let mut y = zeros(batch * out * pixels);
    let scratch = || (zeros::<T>(taps * group * pixels), zeros::<T>(if group > 1 { out * group * pixels } else { 0 }));
    for_each_chunk(&mut y, group * out * pixels, scratch, |(columns, product), index, y| {
        let items = y.len() / (out * pixels);
        let width = items * pixels;
        for i in 0..items {
            let image = &x[(index * group + i) * g.input_len()..][..g.input_len()];
            im2col(g, image, columns, width, i * pixels);
        }
        let weight = Matrix { data: w, column: 1, row: taps };
        let patches = Matrix { data: columns, column: 1, row: width };
        if items == 1 {
            matmul((out, width, taps), y, weight, patches, false);
        } else {
            matmul((out, width, taps), product, weight, patches, false);
            scatter(product, out, pixels, y);
        }
        for (i, plane) in y.chunks_exact_mut(pixels).enumerate() {
            finish(i % out, plane);
        }
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
    let (pixels, taps, out, group) = (g.pixels(), g.taps(), g.channels_out, g.group(batch));
    let mut gx = zeros(batch * g.input_len());
    let scratch = || (zeros::<T>(taps * group * pixels), zeros::<T>(if group > 1 { out * group * pixels } else { 0 }));
    for_each_chunk(&mut gx, group * g.input_len(), scratch, |(columns, gathered), index, gx| {
        let items = gx.len() / g.input_len();
        let width = items * pixels;
        let gradient = &gy[index * group * out * pixels..][..items * out * pixels];
        let gradient = if items == 1 {
            gradient
        } else {
            gather(gradient, out, pixels, &mut gathered[..out * width]);
            &gathered[..]
        };
        let transposed = Matrix { data: w, column: taps, row: 1 };
        matmul((taps, width, out), columns, transposed, Matrix { data: gradient, column: 1, row: width }, false);
        for (i, image) in gx.chunks_exact_mut(g.input_len()).enumerate() {
            col2im(g, image, columns, width, i * pixels);
            finish(index * group + i, image);
        }
    });
    gx
}

pub(super) fn weight_grad<T: WithDType>(g: &ConvGeometry, batch: usize, x: &[T], gy: &[T]) -> Vec<T> {
    let (pixels, taps, out, group) = (g.pixels(), g.taps(), g.channels_out, g.group(batch));
    let parts = threads().min(batch.div_ceil(group)).max(1);
    let per_part = batch.div_ceil(group).div_ceil(parts) * group;
    let mut sums = zeros(parts * out * taps);
    for_each_chunk(
        &mut sums,
        out * taps,
        || (),
        |(), part, sum| {
            let mut columns = zeros::<T>(taps * group * pixels);
            let mut gathered = zeros::<T>(if group > 1 { out * group * pixels } else { 0 });
            let mine = (part * per_part).min(batch)..((part + 1) * per_part).min(batch);
            for first in mine.clone().step_by(group) {
                let items = group.min(mine.end - first);
                let width = items * pixels;
                for i in 0..items {
                    im2col(g, &x[(first + i) * g.input_len()..][..g.input_len()], &mut columns, width, i * pixels);
                }
                let gradient = &gy[first * out * pixels..][..items * out * pixels];
                let gradient = if items == 1 {
                    gradient
                } else {
                    gather(gradient, out, pixels, &mut gathered[..out * width]);
                    &gathered[..]
                };
                let patches = Matrix { data: &columns, column: width, row: 1 };
                matmul((out, taps, width), sum, Matrix { data: gradient, column: 1, row: width }, patches, true);
            }
        },
    );
    add_parts(&mut sums, out * taps);
    sums
}

/// Adds the partial sums of all threads, `len` values each, to the first. The order is fixed, so
/// the result is reproducible for a given number of threads.
pub(super) fn add_parts<T: WithDType>(sums: &mut Vec<T>, len: usize) {
    let (total, rest) = sums.split_at_mut(len);
    for part in rest.chunks_exact(len) {
        for (sum, value) in total.iter_mut().zip(part) {
            *sum += *value;
        }
    }
    sums.truncate(len);
}
