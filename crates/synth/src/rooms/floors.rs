//! Floors and rugs.

use super::surface::{Surface, hash, noise};
use crate::colour::Colour;
use crate::furniture::paint::{linear, wood};
use glam::{Vec2, Vec3};
use rand::Rng;

/// The floor of a room: `design` chooses pattern and proportions, `rng` the colours and rugs.
pub(super) fn floor(design: &mut impl Rng, rng: &mut impl Rng, size: Vec2, detail: f32) -> Surface {
    let seed = rng.random();
    let turned = design.random_bool(0.5);
    let along = move |p: Vec2| if turned { Vec2::new(p.y, p.x) } else { p };
    let mut floor = match design.random_range(0..10) {
        0..5 => planks(design, rng, size, detail, along, seed),
        5..8 => tiles(design, rng, size, detail, seed),
        _ => carpet(rng, size, detail, seed),
    };
    for _ in 0..[0, 0, 1, 1, 2][rng.random_range(0..5)] {
        rug(rng, &mut floor, size);
    }
    floor
}

fn planks(
    design: &mut impl Rng,
    rng: &mut impl Rng,
    size: Vec2,
    detail: f32,
    along: impl Fn(Vec2) -> Vec2,
    seed: u32,
) -> Surface {
    let wide = design.random_range(0.07..0.2_f32);
    let long = design.random_range(0.5..1.6_f32);
    let vary = design.random_range(0.05..0.35_f32);
    let base = linear(wood(rng));
    Surface::new(size, detail, move |p| {
        let p = along(p);
        let row = (p.x / wide).floor();
        let offset = long * hash(row as i32, 0, seed);
        let plank = ((p.y + offset) / long).floor();
        let shade = 1.0 + vary * (hash(row as i32, plank as i32, seed) - 0.5);
        let grain = 0.92 + 0.16 * noise(Vec2::new(p.x * 60.0, p.y * 4.0), seed);
        let edge = (p.x / wide).fract() * wide;
        base * shade * grain * if edge < 0.008 { 0.6 } else { 1.0 }
    })
}

fn tiles(design: &mut impl Rng, rng: &mut impl Rng, size: Vec2, detail: f32, seed: u32) -> Surface {
    let side = design.random_range(0.2..0.6_f32);
    let checked = design.random_bool(0.25);
    let base = linear(Colour::hsv(rng.random(), rng.random_range(0.0..0.25), rng.random_range(0.45..0.95)));
    let (second, joint) = (base * rng.random_range(0.2..0.7_f32), base * rng.random_range(0.5..1.2_f32));
    Surface::new(size, detail, move |p| {
        let cell = (p / side).floor();
        let within = p - cell * side;
        if within.min_element() < 0.01 {
            return joint;
        }
        let odd = checked && (cell.x as i32 + cell.y as i32) % 2 != 0;
        let shade = 0.95 + 0.1 * hash(cell.x as i32, cell.y as i32, seed);
        shade * if odd { second } else { base }
    })
}

fn carpet(rng: &mut impl Rng, size: Vec2, detail: f32, seed: u32) -> Surface {
    let base = linear(Colour::hsv(rng.random(), rng.random_range(0.0..0.4), rng.random_range(0.3..0.85)));
    Surface::new(size, detail, move |p| base * (0.84 + 0.18 * noise(p * 70.0, seed) + 0.14 * noise(p * 2.0, seed ^ 1)))
}

fn rug(rng: &mut impl Rng, floor: &mut Surface, size: Vec2) {
    let side = |rng: &mut dyn rand::RngCore, room: f32| rng.random_range(1.0..(room - 0.5).clamp(1.1, 2.8));
    let extent = Vec2::new(side(rng, size.x), side(rng, size.y));
    let free = (size - extent - 0.4).max(Vec2::splat(0.01));
    let low = 0.2 + free * Vec2::new(rng.random(), rng.random());
    let colour = |rng: &mut dyn rand::RngCore| {
        linear(Colour::hsv(rng.random(), rng.random_range(0.05..0.6), rng.random_range(0.3..0.9)))
    };
    let (base, second) = (colour(rng), colour(rng));
    let (kind, seed) = (rng.random_range(0..5), rng.random::<u32>());
    let (border, stripe) = (rng.random_range(0.05..0.2_f32), rng.random_range(0.08..0.3_f32));
    floor.paint(low, low + extent, |p, old| {
        let local = p - low;
        let weave = 0.9 + 0.15 * noise(p * 60.0, seed);
        let to_edge = local.min(extent - local).min_element();
        let round = (2.0 * local / extent - 1.0).length();
        let pattern = match kind {
            0 if (local.x / stripe) as i32 % 2 == 0 => second,
            1 if to_edge < border => second,
            2 if ((local.x / stripe) as i32 + (local.y / stripe) as i32) % 2 == 0 => second,
            3 if round > 1.0 => return old,
            3 if round > 0.8 => second,
            _ => base,
        };
        pattern * weave
    });
}

/// The ceiling.
pub(super) fn ceiling(rng: &mut impl Rng) -> Vec3 {
    linear(Colour::hsv(0.12, rng.random_range(0.0..0.06), rng.random_range(0.85..0.99)))
}
