//! Transform families as tensors: from parameters to matrices.

use crate::homography::DIMENSION;
use candle_core::{DType, Result, Tensor, bail};

/// Halvings before the series, so that it converges fast: enough for ‖A‖ up to 8 at full f64 precision.
const HALVINGS: i32 = 5;
const TERMS: usize = 14;

/// The homographies exp(A(p)) [B, 3, 3] of sl(3) coordinates `params` [B, 8]; see [`crate::Homography::exp`] for A.
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

/// Square roots before the series: enough for ‖A‖ up to 8.
const ROOTS: i32 = 6;
/// Steps of a square root; they double the digits.
const ROOT_STEPS: usize = 12;

/// The sl(3) coordinates p [B, 8] of homographies [B, 3, 3], scaled to determinant 1: the inverse of [`homography`].
///
/// Inverse scaling and squaring (Higham 2008, section 11.5): square roots by Denman and Beavers's iteration, then the series
/// of 2 artanh. Candle operations in f64, so that gradients reach `h`.
///
/// # Errors
/// Matrices without a real logarithm: of determinant zero or below, or with eigenvalues on the negative axis (a
/// half turn); not finite ones. To see that, one number comes off the device.
pub fn homography_logarithm(h: &Tensor) -> Result<Tensor> {
    let (batch, rows, columns) = h.dims3()?;
    if (rows, columns) != (3, 3) {
        bail!("homography logarithm: matrices of shape {:?}, expected [B, 3, 3]", h.shape());
    }
    let (m, device) = (h.to_dtype(DType::F64)?, h.device());
    // A cube root keeps its sign, but only a positive determinant has a logarithm here.
    let determinant = determinant(&m)?.reshape((batch, 1, 1))?;
    let m = m.broadcast_div(&determinant.powf(1.0 / 3.0)?)?;
    let identity = Tensor::eye(3, DType::F64, device)?.broadcast_as((batch, 3, 3))?.contiguous()?;
    let mut root = m.clone();
    for _ in 0..ROOTS {
        let (mut y, mut z) = (root, identity.clone());
        for _ in 0..ROOT_STEPS {
            let next = ((&y + inverse(&z)?)? * 0.5)?;
            z = ((&z + inverse(&y)?)? * 0.5)?;
            y = next;
        }
        root = y;
    }
    let x = (&root - &identity)?.matmul(&inverse(&(&root + &identity)?)?)?;
    let square = x.matmul(&x)?;
    let mut sum = (&identity * (1.0 / (2 * TERMS + 1) as f64))?;
    for n in (0..TERMS).rev() {
        sum = ((&identity * (1.0 / (2 * n + 1) as f64))? + square.matmul(&sum)?)?;
    }
    let a = (x.matmul(&sum)? * 2f64.powi(ROOTS + 1))?.reshape((batch, 9))?;
    // p1 … p8 are these entries of A.
    let entries = Tensor::new(&[2u32, 1, 0, 6, 5, 3, 8, 7], device)?;
    let p = a.index_select(&entries, 1)?;
    let off = (homography(&p)? - &m)?.abs()?.max_all()?.to_scalar::<f64>()?;
    let size = m.abs()?.max_all()?.to_scalar::<f64>()?;
    if off.is_nan() || off > 1e-6 * size {
        bail!("homography logarithm: a matrix has no real logarithm");
    }
    p.to_dtype(h.dtype())
}

/// The entries of matrices [B, 3, 3] as [B, 1, 1] each.
fn entries(m: &Tensor) -> Result<[[Tensor; 3]; 3]> {
    let row = |i: usize| -> Result<[Tensor; 3]> {
        let entry = |j: usize| m.narrow(1, i, 1)?.narrow(2, j, 1);
        Ok([entry(0)?, entry(1)?, entry(2)?])
    };
    Ok([row(0)?, row(1)?, row(2)?])
}

fn determinant(m: &Tensor) -> Result<Tensor> {
    let [[a, b, c], [d, e, f], [g, h, i]] = entries(m)?;
    let x = (a * ((&e * &i)? - (&f * &h)?)?)?;
    let y = (b * ((&d * &i)? - (&f * &g)?)?)?;
    let z = (c * ((&d * &h)? - (&e * &g)?)?)?;
    (x - y)? + z
}

/// The inverses of matrices [B, 3, 3], by their adjugates.
pub(super) fn inverse(m: &Tensor) -> Result<Tensor> {
    let e = entries(m)?;
    let minor = |i: usize, j: usize| -> Result<Tensor> {
        let [r, s] = [(i + 1) % 3, (i + 2) % 3];
        let [t, u] = [(j + 1) % 3, (j + 2) % 3];
        (&e[r][t] * &e[s][u])? - (&e[r][u] * &e[s][t])?
    };
    let row = |j: usize| Tensor::cat(&[minor(0, j)?, minor(1, j)?, minor(2, j)?], 2);
    Tensor::cat(&[row(0)?, row(1)?, row(2)?], 1)?.broadcast_div(&determinant(m)?)
}
