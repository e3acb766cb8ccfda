//! Transform families as tensors: from parameters to matrices.

use crate::homography::DIMENSION;
use candle_core::{DType, Result, Tensor, bail};

/// Halvings before the series, so that it converges fast: enough for ‖A‖ up to 8 at full f64 precision.
const HALVINGS: i32 = 5;
const TERMS: usize = 14;

/// The homographies exp(A(p)) [B, 3, 3] of sl(3) coordinates `params` [B, 8]; see [`crate::homography`] for A.
///
/// Scaling and squaring of a Taylor series, all of it candle operations, so that gradients reach `params`; in f64
/// whatever the type of `params`, since every squaring doubles the rounding error.
pub fn homography(params: &Tensor) -> Result<Tensor> {
    let (batch, dimension) = params.dims2()?;
    if dimension != DIMENSION {
        bail!("homography: parameters of shape {:?}, expected [B, {DIMENSION}]", params.shape());
    }
    let device = params.device();
    let basis = Tensor::new(&BASIS, device)?;
    let a = (params.to_dtype(DType::F64)?.matmul(&basis)?.reshape((batch, 3, 3))? * 0.5f64.powi(HALVINGS))?;
    let identity = Tensor::eye(3, DType::F64, device)?.broadcast_as((batch, 3, 3))?.contiguous()?;
    // Horner: 1 + A (1 + A/2 (1 + A/3 (…)))
    let mut sum = identity.clone();
    for n in (1..=TERMS).rev() {
        sum = (&identity + (a.matmul(&sum)? * (1.0 / n as f64))?)?;
    }
    for _ in 0..HALVINGS {
        sum = sum.matmul(&sum)?;
    }
    sum.to_dtype(params.dtype())
}

/// Row i is ∂A/∂p(i+1), row-major.
const BASIS: [[f64; 9]; DIMENSION] = [
    [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
];
