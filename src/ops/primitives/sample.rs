//! Samplers built on `gather`, and the gradients of grids and matrices.

use super::{and, masked};
use crate::ops::sample::{Axis, MAX_BOX, MAX_REFLECTED};
use crate::ops::{Interpolation, Padding, Sampler, grid};
use candle_core::{D, DType, Result, Tensor};

/// One neighbour of every point along one axis; all tensors are [B, 1, points].
struct AxisTap {
    /// The index of the pixel.
    place: Tensor,
    weight: Tensor,
    /// The derivative of the weight with respect to the pixel coordinate.
    slope: Tensor,
    /// The derivative of the weight with respect to the width of the box.
    widening: Option<Tensor>,
}

/// Clamps `x` to [`low`, `high`].
fn clamp(x: &Tensor, low: f64, high: f64) -> Result<Tensor> {
    x.maximum(low)?.minimum(high)
}

/// `x` modulo `period`, not negative.
fn modulo(x: &Tensor, period: f64) -> Result<Tensor> {
    x - ((x / period)?.floor()? * period)?
}

/// The pixels whose values padding gives to integer places, and a mask of the places that have one.
fn source(place: &Tensor, axis: &Axis) -> Result<(Tensor, Tensor)> {
    let last = (axis.size - 1) as f64;
    match axis.padding() {
        Padding::Zeros => Ok((clamp(place, 0.0, last)?, and(&place.ge(0.0)?, &place.le(last)?)?)),
        Padding::Border => Ok((clamp(place, 0.0, last)?, place.ge(f64::NEG_INFINITY)?)),
        Padding::Reflection => {
            let (first, length) = axis.mirrors();
            let place = if length == 0.0 {
                place.zeros_like()?
            } else {
                let period = 2.0 * length;
                let folded = modulo(&(place - first)?, period)?;
                (folded.minimum(&folded.affine(-1.0, period)?)? + first)?
            };
            let everywhere = place.ge(f64::NEG_INFINITY)?;
            Ok((clamp(&place, 0.0, last)?, everywhere))
        }
    }
}

/// The taps of pixel coordinates [B, 1, points]. The weights are zero for points that do not depend
/// on the image.
fn taps(
    coordinate: &Tensor,
    width: Option<&Tensor>,
    axis: &Axis,
    interpolation: Interpolation,
) -> Result<Vec<AxisTap>> {
    let reach = if width.is_some() { MAX_BOX } else { 3.0 };
    let (low, high) = (-reach, axis.size as f64 - 1.0 + reach);
    // False for NaN.
    let seen = match axis.padding() {
        Padding::Zeros => and(&coordinate.gt(low)?, &coordinate.lt(high)?)?,
        Padding::Border => and(&coordinate.ge(f64::MIN)?, &coordinate.le(f64::MAX)?)?,
        Padding::Reflection => and(&coordinate.ge(-MAX_REFLECTED)?, &coordinate.le(MAX_REFLECTED)?)?,
    };
    let coordinate = masked(coordinate, &seen)?;
    let coordinate = if axis.padding() == Padding::Border { clamp(&coordinate, low, high)? } else { coordinate };
    let below = coordinate.floor()?;
    let zero = coordinate.zeros_like()?;
    let (first, weights): (Tensor, Vec<(Tensor, Tensor, Option<Tensor>)>) = match (interpolation, width) {
        (Interpolation::Area, Some(width)) => area_weights(&coordinate, width)?,
        (Interpolation::Nearest, _) => {
            // Halfway points go to the even neighbour.
            let fraction = (&coordinate - &below)?;
            let odd = (&below - ((&below * 0.5)?.floor()? * 2.0)?)?;
            let half = (fraction.eq(0.5)?.to_dtype(odd.dtype())? * odd)?;
            let up = (fraction.gt(0.5)?.to_dtype(half.dtype())? + half)?;
            ((&below + up)?, vec![(coordinate.ones_like()?, zero, None)])
        }
        (Interpolation::Bilinear | Interpolation::Area, _) => {
            let t = (&coordinate - &below)?;
            let one = t.ones_like()?;
            (below, vec![(t.affine(-1.0, 1.0)?, one.neg()?, None), (t, one, None)])
        }
        (Interpolation::Bicubic, _) => {
            let t = (&coordinate - &below)?;
            // The distances of the four neighbours, and their derivatives.
            let distances = [
                (t.affine(1.0, 1.0)?, 1.0),
                (t.clone(), 1.0),
                (t.affine(-1.0, 1.0)?, -1.0),
                (t.affine(-1.0, 2.0)?, -1.0),
            ];
            let weights = distances.iter().zip([cubic_far, cubic_near, cubic_near, cubic_far]).map(|((x, sign), f)| {
                let (weight, slope) = f(x)?;
                Ok((weight, (slope * *sign)?, None))
            });
            ((below - 1.0)?, weights.collect::<Result<Vec<_>>>()?)
        }
    };
    let tap = |(i, (weight, slope, widening)): (usize, (Tensor, Tensor, Option<Tensor>))| {
        let (place, inside) = source(&(&first + i as f64)?, axis)?;
        let inside = and(&seen, &inside)?;
        let widening = widening.map(|w| masked(&w, &inside)).transpose()?;
        Ok(AxisTap { place, weight: masked(&weight, &inside)?, slope: masked(&slope, &inside)?, widening })
    };
    weights.into_iter().enumerate().map(tap).collect()
}

/// The first pixel under each box, and weights, slopes and widenings of as many pixels as the
/// widest box covers.
#[allow(clippy::type_complexity)]
fn area_weights(centre: &Tensor, width: &Tensor) -> Result<(Tensor, Vec<(Tensor, Tensor, Option<Tensor>)>)> {
    let widest = width.to_dtype(DType::F64)?.max_all()?.to_scalar::<f64>()?;
    let half = (width * 0.5)?;
    let (low, high) = ((centre - &half)?, (centre + &half)?);
    let first = (&low + 0.5)?.floor()?;
    let weights = (0..widest.floor() as usize + 2).map(|i| {
        let left = (&first + (i as f64 - 0.5))?;
        let right = (&left + 1.0)?;
        let weight = ((high.minimum(&right)? - low.maximum(&left)?)?.maximum(0.0)? / width)?;
        // Narrower boxes end before the last pixel.
        let under = left.le(&high)?;
        let end = |inside: Tensor| and(&inside, &under)?.to_dtype(width.dtype())? / width;
        let (start, end) = (end(low.ge(&left)?)?, end(high.lt(&right)?)?);
        let widening = (((&start + &end)? * 0.5)? - (&weight / width)?)?;
        Ok((weight, (end - start)?, Some(widening)))
    });
    let weights = weights.collect::<Result<Vec<_>>>()?;
    Ok((first, weights))
}

/// The cubic convolution kernel (Keys 1981, a = −0.75) and its derivative, at distances up to 1.
fn cubic_near(x: &Tensor) -> Result<(Tensor, Tensor)> {
    const A: f64 = -0.75;
    let weight = ((x.affine(A + 2.0, -(A + 3.0))? * x)? * x)?.affine(1.0, 1.0)?;
    Ok((weight, (x.affine(3.0 * (A + 2.0), -2.0 * (A + 3.0))? * x)?))
}

/// The cubic convolution kernel and its derivative, at distances from 1 to 2.
fn cubic_far(x: &Tensor) -> Result<(Tensor, Tensor)> {
    const A: f64 = -0.75;
    let weight = ((x.affine(A, -5.0 * A)? * x)?.affine(1.0, 8.0 * A)? * x)?.affine(1.0, -4.0 * A)?;
    Ok((weight, (x.affine(3.0 * A, -10.0 * A)? * x)?.affine(1.0, 8.0 * A)?))
}

/// Central differences of coordinates [B, 1, H, W] along one output axis (2 is y, 3 is x);
/// one-sided at the borders.
struct Difference {
    axis: usize,
    /// 1 / the distance in pixels: [1, 1, 1, W] or [1, 1, H, 1].
    scale: Tensor,
}

impl Difference {
    fn new(axis: usize, like: &Tensor) -> Result<Self> {
        let size = like.dim(axis)?;
        let over = |i: usize| if size > 2 && i > 0 && i + 1 < size { 0.5 } else { 1.0 };
        let scale: Vec<f64> = (0..size).map(over).collect();
        let mut shape = [1; 4];
        shape[axis] = size;
        let scale = Tensor::from_vec(scale, &shape, like.device())?.to_dtype(like.dtype())?;
        Ok(Self { axis, scale })
    }

    /// The differences of `x`.
    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (axis, size) = (self.axis, x.dim(self.axis)?);
        let after = Tensor::cat(&[x.narrow(axis, 1, size - 1)?, x.narrow(axis, size - 1, 1)?], axis)?;
        let before = Tensor::cat(&[x.narrow(axis, 0, 1)?, x.narrow(axis, 0, size - 1)?], axis)?;
        (after - before)?.broadcast_mul(&self.scale)
    }

    /// The gradient of `x`, given the gradient of the differences.
    fn transpose(&self, gradient: &Tensor) -> Result<Tensor> {
        let (axis, size) = (self.axis, gradient.dim(self.axis)?);
        let gradient = gradient.broadcast_mul(&self.scale)?.contiguous()?;
        let part = |start: usize, count: usize| gradient.narrow(axis, start, count);
        let after =
            (part(0, size - 1)?.pad_with_zeros(axis, 1, 0)? + part(size - 1, 1)?.pad_with_zeros(axis, size - 1, 0)?)?;
        let before =
            (part(1, size - 1)?.pad_with_zeros(axis, 0, 1)? + part(0, 1)?.pad_with_zeros(axis, 0, size - 1)?)?;
        after - before
    }
}

/// The widths of the boxes along one image axis, with their derivatives.
struct Widths {
    value: Tensor,
    /// For both output axes: the difference, and the derivative of the width with respect to it.
    from: Vec<(Difference, Tensor)>,
}

impl Widths {
    /// The widths for pixel coordinates [B, 1, H, W].
    fn new(coordinate: &Tensor) -> Result<Self> {
        let differences = [3, 2].map(|axis| {
            let difference = Difference::new(axis, coordinate)?;
            let value = difference.apply(coordinate)?;
            let value = masked(&value, &value.abs()?.le(MAX_REFLECTED)?)?;
            Ok((difference, value))
        });
        let differences = differences.into_iter().collect::<Result<Vec<_>>>()?;
        let length = (differences[0].1.sqr()? + differences[1].1.sqr()?)?.sqrt()?;
        let moves = and(&length.gt(1.0)?, &length.lt(MAX_BOX)?)?;
        let value = clamp(&length, 1.0, MAX_BOX)?;
        let from = differences.into_iter().map(|(difference, by)| Ok((difference, masked(&(by / &value)?, &moves)?)));
        let from = from.collect::<Result<_>>()?;
        Ok(Self { value, from })
    }
}

/// The taps along x and y of a grid [B, H, W, 2], and the widths of its boxes.
struct GridTaps {
    axes: [Axis; 2],
    taps: [Vec<AxisTap>; 2],
    widths: Option<[Widths; 2]>,
}

impl GridTaps {
    fn new(grid: &Tensor, (height, width): (usize, usize), sampler: Sampler) -> Result<Self> {
        let (batch, rows, columns, _) = grid.dims4()?;
        let axes = [Axis::new(width, sampler), Axis::new(height, sampler)];
        let coordinate = |k: usize| {
            let canonical = grid.narrow(D::Minus1, k, 1)?.contiguous()?.reshape((batch, 1, rows, columns))?;
            canonical.affine(axes[k].scale, axes[k].start)
        };
        let coordinates = [coordinate(0)?, coordinate(1)?];
        let widths = match sampler.interpolation {
            Interpolation::Area => Some([Widths::new(&coordinates[0])?, Widths::new(&coordinates[1])?]),
            _ => None,
        };
        let axis = |k: usize| {
            let width = widths.as_ref().map(|w| w[k].value.flatten_from(2)).transpose()?;
            taps(&coordinates[k].flatten_from(2)?, width.as_ref(), &axes[k], sampler.interpolation)
        };
        Ok(Self { axes, taps: [axis(0)?, axis(1)?], widths })
    }

    /// All neighbours as pairs of taps (y, x).
    fn pairs(&self) -> impl Iterator<Item = (&AxisTap, &AxisTap)> {
        self.taps[1].iter().flat_map(|y| self.taps[0].iter().map(move |x| (y, x)))
    }

    /// The indices [B, channels, points] of a neighbour in flattened image planes.
    fn indices(&self, x: &AxisTap, y: &AxisTap, channels: usize) -> Result<Tensor> {
        let (batch, _, points) = x.place.dims3()?;
        let flat = ((&y.place * self.axes[0].size as f64)? + &x.place)?.to_dtype(DType::U32)?;
        flat.broadcast_as((batch, channels, points))?.contiguous()
    }
}

pub(crate) fn grid_sample(image: &Tensor, grid: &Tensor, sampler: Sampler) -> Result<Tensor> {
    let (batch, channels, height, width) = image.dims4()?;
    let (_, rows, columns, _) = grid.dims4()?;
    let planes = image.contiguous()?.flatten_from(2)?;
    let taps = GridTaps::new(grid, (height, width), sampler)?;
    let mut sum = Tensor::zeros((batch, channels, rows * columns), image.dtype(), image.device())?;
    for (y, x) in taps.pairs() {
        let value = planes.gather(&taps.indices(x, y, channels)?, 2)?;
        sum = (sum + value.broadcast_mul(&(&x.weight * &y.weight)?)?)?;
    }
    sum.reshape((batch, channels, rows, columns))
}

/// The gradients of image and grid, if `wanted`.
pub(crate) fn grid_sample_grads(
    image: &Tensor,
    grid: &Tensor,
    gradient: &Tensor,
    sampler: Sampler,
    wanted: (bool, bool),
) -> Result<(Option<Tensor>, Option<Tensor>)> {
    let (_, channels, height, width) = image.dims4()?;
    let gradient = gradient.contiguous()?.flatten_from(2)?;
    let taps = GridTaps::new(grid, (height, width), sampler)?;
    let to_image = wanted.0.then(|| {
        let mut sum = image.flatten_from(2)?.zeros_like()?;
        for (y, x) in taps.pairs() {
            let share = gradient.broadcast_mul(&(&x.weight * &y.weight)?)?;
            sum = sum.scatter_add(&taps.indices(x, y, channels)?, &share, 2)?;
        }
        sum.reshape(image.shape())
    });
    let to_grid = wanted.1.then(|| grid_grad(image, grid, &gradient, &taps));
    Ok((to_image.transpose()?, to_grid.transpose()?))
}

fn grid_grad(image: &Tensor, grid: &Tensor, gradient: &Tensor, taps: &GridTaps) -> Result<Tensor> {
    let (batch, rows, columns, _) = grid.dims4()?;
    let channels = image.dim(1)?;
    let planes = image.contiguous()?.flatten_from(2)?;
    let zero = Tensor::zeros((batch, 1, rows * columns), gradient.dtype(), gradient.device())?;
    // The gradients of pixel coordinates and of box widths, along x and y.
    let mut places = [zero.clone(), zero.clone()];
    let mut widths = [zero.clone(), zero];
    for (y, x) in taps.pairs() {
        let value = (planes.gather(&taps.indices(x, y, channels)?, 2)? * gradient)?.sum_keepdim(1)?;
        places[0] = (&places[0] + (&value * (&x.slope * &y.weight)?)?)?;
        places[1] = (&places[1] + (&value * (&x.weight * &y.slope)?)?)?;
        if let (Some(across), Some(down)) = (&x.widening, &y.widening) {
            widths[0] = (&widths[0] + (&value * (across * &y.weight)?)?)?;
            widths[1] = (&widths[1] + (&value * (&x.weight * down)?)?)?;
        }
    }
    let along = |k: usize| {
        let mut sum = places[k].reshape((batch, 1, rows, columns))?;
        if let Some(all) = &taps.widths {
            let to_width = widths[k].reshape(sum.shape())?;
            for (difference, derivative) in &all[k].from {
                sum = (sum + difference.transpose(&(&to_width * derivative)?)?)?;
            }
        }
        // From pixel to canonical coordinates.
        sum.squeeze(1)? * taps.axes[k].scale
    };
    Tensor::stack(&[along(0)?, along(1)?], 3)
}

/// The gradient of matrices [B, 2, 3] or [B, 3, 3], given the gradient of their grid.
pub(crate) fn matrix_grad(matrix: &Tensor, points: &Tensor, to_points: &Tensor, align_corners: bool) -> Result<Tensor> {
    let (batch, height, width, _) = points.dims4()?;
    let axis = |t: &Tensor, k: usize| t.narrow(3, k, 1)?.contiguous()?.reshape((batch, height * width));
    let homogeneous = grid::homogeneous((height, width), align_corners, matrix.dtype(), matrix.device())?;
    let (to_x, to_y) = (axis(to_points, 0)?, axis(to_points, 1)?);
    let rows = if matrix.dim(1)? == 2 {
        vec![to_x, to_y]
    } else {
        // The coordinates are quotients: x = numerator / denominator.
        let third = matrix.narrow(1, 2, 1)?.contiguous()?.reshape((batch, 3))?;
        let inverse = (third.matmul(&homogeneous)? + grid::EPSILON)?.recip()?;
        let (x, y) = (axis(points, 0)?, axis(points, 1)?);
        // Points without a gradient may be infinite; zero times infinity would be NaN.
        let has_gradient = (to_x.abs()? + to_y.abs()?)?.gt(0.0)?;
        let (to_x, to_y) = ((to_x * &inverse)?, (to_y * &inverse)?);
        let to_z = ((&to_x * x)? + (&to_y * y)?)?.neg()?;
        [to_x, to_y, to_z].iter().map(|t| masked(t, &has_gradient)).collect::<Result<Vec<_>>>()?
    };
    let count = rows.len();
    Tensor::stack(&rows, 1)?
        .reshape((batch * count, height * width))?
        .matmul(&homogeneous.t()?)?
        .reshape((batch, count, 3))
}
