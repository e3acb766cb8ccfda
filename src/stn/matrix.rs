//! The exponential and the logarithm of homographies, as differentiable tensor operations.

use crate::homography::DIMENSION;
use candle_core::{DType, Result, Tensor, bail};

/// How often A is halved before the Taylor series: enough for ‖A‖ up to 8 at full f64 precision.
const HALVINGS: i32 = 5;
/// Number of terms of each series.
const TERMS: usize = 14;

/// The homographies exp(A(p)) [B, 3, 3] of sl(3) coordinates `params` [B, 8]; see
/// [`Homography::exp`](crate::Homography::exp) for A.
///
/// Computed by scaling and squaring with a Taylor series. It consists of candle operations, so
/// gradients reach `params`. It runs in f64 for every input type, because each squaring doubles the
/// rounding error; the result has the type of `params`.
///
/// # Errors
/// If `params` is not [B, 8].
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

/// Number of square roots before the series: enough for ‖A‖ up to 8.
const ROOTS: i32 = 6;
/// Iterations of a square root; each doubles the number of correct digits.
const ROOT_ITERATIONS: usize = 12;

/// The sl(3) coordinates p [B, 8] of homographies `h` [B, 3, 3]: the inverse of [`homography`].
///
/// Each matrix is first scaled to determinant 1. The logarithm is computed by inverse scaling and
/// squaring (Higham 2008, section 11.5), with square roots by the Denman–Beavers iteration and the
/// series of 2 artanh. It consists of candle operations in f64, so gradients reach `h`; the result
/// has the type of `h`.
///
/// # Errors
/// If `h` is not [B, 3, 3], or a matrix has no real logarithm: it is not finite, its determinant is
/// not positive, or it has an eigenvalue on the negative real axis (a rotation by 180°). This check
/// copies one value from the device.
pub fn homography_logarithm(h: &Tensor) -> Result<Tensor> {
    let (batch, rows, columns) = h.dims3()?;
    if (rows, columns) != (3, 3) {
        bail!("homography logarithm: matrices of shape {:?}, expected [B, 3, 3]", h.shape());
    }
    let (m, device) = (h.to_dtype(DType::F64)?, h.device());
    // For a negative determinant `powf` gives NaN, which the check at the end rejects.
    let determinant = determinant(&m)?.reshape((batch, 1, 1))?;
    let m = m.broadcast_div(&determinant.powf(1.0 / 3.0)?)?;
    let identity = Tensor::eye(3, DType::F64, device)?.broadcast_as((batch, 3, 3))?.contiguous()?;
    let mut root = m.clone();
    for _ in 0..ROOTS {
        let (mut y, mut z) = (root, identity.clone());
        for _ in 0..ROOT_ITERATIONS {
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
    // The positions of p1 … p8 in A.
    let entries = Tensor::new(&[2u32, 1, 0, 6, 5, 3, 8, 7], device)?;
    let p = a.index_select(&entries, 1)?;
    let off = (homography(&p)? - &m)?.abs()?.max_all()?.to_scalar::<f64>()?;
    let size = m.abs()?.max_all()?.to_scalar::<f64>()?;
    if off.is_nan() || off > 1e-6 * size {
        bail!("homography logarithm: a matrix has no real logarithm");
    }
    p.to_dtype(h.dtype())
}

/// The entries of matrices [B, 3, 3], each [B, 1, 1].
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

/// The inverses of matrices [B, 3, 3], computed from their adjugates.
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
