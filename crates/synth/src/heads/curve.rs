//! Curves and noise for shapes and colours.

use glam::Vec3;
use noise_functions::{Noise, Value};

/// A smooth step from 0 at `low` to 1 at `high`; it falls if `low` is greater than `high`.
pub(super) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A Gaussian of a squared distance, 1 in the middle.
pub(super) fn bell(squared: f32, sigma: f32) -> f32 {
    (-0.5 * squared / (sigma * sigma)).exp()
}

/// The line through points that are sorted by x, constant before the first and after the last.
pub(super) fn line(points: &[(f32, f32)], x: f32) -> f32 {
    let next = points.partition_point(|point| point.0 <= x);
    match (next.checked_sub(1).map(|i| points[i]), points.get(next)) {
        (Some((x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => 0.0,
    }
}

/// Smooth noise in [−1, 1] with features about one unit wide.
pub(super) fn noise(p: Vec3) -> f32 {
    Value.sample3(p.to_array())
}
