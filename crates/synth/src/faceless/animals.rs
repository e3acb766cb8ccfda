//! Animals: hard negatives, because their eyes resemble human eyes.

use crate::people::brush::{Colour, Point, Sheet, closed, open, polygon};
use rand::Rng;

/// Coat colours, from dark to light.
const COATS: [u32; 7] = [0x1d1814, 0x4a3626, 0x8a5a33, 0xc98d4b, 0x8d8a86, 0xe4d8c4, 0xf7f4ee];

/// Adds one animal at a random position.
pub(super) fn draw(sheet: &mut Sheet, rng: &mut impl Rng, [width, height]: [f64; 2]) {
    let r = 0.5 * width.min(height) * rng.random_range(0.08..0.75);
    let centre = [width * rng.random_range(0.1..0.9), height * rng.random_range(0.1..0.8)];
    let coat = Colour::along(&COATS, rng.random()).varied(rng, 0.08);
    match rng.random_range(0..5) {
        0 => fish(sheet, rng, centre, r),
        1 => owl(sheet, rng, centre, r, coat),
        _ => mammal(sheet, rng, centre, r, coat),
    }
}

/// A cat, dog, bear or rabbit from the front: a round head with ears.
fn mammal(sheet: &mut Sheet, rng: &mut impl Rng, [x, y]: Point, r: f64, coat: Colour) {
    let wide = rng.random_range(0.85..1.2);
    let dark = coat.scaled(0.6);
    sheet.ellipse([x, y + 1.9 * r], [1.1 * r, 1.4 * r], 0.0, coat.scaled(0.9), 1.0);
    let kind = rng.random_range(0..4);
    for side in [-1.0, 1.0] {
        let ear = match kind {
            // Pointed, then round, hanging and long ears.
            0 => polygon(&[
                [x + side * 0.2 * r, y - 0.8 * r],
                [x + side * 0.95 * wide * r, y - 1.5 * r],
                [x + side * 0.95 * wide * r, y - 0.4 * r],
            ]),
            1 => round([x + side * 0.75 * wide * r, y - 0.75 * r], [0.35 * r, 0.35 * r]),
            2 => round([x + side * 1.0 * wide * r, y + 0.1 * r], [0.3 * r, 0.75 * r]),
            _ => round([x + side * 0.4 * r, y - 1.5 * r], [0.22 * r, 0.8 * r]),
        };
        sheet.fill(&ear, if rng.random_bool(0.5) { dark } else { coat }, 1.0);
    }
    sheet.ellipse([x, y], [wide * r, r], 0.0, coat, 1.0);
    // Fur.
    for _ in 0..rng.random_range(0..40) {
        let (angle, far) = (rng.random_range(0.0..std::f64::consts::TAU), rng.random_range(0.3..1.0));
        let from = [x + wide * r * far * angle.cos(), y + r * far * angle.sin()];
        let to = [from[0] + 0.15 * r * angle.cos(), from[1] + 0.15 * r * angle.sin()];
        sheet.stroke(&open(&[from, to]), coat.varied(rng, 0.15), 0.02 * r, 0.7);
    }
    let muzzle = coat.mix(Colour::WHITE, rng.random_range(0.0..0.6));
    let low = rng.random_range(0.3..0.5);
    sheet.ellipse([x, y + low * r], [0.45 * r, 0.38 * r], 0.0, muzzle, 1.0);
    let nose = Colour::along(&[0x171214, 0x3a2a2a, 0xc98a8a], rng.random());
    let top = y + (low - 0.15) * r;
    sheet.fill(&closed(&[[x - 0.16 * r, top], [x + 0.16 * r, top], [x, top + 0.2 * r]]), nose, 1.0);
    sheet.stroke(&open(&[[x, top + 0.18 * r], [x, y + (low + 0.2) * r]]), nose, 0.03 * r, 1.0);
    let smile = [[x - 0.2 * r, y + (low + 0.2) * r], [x, y + (low + 0.24) * r], [x + 0.2 * r, y + (low + 0.2) * r]];
    sheet.stroke(&open(&smile), nose, 0.03 * r, 1.0);
    for side in [-1.0, 1.0] {
        for k in 0..rng.random_range(0..4) {
            let y = y + (low + 0.08 * f64::from(k) - 0.05) * r;
            sheet.stroke(&open(&[[x + side * 0.35 * r, y], [x + side * 1.2 * r, y - 0.1 * r]]), muzzle, 0.015 * r, 0.8);
        }
    }
    let [apart, above, size] = [0.32..0.52, 0.05..0.3, 0.1..0.2].map(|range| r * rng.random_range(range));
    eyes(sheet, rng, [x, y - above], apart, size);
}

/// Round eyes with round or slit pupils.
fn eyes(sheet: &mut Sheet, rng: &mut impl Rng, [x, y]: Point, apart: f64, size: f64) {
    let iris = Colour::along(&[0x2b1a0e, 0x9c7a22, 0x6f9a3a, 0x3f7fa8], rng.random());
    let slit = if rng.random_bool(0.4) { 0.3 } else { 0.75 };
    for side in [-1.0, 1.0] {
        let at = [x + side * apart, y];
        sheet.ellipse(at, [1.1 * size, size], 0.0, Colour::BLACK, 0.8);
        sheet.ellipse(at, [0.95 * size, 0.9 * size], 0.0, iris, 1.0);
        sheet.ellipse(at, [0.7 * slit * size, 0.7 * size], 0.0, Colour::BLACK, 1.0);
        sheet.ellipse([at[0] - 0.25 * size, at[1] - 0.3 * size], [0.2 * size, 0.2 * size], 0.0, Colour::WHITE, 0.9);
    }
}

fn owl(sheet: &mut Sheet, rng: &mut impl Rng, [x, y]: Point, r: f64, coat: Colour) {
    sheet.ellipse([x, y + 0.8 * r], [0.9 * r, 1.6 * r], 0.0, coat, 1.0);
    for _ in 0..40 {
        let at = [x + rng.random_range(-0.8..0.8) * r, y + rng.random_range(-0.5..2.2) * r];
        sheet.ellipse(at, [0.06 * r, 0.1 * r], 0.0, coat.scaled(rng.random_range(0.5..1.6)), 0.8);
    }
    for side in [-1.0, 1.0] {
        sheet.ellipse([x + side * 0.4 * r, y], [0.42 * r, 0.45 * r], 0.0, coat.mix(Colour::WHITE, 0.5), 1.0);
    }
    eyes(sheet, rng, [x, y], 0.4 * r, 0.26 * r);
    let beak = Colour::hex(0xd09a2e);
    sheet.fill(&polygon(&[[x - 0.12 * r, y + 0.2 * r], [x + 0.12 * r, y + 0.2 * r], [x, y + 0.55 * r]]), beak, 1.0);
}

/// A fish from the side, with one eye.
fn fish(sheet: &mut Sheet, rng: &mut impl Rng, [x, y]: Point, r: f64) {
    let colour = Colour::hsv(rng.random(), rng.random_range(0.3..1.0), rng.random_range(0.4..1.0));
    let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    sheet.ellipse([x, y], [r, 0.55 * r], 0.0, colour, 1.0);
    let tail = [[x - side * 0.8 * r, y], [x - side * 1.5 * r, y - 0.5 * r], [x - side * 1.5 * r, y + 0.5 * r]];
    sheet.fill(&polygon(&tail), colour.scaled(0.8), 1.0);
    for k in 0..5 {
        let at = x + side * (0.4 - 0.25 * f64::from(k)) * r;
        sheet.stroke(
            &open(&[[at, y - 0.35 * r], [at + side * 0.1 * r, y], [at, y + 0.35 * r]]),
            colour.scaled(0.6),
            0.03 * r,
            0.6,
        );
    }
    let eye = [x + side * 0.65 * r, y - 0.1 * r];
    sheet.ellipse(eye, [0.13 * r, 0.13 * r], 0.0, Colour::WHITE, 1.0);
    sheet.ellipse(eye, [0.07 * r, 0.07 * r], 0.0, Colour::BLACK, 1.0);
}

fn round([x, y]: Point, [rx, ry]: Point) -> String {
    closed(&[[x - rx, y], [x, y - ry], [x + rx, y], [x, y + ry]])
}
