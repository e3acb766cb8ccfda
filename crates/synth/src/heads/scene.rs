//! What surrounds a head: light, background, body and the camera.

use super::curve::{noise, smoothstep};
use super::pose::{Pose, SIZE};
use crate::raster::{Lamp, Light, Lighting};
use glam::{Vec2, Vec3};
use rand::Rng;
use rand_distr::StandardNormal;

/// The light on a head.
pub(super) struct Illumination {
    pub lighting: Lighting,
    /// The direction of the lamp that casts shadows, in the axes of the head.
    pub key: Vec3,
    /// The share of the light on a lit surface that comes from that lamp.
    pub share: f32,
}

/// Light from any side; dim or coloured in some scenes. `plain` is soft light from the front.
pub(super) fn light(rng: &mut impl Rng, pose: &Pose, plain: bool) -> Illumination {
    let spread = if plain { 0.5 } else { 1.6 };
    let (around, up) = (spread * rng.random_range(-1.0..1.0_f32), rng.random_range(-0.2..1.1_f32));
    let key = pose.to_head(Vec3::new(around.sin() * up.cos(), up.sin(), around.cos() * up.cos()));
    let warmth = 0.15 * rng.sample::<f32, _>(StandardNormal);
    let white = Vec3::new(1.0 + warmth, 1.0, 1.0 - warmth);
    let tint = if !plain && rng.random_bool(0.15) { Vec3::from_array(rng.random::<[f32; 3]>()) + 0.15 } else { white };
    let strength = if plain { rng.random_range(0.5..0.9) } else { rng.random_range(0.3..1.7) };
    let ambient = if plain { rng.random_range(0.5..0.8) } else { rng.random_range(0.12..0.8) };
    let mut lights = vec![Light { lamp: Lamp::From(key), colour: strength * tint }];
    if rng.random_bool(0.4) {
        let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let rim = pose.to_head(Vec3::new(side, rng.random_range(-0.2..0.8), rng.random_range(-0.9..0.5)));
        let colour = rng.random_range(0.1..0.8) * if rng.random_bool(0.3) { tint.zxy() } else { white };
        lights.push(Light { lamp: Lamp::From(rim), colour });
    }
    let above = ambient * white;
    let below = above * rng.random_range(0.45..0.95);
    Illumination { lighting: Lighting { above, below, lights }, key, share: strength / (strength + ambient) }
}

trait Swapped {
    fn zxy(self) -> Self;
}

impl Swapped for Vec3 {
    fn zxy(self) -> Self {
        Self::new(self.z, self.x, self.y)
    }
}

fn paint(rng: &mut impl Rng) -> Vec3 {
    let grey = rng.random_range(0.01..0.9_f32).powf(1.4);
    let hue = Vec3::from_array(rng.random::<[f32; 3]>());
    let share = rng.random::<f32>().powi(2);
    Vec3::splat(grey).lerp(hue * hue, share)
}

/// The linear colours of the background, rows from the top.
pub(super) fn background(rng: &mut impl Rng) -> Vec<Vec3> {
    let (a, b) = (paint(rng), paint(rng));
    let angle = rng.random_range(0.0..std::f32::consts::TAU);
    let direction = Vec2::from_angle(angle);
    let seed = rng.random_range(0.0..100.0);
    let rough = if rng.random_bool(0.5) { rng.random_range(0.05..0.7) } else { 0.0 };
    let size = rng.random_range(0.03..0.5);
    let shapes: Vec<Shape> = match rng.random_range(0..5) {
        0 | 1 => Vec::new(),
        _ => (0..rng.random_range(1..14)).map(|_| Shape::sample(rng)).collect(),
    };
    let colour = |p: Vec2| {
        let t = smoothstep(-0.7, 0.7, (p - Vec2::new(0.5, 0.6)).dot(direction));
        let mut colour = a.lerp(b, t);
        if rough > 0.0 {
            colour *=
                1.0 + rough * noise((p / size).extend(seed)) + 0.4 * rough * noise((p / (0.2 * size)).extend(seed));
        }
        for shape in &shapes {
            let cover = shape.cover(p);
            if cover > 0.0 {
                colour = colour.lerp(shape.colour, cover);
            }
        }
        colour.max(Vec3::splat(0.002))
    };
    magnified(colour)
}

/// An image with [`SIZE`] from a function of the point in image widths. The function is evaluated
/// for every second pixel of every second row.
fn magnified(colour: impl Fn(Vec2) -> Vec3) -> Vec<Vec3> {
    let (width, height) = SIZE;
    let (columns, rows) = (width / 2 + 1, height / 2 + 2);
    let at = |i: usize| Vec2::new((2 * (i % columns)) as f32, (2 * (i / columns)) as f32) / width as f32;
    let coarse: Vec<Vec3> = (0..columns * rows).map(|i| colour(at(i))).collect();
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        let first = y / 2 * columns + x / 2;
        let row = |first: usize| if x % 2 == 0 { coarse[first] } else { 0.5 * (coarse[first] + coarse[first + 1]) };
        if y % 2 == 0 { row(first) } else { 0.5 * (row(first) + row(first + columns)) }
    };
    (0..width * height).map(pixel).collect()
}

/// A blurred box or disc, like furniture, windows and lamps out of focus.
struct Shape {
    middle: Vec2,
    half: Vec2,
    turn: Vec2,
    round: bool,
    blur: f32,
    opacity: f32,
    colour: Vec3,
}

impl Shape {
    fn sample(rng: &mut impl Rng) -> Self {
        let upright = rng.random_bool(0.7);
        let turn = if upright { 0.0 } else { rng.random_range(-0.8..0.8) };
        Self {
            middle: Vec2::new(rng.random_range(-0.1..1.1), rng.random_range(-0.1..1.3)),
            half: Vec2::new(rng.random_range(0.01..0.35), rng.random_range(0.01..0.5)),
            turn: Vec2::from_angle(turn),
            round: rng.random_bool(0.3),
            blur: rng.random_range(0.004..0.06),
            opacity: rng.random_range(0.3..1.0),
            colour: paint(rng),
        }
    }

    fn cover(&self, p: Vec2) -> f32 {
        let q = self.turn.rotate(p - self.middle);
        let outside = if self.round {
            ((q / self.half).length() - 1.0) * self.half.min_element()
        } else {
            (q.abs() - self.half).max_element()
        };
        self.opacity * smoothstep(self.blur, -self.blur, outside)
    }
}
