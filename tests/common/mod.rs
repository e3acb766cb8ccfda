//! What tests of numbers share: reading the reference values, and comparing.

// Not every test program uses all of it.
#![allow(dead_code)]

use candle_core::{DType, Device, Tensor};
use std::collections::HashMap;
use std::path::PathBuf;

/// The folder of reference values: that named by `STGAN_GOLDEN`, or the project's own.
pub fn folder() -> PathBuf {
    match std::env::var_os("STGAN_GOLDEN") {
        Some(folder) => folder.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
    }
}

pub fn golden(name: &str) -> HashMap<String, Tensor> {
    let path = folder().join(format!("{name}.safetensors"));
    candle_core::safetensors::load(&path, &Device::Cpu).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All values within `tolerance`, relative to the largest of the expected ones where that is above 1.
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
