//! Sampling grids: the input point of every output pixel, in canonical coordinates.
//!
//! If `align_corners` is set, −1 and 1 are the centres of the outermost pixels, otherwise their
//! outer edges.

use candle_core::{DType, Device, Result, Tensor};

/// Added to the divisor of homographies, as in the authors' released code of ST-GAN.
pub(super) const EPSILON: f64 = 1e-8;

/// Smaller divisors count as zero. The gradient squares the inverse, which must be finite in f32.
const MIN_DIVISOR: f64 = 1e-18;

/// The sampling grid [B, height, width, 2] of homographies `h` [B, 3, 3], which map output points
/// to input points in canonical coordinates.
///
/// If `align_corners` is set, −1 and 1 are the centres of the outermost pixels, otherwise their
/// outer edges. Points whose third homogeneous coordinate is zero are infinite and have no
/// gradient.
///
/// # Errors
/// If `h` is not [B, 3, 3].
pub fn homography_grid(h: &Tensor, (height, width): (usize, usize), align_corners: bool) -> Result<Tensor> {
    let (batch, _, _) = h.dims3()?;
    let mapped = map(h, (height, width), align_corners)?;
    let divisor = (mapped.narrow(1, 2, 1)? + EPSILON)?;
    // Points at infinity are replaced by constants: a zero gradient times infinity would be NaN.
    let finite = divisor.abs()?.ge(MIN_DIVISOR)?;
    let divisor = finite.where_cond(&divisor, &divisor.ones_like()?)?;
    let points = mapped.narrow(1, 0, 2)?.broadcast_div(&divisor)?;
    let infinite = Tensor::full(f32::INFINITY, points.shape(), points.device())?.to_dtype(points.dtype())?;
    let points = finite.broadcast_as(points.shape())?.contiguous()?.where_cond(&points, &infinite)?;
    as_grid(&points, batch, (height, width))
}

/// The sampling grid [B, height, width, 2] of affine matrices `theta` [B, 2, 3], which map output
/// points to input points in canonical coordinates (Jaderberg et al. 2015, equation 1).
///
/// If `align_corners` is set, −1 and 1 are the centres of the outermost pixels, otherwise their
/// outer edges.
///
/// # Errors
/// If `theta` is not [B, 2, 3].
pub fn affine_grid(theta: &Tensor, (height, width): (usize, usize), align_corners: bool) -> Result<Tensor> {
    let (batch, _, _) = theta.dims3()?;
    as_grid(&map(theta, (height, width), align_corners)?, batch, (height, width))
}

/// The products [B, rows, height · width] of matrices [B, rows, 3] with (x, y, 1) of every output
/// pixel.
fn map(transform: &Tensor, size: (usize, usize), align_corners: bool) -> Result<Tensor> {
    let (batch, rows, columns) = transform.dims3()?;
    let points = homogeneous(size, align_corners, transform.dtype(), transform.device())?;
    let pixels = points.dim(1)?;
    transform.contiguous()?.reshape((batch * rows, columns))?.matmul(&points)?.reshape((batch, rows, pixels))
}

/// Reshapes points [B, 2, height · width] to a grid [B, height, width, 2].
fn as_grid(points: &Tensor, batch: usize, (height, width): (usize, usize)) -> Result<Tensor> {
    points.transpose(1, 2)?.contiguous()?.reshape((batch, height, width, 2))
}

/// The canonical coordinate of the first of `size` pixels, and the distance between pixels.
pub(crate) fn output_axis(size: usize, align_corners: bool) -> (f64, f64) {
    if align_corners { (-1.0, 2.0 / (size.max(2) - 1) as f64) } else { (1.0 / size as f64 - 1.0, 2.0 / size as f64) }
}

/// The canonical coordinates (x, y, 1) of all pixel centres, row by row: [3, height · width].
pub(super) fn homogeneous(
    (height, width): (usize, usize),
    align_corners: bool,
    dtype: DType,
    device: &Device,
) -> Result<Tensor> {
    let axis = |size: usize| {
        let (first, step) = output_axis(size, align_corners);
        let values: Vec<f64> = (0..size).map(|i| first + i as f64 * step).collect();
        Tensor::from_vec(values, size, device)?.to_dtype(dtype)
    };
    let xs = axis(width)?.unsqueeze(0)?.broadcast_as((height, width))?.contiguous()?;
    let ys = axis(height)?.unsqueeze(1)?.broadcast_as((height, width))?.contiguous()?;
    Tensor::stack(&[&xs, &ys, &xs.ones_like()?], 0)?.reshape((3, height * width))
}
