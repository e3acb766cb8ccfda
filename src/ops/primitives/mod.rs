//! The operations composed of candle's primitives, for devices without kernels of this crate
//! (CUDA).
//!
//! Convolutions rearrange pixels into cells of the stride's size (space to depth) and multiply
//! matrices, because candle's transposed convolution is slow. Samplers use `gather`.
//!
//! The functions compute values outside the graph. [`with_backward`] joins a value and the backward
//! pass of its operation into one node. That backward pass is the same one that the kernels have,
//! so every device computes the same gradients, only those that are tracked, and the exact
//! second-order gradient of the gradient penalty.

mod conv;
mod sample;
#[cfg(test)]
mod tests;

pub(super) use conv::{conv2d, conv2d_input_grad, conv2d_weight_grad};
pub(super) use sample::{grid_sample, grid_sample_grads, matrix_grad};

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp3, DType, Layout, MetalStorage, Result, Shape, Tensor};

/// Whether the kernels of this crate support the tensor's device.
pub(super) fn has_kernels(x: &Tensor) -> bool {
    #[cfg(test)]
    if tests::WITHOUT_KERNELS.get() {
        return false;
    }
    x.device().is_cpu()
}

/// The backward pass of an operation on two tensors.
pub(super) trait Backward: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    /// The gradients of the tracked operands.
    fn backward(&self, a: &Tensor, b: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)>;
}

/// Adds `value` to the graph as the result of `op` on `a` and `b`.
pub(super) fn with_backward(op: impl Backward, a: &Tensor, b: &Tensor, value: Tensor) -> Result<Tensor> {
    if !a.track_op() && !b.track_op() {
        return Ok(value);
    }
    // The node clones the entire storage, so the value must fill it.
    let fills_storage = value.layout().start_offset() == 0 && value.is_contiguous();
    let value = if fills_storage { value } else { value.force_contiguous()? };
    a.apply_op3(b, &value.detach(), Node(op))
}

/// A graph node whose third operand is the value itself.
struct Node<Op>(Op);

impl<Op: Backward> CustomOp3 for Node<Op> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        value: &CpuStorage,
        layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok((value.try_clone(layout)?, layout.shape().clone()))
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        value: &CudaStorage,
        layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        Ok((value.try_clone(layout)?, layout.shape().clone()))
    }

    fn metal_fwd(
        &self,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
        value: &MetalStorage,
        layout: &Layout,
    ) -> Result<(MetalStorage, Shape)> {
        Ok((value.try_clone(layout)?, layout.shape().clone()))
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        _: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (to_a, to_b) = self.0.backward(a, b, gradient)?;
        Ok((to_a, to_b, None))
    }
}

/// 1 where `x` is positive, `slope` elsewhere.
pub(super) fn leaky_relu_mask(x: &Tensor, slope: f64) -> Result<Tensor> {
    x.detach().gt(0.0)?.to_dtype(x.dtype())?.affine(1.0 - slope, slope)
}

/// Adds `bias` \[C\] to each channel of `x` [B, C, H, W].
pub(super) fn add_bias(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.broadcast_add(&bias.reshape((1, bias.elem_count(), 1, 1))?)
}

/// Sums [B, C, H, W] to \[C\].
pub(super) fn channel_sum(x: &Tensor) -> Result<Tensor> {
    // One axis after the other, because many short sums use a GPU better than a few long ones.
    x.flatten_from(2)?.sum(2)?.sum(0)
}

/// `x` where `condition` is not zero, 0 elsewhere, even if `x` is not finite there.
fn masked(x: &Tensor, condition: &Tensor) -> Result<Tensor> {
    let condition = condition.broadcast_as(x.shape())?.contiguous()?;
    condition.where_cond(&x.contiguous()?, &x.zeros_like()?)
}

/// The logical "and" of two u8 masks.
fn and(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    debug_assert_eq!(a.dtype(), DType::U8);
    a.broadcast_mul(b)
}
