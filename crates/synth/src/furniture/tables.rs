//! Furniture on legs, and plants and lamps.

use super::builder::{Builder, Leg};
use super::paint::{Coat, Paint, linear};
use crate::colour::Colour;
use crate::raster::Mesh;
use rand::Rng;

/// A top on legs with an apron, or a round top on a foot.
pub(super) fn table(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let mut b = Builder::default();
    let h = if rng.random_bool(0.35) { rng.random_range(0.38..0.5_f32) } else { rng.random_range(0.7..0.78) };
    let thick = rng.random_range(0.02..0.05_f32);
    if rng.random_bool(0.25) {
        let radius = rng.random_range(0.35..0.65_f32);
        b.column([0.0, 0.0, 0.0], [0.55 * radius, 0.5 * radius], 0.03, &paint.body);
        b.column([0.0, 0.0, 0.0], [0.05, 0.04], h - thick, &paint.body);
        b.column([0.0, h - thick, 0.0], [radius, radius], thick, &paint.front);
        return b.finish();
    }
    let (w, d) = (rng.random_range(0.7..1.9_f32), rng.random_range(0.55..0.95_f32));
    top_on_legs(&mut b, rng, [w, h, d], thick, paint);
    b.finish()
}

fn top_on_legs(b: &mut Builder, rng: &mut impl Rng, [w, h, d]: [f32; 3], thick: f32, paint: &Paint) {
    let leg = Leg { height: h - thick, thick: rng.random_range(0.04..0.09), round: rng.random_bool(0.4) };
    b.legs([w, d], rng.random_range(0.0..0.06), leg, &paint.body);
    b.block([-0.5 * w, h - thick, -0.5 * d], [0.5 * w, h, 0.5 * d], &paint.front);
    if rng.random_bool(0.6) {
        let (x, z) = (0.5 * w - 0.07, 0.5 * d - 0.07);
        b.block([-x, h - thick - 0.08, -z], [x, h - thick, z], &paint.body.shaded(0.9));
    }
}

/// A table with drawers on one or both sides, or none.
pub(super) fn desk(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let (w, h, d) = (rng.random_range(0.9..1.7_f32), rng.random_range(0.7..0.78_f32), rng.random_range(0.5..0.8_f32));
    let thick = rng.random_range(0.02..0.04_f32);
    let mut b = Builder::default();
    let sides: &[f32] = match rng.random_range(0..4) {
        0 => &[],
        1 => &[-1.0],
        2 => &[1.0],
        _ => &[-1.0, 1.0],
    };
    top_on_legs(&mut b, rng, [w, h, d], thick, paint);
    let wide = rng.random_range(0.3..0.42_f32).min(0.4 * w);
    let drawers = rng.random_range(1..=4_usize);
    for side in sides {
        let (outer, inner) = (side * 0.49 * w, side * (0.49 * w - wide));
        let (left, right) = (outer.min(inner), outer.max(inner));
        let bottom = 0.06;
        b.block([left, bottom, -0.47 * d], [right, h - thick, 0.46 * d], &paint.body);
        let tall = (h - thick - bottom) / drawers as f32;
        for i in 0..drawers {
            let y = bottom + i as f32 * tall;
            b.block([left + 0.008, y + 0.006, 0.46 * d], [right - 0.008, y + tall - 0.006, 0.48 * d], &paint.front);
            b.centred([0.5 * (left + right), y + 0.6 * tall, 0.49 * d], [0.12, 0.015, 0.02], &paint.metal);
        }
    }
    if rng.random_bool(0.4) {
        // A panel at the back.
        b.block([-0.47 * w, 0.3, -0.48 * d], [0.47 * w, h - thick, -0.45 * d], &paint.body.shaded(0.9));
    }
    b.finish()
}

/// A seat on legs, usually with a back and sometimes with arms.
pub(super) fn chair(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let (w, d) = (rng.random_range(0.38..0.52_f32), rng.random_range(0.38..0.5_f32));
    let seat = rng.random_range(0.42..0.48_f32);
    let thick = rng.random_range(0.02..0.08_f32);
    let mut b = Builder::default();
    let leg = Leg { height: seat - thick, thick: rng.random_range(0.025..0.05), round: rng.random_bool(0.5) };
    let frame = if rng.random_bool(0.3) { &paint.metal } else { &paint.body };
    b.legs([w, d], 0.0, leg, frame);
    let cover = if rng.random_bool(0.5) { &paint.cloth } else { &paint.front };
    b.block([-0.5 * w, seat - thick, -0.5 * d], [0.5 * w, seat, 0.5 * d], cover);
    if rng.random_bool(0.12) {
        return b.finish();
    }
    let back = rng.random_range(0.78..1.05_f32);
    let post = leg.thick;
    for side in [-1.0_f32, 1.0] {
        let x = side * 0.5 * (w - post);
        b.block([x - 0.5 * post, seat - thick, -0.5 * d], [x + 0.5 * post, back, -0.5 * d + post], frame);
    }
    if rng.random_bool(0.5) {
        b.block([-0.5 * w, seat + 0.1, -0.5 * d], [0.5 * w, back, -0.5 * d + 0.03], cover);
    } else {
        let bars = rng.random_range(2..5_usize);
        for i in 1..=bars {
            let y = seat + (back - seat) * i as f32 / bars as f32;
            b.block([-0.5 * w, y - 0.06, -0.5 * d + 0.005], [0.5 * w, y, -0.5 * d + 0.025], frame);
        }
    }
    if rng.random_bool(0.25) {
        for side in [-1.0_f32, 1.0] {
            let x = side * 0.5 * (w - 0.04);
            b.block([x - 0.02, seat + 0.2, -0.5 * d], [x + 0.02, seat + 0.23, 0.4 * d], frame);
            b.block([x - 0.02, seat, 0.34 * d], [x + 0.02, seat + 0.2, 0.4 * d], frame);
        }
    }
    b.finish()
}

/// A plant in a pot, or a floor lamp.
pub(super) fn decor(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let mut b = Builder::default();
    if rng.random_bool(0.4) {
        let h = rng.random_range(1.3..1.7_f32);
        b.column([0.0, 0.0, 0.0], [0.14, 0.14], 0.025, &paint.metal);
        b.column([0.0, 0.0, 0.0], [0.012, 0.012], h - 0.2, &paint.metal);
        let shade = rng.random_range(0.14..0.24);
        b.column([0.0, h - 0.25, 0.0], [shade, 0.7 * shade], 0.25, &paint.linen);
        return b.finish();
    }
    let (pot, high) = (rng.random_range(0.1..0.2_f32), rng.random_range(0.2..0.4_f32));
    b.column([0.0, 0.0, 0.0], [0.75 * pot, pot], high, &paint.front);
    let leaves = rng.random_range(14..30);
    let reach = rng.random_range(0.15..0.4_f32);
    let tall = rng.random_range(0.3..0.9_f32);
    let green = Colour::hsv(rng.random_range(0.22..0.4), rng.random_range(0.35..0.75), rng.random_range(0.25..0.6));
    let green = Coat { colour: linear(green), material: Default::default() };
    b.column([0.0, high, 0.0], [0.02, 0.01], 0.8 * tall, &paint.body.shaded(0.5));
    for _ in 0..leaves {
        let angle = rng.random_range(0.0..std::f32::consts::TAU);
        let (out, up) = (reach * rng.random_range(0.2..1.0_f32), high + tall * rng.random_range(0.15..1.0_f32));
        let size = rng.random_range(0.06..0.16_f32);
        let base = [out * angle.cos(), up, out * angle.sin()];
        b.column(base, [0.15 * size, 0.55 * size], size, &green.shaded(rng.random_range(0.6..1.3)));
    }
    b.finish()
}
