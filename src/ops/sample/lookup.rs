//! The input points of output pixels: read from a grid, or computed from a matrix.

use super::filter::Filter;
use super::geometry::{Axis, Geometry};
use crate::kernels::{Instructions, Kernel, Lanes};
use crate::ops::Padding;
use crate::ops::grid::{EPSILON, output_axis};
use candle_core::WithDType;
use std::marker::PhantomData;
use std::ops::Range;

/// The input pixels that one output pixel samples.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Tap<T> {
    /// The index of the output pixel, row by row.
    pub index: usize,
    /// The column and row of the first neighbour, counted with the image's margin.
    pub first: [usize; 2],
    /// The fractions along x and y; see [`Filter::split`].
    pub fraction: [T; 2],
    /// The derivatives of the pixel coordinates (x, y) with respect to the canonical ones.
    pub slope: [T; 2],
}

/// Number of points that are computed together, so that compilers vectorise.
const CHUNK: usize = 8;

/// Replaces `taps` by the taps of `columns` of a row that depend on the image.
struct TapRow<'a, F, T, C> {
    taps: &'a mut Vec<Tap<T>>,
    columns: Range<usize>,
    /// Number of output pixels before this row.
    before: usize,
    axes: &'a [Axis; 2],
    /// The pixel coordinates x and y of up to `CHUNK` points: called with the first column and the
    /// number of points.
    coordinates: C,
    filter: PhantomData<F>,
}

impl<F: Filter, T: WithDType, C: Fn(usize, usize) -> [[T; CHUNK]; 2]> Kernel for TapRow<'_, F, T, C> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { taps, columns, before, axes, coordinates, .. } = self;
        let zero = T::from_f64(0.0);
        let ([[left, right], [above, below]], scales) =
            (axes.each_ref().map(|axis| axis.bounds::<F, T>()), axes.map(|axis| T::from_f64(axis.scale)));
        // Written in place, because pushing taps one by one is slower than computing them.
        taps.resize(columns.len(), Tap { index: 0, first: [0; 2], fraction: [zero; 2], slope: [zero; 2] });
        let mut count = 0;
        for start in columns.clone().step_by(CHUNK) {
            let len = (columns.end - start).min(CHUNK);
            let [x, y] = coordinates(start, len);
            let (mut first, mut fraction) = ([[0u32; CHUNK]; 2], [[zero; CHUNK]; 2]);
            let mut inside = [false; CHUNK];
            for k in 0..CHUNK {
                // False for NaN.
                inside[k] = (x[k] > left) & (x[k] < right) & (y[k] > above) & (y[k] < below);
                let (across, down) = (F::split(x[k]), F::split(y[k]));
                (first[0][k], fraction[0][k]) = (across.0 as u32, across.1);
                (first[1][k], fraction[1][k]) = (down.0 as u32, down.1);
            }
            for k in 0..len {
                let index = before + start + k;
                let tap = if inside[k] {
                    Tap {
                        index,
                        first: [first[0][k] as usize, first[1][k] as usize],
                        fraction: [fraction[0][k], fraction[1][k]],
                        slope: scales,
                    }
                } else {
                    match Tap::outside::<F>(index, x[k], y[k], axes) {
                        Some(tap) => tap,
                        None => continue,
                    }
                };
                taps[count] = tap;
                count += 1;
            }
        }
        taps.truncate(count);
    }
}

impl<T: WithDType> Tap<T> {
    /// The tap of a point out of bounds along at least one axis; `None` if it does not depend on
    /// the image.
    fn outside<F: Filter>(index: usize, x: T, y: T, [across, down]: &[Axis; 2]) -> Option<Self> {
        let place = |coordinate: T, axis: &Axis| {
            let [low, high] = axis.bounds::<F, T>();
            if coordinate > low && coordinate < high {
                let (first, fraction) = F::split(coordinate);
                return Some((first, fraction, T::from_f64(axis.scale)));
            }
            axis.outside::<F, T>(coordinate.to_f64())
        };
        let (left, right, slope_x) = place(x, across)?;
        let (up, below, slope_y) = place(y, down)?;
        Some(Self { index, first: [left, up], fraction: [right, below], slope: [slope_x, slope_y] })
    }
}

/// The input points of the pixels of one output image.
pub(in crate::ops) trait Lookup<'a, T: WithDType>: Sized {
    /// `None` if no output pixel depends on the image.
    fn new(operand: &'a [T], geometry: &'a Geometry) -> Option<Self>;

    /// Replaces `taps` by the taps of row `j` that depend on the image.
    fn row<F: Filter>(&self, j: usize, instructions: Instructions, taps: &mut Vec<Tap<T>>);

    /// Adds the contribution of a row to `operand_gradient`, or to internal sums, given the
    /// gradients of the taps' canonical coordinates.
    fn collect(&mut self, taps: &[Tap<T>], gradients: &[[T; 2]], operand_gradient: &mut [T]);

    /// Writes internal sums to `operand_gradient` after the last row.
    fn finish(self, operand_gradient: &mut [T]);
}

/// The points (x, y) of a grid, row by row.
pub(in crate::ops) struct GridLookup<'a, T> {
    points: &'a [T],
    geometry: &'a Geometry,
}

impl<'a, T: WithDType> Lookup<'a, T> for GridLookup<'a, T> {
    fn new(points: &'a [T], geometry: &'a Geometry) -> Option<Self> {
        Some(Self { points, geometry })
    }

    fn row<F: Filter>(&self, j: usize, instructions: Instructions, taps: &mut Vec<Tap<T>>) {
        let (axes, width) = (&self.geometry.axes, self.geometry.output.1);
        let [scales, starts] = [axes.map(|axis| T::from_f64(axis.scale)), axes.map(|axis| T::from_f64(axis.start))];
        let (points, _) = self.points[2 * j * width..][..2 * width].as_chunks::<2>();
        let coordinates = move |start: usize, count: usize| {
            let mut chunk = [[T::from_f64(0.0); 2]; CHUNK];
            match points[start..].first_chunk::<CHUNK>() {
                Some(points) => chunk = *points,
                None => chunk[..count].copy_from_slice(&points[start..]),
            }
            let mut all = [[T::from_f64(0.0); CHUNK]; 2];
            for k in 0..CHUNK {
                all[0][k] = chunk[k][0] * scales[0] + starts[0];
                all[1][k] = chunk[k][1] * scales[1] + starts[1];
            }
            all
        };
        let filter = PhantomData::<F>;
        instructions.run(TapRow { taps, columns: 0..width, before: j * width, axes, coordinates, filter });
    }

    fn collect(&mut self, taps: &[Tap<T>], gradients: &[[T; 2]], operand_gradient: &mut [T]) {
        for (tap, gradient) in taps.iter().zip(gradients) {
            operand_gradient[2 * tap.index..][..2].copy_from_slice(gradient);
        }
    }

    fn finish(self, _: &mut [T]) {}
}

/// A matrix [2, 3] or [3, 3]: the output pixel in column i and row j samples the input point
/// (x·q / z·q, y·q / z·q) in pixels, q = (i, j, 1).
pub(in crate::ops) struct MatrixLookup<'a> {
    /// The matrix in canonical coordinates.
    matrix: [f64; 9],
    /// The sums of the matrix's gradient.
    sums: [f64; 9],
    x: [f64; 3],
    y: [f64; 3],
    z: [f64; 3],
    geometry: &'a Geometry,
}

impl MatrixLookup<'_> {
    /// The columns of row `j` that may map into the image, rounded outwards.
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
        // If z has one sign, each of the bounds x > −reach, x < size − 1 + reach, … is a half-line.
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
    /// `None` for a matrix that is not finite.
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

    fn row<F: Filter>(&self, j: usize, instructions: Instructions, taps: &mut Vec<Tap<T>>) {
        let start = |row: &[f64; 3]| T::from_f64(row[1] * j as f64 + row[2]);
        let slope = |row: &[f64; 3]| T::from_f64(row[0]);
        let (x, y, z) = (start(&self.x), start(&self.y), start(&self.z));
        let (dx, dy, dz) = (slope(&self.x), slope(&self.y), slope(&self.z));
        let one = T::from_f64(1.0);
        let first = j * self.geometry.output.1;
        let coordinates = |start: usize, _| {
            let (mut across, mut down) = ([one; CHUNK], [one; CHUNK]);
            for (k, (u, v)) in across.iter_mut().zip(&mut down).enumerate() {
                let i = T::from_f64((start + k) as f64);
                let inverse = one / (z + dz * i);
                (*u, *v) = ((x + dx * i) * inverse, (y + dy * i) * inverse);
            }
            [across, down]
        };
        let columns = self.columns(j, F::REACH as f64);
        let (axes, filter) = (&self.geometry.axes, PhantomData::<F>);
        instructions.run(TapRow { taps, columns, before: first, axes, coordinates, filter });
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
