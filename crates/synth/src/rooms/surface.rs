//! Paint on flat surfaces, in metres.

use crate::raster::Texture;
use glam::{Vec2, Vec3};
use noise_functions::{Noise, Value};

/// The texture of a rectangle in the making. x runs to the right and y up, in metres.
pub(super) struct Surface {
    size: Vec2,
    columns: usize,
    rows: usize,
    texels: Vec<Vec3>,
}

impl Surface {
    /// A surface of this size with `detail` texels a metre, each coloured by its place.
    pub(super) fn new(size: Vec2, detail: f32, colour: impl Fn(Vec2) -> Vec3) -> Self {
        let count = |metres: f32| ((metres * detail).round() as usize).clamp(1, 2048);
        let (columns, rows) = (count(size.x), count(size.y));
        let mut surface = Self { size, columns, rows, texels: vec![Vec3::ZERO; columns * rows] };
        surface.paint(Vec2::ZERO, size, |p, _| colour(p));
        surface
    }

    /// Repaints the rectangle between two corners. `colour` takes the place and the old colour.
    pub(super) fn paint(&mut self, low: Vec2, high: Vec2, colour: impl Fn(Vec2, Vec3) -> Vec3) {
        let per_texel = self.size / Vec2::new(self.columns as f32, self.rows as f32);
        let span = |low: f32, high: f32, texel: f32, n: usize| {
            let index = |x: f32| (x / texel).round().clamp(0.0, n as f32) as usize;
            index(low)..index(high)
        };
        for row in span(self.size.y - high.y, self.size.y - low.y, per_texel.y, self.rows) {
            for column in span(low.x, high.x, per_texel.x, self.columns) {
                let p = Vec2::new((column as f32 + 0.5) * per_texel.x, self.size.y - (row as f32 + 0.5) * per_texel.y);
                let texel = &mut self.texels[row * self.columns + column];
                *texel = colour(p, *texel);
            }
        }
    }

    /// Paints a rectangle in one colour.
    pub(super) fn fill(&mut self, low: Vec2, high: Vec2, colour: Vec3) {
        self.paint(low, high, |_, _| colour);
    }

    pub(super) fn into_texture(self) -> Texture {
        Texture::new(self.columns, self.rows, self.texels)
    }
}

/// A number in [0, 1) for each pair of integers and seed.
pub(super) fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ seed;
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    ((h ^ (h >> 15)) >> 8) as f32 / (1 << 24) as f32
}

/// Smooth noise in [0, 1] with details of about one unit.
pub(super) fn noise(p: Vec2, seed: u32) -> f32 {
    0.5 + 0.5 * Value.seed(seed as i32).sample2(p.to_array())
}
