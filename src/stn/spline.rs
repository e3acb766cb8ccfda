//! Thin-plate splines (Bookstein 1989): the smoothest displacement field through given
//! displacements of control points.
//!
//! The control points lie on a fixed grid, so the displacement of every output point is linear in
//! θ: a matrix of basis functions, computed once, times the displacements of the control points.

use crate::ops::output_axis;
use candle_core::{Device, Result, Tensor, bail};

/// Maximum number of control points per side of a thin-plate spline. The basis matrix has
/// `points`² columns.
pub const MAX_CONTROL_POINTS: usize = 16;

/// r² log r², where r is the distance between two points.
fn kernel([x, y]: [f64; 2], [u, v]: [f64; 2]) -> f64 {
    let square = (x - u).powi(2) + (y - v).powi(2);
    if square > 0.0 { square * square.ln() } else { 0.0 }
}

/// The control points, row by row, from corner to corner of the canonical square.
fn control_points(points: usize) -> Vec<[f64; 2]> {
    let axis = |i: usize| 2.0 * i as f64 / (points - 1) as f64 - 1.0;
    (0..points).flat_map(|j| (0..points).map(move |i| [axis(i), axis(j)])).collect()
}

/// The displacement of every output pixel for a unit displacement of each control point:
/// [height · width, points²] in f64 on the CPU.
pub(super) fn basis(points: usize, (height, width): (usize, usize), align_corners: bool) -> Result<Tensor> {
    if !(2..=MAX_CONTROL_POINTS).contains(&points) {
        bail!(
            "thin-plate spline: {points}×{points} control points, expected 2×2 to {MAX_CONTROL_POINTS}×{MAX_CONTROL_POINTS}"
        );
    }
    let control = control_points(points);
    let count = control.len();
    // The system matrix [[K, P], [Pᵀ, 0]] with P = (1, x, y). The first `count` columns of its
    // inverse map displacements to spline weights.
    let size = count + 3;
    let mut rows: Vec<Vec<f64>> = (0..size).map(|_| vec![0.0; size + count]).collect();
    for (i, &a) in control.iter().enumerate() {
        for (j, &b) in control.iter().enumerate() {
            rows[i][j] = kernel(a, b);
        }
        for (k, value) in [1.0, a[0], a[1]].into_iter().enumerate() {
            rows[i][count + k] = value;
            rows[count + k][i] = value;
        }
        rows[i][size + i] = 1.0;
    }
    eliminate(&mut rows);
    let weights: Vec<f64> = rows.iter().flat_map(|row| row[size..].iter().copied()).collect();
    let weights = Tensor::from_vec(weights, (size, count), &Device::Cpu)?;
    let ((left, across), (top, down)) = (output_axis(width, align_corners), output_axis(height, align_corners));
    let mut values = Vec::with_capacity(height * width * size);
    for (j, i) in (0..height).flat_map(|j| (0..width).map(move |i| (j, i))) {
        let point = [left + across * i as f64, top + down * j as f64];
        values.extend(control.iter().map(|&c| kernel(point, c)));
        values.extend([1.0, point[0], point[1]]);
    }
    Tensor::from_vec(values, (height * width, size), &Device::Cpu)?.matmul(&weights)
}

/// Gauss–Jordan elimination with pivoting, in place: the left square becomes the identity.
fn eliminate(rows: &mut [Vec<f64>]) {
    for column in 0..rows.len() {
        let pivot = (column..rows.len()).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()));
        rows.swap(column, pivot.unwrap_or(column));
        let factor = 1.0 / rows[column][column];
        rows[column].iter_mut().for_each(|x| *x *= factor);
        let pivot = rows[column].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != column) {
            let factor = row[column];
            for (x, p) in row.iter_mut().zip(&pivot) {
                *x -= factor * p;
            }
        }
    }
}

/// The sampling grid [B, height, width, 2] of displacements θ [B, 2 · points²]; see [`basis`].
pub(super) fn grid(
    theta: &Tensor,
    basis: &Tensor,
    (height, width): (usize, usize),
    align_corners: bool,
) -> Result<Tensor> {
    let (batch, dimension) = theta.dims2()?;
    let count = dimension / 2;
    // One product for the whole batch: [HW, K²] · [K², B · 2].
    let control = theta.reshape((batch, count, 2))?.transpose(0, 1)?.contiguous()?.reshape((count, batch * 2))?;
    let displacements = basis.matmul(&control)?.reshape((height, width, batch, 2))?;
    let displacements = displacements.permute((2, 0, 1, 3))?.contiguous()?;
    let axis = |size: usize| {
        let (first, step) = output_axis(size, align_corners);
        let values: Vec<f64> = (0..size).map(|i| first + i as f64 * step).collect();
        Tensor::from_vec(values, size, theta.device())?.to_dtype(theta.dtype())
    };
    let xs = axis(width)?.unsqueeze(0)?.broadcast_as((height, width))?;
    let ys = axis(height)?.unsqueeze(1)?.broadcast_as((height, width))?;
    displacements.broadcast_add(&Tensor::stack(&[xs, ys], 2)?.unsqueeze(0)?)
}
