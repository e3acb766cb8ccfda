//! Bookshelves and cabinets.

use super::builder::{Builder, Leg};
use super::paint::{Coat, Paint, linear};
use crate::colour::Colour;
use crate::raster::Mesh;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The thickness of boards.
const BOARD: f32 = 0.025;

/// Open shelves with a back, and books in most of them.
pub(super) fn bookshelf(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let (w, h, d) = (rng.random_range(0.5..1.5_f32), rng.random_range(0.9..2.2_f32), rng.random_range(0.25..0.4_f32));
    let rows = (h / rng.random_range(0.28..0.42_f32)).round().max(2.0) as usize;
    let columns = if w > 0.9 { rng.random_range(1..=3) } else { 1 };
    let back = rng.random_bool(0.8);
    let mut b = Builder::default();
    if back {
        b.block([-0.5 * w, 0.0, -0.5 * d], [0.5 * w, h, -0.5 * d + 0.01], &paint.body.shaded(0.8));
    }
    for i in 0..=columns {
        let x = -0.5 * w + 0.5 * BOARD + (w - BOARD) * i as f32 / columns as f32;
        b.centred([x, 0.5 * h, 0.0], [BOARD, h, d], &paint.body);
    }
    let mut colours = ChaCha8Rng::seed_from_u64(paint.seed);
    for row in 0..=rows {
        let y = 0.5 * BOARD + 0.06 + (h - BOARD - 0.06) * row as f32 / rows as f32;
        b.centred([0.0, y, 0.0], [w, BOARD, d], &paint.front);
        if row == rows {
            continue;
        }
        let tall = (h - 0.06) / rows as f32 - BOARD;
        for column in 0..columns {
            let cell = w / columns as f32 - BOARD;
            let left = -0.5 * w + BOARD + column as f32 * (w / columns as f32);
            let until = left + cell * rng.random_range(0.0..1.0_f32);
            let mut x = left + 0.01;
            while x < until - 0.06 && tall > 0.15 {
                let wide = rng.random_range(0.02..0.06);
                let high = tall * rng.random_range(0.55..0.92);
                let deep = d * rng.random_range(0.5..0.8);
                let spine =
                    Colour::hsv(colours.random(), colours.random_range(0.0..0.7), colours.random_range(0.2..0.9));
                let coat = Coat { colour: linear(spine), material: Default::default() };
                b.block(
                    [x, y + 0.5 * BOARD, -0.5 * d + 0.02],
                    [x + wide, y + 0.5 * BOARD + high, -0.5 * d + 0.02 + deep],
                    &coat,
                );
                x += wide + 0.002;
            }
        }
    }
    b.finish()
}

/// A body with doors and drawers: nightstands, dressers, sideboards and wardrobes.
pub(super) fn cabinet(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let (w, h, d) = match rng.random_range(0..4) {
        0 => (rng.random_range(0.4..0.6_f32), rng.random_range(0.45..0.65_f32), rng.random_range(0.35..0.45_f32)),
        1 => (rng.random_range(0.8..1.4), rng.random_range(0.75..1.1), rng.random_range(0.4..0.55)),
        2 => (rng.random_range(1.2..2.0), rng.random_range(0.55..0.85), rng.random_range(0.38..0.5)),
        _ => (rng.random_range(0.8..2.0), rng.random_range(1.7..2.2), rng.random_range(0.5..0.65)),
    };
    let foot = if rng.random_bool(0.5) { rng.random_range(0.08..0.2) } else { 0.0 };
    let mut b = Builder::default();
    let leg = Leg { height: foot, thick: rng.random_range(0.03..0.06), round: rng.random_bool(0.5) };
    if foot > 0.0 {
        b.legs([w, d], 0.03, leg, if rng.random_bool(0.5) { &paint.metal } else { &paint.body });
    } else {
        b.block([-0.48 * w, 0.0, -0.48 * d], [0.48 * w, 0.06, 0.44 * d], &paint.body.shaded(0.4));
    }
    let bottom = foot.max(0.06);
    let (top, front) = (h - BOARD, 0.5 * d - 0.02);
    b.block([-0.5 * w, bottom, -0.5 * d], [0.5 * w, top, front], &paint.body);
    let over = rng.random_range(0.0..0.02);
    b.block([-0.5 * w - over, top, -0.5 * d], [0.5 * w + over, h, 0.5 * d + over], &paint.body);
    let columns = (w / rng.random_range(0.4..0.75_f32)).round().max(1.0) as usize;
    let cell = w / columns as f32;
    let knobs = rng.random_bool(0.4);
    for column in 0..columns {
        let left = -0.5 * w + column as f32 * cell;
        // From the bottom up: a door, drawers, or drawers above a door.
        let drawers = rng.random_range(0..5_usize);
        let door = if drawers == 0 || rng.random_bool(0.3) { 1.0 } else { 0.0 };
        let heights: Vec<f32> = if door > 0.0 && drawers > 0 {
            let share = 0.25 / drawers as f32;
            std::iter::once(0.75).chain(std::iter::repeat_n(share, drawers)).collect()
        } else {
            vec![1.0 / drawers.max(1) as f32; drawers.max(1)]
        };
        let mut y = bottom;
        for (i, share) in heights.into_iter().enumerate() {
            let tall = share * (top - bottom);
            const GAP: f32 = 0.006;
            let (low, high) = ([left + GAP, y + GAP, front], [left + cell - GAP, y + tall - GAP, front + 0.018]);
            b.block(low, high, &paint.front);
            if i == 0 && door > 0.0 && tall > 0.5 && rng.random_bool(0.4) {
                // A sunken panel.
                let inset = 0.07;
                b.block(
                    [low[0] + inset, low[1] + inset, front],
                    [high[0] - inset, high[1] - inset, front + 0.02],
                    &paint.front.shaded(0.85),
                );
            }
            let middle = 0.5 * (low[0] + high[0]);
            let (at, size) = if i == 0 && door > 0.0 {
                let side = if column % 2 == 0 { high[0] - 0.04 } else { low[0] + 0.04 };
                ([side, y + 0.6 * tall, front + 0.03], [0.015, 0.12, 0.03])
            } else {
                ([middle, y + 0.55 * tall, front + 0.03], [(0.4 * cell).min(0.16), 0.015, 0.03])
            };
            b.centred(at, if knobs { [0.03, 0.03, 0.03] } else { size }, &paint.metal);
            y += tall;
        }
    }
    b.finish()
}
