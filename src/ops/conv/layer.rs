//! Convolution, bias and activation fused into one operation: one pass over memory and one graph
//! node instead of three.

use super::{ConvGeometry, conv2d, conv2d_input_grad, conv2d_weight_grad, forward, input_grad};
use crate::ops::activation::{leak, leaky_relu, leaky_relu_grad, masked};
use crate::ops::bias::{add_bias, channel_sum};
use crate::ops::primitives;
use crate::ops::storage::{dispatch, slice};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, WithDType, bail};

/// A convolution layer, leaky_relu([`conv2d`](super::conv2d)(x, weight) + bias), with SAME padding.
///
/// Maps `x` [B, C, H, W] with `weight` [O, C, K, K] and `bias` \[O\] to
/// [B, O, ⌈H/stride⌉, ⌈W/stride⌉]. `slope` 0 is ReLU, 1 is no activation.
///
/// The backward pass is not differentiable itself. For second-order gradients, compute the input
/// gradient with [`conv_layer_input_grad`].
///
/// # Errors
/// If shapes or types do not match, `stride` is 0, `slope` is negative, or the type is neither f32
/// nor f64.
pub fn conv_layer(x: &Tensor, weight: &Tensor, bias: &Tensor, stride: usize, slope: f64) -> Result<Tensor> {
    let geometry = ConvGeometry::of(x, weight, stride)?;
    if bias.dims() != [geometry.channels_out] {
        bail!("conv-layer: bias {:?} for weight {:?}, expected [O] and [O, C, K, K]", bias.shape(), weight.shape());
    }
    if slope < 0.0 {
        bail!("conv-layer: slope is {slope}, expected 0 or more");
    }
    if !primitives::has_kernels(x) {
        let y = add_bias(&conv2d(x, weight, stride)?, bias)?;
        return if slope == 1.0 { Ok(y) } else { leaky_relu(&y, slope) };
    }
    x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, ConvLayer { geometry, slope })
}

/// Backpropagates a gradient through a convolution and the activation before it.
///
/// Computes [`conv2d_input_grad`](super::conv2d_input_grad) for `gradient` [B, O, H', W'] and
/// multiplies the result [B, C, H, W] by `slope` where `x` is not positive. `x` [B, C, H, W] is the
/// input of the convolution, that is, the output of the activation.
///
/// It is differentiable with respect to `gradient` and `weight`, to any order. Only the signs of
/// `x` matter, so its derivative is zero almost everywhere and is not computed.
///
/// # Errors
/// If shapes or types do not match, `stride` is 0, or the type is neither f32 nor f64.
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

/// Backpropagates a gradient through an activation with input or output `x`; both have the same
/// sign.
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
        // The activation's output has the sign of its input.
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
            bail!("{}: gradient {:?} does not match input {:?}", self.name(), lg.shape(), lx.shape());
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
