//! Upholstered furniture: beds and sofas.

use super::builder::{Builder, Leg};
use super::paint::Paint;
use crate::raster::Mesh;
use rand::Rng;

/// A frame with mattress, cover, pillows and headboard.
pub(super) fn bed(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let w: f32 = [0.9, 1.0, 1.2, 1.4, 1.6, 1.8][rng.random_range(0..6)];
    let length = rng.random_range(1.95..2.15_f32);
    let (frame, foot) = (rng.random_range(0.1..0.25_f32), rng.random_range(0.06..0.22_f32));
    let mattress = rng.random_range(0.14..0.24_f32);
    let (back, front) = (-0.5 * length, 0.5 * length);
    let mut b = Builder::default();
    let coat = if rng.random_bool(0.3) { &paint.cloth } else { &paint.body };
    let leg = Leg { height: foot, thick: rng.random_range(0.05..0.1), round: rng.random_bool(0.3) };
    b.legs([w, length], 0.02, leg, coat);
    b.block([-0.5 * w, foot, back], [0.5 * w, foot + frame, front], coat);
    let head = rng.random_range(0.75..1.25_f32);
    b.block([-0.5 * w - 0.03, 0.0, back - 0.06], [0.5 * w + 0.03, head, back], coat);
    if rng.random_bool(0.4) {
        b.block(
            [-0.5 * w - 0.03, 0.0, front],
            [0.5 * w + 0.03, head * rng.random_range(0.45..0.7), front + 0.04],
            coat,
        );
    }
    let top = foot + frame + mattress;
    let inset = 0.03;
    b.block([-0.5 * w + inset, foot + frame, back + 0.01], [0.5 * w - inset, top, front - 0.02], &paint.linen);
    // The cover hangs over the sides.
    let from = back + length * rng.random_range(0.25..0.42_f32);
    let hang = rng.random_range(0.5..0.95_f32) * mattress;
    let thick = rng.random_range(0.02..0.06);
    b.block([-0.5 * w - 0.01, top - hang, from], [0.5 * w + 0.01, top + thick, front + 0.015], &paint.cloth);
    if rng.random_bool(0.5) {
        let fold = [-0.5 * w - 0.012, top - hang * 0.95, from - 0.02];
        b.block(fold, [0.5 * w + 0.012, top + thick + 0.015, from + 0.18], &paint.linen);
    }
    let pillows = if w > 1.3 { 2 } else { 1 };
    for i in 0..pillows {
        let centre = (i as f32 + 0.5) / pillows as f32 * w - 0.5 * w;
        let wide = (w / pillows as f32 - 0.12).min(0.7);
        b.centred([centre, top + 0.06, back + 0.26], [wide, 0.12, 0.38], &paint.linen.shaded(1.05));
    }
    b.finish()
}

/// A base with seat cushions, a back and arms: armchairs and sofas.
pub(super) fn sofa(rng: &mut impl Rng, paint: &Paint) -> Vec<Mesh> {
    let seats = rng.random_range(1..=3_usize);
    let arm = rng.random_range(0.08..0.25_f32);
    let seat = rng.random_range(0.55..0.75_f32);
    let w = seats as f32 * seat + 2.0 * arm;
    let d = rng.random_range(0.75..1.0_f32);
    let (foot, level) = (rng.random_range(0.04..0.18_f32), rng.random_range(0.36..0.46_f32));
    let back = rng.random_range(0.7..0.98_f32);
    let arms = level + rng.random_range(0.08..0.25_f32);
    let deep = rng.random_range(0.16..0.28_f32);
    let cushion = rng.random_range(0.1..0.16_f32);
    let mut b = Builder::default();
    let leg = Leg { height: foot, thick: 0.05, round: rng.random_bool(0.5) };
    b.legs([w, d], 0.05, leg, if rng.random_bool(0.5) { &paint.metal } else { &paint.body });
    b.block([-0.5 * w, foot, -0.5 * d], [0.5 * w, level - cushion, 0.5 * d], &paint.cloth);
    b.block([-0.5 * w, foot, -0.5 * d], [0.5 * w, back, -0.5 * d + 0.6 * deep], &paint.cloth);
    for side in [-1.0_f32, 1.0] {
        let (outer, inner) = (side * 0.5 * w, side * (0.5 * w - arm));
        b.block([outer.min(inner), foot, -0.5 * d], [outer.max(inner), arms, 0.5 * d], &paint.cloth.shaded(0.97));
    }
    for i in 0..seats {
        let (left, right) = (-0.5 * w + arm + i as f32 * seat + 0.006, -0.5 * w + arm + (i + 1) as f32 * seat - 0.006);
        b.block(
            [left, level - cushion, -0.5 * d + 0.6 * deep],
            [right, level, 0.5 * d + 0.02],
            &paint.cloth.shaded(1.06),
        );
        let top = back + rng.random_range(-0.04..0.05);
        b.block([left, level, -0.5 * d + 0.5 * deep], [right, top, -0.5 * d + deep + 0.06], &paint.cloth.shaded(1.03));
    }
    if rng.random_bool(0.4) {
        let x = rng.random_range(-0.3..0.3_f32) * (w - 2.0 * arm);
        b.centred([x, level + 0.18, -0.5 * d + deep + 0.12], [0.38, 0.36, 0.1], &paint.linen);
    }
    b.finish()
}
