//! Helpers for numerical tests: reference values, comparisons and finite differences.

// Not every test program uses all items.
#![allow(dead_code, unreachable_pub)]

pub mod bitmaps;
pub mod kernels;
pub mod noise;

use candle_core::{DType, Device, Tensor, Var};
use std::collections::HashMap;
use std::path::PathBuf;
use stgan::stn::{Interpolation, Padding, Sampler};

/// The folder of reference values: `STGAN_GOLDEN` if it is set, otherwise `tests/golden`.
pub fn folder() -> PathBuf {
    match std::env::var_os("STGAN_GOLDEN") {
        Some(folder) => folder.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
    }
}

pub fn golden(name: &str) -> HashMap<String, Tensor> {
    load(folder(), name)
}

/// Reference values from `tests/golden`, even if `STGAN_GOLDEN` is set.
pub fn golden_of_the_project(name: &str) -> HashMap<String, Tensor> {
    load(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), name)
}

fn load(folder: PathBuf, name: &str) -> HashMap<String, Tensor> {
    let path = folder.join(format!("{name}.safetensors"));
    candle_core::safetensors::load(&path, &Device::Cpu).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Asserts that all values differ by at most `tolerance`, relative to the largest expected
/// magnitude if that is above 1.
#[track_caller]
pub fn assert_close(what: &str, actual: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(actual.dims(), expected.dims(), "{what}");
    let values = |t: &Tensor| t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
    let (actual, expected) = (values(actual), values(expected));
    let scale = expected.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    let worst = actual
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0f64, |m, d| if d > m || d.is_nan() { d } else { m });
    assert!(worst <= tolerance * scale, "{what}: off by {worst:.3e}, values up to {scale:.3e}");
}

pub type Function<'a> = &'a dyn Fn(&Tensor) -> candle_core::Result<Tensor>;

/// Reproducible pseudorandom numbers in [−1, 1].
pub fn numbers(shape: &[usize], seed: u64) -> Tensor {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let values: Vec<f64> = (0..shape.iter().product()).map(|_| next()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Compares the gradient of Σ R · f(x) with central differences, at up to 24 elements of `x`.
#[track_caller]
pub fn check_gradient(what: &str, x: &Tensor, f: Function) {
    const DELTA: f64 = 1e-6;
    let var = Var::from_tensor(x).unwrap();
    let y = f(var.as_tensor()).unwrap();
    let r = numbers(y.dims(), 99);
    let value = |x: &Tensor| (f(x).unwrap() * &r).unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap();
    let gradients = (y * &r).unwrap().sum_all().unwrap().backward().unwrap();
    let gradient = gradients.get(&var).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
    let values = x.flatten_all().unwrap().to_vec1::<f64>().unwrap();
    let size = gradient.iter().fold(1.0f64, |m, g| m.max(g.abs()));
    for i in (0..values.len()).step_by(values.len().div_ceil(24)) {
        let shifted = |by: f64| {
            let mut values = values.clone();
            values[i] += by;
            value(&Tensor::from_vec(values, x.dims(), &Device::Cpu).unwrap())
        };
        let difference = (shifted(DELTA) - shifted(-DELTA)) / (2.0 * DELTA);
        assert!((gradient[i] - difference).abs() < 1e-6 * size, "{what} at {i}: {} and {difference}", gradient[i]);
    }
}

/// All samplers, with their names in the reference file.
pub fn samplers() -> Vec<(String, Sampler)> {
    let mut all = Vec::new();
    for (i, interpolation) in [
        ("nearest", Interpolation::Nearest),
        ("bilinear", Interpolation::Bilinear),
        ("bicubic", Interpolation::Bicubic),
        ("area", Interpolation::Area),
    ] {
        for (p, padding) in
            [("zeros", Padding::Zeros), ("border", Padding::Border), ("reflection", Padding::Reflection)]
        {
            for (c, align_corners) in [("corners", true), ("edges", false)] {
                all.push((format!("{i}.{p}.{c}"), Sampler { interpolation, padding, align_corners }));
            }
        }
    }
    all
}
