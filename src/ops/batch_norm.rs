//! Batch normalisation (Ioffe & Szegedy 2015) with the statistics of the batch, for training.

use super::activation::{leaky_relu, leaky_relu_grad};
use super::bias::{add_bias, channel_sum};
use super::primitives;
use super::storage::{dispatch, slice};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, WithDType};

/// Added to the variance of a channel, so that a constant channel has a finite deviation.
const EPSILON: f64 = 1e-6;

/// Batch normalisation and ReLU: relu((x − mean) / deviation + shift), with the mean and deviation
/// of each channel of `x` [B, C, H, W] over batch and pixels, and `shift` \[C\].
///
/// There is no trainable factor: the layer after a ReLU can take any positive one into its weights.
///
/// The backward pass is not differentiable itself.
///
/// # Errors
/// If shapes or types do not match, or the type is neither f32 nor f64.
pub fn batch_norm_relu(x: &Tensor, shift: &Tensor) -> Result<Tensor> {
    let (_, channels, _, _) = x.dims4()?;
    if shift.dims() != [channels] {
        candle_core::bail!("batch-norm: shift {:?} for {channels} channels", shift.shape());
    }
    if !primitives::has_kernels(x) {
        let (mean, deviation) = batch_statistics(x)?;
        let by_channel = |t: &Tensor| t.reshape((1, channels, 1, 1));
        let normal = x.broadcast_sub(&by_channel(&mean)?)?.broadcast_div(&by_channel(&deviation)?)?;
        return leaky_relu(&add_bias(&normal, shift)?, 0.0);
    }
    x.contiguous()?.apply_op2(&shift.contiguous()?, BatchNormRelu)
}

/// The mean and the deviation of each channel of `x` [B, C, H, W], both \[C\], as in
/// [`batch_norm_relu`].
///
/// # Errors
/// A tensor that is not four-dimensional.
pub fn batch_statistics(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let channels = x.dims4()?.1;
    let mean = x.mean_keepdim((0, 2, 3))?;
    let variance = x.broadcast_sub(&mean)?.sqr()?.mean_keepdim((0, 2, 3))?;
    Ok((mean.reshape(channels)?, (variance + EPSILON)?.sqrt()?.reshape(channels)?))
}

struct BatchNormRelu;

/// The gradient with respect to `x`, given `x` and the gradient behind the ReLU.
struct Gradient;

/// Number of independent partial sums, so that the compiler can vectorise.
const LANES: usize = 16;

/// The sum of `term(i)` over the elements of a plane.
#[inline(always)]
fn sum<T: WithDType>(n: usize, term: impl Fn(usize) -> T) -> f64 {
    let mut partial = [T::from_f64(0.0); LANES];
    let whole = n - n % LANES;
    for first in (0..whole).step_by(LANES) {
        for (lane, sum) in partial.iter_mut().enumerate() {
            *sum += term(first + lane);
        }
    }
    partial.into_iter().chain((whole..n).map(term)).map(|value| value.to_f64()).sum()
}

/// Mean and reciprocal deviation of each channel, for contiguous planes of `area` pixels.
fn statistics<T: WithDType>(x: &[T], channels: usize, area: usize) -> Vec<[T; 2]> {
    let n = (x.len() / channels) as f64;
    let planes = |channel: usize| x.chunks_exact(area).skip(channel).step_by(channels);
    let of_channel = |channel| {
        let mean = planes(channel).map(|plane| sum(area, |i| plane[i])).sum::<f64>() / n;
        let centre = T::from_f64(mean);
        let squares = planes(channel).map(|plane| sum(area, |i| (plane[i] - centre) * (plane[i] - centre)));
        let variance = squares.sum::<f64>() / n;
        [centre, T::from_f64(1.0 / (variance + EPSILON).sqrt())]
    };
    (0..channels).map(of_channel).collect()
}

impl CustomOp2 for BatchNormRelu {
    fn name(&self) -> &'static str {
        "batch-norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, shift: &CpuStorage, ls: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(x: &CpuStorage, lx: &Layout, shift: &CpuStorage, ls: &Layout) -> Result<Vec<T>> {
            let (_, channels, height, width) = lx.shape().dims4()?;
            let (x, shift) = (slice::<T>("batch-norm", x, lx)?, slice::<T>("batch-norm", shift, ls)?);
            let (statistics, zero) = (statistics(x, channels, height * width), T::from_f64(0.0));
            let mut out = Vec::with_capacity(x.len());
            for (i, plane) in x.chunks_exact(height * width).enumerate() {
                let ([mean, factor], shift) = (statistics[i % channels], shift[i % channels]);
                out.extend(plane.iter().map(|&x| {
                    let y = (x - mean) * factor + shift;
                    if y > zero { y } else { zero }
                }));
            }
            Ok(out)
        }
        Ok((dispatch!("batch-norm", x, run, x, lx, shift, ls), lx.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        shift: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradient = leaky_relu_grad(gradient, result, 0.0)?;
        let to_x = x.track_op().then(|| x.apply_op2_no_bwd(&gradient, &Gradient)).transpose()?;
        Ok((to_x, shift.track_op().then(|| channel_sum(&gradient)).transpose()?))
    }
}

impl CustomOp2 for Gradient {
    fn name(&self) -> &'static str {
        "batch-norm-grad"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, gradient: &CpuStorage, lg: &Layout) -> Result<(CpuStorage, Shape)> {
        fn run<T: WithDType>(x: &CpuStorage, lx: &Layout, gradient: &CpuStorage, lg: &Layout) -> Result<Vec<T>> {
            let (_, channels, height, width) = lx.shape().dims4()?;
            let (x, gradient) = (slice::<T>("batch-norm", x, lx)?, slice::<T>("batch-norm", gradient, lg)?);
            let area = height * width;
            let n = (x.len() / channels) as f64;
            let statistics = statistics(x, channels, area);
            // The means of the gradient, and of its product with the normalised input.
            let mut means = vec![[0.0; 2]; channels];
            for (i, (x, gradient)) in x.chunks_exact(area).zip(gradient.chunks_exact(area)).enumerate() {
                let [mean, factor] = statistics[i % channels];
                means[i % channels][0] += sum(area, |k| gradient[k]) / n;
                means[i % channels][1] += sum(area, |k| gradient[k] * (x[k] - mean)) * factor.to_f64() / n;
            }
            let mut out = Vec::with_capacity(x.len());
            for (i, (x, gradient)) in x.chunks_exact(area).zip(gradient.chunks_exact(area)).enumerate() {
                let ([mean, factor], [plain, product]) = (statistics[i % channels], means[i % channels]);
                let (plain, product) = (T::from_f64(plain), T::from_f64(product) * factor);
                out.extend(x.iter().zip(gradient).map(|(&x, &g)| (g - plain - (x - mean) * product) * factor));
            }
            Ok(out)
        }
        Ok((dispatch!("batch-norm-grad", x, run, x, lx, gradient, lg), lx.shape().clone()))
    }
}
