//! Curves, noise and random numbers for shapes and materials. Vectors come from `glam`.

use glam::Vec3;
use noise_functions::{Noise, Value};
use rand::Rng;

/// The random number generator. It is always seeded, so that rendering is deterministic.
pub(crate) type Random = rand_xoshiro::Xoshiro256PlusPlus;

/// A vector with components in [−1, 1).
pub(crate) fn scatter(rng: &mut Random) -> Vec3 {
    Vec3::from_array(std::array::from_fn(|_| rng.random_range(-1.0..1.0)))
}

/// A smooth step from 0 at `low` to 1 at `high`.
///
/// If `low` is greater than `high`, the step falls; the function of `glam` does not support that.
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// An unnormalised Gaussian exp(−`squared` / 2`sigma`²) of a squared distance.
pub(crate) fn bell(squared: f32, sigma: f32) -> f32 {
    (-0.5 * squared / (sigma * sigma)).exp()
}

/// Interpolates a table of (x, y) that is sorted by x.
///
/// Between two points the curve is the mean of a straight line and a smooth step, which bends less
/// sharply at the points. It is constant before the first and after the last point.
///
/// # Panics
/// If the table is empty.
pub(crate) fn table(points: &[(f32, f32)], x: f32) -> f32 {
    let next = points.partition_point(|p| p.0 <= x);
    if next == 0 {
        return points[0].1;
    }
    let Some(&(x1, y1)) = points.get(next) else { return points[next - 1].1 };
    let (x0, y0) = points[next - 1];
    let t = 0.5 * (smoothstep(x0, x1, x) + (x - x0) / (x1 - x0));
    y0 + (y1 - y0) * t
}

/// Smooth value noise in [−1, 1] with features about one unit wide.
pub(crate) fn noise(p: Vec3) -> f32 {
    Value.sample3(p.to_array())
}

/// A sum of octaves of [`noise`]. Each octave has about half the feature size and half the
/// amplitude of the previous one; the first has amplitude 1.
pub(crate) fn fbm(p: Vec3, octaves: u32) -> f32 {
    // The ratio is not exactly 2, so that the grids of the octaves do not coincide.
    let sum = Value.fbm(octaves, 0.5, 1.97);
    sum.sample3(p.to_array()) / sum.fractal_bounding
}
