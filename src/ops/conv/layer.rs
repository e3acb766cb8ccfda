//! Convolution, bias and activation in one operation: one pass over memory, and one node for the backward pass, instead of
//! three.

use super::{ConvGeometry, conv2d, conv2d_input_grad, conv2d_weight_grad, forward, input_grad};
use crate::ops::activation::{leak, leaky_relu, leaky_relu_grad, masked};
use crate::ops::bias::{add_bias, channel_sum};
use crate::ops::primitives;
use crate::ops::storage::{dispatch, slice};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, WithDType, bail};

/// leaky_relu([`conv2d`](super::conv2d) + bias): `x` [B, C, H, W], `weight` [O, C, K, K], `bias` \[O\], SAME padding, to
/// [B, O, ⌈H/stride⌉, ⌈W/stride⌉]. `slope` 0 is ReLU, 1 no activation at all; it may not be negative.
///
/// The backward pass is not differentiable: for a second order, write the gradient with [`conv_layer_input_grad`].
pub fn conv_layer(x: &Tensor, weight: &Tensor, bias: &Tensor, stride: usize, slope: f64) -> Result<Tensor> {
    let geometry = ConvGeometry::of(x, weight, stride)?;
    if bias.dims() != [geometry.channels_out] || slope < 0.0 {
        bail!("conv-layer: weight {:?}, bias {:?}, slope {slope} do not fit", weight.shape(), bias.shape());
    }
    if !primitives::has_kernels(x) {
        let y = add_bias(&conv2d(x, weight, stride)?, bias)?;
        return if slope == 1.0 { Ok(y) } else { leaky_relu(&y, slope) };
    }
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, ConvLayer { geometry, slope })
}

/// [`conv2d_input_grad`](super::conv2d_input_grad), gone on through the activation before: where `x` [B, C, H, W], the
/// layer's input and that activation's result, is not positive, the gradient is multiplied by `slope`.
///
/// Differentiable with respect to `gradient` and `weight`, to any order. `x` counts by its signs alone, so that the
/// derivative with respect to it is zero almost everywhere; none is given.
pub fn conv_layer_input_grad(
    gradient: &Tensor,
    weight: &Tensor,
    x: &Tensor,
    stride: usize,
    slope: f64,
) -> Result<Tensor> {
    let geometry = ConvGeometry::of(x, weight, stride)?;
    if !primitives::has_kernels(x) {
        return back(&conv2d_input_grad(gradient, weight, geometry)?, x, slope);
    }
    let op = InputGrad { geometry, slope };
    gradient.contiguous()?.apply_op3(&weight.contiguous()?, &x.detach().contiguous()?, op)
}

/// The gradient back through the activation that `x` is an input or a result of.
fn back(gradient: &Tensor, x: &Tensor, slope: f64) -> Result<Tensor> {
    if slope == 1.0 { gradient.contiguous() } else { leaky_relu_grad(gradient, x, slope) }
}

struct ConvLayer {
    geometry: ConvGeometry,
    slope: f64,
}

struct InputGrad {
    geometry: ConvGeometry,
    slope: f64,
}

impl CustomOp3 for ConvLayer {
    fn name(&self) -> &'static str {
        "conv-layer"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        b: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &ConvLayer,
            (x, lx): (&CpuStorage, &Layout),
            (w, lw): (&CpuStorage, &Layout),
            (b, lb): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (name, slope) = (op.name(), T::from_f64(op.slope));
            let (x, w, bias) = (slice::<T>(name, x, lx)?, slice::<T>(name, w, lw)?, slice::<T>(name, b, lb)?);
            Ok(forward(&op.geometry, lx.dims()[0], x, w, |channel, plane| {
                let bias = bias[channel];
                for value in plane {
                    *value = leak(*value + bias, slope);
                }
            }))
        }
        let g = &self.geometry;
        let shape = (lx.dims()[0], g.channels_out, g.output.0, g.output.1);
        Ok((dispatch!(self.name(), x, run, self, (x, lx), (w, lw), (b, lb)), Shape::from(shape)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let g = self.geometry;
        // The result has the sign of what went into the activation.
        let gradient = back(gradient, result, self.slope)?;
        Ok((
            x.track_op().then(|| conv2d_input_grad(&gradient, weight, g)).transpose()?,
            weight.track_op().then(|| conv2d_weight_grad(x, &gradient, g)).transpose()?,
            bias.track_op().then(|| channel_sum(&gradient)).transpose()?,
        ))
    }
}

impl CustomOp3 for InputGrad {
    fn name(&self) -> &'static str {
        "conv-layer-input-grad"
    }

    fn cpu_fwd(
        &self,
        gradient: &CpuStorage,
        lg: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        x: &CpuStorage,
        lx: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(
            op: &InputGrad,
            (gradient, lg): (&CpuStorage, &Layout),
            (w, lw): (&CpuStorage, &Layout),
            (x, lx): (&CpuStorage, &Layout),
        ) -> Result<Vec<T>> {
            let (name, slope) = (op.name(), T::from_f64(op.slope));
            let (gy, w, x) = (slice::<T>(name, gradient, lg)?, slice::<T>(name, w, lw)?, slice::<T>(name, x, lx)?);
            Ok(input_grad(&op.geometry, lx.dims()[0], gy, w, |item, out| {
                let x = &x[item * out.len()..][..out.len()];
                for (value, &x) in out.iter_mut().zip(x) {
                    *value = masked(*value, x, slope);
                }
            }))
        }
        let g = &self.geometry;
        if lg.dims() != [lx.dims()[0], g.channels_out, g.output.0, g.output.1] {
            bail!("{}: gradient {:?} of input {:?} does not fit", self.name(), lg.shape(), lx.shape());
        }
        Ok((dispatch!(self.name(), gradient, run, self, (gradient, lg), (w, lw), (x, lx)), lx.shape().clone()))
    }

    fn bwd(
        &self,
        gy: &Tensor,
        weight: &Tensor,
        x: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradient = back(gradient, x, self.slope)?;
        Ok((
            gy.track_op().then(|| conv2d(&gradient, weight, self.geometry.stride)).transpose()?,
            weight.track_op().then(|| conv2d_weight_grad(&gradient, gy, self.geometry)).transpose()?,
            None,
        ))
    }
}
