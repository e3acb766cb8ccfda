//! Area filtering: means over the axis-aligned boxes that output pixels cover.
//!
//! Each pixel is a unit square of constant value. A box of width 1 is then exactly bilinear
//! interpolation, and wider boxes cover all pixels between output pixels.

use super::geometry::{Axis, Geometry};
use super::kernel::{Gradients, Operands, with_parts};
use super::{MAX_REFLECTED, Padding};
use crate::ops::storage::for_each_chunk;
use candle_core::WithDType;

/// Maximum width of a box in pixels. It bounds the run time for grids that shrink strongly.
pub(in crate::ops) const MAX_BOX: f64 = 32.0;

/// The weight of one pixel in a box, along one axis.
struct Share {
    pixel: usize,
    weight: f64,
    /// The derivative of the weight with respect to the box's centre.
    slope: f64,
    /// The derivative of the weight with respect to the box's width.
    widening: f64,
}

/// Replaces `shares` by those of the box at `centre`, `width` pixels wide.
fn shares(axis: &Axis, centre: f64, width: f64, shares: &mut Vec<Share>) {
    shares.clear();
    let size = axis.size as f64;
    let centre = match axis.padding() {
        Padding::Zeros if centre > -MAX_BOX && centre < size + MAX_BOX => centre,
        Padding::Border if centre.is_finite() => centre.clamp(-MAX_BOX, size + MAX_BOX),
        Padding::Reflection if centre.abs() <= MAX_REFLECTED => centre,
        _ => return,
    };
    let (low, high) = (centre - 0.5 * width, centre + 0.5 * width);
    for i in (low + 0.5).floor() as isize..=(high + 0.5).floor() as isize {
        let Some(pixel) = axis.source(i) else { continue };
        let (left, right) = (i as f64 - 0.5, i as f64 + 0.5);
        let weight = (high.min(right) - low.max(left)).max(0.0) / width;
        let ends = [low >= left, high < right].map(|inside| f64::from(u8::from(inside)) / width);
        shares.push(Share {
            pixel,
            weight,
            slope: ends[1] - ends[0],
            widening: 0.5 * (ends[0] + ends[1]) - weight / width,
        });
    }
}

/// The output pixels before and after pixel `i` along one axis, and the distance between them.
fn neighbours(i: usize, size: usize) -> (usize, usize, f64) {
    let (before, after) = (i.saturating_sub(1), (i + 1).min(size - 1));
    (before, after, (after - before).max(1) as f64)
}

/// The boxes of the grid of one image.
struct Boxes<'a, T> {
    points: &'a [T],
    geometry: &'a Geometry,
}

/// The width of a box along one axis of the image, with its derivatives.
struct Width {
    value: f64,
    /// For each output axis: the pixels before and after, and the derivative of the width with
    /// respect to the coordinate of the pixel after. That of the pixel before is its negative.
    from: [(usize, usize, f64); 2],
}

impl<T: WithDType> Boxes<'_, T> {
    /// A coordinate of a grid point in pixels; `axis` 0 is x, 1 is y.
    fn coordinate(&self, index: usize, axis: usize) -> f64 {
        let Axis { scale, start, .. } = self.geometry.axes[axis];
        self.points[2 * index + axis].to_f64() * scale + start
    }

    fn width(&self, index: usize, axis: usize) -> Width {
        let (height, width) = self.geometry.output;
        let (row, column) = (index / width, index % width);
        let (left, right, across) = neighbours(column, width);
        let (above, below, down) = neighbours(row, height);
        let along =
            [(row * width + left, row * width + right, across), (above * width + column, below * width + column, down)];
        let differences = along.map(|(before, after, pixels)| {
            let difference = (self.coordinate(after, axis) - self.coordinate(before, axis)) / pixels;
            if difference.abs() <= MAX_REFLECTED { difference } else { 0.0 }
        });
        let length = differences[0].hypot(differences[1]);
        let unclamped = length > 1.0 && length < MAX_BOX;
        let from = std::array::from_fn(|k| {
            let (before, after, pixels) = along[k];
            (before, after, if unclamped { differences[k] / length / pixels } else { 0.0 })
        });
        Width { value: length.clamp(1.0, MAX_BOX), from }
    }
}

/// The shares of an output pixel's box along x and y.
type Pair = [Vec<Share>; 2];

pub(super) fn sample<T: WithDType>(operands: Operands<T>, geometry: &Geometry) -> Vec<T> {
    let ([batch, channels, height, width], pixels) = (operands.shape, geometry.pixels());
    let mut out = vec![T::from_f64(0.0); batch * channels * pixels];
    for_each_chunk(&mut out, channels * pixels, Pair::default, |pair, item, out| {
        let (image, points) = operands.item(item);
        let boxes = Boxes { points, geometry };
        for index in 0..pixels {
            for (axis, found) in pair.iter_mut().enumerate() {
                shares(&geometry.axes[axis], boxes.coordinate(index, axis), boxes.width(index, axis).value, found);
            }
            let [across, down] = &*pair;
            for (plane, out) in image.chunks_exact(height * width).zip(out.chunks_exact_mut(pixels)) {
                let line = |y: &Share| {
                    let line = &plane[y.pixel * width..][..width];
                    y.weight * across.iter().map(|x| x.weight * line[x.pixel].to_f64()).sum::<f64>()
                };
                out[index] = T::from_f64(down.iter().map(line).sum());
            }
        }
    });
    out
}

pub(super) fn gradients<T: WithDType>(
    operands: Operands<T>,
    gradient: &[T],
    geometry: &Geometry,
    wanted: (bool, bool),
) -> Gradients<T> {
    let ([_, channels, height, width], pixels) = (operands.shape, geometry.pixels());
    with_parts(&operands, wanted, |parts| {
        for_each_chunk(parts, 1, Pair::default, |pair, item, part| {
            let (to_image, to_points) = &mut part[0];
            let (image, points) = operands.item(item);
            let gradient = &gradient[item * channels * pixels..][..channels * pixels];
            let boxes = Boxes { points, geometry };
            for index in 0..pixels {
                let widths = [0, 1].map(|axis| boxes.width(index, axis));
                for (axis, found) in pair.iter_mut().enumerate() {
                    shares(&geometry.axes[axis], boxes.coordinate(index, axis), widths[axis].value, found);
                }
                let [across, down] = &*pair;
                // For x and y: the gradients of the box's centre and width.
                let mut sums = [[0.0; 2]; 2];
                for channel in 0..channels {
                    let value = gradient[channel * pixels + index].to_f64();
                    let start = channel * height * width;
                    for (y, x) in down.iter().flat_map(|y| across.iter().map(move |x| (y, x))) {
                        let place = start + y.pixel * width + x.pixel;
                        if let Some(out) = to_image {
                            out[place] += T::from_f64(value * x.weight * y.weight);
                        }
                        let product = value * image[place].to_f64();
                        sums[0][0] += product * x.slope * y.weight;
                        sums[0][1] += product * x.widening * y.weight;
                        sums[1][0] += product * x.weight * y.slope;
                        sums[1][1] += product * x.weight * y.widening;
                    }
                }
                let Some(out) = to_points else { continue };
                for (axis, [centre, widening]) in sums.into_iter().enumerate() {
                    let scale = geometry.axes[axis].scale;
                    out[2 * index + axis] += T::from_f64(centre * scale);
                    for (before, after, derivative) in widths[axis].from {
                        let share = T::from_f64(widening * derivative * scale);
                        out[2 * after + axis] += share;
                        out[2 * before + axis] -= share;
                    }
                }
            }
        });
    })
}
