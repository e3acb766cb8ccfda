//! Where the output's pixels look: at the points of a grid, or through a matrix without one.

use super::filter::Filter;
use super::geometry::{Axis, Geometry};
use crate::ops::Padding;
use crate::ops::grid::{EPSILON, output_axis};
use candle_core::WithDType;
use std::ops::Range;

/// What one output pixel sees.
pub(in crate::ops) struct Tap<T> {
    /// The output pixel, row by row.
    pub index: usize,
    /// The first neighbour, in pixels of the image with its margin.
    pub first: [usize; 2],
    /// Across and down.
    pub fraction: [T; 2],
    /// The derivatives of the coordinates in pixels with respect to the canonical ones.
    pub slope: [T; 2],
}

impl<T: WithDType> Tap<T> {
    /// None where nothing is seen.
    #[inline(always)]
    fn new<F: Filter>(index: usize, x: T, y: T, [across, down]: &[Axis; 2]) -> Option<Self> {
        let (left, right, slope_x) = across.place::<F, T>(x)?;
        let (up, below, slope_y) = down.place::<F, T>(y)?;
        Some(Self { index, first: [left, up], fraction: [right, below], slope: [slope_x, slope_y] })
    }
}

/// Where the pixels of one output image look.
pub(in crate::ops) trait Lookup<'a, T: WithDType>: Sized {
    /// None where nothing is seen at all.
    fn new(operand: &'a [T], geometry: &'a Geometry) -> Option<Self>;

    /// What the pixels of row `j` see, those that see anything, into `taps`.
    fn row<F: Filter>(&self, j: usize, taps: &mut Vec<Tap<T>>);

    /// Takes the gradients of the canonical coordinates of `taps` into `operand_gradient`.
    fn collect(&mut self, taps: &[Tap<T>], gradients: &[[T; 2]], operand_gradient: &mut [T]);

    /// After the last row.
    fn finish(self, operand_gradient: &mut [T]);
}

/// Points (x, y), row by row.
pub(in crate::ops) struct GridLookup<'a, T> {
    points: &'a [T],
    geometry: &'a Geometry,
}

impl<'a, T: WithDType> Lookup<'a, T> for GridLookup<'a, T> {
    fn new(points: &'a [T], geometry: &'a Geometry) -> Option<Self> {
        Some(Self { points, geometry })
    }

    fn row<F: Filter>(&self, j: usize, taps: &mut Vec<Tap<T>>) {
        let (axes, width) = (&self.geometry.axes, self.geometry.output.1);
        let [scale_x, scale_y] = axes.map(|axis| T::from_f64(axis.scale));
        let [start_x, start_y] = axes.map(|axis| T::from_f64(axis.start));
        let points = self.points[2 * j * width..][..2 * width].chunks_exact(2).zip(j * width..);
        taps.clear();
        taps.extend(points.filter_map(|(point, index)| {
            Tap::new::<F>(index, point[0] * scale_x + start_x, point[1] * scale_y + start_y, axes)
        }));
    }

    fn collect(&mut self, taps: &[Tap<T>], gradients: &[[T; 2]], operand_gradient: &mut [T]) {
        for (tap, gradient) in taps.iter().zip(gradients) {
            operand_gradient[2 * tap.index..][..2].copy_from_slice(gradient);
        }
    }

    fn finish(self, _: &mut [T]) {}
}

/// A matrix [2, 3] or [3, 3]: column i and row j look at (x·q / z·q, y·q / z·q) in pixels, q = (i, j, 1).
pub(in crate::ops) struct MatrixLookup<'a> {
    /// In canonical coordinates, and the sums of its gradient.
    matrix: [f64; 9],
    sums: [f64; 9],
    x: [f64; 3],
    y: [f64; 3],
    z: [f64; 3],
    geometry: &'a Geometry,
}

impl MatrixLookup<'_> {
    /// The columns of row `j` that may look inside, rounded outwards.
    fn columns(&self, j: usize, reach: f64) -> Range<usize> {
        let width = self.geometry.output.1;
        if self.geometry.sampler.padding != Padding::Zeros {
            return 0..width;
        }
        let along = |row: &[f64; 3]| (row[0], row[1] * j as f64 + row[2]);
        let (z_slope, z_start) = along(&self.z);
        let ends = [z_start, z_start + z_slope * (width - 1) as f64];
        let one_sign = ends.iter().all(|&z| z > 0.0) || ends.iter().all(|&z| z < 0.0);
        if !one_sign {
            return 0..width;
        }
        // Each of x > −reach, x < size − 1 + reach, … is then a half-line.
        let sign = ends[0].signum();
        let (mut first, mut last) = (0.0f64, (width - 1) as f64);
        for (row, axis) in [&self.x, &self.y].into_iter().zip(&self.geometry.axes) {
            let (slope, start) = along(row);
            let end = axis.size as f64 - 1.0 + reach;
            let bounds =
                [(slope + reach * z_slope, start + reach * z_start), (end * z_slope - slope, end * z_start - start)];
            for (slope, start) in bounds {
                let (slope, start) = (sign * slope, sign * start);
                if slope > 0.0 {
                    first = first.max(-start / slope);
                } else if slope < 0.0 {
                    last = last.min(-start / slope);
                } else if start <= 0.0 {
                    return 0..0;
                }
            }
        }
        let end = ((last + 2.0) as usize).min(width);
        ((first - 1.0) as usize).min(end)..end
    }
}

impl<'a, T: WithDType> Lookup<'a, T> for MatrixLookup<'a> {
    /// None for a matrix that is not finite.
    fn new(operand: &'a [T], geometry: &'a Geometry) -> Option<Self> {
        let mut h = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        for (entry, value) in h.iter_mut().zip(operand) {
            *entry = value.to_f64();
        }
        if !h.iter().all(|value| value.is_finite()) {
            return None;
        }
        if operand.len() == h.len() {
            h[8] += EPSILON;
        }
        let align_corners = geometry.sampler.align_corners;
        let [(left, across), (top, down)] =
            [geometry.output.1, geometry.output.0].map(|size| output_axis(size, align_corners));
        let row = |r: usize| [h[r] * across, h[r + 1] * down, h[r + 2] + h[r] * left + h[r + 1] * top];
        let z = row(6);
        let pixels = |row: [f64; 3], axis: &Axis| std::array::from_fn(|k| row[k] * axis.scale + z[k] * axis.start);
        let [x, y] = [pixels(row(0), &geometry.axes[0]), pixels(row(3), &geometry.axes[1])];
        Some(Self { matrix: h, sums: [0.0; 9], x, y, z, geometry })
    }

    fn row<F: Filter>(&self, j: usize, taps: &mut Vec<Tap<T>>) {
        let start = |row: &[f64; 3]| T::from_f64(row[1] * j as f64 + row[2]);
        let slope = |row: &[f64; 3]| T::from_f64(row[0]);
        let (x, y, z) = (start(&self.x), start(&self.y), start(&self.z));
        let (dx, dy, dz) = (slope(&self.x), slope(&self.y), slope(&self.z));
        let one = T::from_f64(1.0);
        let first = j * self.geometry.output.1;
        taps.clear();
        taps.extend(self.columns(j, F::REACH as f64).filter_map(|column| {
            let i = T::from_f64(column as f64);
            let inverse = one / (z + dz * i);
            Tap::new::<F>(first + column, (x + dx * i) * inverse, (y + dy * i) * inverse, &self.geometry.axes)
        }));
    }

    fn collect(&mut self, taps: &[Tap<T>], gradients: &[[T; 2]], _: &mut [T]) {
        let (height, width) = self.geometry.output;
        let align_corners = self.geometry.sampler.align_corners;
        let ((left, across), (top, down)) = (output_axis(width, align_corners), output_axis(height, align_corners));
        let h = &self.matrix;
        for (tap, gradient) in taps.iter().zip(gradients) {
            let x = left + across * (tap.index % width) as f64;
            let y = top + down * (tap.index / width) as f64;
            let inverse = 1.0 / (h[6] * x + h[7] * y + h[8]);
            let to_x = gradient[0].to_f64() * inverse;
            let to_y = gradient[1].to_f64() * inverse;
            let (u, v) = (h[0] * x + h[1] * y + h[2], h[3] * x + h[4] * y + h[5]);
            let to_z = -(to_x * u + to_y * v) * inverse;
            for (sums, value) in self.sums.chunks_exact_mut(3).zip([to_x, to_y, to_z]) {
                sums[0] += value * x;
                sums[1] += value * y;
                sums[2] += value;
            }
        }
    }

    fn finish(self, operand_gradient: &mut [T]) {
        for (out, sum) in operand_gradient.iter_mut().zip(self.sums) {
            *out = T::from_f64(sum);
        }
    }
}
