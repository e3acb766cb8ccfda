//! Walls with windows, doors and framed images.

use super::surface::{Surface, hash, noise};
use crate::colour::Colour;
use crate::furniture::paint::{linear, wood};
use glam::{Vec2, Vec3};
use rand::Rng;

/// What all walls of a room share.
#[derive(Clone, Debug)]
pub(super) struct WallStyle {
    paint: Vec3,
    /// The lower part of the wall, up to a height.
    lower: Option<(f32, Vec3)>,
    trim: Vec3,
    skirting: f32,
    pattern: Pattern,
}

#[derive(Clone, Copy, Debug)]
enum Pattern {
    Plain,
    Stripes { width: f32, factor: f32 },
    Dots { distance: f32, factor: f32 },
    Bricks,
}

/// A part of a wall that no furniture may cover: x from and to along the wall, and the height below
/// which furniture may stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub from: f32,
    pub to: f32,
    pub sill: f32,
}

/// A rectangle on a wall that is taken.
#[derive(Clone, Copy)]
struct Taken {
    low: Vec2,
    high: Vec2,
}

impl WallStyle {
    /// `design` chooses the pattern, `rng` the colours.
    pub(super) fn sample(design: &mut impl Rng, rng: &mut impl Rng) -> Self {
        let hue = if rng.random_bool(0.5) { rng.random() } else { rng.random_range(0.06..0.16) };
        let paint = Colour::hsv(hue, rng.random_range(0.0..0.25_f64).powf(1.5), rng.random_range(0.6..0.98));
        let trim = if rng.random_bool(0.75) {
            Colour::hsv(0.1, rng.random_range(0.0..0.08), rng.random_range(0.8..0.97))
        } else {
            wood(rng)
        };
        let pattern = match design.random_range(0..9) {
            0 => Pattern::Stripes { width: design.random_range(0.1..0.4), factor: design.random_range(0.75..1.1) },
            1 => Pattern::Dots { distance: design.random_range(0.1..0.3), factor: design.random_range(0.7..1.15) },
            2 => Pattern::Bricks,
            _ => Pattern::Plain,
        };
        let lower = design.random_bool(0.2).then(|| {
            let colour = Colour::hsv(rng.random(), rng.random_range(0.0..0.25), rng.random_range(0.5..0.95));
            (design.random_range(0.8..1.2), linear(colour))
        });
        let skirting = [0.0, 0.07, 0.1, 0.14][design.random_range(0..4)];
        Self { paint: linear(paint), lower, trim: linear(trim), skirting, pattern }
    }

    /// This style in another colour, as an accent.
    pub(super) fn accent(&self, rng: &mut impl Rng) -> Self {
        let paint = Colour::hsv(rng.random(), rng.random_range(0.1..0.55), rng.random_range(0.35..0.9));
        Self { paint: linear(paint), ..self.clone() }
    }

    /// Paints a wall of `size` and returns what must stay free of furniture.
    ///
    /// x runs along the x or z axis of the room.
    pub(super) fn wall(&self, rng: &mut impl Rng, size: Vec2, detail: f32) -> (Surface, Vec<Opening>) {
        let seed = rng.random::<u32>();
        let mut wall = Surface::new(size, detail, |p| self.colour(p, seed));
        let (mut taken, mut openings) = (Vec::new(), Vec::new());
        if rng.random_bool(0.3) {
            openings.extend(self.door(rng, &mut wall, size, &mut taken));
        }
        if rng.random_bool(0.5) {
            openings.extend(self.window(rng, &mut wall, size, &mut taken));
        }
        for chance in [0.5, 0.35] {
            if rng.random_bool(chance) {
                framed_image(rng, &mut wall, size, &mut taken);
            }
        }
        (wall, openings)
    }

    fn colour(&self, p: Vec2, seed: u32) -> Vec3 {
        if p.y < self.skirting {
            return self.trim * if p.y > self.skirting - 0.012 { 0.6 } else { 1.0 };
        }
        let uneven = 0.97 + 0.06 * noise(p * 2.5, seed);
        if let Some((height, colour)) = self.lower {
            if p.y < height {
                return colour * uneven;
            }
            if p.y < height + 0.04 {
                return self.trim;
            }
        }
        let factor = match self.pattern {
            Pattern::Plain => 1.0,
            Pattern::Stripes { width, factor } if (p.x / width) as i32 % 2 == 0 => factor,
            Pattern::Dots { distance, factor } if ((p / distance).fract() - 0.5).length() < 0.25 => factor,
            Pattern::Bricks => {
                let row = (p.y / 0.09).floor();
                let x = p.x + 0.12 * (row as i32 % 2) as f32;
                let joint = (p.y / 0.09).fract() < 0.12 || (x / 0.24).fract() < 0.05;
                if joint { 1.15 } else { 0.8 + 0.25 * hash((x / 0.24) as i32, row as i32, seed) }
            }
            _ => 1.0,
        };
        self.paint * factor * uneven
    }

    fn door(&self, rng: &mut impl Rng, wall: &mut Surface, size: Vec2, taken: &mut Vec<Taken>) -> Option<Opening> {
        let (width, height) = (rng.random_range(0.72..0.95_f32), rng.random_range(1.95..2.1_f32));
        let x = place(rng, size, Vec2::new(width, height), 0.0, taken)?;
        let colour = if rng.random_bool(0.6) { self.trim * 0.9 } else { linear(wood(rng)) };
        let at = |x0: f32, y0: f32, x1: f32, y1: f32| (Vec2::new(x + x0, y0), Vec2::new(x + x1, y1));
        let mut rectangle = |(low, high): (Vec2, Vec2), colour: Vec3| wall.fill(low, high, colour);
        rectangle(at(-0.08, 0.0, width + 0.08, height + 0.08), self.trim);
        rectangle(at(0.0, 0.0, width, height), colour);
        for (y0, y1) in [(0.15, 0.9), (1.05, height - 0.15)] {
            rectangle(at(0.12, y0, width - 0.12, y1), colour * 0.78);
            rectangle(at(0.15, y0 + 0.03, width - 0.15, y1 - 0.03), colour * 0.94);
        }
        rectangle(at(0.05, 0.98, 0.12, 1.03), Vec3::splat(0.2));
        Some(Opening { from: x - 0.1, to: x + width + 0.1, sill: 0.0 })
    }

    fn window(&self, rng: &mut impl Rng, wall: &mut Surface, size: Vec2, taken: &mut Vec<Taken>) -> Option<Opening> {
        let width = rng.random_range(0.7..1.9_f32);
        let (bottom, top) = if rng.random_bool(0.2) {
            (0.05, 2.1)
        } else {
            let bottom = rng.random_range(0.75..1.0_f32);
            (bottom, (bottom + rng.random_range(0.9..1.4_f32)).min(size.y - 0.2))
        };
        let x = place(rng, size, Vec2::new(width, top - bottom), bottom, taken)?;
        let seed = rng.random::<u32>();
        let sky = linear(Colour::hsv(rng.random_range(0.52..0.62), rng.random_range(0.0..0.3), 1.0)) * 1.5;
        let ground_hue = rng.random_range(0.2..0.6);
        let ground = linear(Colour::hsv(ground_hue, rng.random_range(0.0..0.35), rng.random_range(0.5..1.0))) * 1.2;
        let frame = self.trim * 0.95;
        wall.fill(Vec2::new(x - 0.07, bottom - 0.07), Vec2::new(x + width + 0.07, top + 0.07), frame);
        wall.paint(Vec2::new(x, bottom), Vec2::new(x + width, top), |p, _| {
            ground.lerp(sky, (p.y - bottom) / (top - bottom)) * (0.9 + 0.2 * noise(p * 3.0, seed))
        });
        let bars = rng.random_range(1..4);
        for i in 1..=bars {
            let middle = x + width * i as f32 / (bars + 1) as f32;
            wall.fill(Vec2::new(middle - 0.025, bottom), Vec2::new(middle + 0.025, top), frame);
        }
        if rng.random_bool(0.45) {
            let colour = linear(Colour::hsv(rng.random(), rng.random_range(0.0..0.5), rng.random_range(0.4..0.95)));
            let low = if rng.random_bool(0.6) { 0.05 } else { bottom - 0.1 };
            for (from, to) in [(-0.2, 0.14 * width), (0.86 * width, width + 0.2)] {
                wall.paint(Vec2::new(x + from, low), Vec2::new(x + to, top + 0.12), |p, _| {
                    colour * (0.85 + 0.15 * (p.x * 60.0).sin())
                });
            }
        }
        Some(Opening { from: x - 0.1, to: x + width + 0.1, sill: bottom - 0.1 })
    }
}

/// A painting of two colours in a frame.
fn framed_image(rng: &mut impl Rng, wall: &mut Surface, size: Vec2, taken: &mut Vec<Taken>) {
    let extent = Vec2::new(rng.random_range(0.3..1.1), rng.random_range(0.3..0.8));
    let bottom = rng.random_range(1.25..1.55_f32).min(size.y - extent.y - 0.1);
    let Some(x) = place(rng, size, extent, bottom, taken) else { return };
    let frame = match rng.random_range(0..3) {
        0 => Vec3::splat(rng.random_range(0.01..0.1)),
        1 => Vec3::splat(rng.random_range(0.7..0.95)),
        _ => linear(wood(rng)),
    };
    let colour = |rng: &mut dyn rand::RngCore| {
        linear(Colour::hsv(rng.random(), rng.random_range(0.0..0.7), rng.random_range(0.3..1.0)))
    };
    let (a, b) = (colour(rng), colour(rng));
    let (seed, scale) = (rng.random::<u32>(), rng.random_range(4.0..14.0_f32));
    let low = Vec2::new(x, bottom);
    wall.fill(low, low + extent, frame);
    wall.paint(low + 0.035, low + extent - 0.035, |p, _| a.lerp(b, noise(p * scale, seed)));
}

/// A free place for a rectangle whose lower edge is at `bottom`: the x of its left edge.
fn place(rng: &mut impl Rng, size: Vec2, extent: Vec2, bottom: f32, taken: &mut Vec<Taken>) -> Option<f32> {
    const MARGIN: f32 = 0.12;
    let free = size.x - extent.x - 2.0 * MARGIN;
    if free <= 0.0 {
        return None;
    }
    for _ in 0..12 {
        let x = MARGIN + free * rng.random::<f32>();
        let (low, high) = (Vec2::new(x, bottom), Vec2::new(x, bottom) + extent);
        if taken.iter().all(|t| (low - MARGIN).cmpge(t.high).any() || (high + MARGIN).cmple(t.low).any()) {
            taken.push(Taken { low, high });
            return Some(x);
        }
    }
    None
}
