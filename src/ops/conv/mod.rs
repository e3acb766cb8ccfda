//! One bilinear family of convolutions. With x the input, w the weights and y the output,
//!
//! ```text
//!     forward          y  = F(x,  w)
//!     input gradient   gx = I(gy, w)
//!     weight gradient  gw = W(x, gy)
//! ```
//!
//! ⟨F(x, w), gy⟩ = ⟨x, I(gy, w)⟩ = ⟨w, W(x, gy)⟩, so each one's backward pass is the other two, to any order. All are
//! matrix products over columns (im2col), batch items grouped so that the products are wide enough for `gemm`.

use super::storage::{dispatch, for_each_chunk, slice, threads};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, WithDType, bail};

/// The sizes of one convolution with TensorFlow's SAME padding: the output has ⌈input / stride⌉ rows and columns, and
/// of an odd amount of padding the smaller half comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvGeometry {
    pub channels_in: usize,
    pub channels_out: usize,
    pub kernel: usize,
    pub stride: usize,
    /// Rows and columns of the input.
    pub input: (usize, usize),
    /// Rows and columns of the output.
    pub output: (usize, usize),
    /// Rows of zeros above and columns of zeros left of the input.
    pub padding: (usize, usize),
}

impl ConvGeometry {
    pub fn same(channels_in: usize, channels_out: usize, kernel: usize, stride: usize, input: (usize, usize)) -> Self {
        let output = (input.0.div_ceil(stride), input.1.div_ceil(stride));
        let before = |size: usize, out: usize| ((out - 1) * stride + kernel).saturating_sub(size) / 2;
        let padding = (before(input.0, output.0), before(input.1, output.1));
        Self { channels_in, channels_out, kernel, stride, input, output, padding }
    }

    fn input_len(&self) -> usize {
        self.channels_in * self.input.0 * self.input.1
    }

    /// Output pixels of one channel.
    fn pixels(&self) -> usize {
        self.output.0 * self.output.1
    }

    /// Rows of the column matrix: one for every input channel and kernel tap.
    fn taps(&self) -> usize {
        self.channels_in * self.kernel * self.kernel
    }

    /// The output columns whose lookup at kernel column `kx` lies inside of the input.
    fn inside(&self, kx: usize) -> std::ops::Range<usize> {
        let first = self.padding.1.saturating_sub(kx).div_ceil(self.stride);
        let end = match (self.input.1 + self.padding.1).checked_sub(kx + 1) {
            Some(room) => (room / self.stride + 1).min(self.output.1),
            None => 0,
        };
        first.min(end)..end
    }

    /// How many batch items one matrix product takes: enough columns to keep it busy, a bounded buffer, and at least one
    /// group for every thread.
    fn group(&self, batch: usize) -> usize {
        const COLUMNS: usize = 512;
        const BUFFER: usize = 1 << 21;
        let wanted = COLUMNS.div_ceil(self.pixels());
        let affordable = (BUFFER / (self.pixels() * self.taps())).max(1);
        wanted.min(affordable).min(batch.div_ceil(threads())).max(1)
    }
}

/// `x` [B, C, H, W] convolved with `weight` [O, C, K, K], SAME padding, no bias: [B, O, ⌈H/stride⌉, ⌈W/stride⌉].
pub fn conv2d(x: &Tensor, weight: &Tensor, stride: usize) -> Result<Tensor> {
    let (_, channels, height, width) = x.dims4()?;
    let (out, weight_channels, kernel, kernel_width) = weight.dims4()?;
    if channels != weight_channels || kernel != kernel_width || stride == 0 || height * width == 0 {
        bail!("conv2d: input {:?} and weight {:?} do not fit at stride {stride}", x.shape(), weight.shape());
    }
    Conv { geometry: ConvGeometry::same(channels, out, kernel, stride, (height, width)), kind: Kind::Forward }
        .apply(x, weight)
}

/// The gradient of [`conv2d`] with respect to its input, from the output's gradient [B, O, H', W'].
pub fn conv2d_input_grad(gradient: &Tensor, weight: &Tensor, geometry: ConvGeometry) -> Result<Tensor> {
    Conv { geometry, kind: Kind::InputGrad }.apply(gradient, weight)
}

/// The gradient of [`conv2d`] with respect to its weights, from its input and the output's gradient.
pub fn conv2d_weight_grad(x: &Tensor, gradient: &Tensor, geometry: ConvGeometry) -> Result<Tensor> {
    Conv { geometry, kind: Kind::WeightGrad }.apply(x, gradient)
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Forward,
    InputGrad,
    WeightGrad,
}

struct Conv {
    geometry: ConvGeometry,
    kind: Kind,
}

impl Conv {
    fn apply(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        a.contiguous()?.apply_op2(&b.contiguous()?, self)
    }

    /// The shapes that the two operands must have, and that of the result, for a batch of `n`.
    fn shapes(&self, n: usize) -> [Vec<usize>; 3] {
        let g = &self.geometry;
        let x = vec![n, g.channels_in, g.input.0, g.input.1];
        let w = vec![g.channels_out, g.channels_in, g.kernel, g.kernel];
        let y = vec![n, g.channels_out, g.output.0, g.output.1];
        match self.kind {
            Kind::Forward => [x, w, y],
            Kind::InputGrad => [y, w, x],
            Kind::WeightGrad => [x, y, w],
        }
    }
}

impl CustomOp2 for Conv {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Forward => "conv2d",
            Kind::InputGrad => "conv2d-input-grad",
            Kind::WeightGrad => "conv2d-weight-grad",
        }
    }

    fn cpu_fwd(&self, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(op: &Conv, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<Vec<T>> {
            let (a, b) = (slice::<T>(op.name(), a, la)?, slice::<T>(op.name(), b, lb)?);
            let batch = la.dims()[0];
            Ok(match op.kind {
                Kind::Forward => forward(&op.geometry, batch, a, b),
                Kind::InputGrad => input_grad(&op.geometry, batch, a, b),
                Kind::WeightGrad => weight_grad(&op.geometry, batch, a, b),
            })
        }
        let [first, second, result] = self.shapes(la.dims().first().copied().unwrap_or(0));
        if la.dims() != first || lb.dims() != second {
            bail!("{}: got {:?} and {:?}, expected {first:?} and {second:?}", self.name(), la.dims(), lb.dims());
        }
        Ok((dispatch!(self.name(), a, run, self, a, la, b, lb), Shape::from(result)))
    }

    fn bwd(&self, a: &Tensor, b: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = self.geometry;
        let forward = |x: &Tensor, w: &Tensor| Conv { geometry: g, kind: Kind::Forward }.apply(x, w);
        let input = |gy: &Tensor, w: &Tensor| conv2d_input_grad(gy, w, g);
        let weight = |x: &Tensor, gy: &Tensor| conv2d_weight_grad(x, gy, g);
        let (to_a, to_b) = (a.track_op(), b.track_op());
        Ok(match self.kind {
            Kind::Forward => {
                (to_a.then(|| input(gradient, b)).transpose()?, to_b.then(|| weight(a, gradient)).transpose()?)
            }
            Kind::InputGrad => {
                (to_a.then(|| forward(gradient, b)).transpose()?, to_b.then(|| weight(gradient, a)).transpose()?)
            }
            Kind::WeightGrad => {
                (to_a.then(|| input(b, gradient)).transpose()?, to_b.then(|| forward(a, gradient)).transpose()?)
            }
        })
    }
}

/// A matrix inside of a slice: the distance between neighbours in a row and in a column.
#[derive(Clone, Copy)]
struct Matrix<'a, T> {
    data: &'a [T],
    column: usize,
    row: usize,
}

/// dst [m, n] = a [m, k] · b [k, n], added to what is there where `accumulate` is set.
fn matmul<T: WithDType>((m, n, k): (usize, usize, usize), dst: &mut [T], a: Matrix<T>, b: Matrix<T>, accumulate: bool) {
    let last =
        |matrix: &Matrix<T>, rows: usize, columns: usize| (rows - 1) * matrix.row + (columns - 1) * matrix.column;
    assert!(dst.len() >= m * n && a.data.len() > last(&a, m, k) && b.data.len() > last(&b, k, n));
    // SAFETY: the line above keeps every access inside of the three slices, and `dst` is borrowed mutably.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            dst.as_mut_ptr(),
            1,
            n as isize,
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

/// Writes one image's lookups into the column matrix [taps, stride of `columns`], from column `at` on.
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

/// [n, channels, pixels] to [channels, n · pixels].
fn gather<T: Copy>(items: &[T], channels: usize, pixels: usize, out: &mut [T]) {
    let columns = items.len() / channels;
    for (i, plane) in items.chunks_exact(pixels).enumerate() {
        let (item, channel) = (i / channels, i % channels);
        out[channel * columns + item * pixels..][..pixels].copy_from_slice(plane);
    }
}

/// [channels, n · pixels] to [n, channels, pixels].
fn scatter<T: Copy>(rows: &[T], channels: usize, pixels: usize, out: &mut [T]) {
    let columns = out.len() / channels;
    for (i, plane) in out.chunks_exact_mut(pixels).enumerate() {
        let (item, channel) = (i / channels, i % channels);
        plane.copy_from_slice(&rows[channel * columns + item * pixels..][..pixels]);
    }
}

fn zeros<T: WithDType>(n: usize) -> Vec<T> {
    vec![T::from_f64(0.0); n]
}

fn forward<T: WithDType>(g: &ConvGeometry, batch: usize, x: &[T], w: &[T]) -> Vec<T> {
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
        let lookups = Matrix { data: columns, column: 1, row: width };
        if items == 1 {
            matmul((out, width, taps), y, weight, lookups, false);
        } else {
            matmul((out, width, taps), product, weight, lookups, false);
            scatter(product, out, pixels, y);
        }
    });
    y
}

fn input_grad<T: WithDType>(g: &ConvGeometry, batch: usize, gy: &[T], w: &[T]) -> Vec<T> {
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
        }
    });
    gx
}

fn weight_grad<T: WithDType>(g: &ConvGeometry, batch: usize, x: &[T], gy: &[T]) -> Vec<T> {
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
                let lookups = Matrix { data: &columns, column: width, row: 1 };
                matmul((out, taps, width), sum, Matrix { data: gradient, column: 1, row: width }, lookups, true);
            }
        },
    );
    // The parts are added in order, so that the same number of threads gives the same bits.
    let (total, rest) = sums.split_at_mut(out * taps);
    for part in rest.chunks_exact(out * taps) {
        for (sum, value) in total.iter_mut().zip(part) {
            *sum += *value;
        }
    }
    sums.truncate(out * taps);
    sums
}

#[cfg(test)]
#[path = "conv_tests.rs"]
mod tests;
