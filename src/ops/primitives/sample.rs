//! Samplers that gather, and the gradients of grids and homographies.

use super::{both, keep};
use crate::ops::{Interpolation, grid};
use candle_core::{D, DType, Result, Tensor};

/// One neighbour of every point along one axis: its place, its weight and the derivative of the weight with respect to the
/// coordinate in pixels; all [B, 1, points].
struct Tap {
    place: Tensor,
    weight: Tensor,
    slope: Tensor,
}

/// The taps of canonical coordinates [B, 1, points] over `size` pixels; their weights are zero outside.
fn taps(canonical: &Tensor, size: usize, interpolation: Interpolation) -> Result<Vec<Tap>> {
    let coordinate = canonical.affine(0.5, 0.5)?.affine((size - 1) as f64, 0.0)?;
    // False for NaN as well.
    let near = both(&coordinate.gt(-3.0)?, &coordinate.lt(size as f64 + 2.0)?)?;
    let coordinate = keep(&coordinate, &near)?;
    let below = coordinate.floor()?;
    let (first, weights) = match interpolation {
        Interpolation::Nearest => {
            // Halves go to the even neighbour.
            let fraction = (&coordinate - &below)?;
            let odd = (&below - ((&below * 0.5)?.floor()? * 2.0)?)?;
            let half = (fraction.eq(0.5)?.to_dtype(odd.dtype())? * odd)?;
            let up = (fraction.gt(0.5)?.to_dtype(half.dtype())? + half)?;
            ((&below + up)?, vec![(coordinate.ones_like()?, coordinate.zeros_like()?)])
        }
        Interpolation::Bilinear => {
            let t = (&coordinate - &below)?;
            let one = t.ones_like()?;
            (below, vec![(t.affine(-1.0, 1.0)?, one.neg()?), (t, one)])
        }
        Interpolation::Bicubic => {
            let t = (&coordinate - &below)?;
            // Distances of the four neighbours, and whether they grow with the coordinate.
            let distances = [
                (t.affine(1.0, 1.0)?, 1.0),
                (t.clone(), 1.0),
                (t.affine(-1.0, 1.0)?, -1.0),
                (t.affine(-1.0, 2.0)?, -1.0),
            ];
            let weights = distances.iter().zip([cubic_far, cubic_near, cubic_near, cubic_far]).map(|((x, sign), f)| {
                let (weight, slope) = f(x)?;
                Ok((weight, (slope * *sign)?))
            });
            ((below - 1.0)?, weights.collect::<Result<Vec<_>>>()?)
        }
    };
    let tap = |(i, (weight, slope)): (usize, (Tensor, Tensor))| {
        let place = (&first + i as f64)?;
        let inside = both(&near, &both(&place.ge(0.0)?, &place.lt(size as f64)?)?)?;
        let place = place.clamp(0.0, (size - 1) as f64)?;
        Ok(Tap { place, weight: keep(&weight, &inside)?, slope: keep(&slope, &inside)? })
    };
    weights.into_iter().enumerate().map(tap).collect()
}

/// The cubic kernel (Keys 1981, a = −0.75) and its derivative at distances up to 1.
fn cubic_near(x: &Tensor) -> Result<(Tensor, Tensor)> {
    const A: f64 = -0.75;
    let weight = ((x.affine(A + 2.0, -(A + 3.0))? * x)? * x)?.affine(1.0, 1.0)?;
    Ok((weight, (x.affine(3.0 * (A + 2.0), -2.0 * (A + 3.0))? * x)?))
}

/// The same at distances from 1 to 2.
fn cubic_far(x: &Tensor) -> Result<(Tensor, Tensor)> {
    const A: f64 = -0.75;
    let weight = ((x.affine(A, -5.0 * A)? * x)?.affine(1.0, 8.0 * A)? * x)?.affine(1.0, -4.0 * A)?;
    Ok((weight, (x.affine(3.0 * A, -10.0 * A)? * x)?.affine(1.0, 8.0 * A)?))
}

/// The taps across and down of a grid [B, H, W, 2] over an image of `size`.
fn grid_taps(grid: &Tensor, size: (usize, usize), interpolation: Interpolation) -> Result<[Vec<Tap>; 2]> {
    let (batch, height, width, _) = grid.dims4()?;
    let axis = |k: usize| grid.narrow(D::Minus1, k, 1)?.contiguous()?.reshape((batch, 1, height * width));
    Ok([taps(&axis(0)?, size.1, interpolation)?, taps(&axis(1)?, size.0, interpolation)?])
}

/// Indices into planes [B, channels, points] of the neighbour at `x` and `y`.
fn indices(x: &Tap, y: &Tap, width: usize, channels: usize) -> Result<Tensor> {
    let (batch, _, points) = x.place.dims3()?;
    let flat = ((&y.place * width as f64)? + &x.place)?.to_dtype(DType::U32)?;
    flat.broadcast_as((batch, channels, points))?.contiguous()
}

pub(crate) fn grid_sample(image: &Tensor, grid: &Tensor, interpolation: Interpolation) -> Result<Tensor> {
    let (batch, channels, height, width) = image.dims4()?;
    let (_, rows, columns, _) = grid.dims4()?;
    let planes = image.contiguous()?.flatten_from(2)?;
    let [across, down] = grid_taps(grid, (height, width), interpolation)?;
    let mut sum = Tensor::zeros((batch, channels, rows * columns), image.dtype(), image.device())?;
    for (y, x) in down.iter().flat_map(|y| across.iter().map(move |x| (y, x))) {
        let value = planes.gather(&indices(x, y, width, channels)?, 2)?;
        sum = (sum + value.broadcast_mul(&(&x.weight * &y.weight)?)?)?;
    }
    sum.reshape((batch, channels, rows, columns))
}

pub(crate) fn grid_sample_image_grad(
    shape: &[usize],
    grid: &Tensor,
    gradient: &Tensor,
    interpolation: Interpolation,
) -> Result<Tensor> {
    let &[batch, channels, height, width] = shape else { candle_core::bail!("grid-sample: shape {shape:?}") };
    let gradient = gradient.contiguous()?.flatten_from(2)?;
    let [across, down] = grid_taps(grid, (height, width), interpolation)?;
    let mut sum = Tensor::zeros((batch, channels, height * width), gradient.dtype(), gradient.device())?;
    for (y, x) in down.iter().flat_map(|y| across.iter().map(move |x| (y, x))) {
        let share = gradient.broadcast_mul(&(&x.weight * &y.weight)?)?;
        sum = sum.scatter_add(&indices(x, y, width, channels)?, &share, 2)?;
    }
    sum.reshape(shape)
}

pub(crate) fn grid_sample_grid_grad(
    image: &Tensor,
    grid: &Tensor,
    gradient: &Tensor,
    interpolation: Interpolation,
) -> Result<Tensor> {
    let (batch, channels, height, width) = image.dims4()?;
    let planes = image.contiguous()?.flatten_from(2)?;
    let gradient = gradient.contiguous()?.flatten_from(2)?;
    let [across, down] = grid_taps(grid, (height, width), interpolation)?;
    let zero = Tensor::zeros((batch, 1, gradient.dim(2)?), gradient.dtype(), gradient.device())?;
    let (mut along_x, mut along_y) = (zero.clone(), zero);
    for (y, x) in down.iter().flat_map(|y| across.iter().map(move |x| (y, x))) {
        let value = (planes.gather(&indices(x, y, width, channels)?, 2)? * &gradient)?.sum_keepdim(1)?;
        along_x = (along_x + (&value * (&x.slope * &y.weight)?)?)?;
        along_y = (along_y + (&value * (&x.weight * &y.slope)?)?)?;
    }
    // From pixels to canonical coordinates.
    let along_x = (along_x * (0.5 * (width - 1) as f64))?;
    let along_y = (along_y * (0.5 * (height - 1) as f64))?;
    Tensor::stack(&[along_x.squeeze(1)?, along_y.squeeze(1)?], 2)?.reshape(grid.shape())
}

/// The gradient of `h` [B, 3, 3], from that of the points that it sends the output's pixels to.
pub(crate) fn warp_homography_grad(image: &Tensor, h: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let (batch, _, height, width) = gradient.dims4()?;
    let size = (height, width);
    let points = grid::homography_grid(h, size)?;
    let to_points = grid_sample_grid_grad(image, &points, gradient, Interpolation::Bilinear)?;
    // Coordinates are numerator / denominator.
    let axis = |t: &Tensor, k: usize| t.narrow(3, k, 1)?.contiguous()?.reshape((batch, height * width));
    let homogeneous = grid::homogeneous(size, h.dtype(), h.device())?;
    let third = h.narrow(1, 2, 1)?.contiguous()?.reshape((batch, 3))?;
    let inverse = (third.matmul(&homogeneous)? + grid::EPSILON)?.recip()?;
    let (x, y) = (axis(&points, 0)?, axis(&points, 1)?);
    let (to_x, to_y) = ((axis(&to_points, 0)? * &inverse)?, (axis(&to_points, 1)? * &inverse)?);
    let to_z = ((&to_x * x)? + (&to_y * y)?)?.neg()?;
    // Points that show nothing may lie at infinity, and zero times infinity is not zero.
    let shown = (axis(&to_points, 0)?.abs()? + axis(&to_points, 1)?.abs()?)?.gt(0.0)?;
    let rows = [to_x, to_y, to_z].iter().map(|t| keep(t, &shown)).collect::<Result<Vec<_>>>()?;
    Tensor::stack(&rows, 1)?.reshape((batch * 3, height * width))?.matmul(&homogeneous.t()?)?.reshape((batch, 3, 3))
}
