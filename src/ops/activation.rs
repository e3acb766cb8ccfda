//! LeakyReLU and its gradient. The derivative at zero is `slope`, not 1 as in candle's ReLU.

use super::primitives;
use super::storage::{dispatch, slice};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, WithDType};

/// LeakyReLU: `x` where it is positive, `slope · x` elsewhere, for any shape. `slope` 0 is ReLU.
///
/// # Errors
/// If the type is neither f32 nor f64.
pub fn leaky_relu(x: &Tensor, slope: f64) -> Result<Tensor> {
    if !primitives::has_kernels(x) {
        return x * primitives::leaky_relu_mask(x, slope)?;
    }
    x.contiguous()?.apply_op1(LeakyRelu { slope })
}

/// The backward pass of [`leaky_relu`]: `gradient` where `x` is positive, `slope · gradient`
/// elsewhere.
///
/// It is differentiable with respect to `gradient`. The derivative with respect to `x` is zero
/// almost everywhere and is taken as zero.
///
/// # Errors
/// If the shapes differ, or the type is neither f32 nor f64.
pub fn leaky_relu_grad(gradient: &Tensor, x: &Tensor, slope: f64) -> Result<Tensor> {
    if !primitives::has_kernels(x) {
        return gradient * primitives::leaky_relu_mask(x, slope)?;
    }
    gradient.contiguous()?.apply_op2(&x.contiguous()?, Mask { slope })
}

/// LeakyReLU of one value.
#[inline(always)]
pub(super) fn leak<T: WithDType>(x: T, slope: T) -> T {
    masked(x, x, slope)
}

/// The gradient of LeakyReLU at one value.
#[inline(always)]
pub(super) fn masked<T: WithDType>(gradient: T, x: T, slope: T) -> T {
    if x > T::from_f64(0.0) { gradient } else { gradient * slope }
}

struct LeakyRelu {
    slope: f64,
}

struct Mask {
    slope: f64,
}

impl CustomOp1 for LeakyRelu {
    fn name(&self) -> &'static str {
        "leaky-relu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(storage: &CpuStorage, layout: &Layout, slope: f64) -> Result<Vec<T>> {
            let slope = T::from_f64(slope);
            Ok(slice::<T>("leaky-relu", storage, layout)?.iter().map(|&x| leak(x, slope)).collect())
        }
        Ok((dispatch!("leaky-relu", storage, run, storage, layout, self.slope), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        leaky_relu_grad(gradient, x, self.slope).map(Some)
    }
}

impl CustomOp2 for Mask {
    fn name(&self) -> &'static str {
        "leaky-relu-grad"
    }

    fn cpu_fwd(&self, g: &CpuStorage, lg: &Layout, x: &CpuStorage, lx: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(g: &CpuStorage, lg: &Layout, x: &CpuStorage, lx: &Layout, slope: f64) -> Result<Vec<T>> {
            let slope = T::from_f64(slope);
            let (g, x) = (slice::<T>("leaky-relu-grad", g, lg)?, slice::<T>("leaky-relu-grad", x, lx)?);
            Ok(g.iter().zip(x).map(|(&g, &x)| masked(g, x, slope)).collect())
        }
        if lg.shape() != lx.shape() {
            candle_core::bail!("leaky-relu-grad: shapes {:?} and {:?} differ", lg.shape(), lx.shape());
        }
        Ok((dispatch!("leaky-relu-grad", g, run, g, lg, x, lx, self.slope), lg.shape().clone()))
    }

    fn bwd(&self, g: &Tensor, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let to_gradient = if g.track_op() { Some(leaky_relu_grad(gradient, x, self.slope)?) } else { None };
        let to_x = if x.track_op() { Some(x.zeros_like()?) } else { None };
        Ok((to_gradient, to_x))
    }
}
