//! A bias per channel, with a backward pass that sums contiguous rows instead of a strided
//! reduction.

use super::primitives;
use super::storage::{dispatch, slice};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, WithDType};

/// Adds `bias` \[C\] to each channel of `x` [B, C, H, W].
///
/// # Errors
/// If shapes or types do not match, or the type is neither f32 nor f64.
pub fn add_bias(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let (_, channels, _, _) = x.dims4()?;
    if bias.dims() != [channels] {
        candle_core::bail!("bias: shape {:?}, expected [{channels}]", bias.shape());
    }
    if !primitives::has_kernels(x) {
        return primitives::add_bias(x, bias);
    }
    x.contiguous()?.apply_op2(&bias.contiguous()?, AddBias)
}

/// Sums [B, C, H, W] over all axes but the second: \[C\]. Not differentiable.
pub(super) fn channel_sum(x: &Tensor) -> Result<Tensor> {
    if !primitives::has_kernels(x) {
        return primitives::channel_sum(x);
    }
    x.contiguous()?.apply_op1_no_bwd(&ChannelSum)
}

struct AddBias;

struct ChannelSum;

impl CustomOp2 for AddBias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, b: &CpuStorage, lb: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(x: &CpuStorage, lx: &Layout, b: &CpuStorage, lb: &Layout) -> Result<Vec<T>> {
            let (_, channels, height, width) = lx.shape().dims4()?;
            let (x, bias) = (slice::<T>("bias", x, lx)?, slice::<T>("bias", b, lb)?);
            let mut out = Vec::with_capacity(x.len());
            for (i, plane) in x.chunks_exact(height * width).enumerate() {
                let bias = bias[i % channels];
                out.extend(plane.iter().map(|&x| x + bias));
            }
            Ok(out)
        }
        Ok((dispatch!("bias", x, run, x, lx, b, lb), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, b: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let to_x = x.track_op().then(|| gradient.clone());
        let to_bias = if b.track_op() { Some(channel_sum(gradient)?) } else { None };
        Ok((to_x, to_bias))
    }
}

impl CustomOp1 for ChannelSum {
    fn name(&self) -> &'static str {
        "channel-sum"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(x: &CpuStorage, lx: &Layout) -> Result<Vec<T>> {
            /// Number of independent partial sums, so that the compiler can vectorise.
            const LANES: usize = 16;
            let (_, channels, height, width) = lx.shape().dims4()?;
            let mut sums = vec![T::from_f64(0.0); channels];
            for (i, plane) in slice::<T>("channel-sum", x, lx)?.chunks_exact(height * width).enumerate() {
                let mut partial = [T::from_f64(0.0); LANES];
                for run in plane.chunks(LANES) {
                    for (sum, &value) in partial.iter_mut().zip(run) {
                        *sum += value;
                    }
                }
                for value in partial {
                    sums[i % channels] += value;
                }
            }
            Ok(sums)
        }
        let channels = lx.shape().dims4()?.1;
        Ok((dispatch!("channel-sum", x, run, x, lx), Shape::from(channels)))
    }
}
