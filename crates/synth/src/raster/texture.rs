//! Textures with levels of detail.

use glam::{Vec2, Vec3};

/// A texture that repeats in both directions, with linear colours.
#[derive(Clone, Debug)]
pub struct Texture {
    /// The full size first, each further level half as large.
    levels: Vec<Level>,
}

#[derive(Clone, Debug)]
struct Level {
    width: usize,
    height: usize,
    texels: Vec<Vec3>,
}

impl Texture {
    /// A texture from linear colours, rows from the top.
    ///
    /// # Panics
    /// If a side is 0 or `texels` has another length than `width · height`.
    pub fn new(width: usize, height: usize, texels: Vec<Vec3>) -> Self {
        assert!(width > 0 && height > 0, "a texture needs texels");
        assert_eq!(texels.len(), width * height, "a texture of {width}×{height} needs as many texels");
        let mut levels = vec![Level { width, height, texels }];
        while let Some(next) = levels.last().and_then(Level::halved) {
            levels.push(next);
        }
        Self { levels }
    }

    /// The number of texels at full size.
    pub(super) fn area(&self) -> f32 {
        (self.levels[0].width * self.levels[0].height) as f32
    }

    /// The level on which a texel covers about a pixel, if a pixel covers `texels` at full size.
    pub(super) fn level(&self, texels: f32) -> usize {
        let level = 0.5 * texels.max(1.0).log2() + 0.3;
        (level as usize).min(self.levels.len() - 1)
    }

    /// The bilinear colour at texture coordinates.
    pub(super) fn sample(&self, uv: Vec2, level: usize) -> Vec3 {
        let Level { width, height, texels } = &self.levels[level];
        let x = (uv.x - uv.x.floor()) * *width as f32 - 0.5;
        let y = (1.0 - (uv.y - uv.y.floor())) * *height as f32 - 0.5;
        let (fx, fy) = (x - x.floor(), y - y.floor());
        let wrap = |i: f32, n: usize| (i as i64).rem_euclid(n as i64) as usize;
        let (x0, x1) = (wrap(x.floor(), *width), wrap(x.floor() + 1.0, *width));
        let (y0, y1) = (wrap(y.floor(), *height), wrap(y.floor() + 1.0, *height));
        let row = |y: usize| texels[y * width + x0].lerp(texels[y * width + x1], fx);
        row(y0).lerp(row(y1), fy)
    }
}

impl Level {
    fn halved(&self) -> Option<Self> {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        if (width, height) == (self.width, self.height) {
            return None;
        }
        let at = |x: usize, y: usize| self.texels[y.min(self.height - 1) * self.width + x.min(self.width - 1)];
        let mean = |x: usize, y: usize| {
            0.25 * (at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1))
        };
        let texels = (0..width * height).map(|i| mean(i % width, i / width)).collect();
        Some(Self { width, height, texels })
    }
}
