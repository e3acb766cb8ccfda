//! Convolutions, differentiable to any order. With x the input, w the weights and y the output:
//!
//! ```text
//!     forward          y  = F(x,  w)
//!     input gradient   gx = I(gy, w)
//!     weight gradient  gw = W(x, gy)
//! ```
//!
//! ⟨F(x, w), gy⟩ = ⟨x, I(gy, w)⟩ = ⟨w, W(x, gy)⟩, so the backward pass of each operation consists
//! of the other two. All are matrix products. Batch items are grouped so that the products are wide
//! enough for `gemm`.

mod cells;
#[allow(unsafe_code)]
mod columns;
mod layer;

pub use layer::{conv_layer, conv_layer_input_grad};

use super::primitives::{self, Backward};
use super::storage::{dispatch, slice, threads};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, WithDType, bail};

/// The sizes of a convolution with TensorFlow's SAME padding.
///
/// The output has ⌈input / stride⌉ rows and columns. If the amount of padding is odd, the smaller
/// half is at the top and at the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvGeometry {
    /// Channels of the input.
    pub channels_in: usize,
    /// Channels of the output.
    pub channels_out: usize,
    /// The side of the square kernel in pixels.
    pub kernel: usize,
    /// The stride in input pixels.
    pub stride: usize,
    /// The input's (height, width) in pixels.
    pub input: (usize, usize),
    /// The output's (height, width) in pixels.
    pub output: (usize, usize),
    /// Rows of padding above the input and columns of padding to its left.
    pub padding: (usize, usize),
}

impl ConvGeometry {
    /// The geometry for an input of (height, width) pixels.
    pub fn same(channels_in: usize, channels_out: usize, kernel: usize, stride: usize, input: (usize, usize)) -> Self {
        let output = (input.0.div_ceil(stride), input.1.div_ceil(stride));
        let before = |size: usize, out: usize| ((out - 1) * stride + kernel).saturating_sub(size) / 2;
        let padding = (before(input.0, output.0), before(input.1, output.1));
        Self { channels_in, channels_out, kernel, stride, input, output, padding }
    }

    /// The geometry of a convolution of `x` with `weight`.
    fn of(x: &Tensor, weight: &Tensor, stride: usize) -> Result<Self> {
        let (_, channels, height, width) = x.dims4()?;
        let (out, weight_channels, kernel, kernel_width) = weight.dims4()?;
        if channels != weight_channels || kernel != kernel_width || stride == 0 || height * width == 0 {
            bail!(
                "conv2d: input {:?}, weight {:?}, stride {stride}, expected [B, C, H, W], [O, C, K, K], stride ≥ 1",
                x.shape(),
                weight.shape()
            );
        }
        Ok(Self::same(channels, out, kernel, stride, (height, width)))
    }

    fn input_len(&self) -> usize {
        self.channels_in * self.input.0 * self.input.1
    }

    /// Number of output pixels per channel.
    fn pixels(&self) -> usize {
        self.output.0 * self.output.1
    }

    /// Number of rows of the column matrix: one per input channel and kernel tap.
    fn taps(&self) -> usize {
        self.channels_in * self.kernel * self.kernel
    }

    /// The output columns for which kernel column `kx` is inside the input.
    fn inside(&self, kx: usize) -> std::ops::Range<usize> {
        let first = self.padding.1.saturating_sub(kx).div_ceil(self.stride);
        let end = match (self.input.1 + self.padding.1).checked_sub(kx + 1) {
            Some(room) => (room / self.stride + 1).min(self.output.1),
            None => 0,
        };
        first.min(end)..end
    }

    /// Number of batch items per matrix product: enough columns for `gemm` to be efficient, limited
    /// by the buffer size and by one group per thread.
    fn group(&self, batch: usize) -> usize {
        const COLUMNS: usize = 512;
        const BUFFER: usize = 1 << 21;
        let wanted = COLUMNS.div_ceil(self.pixels());
        let affordable = (BUFFER / (self.pixels() * self.taps())).max(1);
        wanted.min(affordable).min(batch.div_ceil(threads())).max(1)
    }
}

/// Convolves `x` [B, C, H, W] with `weight` [O, C, K, K] to [B, O, ⌈H/stride⌉, ⌈W/stride⌉], with
/// SAME padding and no bias. Differentiable to any order.
///
/// # Errors
/// If shapes or types do not match, `stride` is 0, or the type is neither f32 nor f64.
pub fn conv2d(x: &Tensor, weight: &Tensor, stride: usize) -> Result<Tensor> {
    ConvOp { geometry: ConvGeometry::of(x, weight, stride)?, kind: Kind::Forward }.apply(x, weight)
}

/// The gradient [B, C, H, W] of [`conv2d`] with respect to its input, given the gradient
/// [B, O, H', W'] of its output. Differentiable to any order.
///
/// # Errors
/// If shapes or types do not match, or the type is neither f32 nor f64.
pub fn conv2d_input_grad(gradient: &Tensor, weight: &Tensor, geometry: ConvGeometry) -> Result<Tensor> {
    ConvOp { geometry, kind: Kind::InputGrad }.apply(gradient, weight)
}

/// The gradient [O, C, K, K] of [`conv2d`] with respect to its weights, given its input `x`
/// [B, C, H, W] and the gradient [B, O, H', W'] of its output. Differentiable to any order.
///
/// # Errors
/// If shapes or types do not match, or the type is neither f32 nor f64.
pub fn conv2d_weight_grad(x: &Tensor, gradient: &Tensor, geometry: ConvGeometry) -> Result<Tensor> {
    ConvOp { geometry, kind: Kind::WeightGrad }.apply(x, gradient)
}

/// The forward pass. Calls `finish` with the channel and values of each output plane while it is in
/// the cache.
fn forward<T: WithDType>(
    g: &ConvGeometry,
    batch: usize,
    x: &[T],
    w: &[T],
    finish: impl Fn(usize, &mut [T]) + Sync + Send,
) -> Vec<T> {
    if cells::suit(g) { cells::forward(g, batch, x, w, finish) } else { columns::forward(g, batch, x, w, finish) }
}

/// The input gradient. Calls `finish` with the index and values of each batch item while it is in
/// the cache.
fn input_grad<T: WithDType>(
    g: &ConvGeometry,
    batch: usize,
    gy: &[T],
    w: &[T],
    finish: impl Fn(usize, &mut [T]) + Sync + Send,
) -> Vec<T> {
    if cells::suit(g) {
        cells::input_grad(g, batch, gy, w, finish)
    } else {
        columns::input_grad(g, batch, gy, w, finish)
    }
}

fn weight_grad<T: WithDType>(g: &ConvGeometry, batch: usize, x: &[T], gy: &[T]) -> Vec<T> {
    if cells::suit(g) { cells::weight_grad(g, batch, x, gy) } else { columns::weight_grad(g, batch, x, gy) }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Forward,
    InputGrad,
    WeightGrad,
}

struct ConvOp {
    geometry: ConvGeometry,
    kind: Kind,
}

impl ConvOp {
    fn apply(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let batch = a.dims().first().copied().unwrap_or(0);
        let [first, second, _] = self.shapes(batch);
        if a.dims() != first || b.dims() != second {
            let name = CustomOp2::name(&self);
            bail!("{name}: got {:?} and {:?}, expected {first:?} and {second:?}", a.dims(), b.dims());
        }
        if primitives::has_kernels(a) {
            return a.contiguous()?.apply_op2(&b.contiguous()?, self);
        }
        let (g, first, second) = (&self.geometry, a.detach(), b.detach());
        let value = match self.kind {
            Kind::Forward => primitives::conv2d(&first, &second, g)?,
            Kind::InputGrad => primitives::conv2d_input_grad(&first, &second, g)?,
            Kind::WeightGrad => primitives::conv2d_weight_grad(&first, &second, g)?,
        };
        primitives::with_backward(self, a, b, value)
    }

    /// The shapes of the two operands and of the result, for a batch of `n` items.
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

impl CustomOp2 for ConvOp {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Forward => "conv2d",
            Kind::InputGrad => "conv2d-input-grad",
            Kind::WeightGrad => "conv2d-weight-grad",
        }
    }

    fn cpu_fwd(&self, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(op: &ConvOp, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<Vec<T>> {
            let (a, b) = (slice::<T>(CustomOp2::name(op), a, la)?, slice::<T>(CustomOp2::name(op), b, lb)?);
            let batch = la.dims()[0];
            Ok(match op.kind {
                Kind::Forward => forward(&op.geometry, batch, a, b, |_, _| ()),
                Kind::InputGrad => input_grad(&op.geometry, batch, a, b, |_, _| ()),
                Kind::WeightGrad => weight_grad(&op.geometry, batch, a, b),
            })
        }
        let [.., result] = self.shapes(la.dims()[0]);
        Ok((dispatch!(CustomOp2::name(self), a, run, self, a, la, b, lb), Shape::from(result)))
    }

    fn bwd(&self, a: &Tensor, b: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        self.backward(a, b, gradient)
    }
}

impl Backward for ConvOp {
    fn name(&self) -> &'static str {
        CustomOp2::name(self)
    }

    fn backward(&self, a: &Tensor, b: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let g = self.geometry;
        let forward = |x: &Tensor, w: &Tensor| ConvOp { geometry: g, kind: Kind::Forward }.apply(x, w);
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

#[cfg(test)]
mod tests;
