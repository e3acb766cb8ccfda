//! Tests of the spatial transformer: samplers and families of transforms against reference values
//! and finite differences, group operations, and the module.

use crate::common::{assert_close, check_gradient, golden_of_the_project, numbers, samplers};
use candle_core::{DType, Device, Module, Result, Tensor, Var};
use candle_nn::{VarBuilder, VarMap};
use stgan::ops;
use stgan::stn::{self, Family, Interpolation, Sampler, SpatialTransformer, Warp, identity_layer};

const FAMILIES: [Family; 7] = [
    Family::Translation,
    Family::Attention,
    Family::Similarity,
    Family::Affine,
    Family::Homography,
    Family::ThinPlateSpline { points: 2 },
    Family::ThinPlateSpline { points: 4 },
];

fn groups() -> impl Iterator<Item = Family> {
    FAMILIES.into_iter().filter(|family| !matches!(family, Family::ThinPlateSpline { .. }))
}

fn var(t: &Tensor, dtype: DType) -> Var {
    Var::from_tensor(&t.to_dtype(dtype).unwrap()).unwrap()
}

fn largest(t: &Tensor) -> f64 {
    t.to_dtype(DType::F64).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
}

#[test]
fn samplers_match_the_reference() {
    let t = golden_of_the_project("samplers");
    for (dtype, tolerance) in [(DType::F64, 1e-9), (DType::F32, 1e-4)] {
        let r = t["R"].to_dtype(dtype).unwrap();
        for (name, sampler) in samplers() {
            let nearest = sampler.interpolation == Interpolation::Nearest;
            let (image, grid) = (var(&t["image"], dtype), var(&t["grid"], dtype));
            let points = if nearest { grid.as_tensor().detach() } else { grid.as_tensor().clone() };
            let output = stn::grid_sample(image.as_tensor(), &points, sampler).unwrap();
            assert_close(&name, &output, &t[&format!("{name}.output")], tolerance);
            let gradients = (output * &r).unwrap().sum_all().unwrap().backward().unwrap();
            assert_close(&name, gradients.get(&image).unwrap(), &t[&format!("{name}.grad_image")], tolerance);
            if !nearest {
                assert_close(&name, gradients.get(&grid).unwrap(), &t[&format!("{name}.grad_grid")], tolerance);
            }
        }
    }
}

#[test]
fn grids_match_the_reference() {
    let t = golden_of_the_project("families");
    let grid = stn::affine_grid(&t["theta"], (5, 4), false).unwrap();
    assert_close("affine grid", &grid, &t["affine_edges"], 1e-12);
    for points in [2, 3, 4] {
        let family = Family::ThinPlateSpline { points };
        let theta = &t[&format!("spline{points}.theta")];
        assert_close("spline", &family.grid(theta, (5, 4), true).unwrap(), &t[&format!("spline{points}.grid")], 1e-9);
    }
}

#[test]
fn sampler_gradients_match_finite_differences() {
    // Five channels: one complete group of four and an incomplete one.
    let image = numbers(&[2, 5, 6, 9], 1);
    // Points partly outside the image, and far enough apart for area filtering.
    let grid = (numbers(&[2, 5, 4, 2], 2) * 1.7).unwrap();
    let (thin, line) = (numbers(&[2, 1, 1, 7], 3), (numbers(&[2, 1, 6, 2], 4) * 1.5).unwrap());
    for (name, sampler) in samplers() {
        for (image, grid) in [(&image, &grid), (&thin, &line)] {
            check_gradient(&name, image, &|x| stn::grid_sample(x, grid, sampler));
            if sampler.interpolation != Interpolation::Nearest {
                check_gradient(&name, grid, &|g| stn::grid_sample(image, g, sampler));
            }
        }
    }
}

#[test]
fn family_gradients_match_finite_differences_with_every_sampler() {
    let image = numbers(&[2, 2, 8, 7], 5);
    for family in FAMILIES {
        let theta = (numbers(&[2, family.dimension()], 6) * 0.3).unwrap();
        for (name, sampler) in samplers() {
            let warp = Warp::new(family, (5, 6)).unwrap().with_sampler(sampler).unwrap();
            let what = format!("{family:?}, {name}");
            check_gradient(&what, &image, &|u| warp.forward(u, &theta));
            if sampler.interpolation != Interpolation::Nearest {
                check_gradient(&what, &theta, &|theta| warp.forward(&image, theta));
            }
            // The fused warp equals grid and sampler. Nearest sampling may round differently.
            if sampler.interpolation != Interpolation::Nearest {
                let parts = stn::grid_sample(&image, &warp.grid(&theta).unwrap(), sampler).unwrap();
                assert_close(&what, &warp.forward(&image, &theta).unwrap(), &parts, 1e-9);
            }
        }
    }
}

#[test]
fn zero_parameters_are_the_identity() {
    let image = numbers(&[2, 3, 6, 5], 7);
    for family in FAMILIES {
        let theta = Tensor::zeros((2, family.dimension()), DType::F64, &Device::Cpu).unwrap();
        for (name, sampler) in samplers() {
            let warp = Warp::new(family, (6, 5)).unwrap().with_sampler(sampler).unwrap();
            // The epsilon of 1e-8 in the divisor of homographies moves points by as much.
            assert_close(&format!("{family:?}, {name}"), &warp.forward(&image, &theta).unwrap(), &image, 1e-6);
        }
    }
}

#[test]
fn families_compose_and_invert() {
    let points = |family: Family, theta: &Tensor| family.grid(theta, (4, 5), true).unwrap();
    for family in groups() {
        let [a, b, c] = [8, 9, 10].map(|seed| (numbers(&[3, family.dimension()], seed) * 0.3).unwrap());
        let zero = a.zeros_like().unwrap();
        let matrix = |theta: &Tensor| {
            let m = family.matrix(theta).unwrap();
            if m.dim(1).unwrap() == 3 {
                return m;
            }
            let third = Tensor::new(&[[[0f64, 0.0, 1.0]; 1]; 3], &Device::Cpu).unwrap();
            Tensor::cat(&[m, third], 1).unwrap()
        };
        let compose = |a: &Tensor, b: &Tensor| family.compose(a, b).unwrap();
        let what = format!("{family:?}");
        assert_close(&what, &matrix(&compose(&a, &b)), &matrix(&a).matmul(&matrix(&b)).unwrap(), 1e-9);
        let inverse = family.inverse(&a).unwrap();
        assert_close(&what, &compose(&a, &inverse), &zero, 1e-9);
        assert_close(&what, &compose(&inverse, &a), &zero, 1e-9);
        assert_close(&what, &compose(&a, &zero), &a, 1e-9);
        let (left, right) = (compose(&compose(&a, &b), &c), compose(&a, &compose(&b, &c)));
        assert_close(&what, &points(family, &left), &points(family, &right), 1e-9);
        check_gradient(&what, &a, &|a| family.compose(a, &b));
        check_gradient(&what, &a, &|a| family.inverse(a));
    }
    let spline = Family::ThinPlateSpline { points: 3 };
    let theta = numbers(&[1, 18], 11);
    assert!(spline.compose(&theta, &theta).is_err() && spline.inverse(&theta).is_err());
}

#[test]
fn homographies_without_a_real_logarithm_are_rejected() {
    let half_turn = Tensor::new(&[[[-1f64, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]], &Device::Cpu).unwrap();
    let mirror = Tensor::new(&[[[-1f64, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]], &Device::Cpu).unwrap();
    let nan = (&half_turn * f64::NAN).unwrap();
    let zero = half_turn.zeros_like().unwrap();
    for matrix in [half_turn, mirror, nan, zero] {
        assert!(stn::homography_logarithm(&matrix).is_err());
    }
    let p = (numbers(&[5, 8], 12) * 0.5).unwrap();
    let h = (stn::homography(&p).unwrap() * 3.0).unwrap();
    assert_close("p", &stn::homography_logarithm(&h).unwrap(), &p, 1e-9);
}

#[test]
fn splines_pass_through_their_control_points() {
    for points in [2, 3, 5, stn::MAX_CONTROL_POINTS] {
        let family = Family::ThinPlateSpline { points };
        let theta = (numbers(&[2, family.dimension()], 13) * 0.2).unwrap();
        let grid = family.grid(&theta, (points, points), true).unwrap();
        let identity = family.grid(&theta.zeros_like().unwrap(), (points, points), true).unwrap();
        let displacement = (grid - identity).unwrap().reshape((2, family.dimension())).unwrap();
        assert_close("displacement", &displacement, &theta, 1e-8);
        // Affine displacements of the control points give an affine map everywhere.
        let affine = Family::Affine.grid(&numbers(&[2, 6], 14), (points, points), true).unwrap();
        let identity =
            Family::Affine.grid(&Tensor::zeros((2, 6), DType::F64, &Device::Cpu).unwrap(), (points, points), true);
        let theta = (affine - identity.unwrap()).unwrap().reshape((2, family.dimension())).unwrap();
        let expected = Family::Affine.grid(&numbers(&[2, 6], 14), (9, 7), true).unwrap();
        assert_close("affine", &family.grid(&theta, (9, 7), true).unwrap(), &expected, 1e-7);
    }
    for points in [0, 1, stn::MAX_CONTROL_POINTS + 1, usize::MAX >> 34] {
        assert!(Warp::new(Family::ThinPlateSpline { points }, (4, 4)).is_err());
    }
}

#[test]
fn area_filtering_averages_all_pixels() {
    // Stripes one pixel wide, sampled every four pixels: bilinear sampling would return one colour.
    let stripes: Vec<f64> = (0..64 * 64).map(|i| f64::from(u8::from(i % 2 == 0))).collect();
    let image = Tensor::from_vec(stripes, (1, 1, 64, 64), &Device::Cpu).unwrap();
    let theta = Tensor::zeros((1, 6), DType::F64, &Device::Cpu).unwrap();
    let small = |interpolation| {
        let sampler = Sampler::from(interpolation).with_align_corners(false);
        let warp = Warp::new(Family::Affine, (16, 16)).unwrap().with_sampler(sampler).unwrap();
        warp.forward(&image, &theta).unwrap()
    };
    let grey = Tensor::full(0.5, (1, 1, 16, 16), &Device::Cpu).unwrap();
    assert_close("area", &small(Interpolation::Area), &grey, 1e-12);
    // Magnification is bilinear.
    let image = numbers(&[1, 2, 7, 6], 15);
    let theta = (numbers(&[1, 6], 16) * 0.1).unwrap();
    let large = |interpolation| {
        let warp = Warp::new(Family::Affine, (20, 21)).unwrap().with_sampler(Sampler::from(interpolation)).unwrap();
        warp.forward(&image, &theta).unwrap()
    };
    assert_close("magnified", &large(Interpolation::Area), &large(Interpolation::Bilinear), 1e-12);
}

#[test]
fn degenerate_grids_give_finite_values() {
    let image = numbers(&[1, 2, 4, 5], 17);
    let huge = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 1e300, -1e9, 5e-324, 0.0, 1.0, -1.0];
    let points: Vec<f64> = huge.iter().flat_map(|&x| huge.iter().flat_map(move |&y| [x, y])).collect();
    let grid = Tensor::from_vec(points, (1, huge.len(), huge.len(), 2), &Device::Cpu).unwrap();
    let constant = Tensor::zeros((1, 4, 4, 2), DType::F64, &Device::Cpu).unwrap();
    // Points exactly on pixel centres, borders and mirrors.
    let halves: Vec<f64> = (-24..=24).flat_map(|i| [f64::from(i) / 8.0, f64::from(i) / 12.0]).collect();
    let halves = Tensor::from_vec(halves, (1, 7, 7, 2), &Device::Cpu).unwrap();
    for (name, sampler) in samplers() {
        for dtype in [DType::F64, DType::F32] {
            for grid in [&grid, &constant, &halves] {
                let (image, grid) = (var(&image, dtype), var(grid, dtype));
                let nearest = sampler.interpolation == Interpolation::Nearest;
                let points = if nearest { grid.as_tensor().detach() } else { grid.as_tensor().clone() };
                let out = stn::grid_sample(image.as_tensor(), &points, sampler).unwrap();
                let gradients = out.sum_all().unwrap().backward().unwrap();
                let mut all = vec![out.detach(), gradients.get(&image).unwrap().clone()];
                all.extend(gradients.get(&grid).cloned());
                for t in all {
                    let values = t.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1::<f64>().unwrap();
                    assert!(values.iter().all(|x| x.is_finite()), "{name}, {dtype:?}");
                }
            }
            // The divisor w crosses zero, is near zero, or is zero everywhere.
            for third in [[1.0, 0.0, 0.0], [1.0, 1.0, 1e-12], [0.0, 0.0, 0.0], [0.0, 0.0, -1e-8], [0.0, 1e-30, 0.0]] {
                let h = [[1.0, 0.2, 0.1], [0.0, 1.0, 0.3], third].concat();
                let h = var(&Tensor::from_vec(h, (1, 3, 3), &Device::Cpu).unwrap(), dtype);
                let matrix = match sampler.interpolation {
                    Interpolation::Nearest => h.as_tensor().detach(),
                    _ => h.as_tensor().clone(),
                };
                let image = image.to_dtype(dtype).unwrap();
                let out = ops::warp_with(&image, &matrix, (5, 5), sampler).unwrap();
                assert!(largest(&out).is_finite(), "{name}, {dtype:?}, {third:?}");
                let sum = out.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1::<f64>().unwrap();
                assert!(sum.iter().all(|x| x.is_finite()), "{name}, {dtype:?}, {third:?}");
                if sampler.interpolation != Interpolation::Nearest {
                    let gradients = out.sum_all().unwrap().backward().unwrap();
                    let gradient = gradients.get(&h).unwrap().flatten_all().unwrap().to_dtype(DType::F64).unwrap();
                    let gradient = gradient.to_vec1::<f64>().unwrap();
                    assert!(gradient.iter().all(|x| !x.is_nan()), "{name}, {dtype:?}, {third:?}: {gradient:?}");
                }
            }
        }
    }
}

#[test]
fn nearest_sampling_rejects_gradients_of_the_grid() {
    let image = numbers(&[1, 1, 4, 4], 18);
    let theta = Var::from_tensor(&numbers(&[1, 6], 19)).unwrap();
    let warp = Warp::new(Family::Affine, (4, 4)).unwrap().with_sampler(Interpolation::Nearest).unwrap();
    let error = warp.forward(&image, theta.as_tensor()).unwrap().sum_all().unwrap().backward().unwrap_err();
    assert!(error.to_string().contains("nearest has no gradient for the grid"), "{error}");
    let grid = warp.grid(theta.as_tensor()).unwrap();
    assert!(stn::grid_sample(&image, &grid, Interpolation::Nearest).unwrap().sum_all().unwrap().backward().is_err());
}

#[test]
fn rejects_mismatched_shapes() {
    let image = numbers(&[2, 3, 4, 4], 20);
    let grid = numbers(&[2, 5, 5, 2], 21);
    for (image, grid) in [
        (&image, &grid.narrow(0, 0, 1).unwrap()),
        (&image, &numbers(&[2, 5, 5, 3], 22)),
        (&image, &numbers(&[2, 5, 5], 22)),
        (&image.narrow(2, 0, 0).unwrap(), &grid),
        (&image, &grid.to_dtype(DType::F32).unwrap()),
        (&image.to_dtype(DType::U8).unwrap(), &grid.to_dtype(DType::U8).unwrap()),
    ] {
        assert!(stn::grid_sample(image, grid, Interpolation::Bilinear).is_err());
    }
    for family in FAMILIES {
        assert!(Warp::new(family, (0, 4)).is_err() && Warp::new(family, (4, 0)).is_err());
        let warp = Warp::new(family, (4, 4)).unwrap();
        assert!(warp.forward(&image, &numbers(&[2, family.dimension() + 1], 23)).is_err());
        assert!(warp.forward(&image, &numbers(&[3, family.dimension()], 23)).is_err());
        assert!(warp.forward(&image, &numbers(&[family.dimension()], 23)).is_err());
    }
}

/// A localisation net with one hidden layer.
fn localisation(pixels: usize, family: Family, vb: VarBuilder) -> Result<impl Module> {
    Ok(candle_nn::seq()
        .add_fn(|u| u.flatten_from(1))
        .add(candle_nn::linear(pixels, 8, vb.pp("hidden"))?)
        .add_fn(|x| x.tanh())
        .add(identity_layer(8, family, vb.pp("theta"))?))
}

#[test]
fn transformers_start_at_the_identity_and_train() {
    let u = numbers(&[3, 2, 5, 5], 24);
    let target = numbers(&[3, 2, 5, 5], 25);
    for family in FAMILIES {
        let variables = VarMap::new();
        let vb = VarBuilder::from_varmap(&variables, DType::F64, &Device::Cpu);
        // Two transformers with different samplers in one network.
        let first = SpatialTransformer::new(localisation(50, family, vb.pp("first")).unwrap(), family, (6, 7)).unwrap();
        let second =
            SpatialTransformer::new(localisation(84, family, vb.pp("second")).unwrap(), family, (5, 5)).unwrap();
        let second = second.with_sampler(Interpolation::Bicubic).unwrap();
        assert_eq!(largest(&first.parameters(&u).unwrap()), 0.0);
        let same = SpatialTransformer::new(localisation(50, family, vb.pp("same")).unwrap(), family, (5, 5)).unwrap();
        assert_close(&format!("{family:?}"), &same.forward(&u).unwrap(), &u, 1e-6);
        let loss = || {
            let v = second.forward(&first.forward(&u).unwrap()).unwrap();
            (v - &target).unwrap().sqr().unwrap().mean_all().unwrap()
        };
        let before = loss().to_scalar::<f64>().unwrap();
        for _ in 0..20 {
            let gradients = loss().backward().unwrap();
            for variable in variables.all_vars() {
                if let Some(gradient) = gradients.get(&variable) {
                    variable.set(&(variable.as_tensor() - (gradient * 0.05).unwrap()).unwrap()).unwrap();
                }
            }
        }
        assert!(loss().to_scalar::<f64>().unwrap() < before, "{family:?}");
        for theta in [first.parameters(&u).unwrap(), second.parameters(&first.forward(&u).unwrap()).unwrap()] {
            assert!(largest(&theta) > 0.0, "{family:?}");
        }
    }
}

#[test]
fn homography_warp_equals_the_warp_of_the_cascade() {
    let (image, p) = (numbers(&[2, 4, 9, 9], 26), (numbers(&[2, 8], 27) * 0.3).unwrap());
    let warp = Warp::new(Family::Homography, (9, 9)).unwrap();
    let plain = ops::warp(&image, &stn::homography(&p).unwrap(), (9, 9)).unwrap();
    assert_close("warp", &warp.forward(&image, &p).unwrap(), &plain, 0.0);
    assert_close("warp", &stn::warp(&image, &p, (9, 9)).unwrap(), &plain, 0.0);
}
