//! Textures of hair and cloth that all heads share.

use super::curve::noise;
use crate::raster::Texture;
use glam::Vec3;
use std::sync::{Arc, LazyLock};

const SIDE: usize = 128;

fn texture(shade: impl Fn(f32, f32) -> f32) -> Arc<Texture> {
    let texel = |i: usize| {
        let [x, y] = [i % SIDE, i / SIDE].map(|i| (i as f32 + 0.5) / SIDE as f32);
        Vec3::splat(shade(x, y))
    };
    Arc::new(Texture::new(SIDE, SIDE, (0..SIDE * SIDE).map(texel).collect()))
}

/// A noise that repeats after one unit in both directions.
fn tiled(x: f32, y: f32, across: f32, along: f32) -> f32 {
    let at = |x: f32, y: f32| noise(Vec3::new(across * x, along * y, 3.7));
    let rows = |y: f32| at(x, y) * (1.0 - x) + at(x - 1.0, y) * x;
    rows(y) * (1.0 - y) + rows(y - 1.0) * y
}

/// Straight strands along the second direction.
pub(super) static STRANDS: LazyLock<Arc<Texture>> =
    LazyLock::new(|| texture(|x, y| 1.0 + 0.55 * tiled(x, y, 55.0, 2.0) + 0.25 * tiled(x, y, 14.0, 1.5)));

/// Wavy strands.
pub(super) static WAVES: LazyLock<Arc<Texture>> = LazyLock::new(|| {
    texture(|x, y| {
        let bend = 0.03 * (std::f32::consts::TAU * 3.0 * y).sin();
        1.0 + 0.6 * tiled((x + bend).rem_euclid(1.0), y, 40.0, 3.0)
    })
});

/// Curls.
pub(super) static CURLS: LazyLock<Arc<Texture>> =
    LazyLock::new(|| texture(|x, y| (1.0 + 0.9 * tiled(x, y, 30.0, 24.0)).max(0.15)));

/// A weave or knit.
pub(super) static WEAVE: LazyLock<Arc<Texture>> = LazyLock::new(|| {
    texture(|x, y| {
        let wave = |t: f32| (std::f32::consts::TAU * 32.0 * t).sin();
        1.0 + 0.12 * wave(x) * wave(y) + 0.1 * tiled(x, y, 40.0, 40.0)
    })
});

/// Stripes across the second direction.
pub(super) static STRIPES: LazyLock<Arc<Texture>> =
    LazyLock::new(|| texture(|_, y| if (8.0 * y).fract() < 0.5 { 1.0 } else { 0.45 }));

/// Dots.
pub(super) static DOTS: LazyLock<Arc<Texture>> = LazyLock::new(|| {
    texture(|x, y| {
        let [x, y] = [x, y].map(|t| (10.0 * t).fract() - 0.5);
        if x.hypot(y) < 0.25 { 0.35 } else { 1.0 }
    })
});
