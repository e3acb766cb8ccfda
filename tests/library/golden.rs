//! Compares operations and networks with reference values from PyTorch and SciPy, in f64 (tolerance
//! 1e-9) and f32 (1e-4). The values are in `tests/golden`, or in the folder that `STGAN_GOLDEN`
//! names.

use crate::common::{assert_close, golden};
use candle_core::{DType, Tensor, Var};
use stgan::model::{Cascade, Discriminator, DiscriminatorSpec, Generator, Parameters, composite, losses, weights};
use stgan::stn::{self, Interpolation};
use stgan::{Homography, ops};

const PRECISIONS: [(DType, f64); 2] = [(DType::F64, 1e-9), (DType::F32, 1e-4)];

/// Σ value · weight; the reference files contain its gradients.
fn weighted_sum(value: &Tensor, weight: &Tensor) -> Tensor {
    (value * weight).unwrap().sum_all().unwrap()
}

#[test]
fn homographies_match_the_reference() {
    let t = golden("homography");
    let expected = t["H"].flatten_from(1).unwrap().to_vec2::<f64>().unwrap();
    for (p, h) in t["p"].to_vec2::<f64>().unwrap().iter().zip(&expected) {
        let ours = Homography::exp(p.as_slice().try_into().unwrap());
        for (a, b) in ours.0.iter().zip(h) {
            assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{p:?}");
        }
    }
    for (dtype, tolerance) in PRECISIONS {
        let p = Var::from_tensor(&t["p"].to_dtype(dtype).unwrap()).unwrap();
        let h = stn::homography(p.as_tensor()).unwrap();
        assert_close("H", &h, &t["H"], tolerance);
        let gradients = weighted_sum(&h, &t["R"].to_dtype(dtype).unwrap()).backward().unwrap();
        assert_close("grad_p", gradients.get(&p).unwrap(), &t["grad_p"], tolerance);
    }
}

#[test]
fn samplers_and_their_gradients_match_the_reference() {
    for (name, interpolation) in [
        ("sampler_nearest", Interpolation::Nearest),
        ("sampler_bilinear", Interpolation::Bilinear),
        ("sampler_bicubic", Interpolation::Bicubic),
    ] {
        let t = golden(name);
        for (dtype, tolerance) in PRECISIONS {
            let var = |key: &str| Var::from_tensor(&t[key].to_dtype(dtype).unwrap()).unwrap();
            let (image, h) = (var("image"), var("H"));
            let (_, _, height, width) = t["output"].dims4().unwrap();
            let mut grid = stn::homography_grid(h.as_tensor(), (height, width), true).unwrap();
            if interpolation == Interpolation::Nearest {
                // Nearest sampling has no gradient for the grid.
                grid = grid.detach();
            }
            if dtype == DType::F32 && interpolation == Interpolation::Nearest {
                // In f32, a point halfway between two pixels may round to either.
                continue;
            }
            let output = stn::grid_sample(image.as_tensor(), &grid, interpolation).unwrap();
            assert_close(name, &output, &t["output"], tolerance);
            let gradients = weighted_sum(&output, &t["R"].to_dtype(dtype).unwrap()).backward().unwrap();
            assert_close("grad_image", gradients.get(&image).unwrap(), &t["grad_image"], tolerance);
            if let Some(expected) = t.get("grad_H") {
                assert_close("grad_H", gradients.get(&h).unwrap(), expected, tolerance);
            }
            if interpolation == Interpolation::Bilinear {
                let warped = ops::warp(image.as_tensor(), h.as_tensor(), (height, width)).unwrap();
                assert_close("warp", &warped, &t["output"], tolerance);
                let gradients = weighted_sum(&warped, &t["R"].to_dtype(dtype).unwrap()).backward().unwrap();
                assert_close("warp's grad_image", gradients.get(&image).unwrap(), &t["grad_image"], tolerance);
                assert_close("warp's grad_H", gradients.get(&h).unwrap(), &t["grad_H"], tolerance);
            }
        }
    }
}

#[test]
fn affine_grids_match_the_reference() {
    let t = golden("affine_grid");
    let (_, height, width, _) = t["grid"].dims4().unwrap();
    for (dtype, tolerance) in PRECISIONS {
        let grid = stn::affine_grid(&t["theta"].to_dtype(dtype).unwrap(), (height, width), true).unwrap();
        assert_close("grid", &grid, &t["grid"], tolerance);
    }
}

fn cascade_file() -> weights::Weights {
    weights::read(&std::fs::read(crate::common::folder().join("cascade_weights.safetensors")).unwrap()).unwrap()
}

#[test]
fn cascade_and_composites_match_the_reference() {
    let (file, t) = (cascade_file(), golden("cascade"));
    for (dtype, tolerance) in PRECISIONS {
        let cascade = Cascade::new(&file.spec, file.stages, &file.parameters.to_dtype(dtype).unwrap()).unwrap();
        let get = |key: &str| t[key].to_dtype(dtype).unwrap();
        let (background, foreground) = (get("background"), cascade.foreground(&get("foreground")).unwrap());
        let params = cascade.forward(&background, &foreground, &get("p").get(0).unwrap()).unwrap();
        assert_close("p", &Tensor::stack(&params, 0).unwrap(), &t["p"], tolerance);
        for (stage, p) in params.iter().enumerate() {
            assert_close("H", &stn::homography(p).unwrap(), &t["H"].get(stage).unwrap(), tolerance);
            let size = file.spec.size.height;
            let composited = composite(&background, &stn::warp(&foreground, p, (size, size)).unwrap()).unwrap();
            assert_close("composite", &composited, &t["composites"].get(stage).unwrap(), tolerance);
        }
    }
}

/// Variables of the tensors whose names start with `prefix`.
fn variables(t: &std::collections::HashMap<String, Tensor>, prefix: &str, dtype: DType) -> Vec<(String, Var)> {
    let mut found: Vec<_> = t
        .iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(name, tensor)| (name.clone(), Var::from_tensor(&tensor.to_dtype(dtype).unwrap()).unwrap()))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn parameters(variables: &[(String, Var)]) -> Parameters {
    Parameters(variables.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect())
}

fn discriminator_of(variables: &[(String, Var)]) -> Discriminator {
    let channels = variables
        .iter()
        .filter(|(name, _)| name.starts_with("discriminator.conv") && name.ends_with("weight"))
        .map(|(_, var)| var.dims()[0])
        .collect();
    Discriminator::new(&DiscriminatorSpec { channels }, &parameters(variables)).unwrap()
}

#[test]
fn discriminator_penalty_and_second_order_gradients_match_the_reference() {
    let t = golden("discriminator");
    for (dtype, tolerance) in PRECISIONS {
        let get = |key: &str| t[key].to_dtype(dtype).unwrap();
        let weights = variables(&t, "discriminator.", dtype);
        let discriminator = discriminator_of(&weights);
        let (score_real, score_fake) =
            (discriminator.forward(&get("real")).unwrap(), discriminator.forward(&get("fake")).unwrap());
        assert_close("score_real", &score_real, &t["score_real"], tolerance);
        assert_close("score_fake", &score_fake, &t["score_fake"], tolerance);
        let wasserstein = losses::wasserstein(&score_fake, &score_real).unwrap();
        assert_close("wasserstein", &wasserstein, &t["wasserstein"], tolerance);
        let penalty = losses::gradient_penalty(&discriminator, &get("real"), &get("fake"), &get("alpha")).unwrap();
        assert_close("penalty", &penalty, &t["penalty"], tolerance);
        let loss = (wasserstein + (&penalty * 10.0).unwrap()).unwrap();
        assert_close("loss", &loss, &t["loss"], tolerance);
        for (kind, gradients) in [("penalty", penalty.backward().unwrap()), ("loss", loss.backward().unwrap())] {
            for (name, var) in &weights {
                let expected = &t[&format!("grad_{kind}.{name}")];
                match gradients.get(var) {
                    Some(gradient) => assert_close(name, gradient, expected, tolerance),
                    None => assert_close(name, &expected.zeros_like().unwrap(), expected, 0.0),
                }
            }
        }
    }
}

#[test]
fn generator_loss_gradients_match_the_reference() {
    let (file, t, cascade, discriminator) =
        (cascade_file(), golden("generator_loss"), golden("cascade"), golden("discriminator"));
    let last_stage = file.stages - 1;
    for (dtype, tolerance) in PRECISIONS {
        let stage: Vec<(String, Var)> = file
            .parameters
            .0
            .iter()
            .filter(|(name, _)| name.starts_with(&format!("stages.{last_stage}.")))
            .map(|(name, tensor)| (name.clone(), Var::from_tensor(&tensor.to_dtype(dtype).unwrap()).unwrap()))
            .collect();
        let generator = Generator::new(&file.spec, last_stage, &parameters(&stage)).unwrap();
        let get = |key: &str| cascade[key].to_dtype(dtype).unwrap();
        let (background, foreground, p) = (get("background"), get("foreground"), get("p").get(last_stage).unwrap());
        let size = (file.spec.size.height, file.spec.size.width);
        let delta = generator.forward(&background, &stn::warp(&foreground, &p, size).unwrap()).unwrap();
        assert_close("dp", &delta, &t["dp"], tolerance);
        let warped = stn::warp(&foreground, &(&p + &delta).unwrap(), size).unwrap();
        let composited = composite(&background, &warped).unwrap();
        assert_close("composite", &composited, &t["composite"], tolerance);
        let discriminator = discriminator_of(&variables(&discriminator, "discriminator.", dtype));
        let loss = losses::generator(&discriminator, &composited, &delta, 1.0).unwrap();
        assert_close("loss", &loss, &t["loss"], tolerance);
        let gradients = loss.backward().unwrap();
        for (name, var) in &stage {
            assert_close(name, gradients.get(var).unwrap(), &t[&format!("grad.{name}")], tolerance);
        }
    }
}
