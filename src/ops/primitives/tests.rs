//! Compares the primitives with the kernels, both on the CPU in f64. On another device, only
//! rounding differs.

use crate::model::{Discriminator, DiscriminatorSpec, Parameters, losses};
use crate::ops::{self, ConvGeometry, Interpolation, Padding, Sampler};
use candle_core::{DType, Device, Result, Tensor, Var};
use std::cell::Cell;

thread_local! {
    /// If set, the primitives replace the kernels on the CPU.
    pub(super) static WITHOUT_KERNELS: Cell<bool> = const { Cell::new(false) };
}

#[path = "../../../tests/common/noise.rs"]
mod noise;

thread_local! {
    /// The number of random tensors so far. A test has a thread of its own, so its tensors are the
    /// same in each run.
    static TENSORS: Cell<u32> = const { Cell::new(0) };
}

fn random(shape: &[usize]) -> Tensor {
    TENSORS.set(TENSORS.get() + 1);
    noise::Noise::new(TENSORS.get()).tensor(shape).to_dtype(DType::F64).unwrap()
}

/// The value of `f`, and the gradients of Σ R · f(…) with respect to all operands.
fn evaluate(
    kernels: bool,
    f: &dyn Fn(&[Tensor]) -> Result<Tensor>,
    operands: &[Tensor],
    r: Option<&Tensor>,
) -> Vec<Tensor> {
    WITHOUT_KERNELS.set(!kernels);
    let variables: Vec<Var> = operands.iter().map(|t| Var::from_tensor(t).unwrap()).collect();
    let tensors: Vec<Tensor> = variables.iter().map(|v| v.as_tensor().clone()).collect();
    let value = f(&tensors).unwrap();
    let r = r.cloned().unwrap_or_else(|| value.ones_like().unwrap());
    let gradients = (&value * r).unwrap().sum_all().unwrap().backward().unwrap();
    WITHOUT_KERNELS.set(false);
    let found = variables.iter().map(|v| gradients.get(v).cloned().unwrap_or_else(|| v.zeros_like().unwrap()));
    std::iter::once(value.detach()).chain(found).collect()
}

#[track_caller]
fn compare(what: &str, operands: &[Tensor], f: &dyn Fn(&[Tensor]) -> Result<Tensor>) {
    let shape = f(operands).unwrap().dims().to_vec();
    let r = random(&shape);
    let (kernels, primitives) = (evaluate(true, f, operands, Some(&r)), evaluate(false, f, operands, Some(&r)));
    for (i, (a, b)) in kernels.iter().zip(&primitives).enumerate() {
        assert_eq!(a.dims(), b.dims(), "{what}, {i}");
        let largest = |t: &Tensor| t.abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        let difference = largest(&(a - b).unwrap());
        assert!(difference <= 1e-10 * largest(a).max(1.0), "{what}, {i}: off by {difference:.3e}");
    }
}

#[test]
fn convolutions_match_the_kernels() {
    for (kernel, stride) in [(4, 2), (3, 1), (1, 1), (5, 3), (1, 2)] {
        for (batch, channels, out, (height, width)) in
            [(1, 1, 1, (1, 1)), (3, 2, 5, (7, 10)), (2, 7, 4, (18, 9)), (9, 3, 2, (5, 5))]
        {
            let g = ConvGeometry::same(channels, out, kernel, stride, (height, width));
            let x = random(&[batch, channels, height, width]);
            let w = random(&[out, channels, kernel, kernel]);
            let y = random(&[batch, out, g.output.0, g.output.1]);
            let bias = random(&[out]);
            let what = format!("{g:?}");
            compare(&what, &[x.clone(), w.clone()], &|t| ops::conv2d(&t[0], &t[1], stride));
            compare(&what, &[y.clone(), w.clone()], &|t| ops::conv2d_input_grad(&t[0], &t[1], g));
            compare(&what, &[x.clone(), y.clone()], &|t| ops::conv2d_weight_grad(&t[0], &t[1], g));
            for slope in [0.0, 0.2, 1.0] {
                let operands = [x.clone(), w.clone(), bias.clone()];
                compare(&what, &operands, &|t| ops::conv_layer(&t[0], &t[1], &t[2], stride, slope));
                let operands = [y.clone(), w.clone()];
                compare(&what, &operands, &|t| ops::conv_layer_input_grad(&t[0], &t[1], &x, stride, slope));
            }
        }
    }
}

#[test]
fn activations_and_biases_match_the_kernels() {
    let (x, g, bias) = (random(&[2, 3, 5, 4]), random(&[2, 3, 5, 4]), random(&[3]));
    compare("leaky ReLU", std::slice::from_ref(&x), &|t| ops::leaky_relu(&t[0], 0.2));
    compare("leaky ReLU's gradient", &[g], &|t| ops::leaky_relu_grad(&t[0], &x, 0.2));
    compare("batch normalisation", &[x.clone(), bias.clone()], &|t| ops::batch_norm_relu(&t[0], &t[1]));
    compare("bias", &[x.clone(), bias], &|t| ops::add_bias(&t[0], &t[1]));
}

#[test]
fn samplers_and_warps_match_the_kernels() {
    let image = random(&[3, 2, 6, 9]);
    let mut points = random(&[3, 5, 4, 2]).flatten_all().unwrap().to_vec1::<f64>().unwrap();
    // Random points, and: halfway points, corners, a distant point, points that are not finite.
    points[..8].copy_from_slice(&[0.125, 0.2, -0.375, 0.6, 1.0, -1.0, 1.3, 0.0]);
    points[8..14].copy_from_slice(&[f64::NAN, 0.0, f64::INFINITY, 0.0, 0.0, -1e300]);
    let grid = Tensor::from_vec(points, (3, 5, 4, 2), &Device::Cpu).unwrap();
    // A grid that shrinks the image and extends far outside it.
    let wide = (random(&[3, 5, 4, 2]) * 3.0).unwrap();
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear, Interpolation::Bicubic, Interpolation::Area]
    {
        for padding in [Padding::Zeros, Padding::Border, Padding::Reflection] {
            for align_corners in [true, false] {
                let sampler = Sampler { interpolation, padding, align_corners };
                for (image, grid) in [(&image, &grid), (&image, &wide), (&image.narrow(2, 0, 1).unwrap(), &wide)] {
                    let what = format!("{sampler:?}");
                    if interpolation == Interpolation::Nearest {
                        compare(&what, std::slice::from_ref(image), &|t| ops::grid_sample(&t[0], grid, sampler));
                    } else {
                        compare(&what, &[image.clone(), grid.clone()], &|t| ops::grid_sample(&t[0], &t[1], sampler));
                    }
                }
                if interpolation != Interpolation::Nearest {
                    let h = crate::stn::homography(&(random(&[3, 8]) * 0.3).unwrap()).unwrap();
                    let affine = h.narrow(1, 0, 2).unwrap().contiguous().unwrap();
                    for matrix in [h, affine] {
                        let what = format!("warp, {sampler:?}");
                        compare(&what, &[image.clone(), matrix], &|t| ops::warp_with(&t[0], &t[1], (7, 5), sampler));
                    }
                }
            }
        }
    }
    for spread in [0.0, 0.2, 0.7, 1.5] {
        let h = crate::stn::homography(&(random(&[3, 8]) * spread).unwrap()).unwrap();
        compare("warp", &[image.clone(), h], &|t| ops::warp(&t[0], &t[1], (7, 5)));
    }
    let mut h = [[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]; 3].concat();
    (h[3], h[20]) = (f64::NAN, f64::INFINITY);
    let h = Tensor::from_vec(h, (3, 3, 3), &Device::Cpu).unwrap();
    compare("warp that is not finite", &[image, h], &|t| ops::warp(&t[0], &t[1], (7, 5)));
}

#[test]
fn gradient_penalty_and_its_gradients_match_the_kernels() {
    let spec = DiscriminatorSpec { channels: vec![3, 4] };
    let specs = spec.tensors();
    let weights: Vec<Tensor> = specs.iter().map(|t| random(&t.shape)).collect();
    let (real, fake) = (random(&[2, 3, 13, 13]), random(&[2, 3, 13, 13]));
    let mix = random(&[2, 1, 1, 1]);
    compare("penalty", &weights, &|weights| {
        let named = specs.iter().map(|t| t.name.clone()).zip(weights.iter().cloned());
        let discriminator = Discriminator::new(&spec, &Parameters(named.collect())).unwrap();
        losses::gradient_penalty(&discriminator, &real, &fake, &mix)
    });
    WITHOUT_KERNELS.set(true);
    let variables: Vec<Var> = weights.iter().map(|t| Var::from_tensor(t).unwrap()).collect();
    let named = specs.iter().map(|t| t.name.clone()).zip(variables.iter().map(|v| v.as_tensor().clone()));
    let discriminator = Discriminator::new(&spec, &Parameters(named.collect())).unwrap();
    let gradients = losses::gradient_penalty(&discriminator, &real, &fake, &mix).unwrap().backward().unwrap();
    WITHOUT_KERNELS.set(false);
    for (t, variable) in specs.iter().zip(&variables).filter(|(t, _)| t.name.ends_with("weight")) {
        let largest = gradients.get(variable).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(largest > 1e-6, "the penalty does not reach {}", t.name);
    }
}
