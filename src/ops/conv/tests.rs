//! Compares both implementations with the definition of a convolution.

use super::*;
use candle_core::{DType, Device};

fn random(shape: impl Into<Shape>) -> Tensor {
    Tensor::randn(0f64, 1.0, shape, &Device::Cpu).unwrap()
}

/// The convolution by its definition.
fn plain(x: &Tensor, w: &Tensor, g: &ConvGeometry) -> Tensor {
    let (batch, x, w) = (x.dim(0).unwrap(), flat(x), flat(w));
    let mut y = vec![0.0; batch * g.channels_out * g.output.0 * g.output.1];
    for (i, sum) in y.iter_mut().enumerate() {
        let (ox, oy) = (i % g.output.1, i / g.output.1 % g.output.0);
        let (o, n) = (i / g.pixels() % g.channels_out, i / g.pixels() / g.channels_out);
        for tap in 0..g.taps() {
            let (kx, ky, c) = (tap % g.kernel, tap / g.kernel % g.kernel, tap / g.kernel / g.kernel);
            let row = (oy * g.stride + ky).wrapping_sub(g.padding.0);
            let column = (ox * g.stride + kx).wrapping_sub(g.padding.1);
            if row < g.input.0 && column < g.input.1 {
                *sum += w[o * g.taps() + tap] * x[((n * g.channels_in + c) * g.input.0 + row) * g.input.1 + column];
            }
        }
    }
    Tensor::from_vec(y, (batch, g.channels_out, g.output.0, g.output.1), &Device::Cpu).unwrap()
}

fn flat(t: &Tensor) -> Vec<f64> {
    t.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    flat(a).iter().zip(flat(b)).map(|(x, y)| x * y).sum()
}

#[test]
fn forward_matches_the_definition_and_gradients_are_its_adjoints() {
    for (kernel, stride) in [(4, 2), (3, 1), (1, 1), (5, 3), (6, 2)] {
        for (batch, channels, out, input) in
            [(1, 1, 1, (1, 1)), (3, 2, 5, (7, 10)), (2, 7, 4, (36, 9)), (9, 3, 2, (5, 5)), (3, 6, 4, (13, 27))]
        {
            let g = ConvGeometry::same(channels, out, kernel, stride, input);
            let (x, w) = (random((batch, channels, input.0, input.1)), random((out, channels, kernel, kernel)));
            let y = conv2d(&x, &w, stride).unwrap();
            let difference = (&y - plain(&x, &w, &g)).unwrap().abs().unwrap().max_all().unwrap();
            assert!(difference.to_scalar::<f64>().unwrap() < 1e-12, "{g:?}");
            let gy = random(y.shape());
            let product = dot(&y, &gy);
            assert!((product - dot(&x, &conv2d_input_grad(&gy, &w, g).unwrap())).abs() < 1e-10, "{g:?}");
            assert!((product - dot(&w, &conv2d_weight_grad(&x, &gy, g).unwrap())).abs() < 1e-10, "{g:?}");
        }
    }
}

#[test]
fn rejects_mismatched_operands() {
    assert!(conv2d(&random((1, 3, 8, 8)), &random((4, 2, 4, 4)), 2).is_err());
    assert!(conv2d(&random((1, 3, 8, 8)), &random((4, 3, 4, 3)), 2).is_err());
    assert!(conv2d(&random((1, 3, 8, 8)), &random((4, 3, 4, 4)), 0).is_err());
    let g = ConvGeometry::same(3, 4, 4, 2, (8, 8));
    assert!(conv2d_input_grad(&random((1, 4, 5, 4)), &random((4, 3, 4, 4)), g).is_err());
    let single = Tensor::zeros((4, 3, 4, 4), DType::F32, &Device::Cpu).unwrap();
    assert!(conv2d(&random((1, 3, 8, 8)), &single, 2).is_err());
}
