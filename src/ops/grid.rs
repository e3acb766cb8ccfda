//! Sampling grids: for every output pixel, the input point that it shows, in canonical coordinates. `align_corners` says whether
//! −1 and 1 are the centres of the outermost pixels, or their outer edges.

use candle_core::{DType, Device, Result, Tensor};

/// Keeps the division finite for points at infinity, as the paper's code does.
pub(super) const EPSILON: f64 = 1e-8;

/// Divisors closer to zero than this are zero: the square of their inverse is still a number in f32.
const NEAR_ZERO: f64 = 1e-18;

/// The grid [B, height, width, 2] of homographies `h` [B, 3, 3]. Points whose third coordinate is zero are infinite, and
/// have no gradient.
pub fn homography_grid(h: &Tensor, (height, width): (usize, usize), align_corners: bool) -> Result<Tensor> {
    let (batch, _, _) = h.dims3()?;
    let mapped = map(h, (height, width), align_corners)?;
    let divisor = (mapped.narrow(1, 2, 1)? + EPSILON)?;
    // Points at infinity are constants, since zero times infinity is not a gradient of zero.
    let finite = divisor.abs()?.ge(NEAR_ZERO)?;
    let divisor = finite.where_cond(&divisor, &divisor.ones_like()?)?;
    let points = mapped.narrow(1, 0, 2)?.broadcast_div(&divisor)?;
    let infinite = Tensor::full(f32::INFINITY, points.shape(), points.device())?.to_dtype(points.dtype())?;
    let points = finite.broadcast_as(points.shape())?.contiguous()?.where_cond(&points, &infinite)?;
    as_grid(&points, batch, (height, width))
}

/// The grid [B, height, width, 2] of affine transforms `theta` [B, 2, 3].
pub fn affine_grid(theta: &Tensor, (height, width): (usize, usize), align_corners: bool) -> Result<Tensor> {
    let (batch, _, _) = theta.dims3()?;
    as_grid(&map(theta, (height, width), align_corners)?, batch, (height, width))
}

/// [B, rows, 3] · (x, y, 1) of every output pixel: [B, rows, height · width].
fn map(transform: &Tensor, size: (usize, usize), align_corners: bool) -> Result<Tensor> {
    let (batch, rows, columns) = transform.dims3()?;
    let points = homogeneous(size, align_corners, transform.dtype(), transform.device())?;
    let pixels = points.dim(1)?;
    transform.contiguous()?.reshape((batch * rows, columns))?.matmul(&points)?.reshape((batch, rows, pixels))
}

/// [B, 2, height · width] to [B, height, width, 2].
fn as_grid(points: &Tensor, batch: usize, (height, width): (usize, usize)) -> Result<Tensor> {
    points.transpose(1, 2)?.contiguous()?.reshape((batch, height, width, 2))
}

/// The canonical coordinate of the first of `size` pixels, and the distance to the next.
pub(crate) fn output_axis(size: usize, align_corners: bool) -> (f64, f64) {
    if align_corners { (-1.0, 2.0 / (size.max(2) - 1) as f64) } else { (1.0 / size as f64 - 1.0, 2.0 / size as f64) }
}

/// The canonical coordinates (x, y, 1) of the pixel centres, row by row: [3, height · width].
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
