//! Compares the gradients of all differentiable operations with finite differences, in f64.

use crate::common::{assert_close, check_gradient as check, numbers};
use candle_core::{DType, Device, Tensor, Var};
use stgan::model::{
    Discriminator, DiscriminatorSpec, Generator, GeneratorSpec, Inputs, Parameters, composite, initialise, losses,
};
use stgan::ops;
use stgan::stn::{self, Interpolation};

#[test]
fn convolutions_biases_and_activations_match_finite_differences() {
    let (x, w) = (numbers(&[2, 3, 7, 10], 1), numbers(&[4, 3, 4, 4], 2));
    check("conv2d, input", &x, &|x| ops::conv2d(x, &w, 2));
    check("conv2d, weight", &w, &|w| ops::conv2d(&x, w, 2));
    let g = ops::ConvGeometry::same(3, 4, 4, 2, (7, 10));
    let gy = numbers(&[2, 4, 4, 5], 3);
    check("input gradient, gradient", &gy, &|gy| ops::conv2d_input_grad(gy, &w, g));
    check("input gradient, weight", &w, &|w| ops::conv2d_input_grad(&gy, w, g));
    check("weight gradient, input", &x, &|x| ops::conv2d_weight_grad(x, &gy, g));
    check("weight gradient, gradient", &gy, &|gy| ops::conv2d_weight_grad(&x, gy, g));
    let (before, bias) = (numbers(&[4, 3, 4, 4], 6), numbers(&[4], 7));
    for slope in [0.0, 0.2, 1.0] {
        let plain = ops::add_bias(&ops::conv2d(&x, &w, 2).unwrap(), &bias).unwrap();
        let plain = ops::leaky_relu(&plain, slope).unwrap();
        assert_close("layer", &ops::conv_layer(&x, &w, &bias, 2, slope).unwrap(), &plain, 1e-12);
        check("layer, input", &x, &|x| ops::conv_layer(x, &w, &bias, 2, slope));
        check("layer, weight", &w, &|w| ops::conv_layer(&x, w, &bias, 2, slope));
        check("layer, bias", &bias, &|bias| ops::conv_layer(&x, &w, bias, 2, slope));
        check("layer's gradient, gradient", &gy, &|gy| ops::conv_layer_input_grad(gy, &before, &x, 2, slope));
        check("layer's gradient, weight", &before, &|w| ops::conv_layer_input_grad(&gy, w, &x, 2, slope));
    }
    let bias = numbers(&[3], 4);
    check("batch normalisation, input", &x, &|x| ops::batch_norm_relu(x, &bias));
    check("batch normalisation, shift", &bias, &|shift| ops::batch_norm_relu(&x, shift));
    check("bias, input", &x, &|x| ops::add_bias(x, &bias));
    check("bias", &bias, &|b| ops::add_bias(&x, b));
    check("leaky ReLU", &x, &|x| ops::leaky_relu(x, 0.2));
    let other = numbers(x.dims(), 5);
    check("leaky ReLU's gradient", &other, &|g| ops::leaky_relu_grad(g, &x, 0.2));
}

#[test]
fn samplers_grids_and_warps_match_finite_differences() {
    let (image, grid) = (numbers(&[2, 3, 6, 9], 6), (numbers(&[2, 5, 4, 2], 7) * 1.2).unwrap());
    for interpolation in [Interpolation::Bilinear, Interpolation::Bicubic] {
        check("sampler, grid", &grid, &|g| stn::grid_sample(&image, g, interpolation));
    }
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear, Interpolation::Bicubic] {
        check("sampler, image", &image, &|x| stn::grid_sample(x, &grid, interpolation));
    }
    let p = (numbers(&[2, 8], 8) * 0.3).unwrap();
    check("homography", &p, &|p| stn::homography(p));
    check("warp", &p, &|p| stn::warp(&image, p, (7, 5)));
    check("warp, image", &image, &|image| stn::warp(image, &p, (7, 5)));
    let background = numbers(&[2, 3, 6, 9], 9);
    let glasses = numbers(&[2, 4, 6, 9], 10);
    check("composite, glasses", &glasses, &|f| composite(&background, f));
}

/// Random homographies. With a large `spread`, they map part of the output through infinity.
fn homographies(spread: f64, seed: u64) -> Tensor {
    stn::homography(&(numbers(&[3, 8], seed) * spread).unwrap()).unwrap()
}

#[test]
fn fused_warp_equals_grid_and_sampler() {
    for (seed, spread) in [(1, 0.0), (2, 0.2), (3, 0.7), (4, 1.5), (5, 2.5)] {
        for (input, output) in [((6, 9), (7, 5)), ((5, 5), (5, 5)), ((1, 4), (3, 1)), ((30, 2), (40, 40))] {
            let image = Var::from_tensor(&numbers(&[3, 2, input.0, input.1], seed)).unwrap();
            let h = Var::from_tensor(&homographies(spread, seed + 10)).unwrap();
            let r = numbers(&[3, 2, output.0, output.1], seed + 20);
            let fused = ops::warp(image.as_tensor(), h.as_tensor(), output).unwrap();
            let grid = stn::homography_grid(h.as_tensor(), output, true).unwrap();
            let parts = stn::grid_sample(image.as_tensor(), &grid, Interpolation::Bilinear).unwrap();
            assert_close("warp", &fused, &parts, 1e-9);
            let gradients = |out: &Tensor| (out * &r).unwrap().sum_all().unwrap().backward().unwrap();
            let (fused, parts) = (gradients(&fused), gradients(&parts));
            for (what, var) in [("image", &image), ("homography", &h)] {
                assert_close(what, fused.get(var).unwrap(), parts.get(var).unwrap(), 1e-8);
            }
        }
    }
    let (image, h) = (numbers(&[3, 2, 6, 9], 30), homographies(0.4, 31));
    check("warp, homography", &h, &|h| ops::warp(&image, h, (7, 5)));
    check("warp, image", &image, &|image| ops::warp(image, &h, (7, 5)));
}

#[test]
fn layers_compute_only_tracked_gradients() {
    let (x, w, bias) = (numbers(&[2, 3, 7, 10], 1), numbers(&[4, 3, 4, 4], 2), numbers(&[4], 3));
    let gy = numbers(&[2, 4, 4, 5], 4);
    let operands = [&x, &w, &bias];
    let layer = |t: [&Tensor; 3]| ops::conv_layer(t[0], t[1], t[2], 2, 0.2).unwrap().sum_all().unwrap();
    for tracked in 0..3 {
        let var = Var::from_tensor(operands[tracked]).unwrap();
        let mut inputs = operands;
        inputs[tracked] = var.as_tensor();
        let gradients = layer(inputs).backward().unwrap();
        assert!(gradients.get(&var).is_some());
        assert!(operands.iter().all(|t| gradients.get(t).is_none()), "beside operand {tracked}");
    }
    assert!(!layer(operands).track_op());
    let var = Var::from_tensor(&w).unwrap();
    let y = ops::conv_layer_input_grad(&gy, var.as_tensor(), &x, 2, 0.2).unwrap();
    let gradients = y.sum_all().unwrap().backward().unwrap();
    assert!(gradients.get(&var).is_some() && gradients.get(&gy).is_none() && gradients.get(&x).is_none());
}

#[test]
fn warps_compute_only_tracked_gradients() {
    let (image, h) = (numbers(&[3, 2, 6, 9], 30), homographies(0.4, 31));
    let sum = |image: &Tensor, h: &Tensor| ops::warp(image, h, (7, 5)).unwrap().sum_all().unwrap();
    assert!(!sum(&image, &h).track_op());
    let var = Var::from_tensor(&h).unwrap();
    let gradients = sum(&image, var.as_tensor()).backward().unwrap();
    assert!(gradients.get(&var).is_some() && gradients.get(&image).is_none());
    let var = Var::from_tensor(&image).unwrap();
    let gradients = sum(var.as_tensor(), &h).backward().unwrap();
    assert!(gradients.get(&var).is_some() && gradients.get(&h).is_none());
}

#[test]
fn warps_reject_mismatched_operands() {
    let (image, h) = (numbers(&[3, 2, 6, 9], 30), homographies(0.4, 31));
    assert!(ops::warp(&image, &h, (0, 5)).is_err());
    assert!(ops::warp(&image, &h.narrow(0, 0, 2).unwrap(), (7, 5)).is_err());
    assert!(ops::warp(&image, &h.to_dtype(DType::F32).unwrap(), (7, 5)).is_err());
}

#[test]
fn gradient_penalty_reaches_every_weight_of_the_discriminator() {
    let spec = DiscriminatorSpec { channels: vec![3, 4] };
    let mut seed = 0;
    let weights: Vec<(String, Tensor)> = spec
        .tensors()
        .into_iter()
        .map(|t| {
            (t.name, {
                seed += 1;
                numbers(&t.shape, 20 + seed)
            })
        })
        .collect();
    let (real, fake, mix) = (numbers(&[2, 3, 13, 13], 40), numbers(&[2, 3, 13, 13], 41), numbers(&[2, 1, 1, 1], 42));
    let penalty = |name: &str, tensor: &Tensor| {
        let all = weights.iter().map(|(n, t)| (n.clone(), if n == name { tensor.clone() } else { t.clone() }));
        let discriminator = Discriminator::new(&spec, &Parameters(all.collect())).unwrap();
        losses::gradient_penalty(&discriminator, &real, &fake, &mix)
    };
    for (name, tensor) in weights.iter().filter(|(name, _)| name.ends_with("weight")) {
        check(name, tensor, &|t| penalty(name, t));
        let var = Var::from_tensor(tensor).unwrap();
        let gradients = penalty(name, var.as_tensor()).unwrap().backward().unwrap();
        let largest = gradients.get(&var).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(largest > 1e-6, "the penalty does not reach {name}");
    }
}

#[test]
fn generator_loss_reaches_the_weights_through_the_warp() {
    let spec = GeneratorSpec {
        size: 17.into(),
        channels: vec![3, 4],
        hidden: 5,
        inputs: Inputs::Rgba,
        ..GeneratorSpec::paper()
    };
    let mut seed = 60;
    let parameters = initialise(&spec.tensors(0), || {
        seed += 1;
        numbers(&[1], seed).to_vec1::<f64>().unwrap()[0] as f32
    });
    let parameters = parameters.unwrap().to_dtype(DType::F64).unwrap();
    let discriminator_spec = DiscriminatorSpec { channels: vec![3] };
    let discriminator: Vec<(String, Tensor)> =
        discriminator_spec.tensors().into_iter().map(|t| (t.name, numbers(&t.shape, 71))).collect();
    let discriminator =
        Discriminator::new(&discriminator_spec, &Parameters(discriminator.into_iter().collect())).unwrap();
    let (background, glasses) = (numbers(&[2, 3, 17, 17], 50), numbers(&[2, 4, 17, 17], 51));
    let p = (numbers(&[2, 8], 52) * 0.1).unwrap();
    for name in ["stages.0.conv1.weight", "stages.0.conv2.bias", "stages.0.fc1.weight", "stages.0.fc2.weight"] {
        check(name, &parameters.0[name], &|tensor| {
            let mut changed = parameters.clone();
            changed.0.insert(name.to_owned(), tensor.clone());
            let generator = Generator::new(&spec, 0, &changed).unwrap();
            let delta = generator.forward(&background, &stn::warp(&glasses, &p, (17, 17))?)?;
            let composited = composite(&background, &stn::warp(&glasses, &(&p + &delta)?, (17, 17))?)?;
            losses::generator(&discriminator, &composited, &delta, 0.3)
        });
    }
}

#[test]
fn non_finite_points_give_zero_and_no_gradient() {
    let image = numbers(&[1, 2, 5, 5], 80);
    let largest = |t: &Tensor| t.abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        for place in 0..9 {
            let mut h = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
            h[place] = value;
            let h = Var::from_tensor(&Tensor::from_slice(&h, (1, 3, 3), &Device::Cpu).unwrap()).unwrap();
            let image = Var::from_tensor(&image).unwrap();
            let out = ops::warp(image.as_tensor(), h.as_tensor(), (4, 6)).unwrap();
            let gradients = out.sum_all().unwrap().backward().unwrap();
            let found = [&out, gradients.get(&h).unwrap(), gradients.get(&image).unwrap()].map(largest);
            assert!(found.iter().all(|x| x.is_finite()), "{value} at {place}: {found:?}");
            assert!(value == 1e300 || found == [0.0; 3], "{value} at {place}: {found:?}");
        }
    }
    // The third coordinate is (nearly) zero everywhere.
    for third in [[0.0, 0.0, 0.0], [0.0, 0.0, -1e-8], [0.0, 0.0, 1e-300]] {
        let h = [[1.0, 0.0, 9.0], [0.0, 1.0, 9.0], third].concat();
        let h = Var::from_tensor(&Tensor::from_slice(&h, (1, 3, 3), &Device::Cpu).unwrap()).unwrap();
        let out = ops::warp(&image, h.as_tensor(), (4, 6)).unwrap();
        let gradients = out.sum_all().unwrap().backward().unwrap();
        assert_eq!([&out, gradients.get(&h).unwrap()].map(largest), [0.0; 2], "{third:?}");
    }
    let points = [f64::NAN, 0.0, f64::INFINITY, 0.0, 0.0, f64::NEG_INFINITY, 1e300, -1e300];
    let grid = Var::from_tensor(&Tensor::from_slice(&points, (1, 2, 2, 2), &Device::Cpu).unwrap()).unwrap();
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear, Interpolation::Bicubic] {
        let out = stn::grid_sample(&image, grid.as_tensor(), interpolation).unwrap();
        assert_eq!(out.abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap(), 0.0);
        if interpolation == Interpolation::Nearest {
            assert!(out.sum_all().unwrap().backward().is_err());
            continue;
        }
        let gradients = out.sum_all().unwrap().backward().unwrap();
        let gradient = gradients.get(&grid).unwrap().abs().unwrap().max_all().unwrap();
        assert_eq!(gradient.to_scalar::<f64>().unwrap(), 0.0);
    }
}
