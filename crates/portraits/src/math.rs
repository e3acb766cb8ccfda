//! Curves, noise and random numbers: what shapes and materials are made of. Vectors are `glam`'s.

use glam::Vec3;
use noise_functions::{Noise, Value};
use rand::Rng;

/// The generator of everything random here, always seeded: a portrait is the same each time.
pub(crate) type Random = rand_xoshiro::Xoshiro256PlusPlus;

/// A vector with components in [−1, 1).
pub(crate) fn scatter(rng: &mut Random) -> Vec3 {
    Vec3::from_array(std::array::from_fn(|_| rng.random_range(-1.0..1.0)))
}

/// 0 before `low`, 1 beyond `high`, smooth in between; with `low` above `high` it falls instead, which glam's does not
/// promise.
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bell of height 1 and standard deviation `sigma` around zero, for a squared distance.
pub(crate) fn bell(squared: f32, sigma: f32) -> f32 {
    (-0.5 * squared / (sigma * sigma)).exp()
}

/// A curve through a table of (x, y) sorted by x. Between two points it is the mean of a straight line and a smooth step,
/// so that it bends less sharply at the points; before the first and beyond the last it is constant.
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

/// Octaves of [`noise`], each about half as large and half as strong as the one before, the first at full strength.
pub(crate) fn fbm(p: Vec3, octaves: u32) -> f32 {
    // Not quite half as large: the octaves' grids do not coincide.
    let sum = Value.fbm(octaves, 0.5, 1.97);
    sum.sample3(p.to_array()) / sum.fractal_bounding
}
