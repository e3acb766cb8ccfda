//! Landscapes: sky, hills, water, trees, and houses with windows.

use super::whole;
use crate::people::brush::{Colour, Sheet, open, polygon};
use rand::Rng;

pub(super) fn draw(sheet: &mut Sheet, rng: &mut impl Rng, size: [f64; 2]) {
    let [width, height] = size;
    let high = Colour::along(&[0x10182c, 0x2f62b0, 0x7fb2e6, 0xd9b08c], rng.random());
    let low = Colour::along(&[0x3a3044, 0xbfd9ee, 0xf3d9a8, 0xf7efe2], rng.random());
    let paint = sheet.linear([0.0, 0.0], [0.0, 0.7 * height], &[(0.0, high, 1.0), (1.0, low, 1.0)]);
    sheet.fill(&whole(size), paint, 1.0);
    if rng.random_bool(0.5) {
        let (at, r) = ([width * rng.random::<f64>(), height * rng.random_range(0.05..0.4)], rng.random_range(1.0..8.0));
        sheet.ellipse(at, [r, r], 0.0, Colour::hex(0xfff3c8), 1.0);
    }
    for _ in 0..rng.random_range(0..12) {
        let at = [width * rng.random::<f64>(), height * rng.random_range(0.0..0.4)];
        let reach = [rng.random_range(3.0..18.0), rng.random_range(1.0..4.0)];
        sheet.ellipse(at, reach, 0.0, Colour::WHITE, rng.random_range(0.1..0.7));
    }
    let base = Colour::along(&[0x1d3b1a, 0x5d7f35, 0xa5a05a, 0x8a6a42, 0xe8ecef], rng.random());
    let ranges = rng.random_range(2..6);
    for k in 0..ranges {
        let level = height * (0.35 + 0.6 * f64::from(k) / f64::from(ranges));
        let mut points = vec![[0.0, height], [0.0, level]];
        let rough = height * rng.random_range(0.02..0.16);
        for i in 0..=8 {
            points.push([width * f64::from(i) / 8.0, level - rough * rng.random::<f64>()]);
        }
        points.push([width, height]);
        let colour = base.mix(low, 0.7 * (1.0 - f64::from(k) / f64::from(ranges))).varied(rng, 0.05);
        sheet.fill(&polygon(&points), colour, 1.0);
        for _ in 0..rng.random_range(0..10) {
            let (x, tall) = (width * rng.random::<f64>(), rng.random_range(2.0..14.0) * (1.0 + f64::from(k)) / 3.0);
            if rng.random_bool(0.75) { tree(sheet, rng, x, level, tall) } else { house(sheet, rng, x, level, tall) }
        }
    }
}

fn tree(sheet: &mut Sheet, rng: &mut impl Rng, x: f64, y: f64, tall: f64) {
    let leaf = Colour::along(&[0x16301a, 0x3f6b2a, 0x9aa64a, 0xb0562a], rng.random());
    sheet.stroke(&open(&[[x, y], [x, y - 0.5 * tall]]), Colour::hex(0x4a3524), 0.1 * tall, 1.0);
    if rng.random_bool(0.5) {
        sheet.fill(
            &polygon(&[[x - 0.3 * tall, y - 0.3 * tall], [x, y - 1.2 * tall], [x + 0.3 * tall, y - 0.3 * tall]]),
            leaf,
            1.0,
        );
    } else {
        for _ in 0..6 {
            let at = [x + tall * rng.random_range(-0.3..0.3), y - tall * rng.random_range(0.5..1.0)];
            let r = tall * rng.random_range(0.15..0.35);
            sheet.ellipse(at, [r, r], 0.0, leaf.varied(rng, 0.1), 1.0);
        }
    }
}

fn house(sheet: &mut Sheet, rng: &mut impl Rng, x: f64, y: f64, tall: f64) {
    let (w, wall) = (tall * rng.random_range(0.6..1.4), Colour::muted(rng, 0.5, 0.4..1.0));
    sheet.fill(&polygon(&[[x, y], [x, y - tall], [x + w, y - tall], [x + w, y]]), wall, 1.0);
    let roof = Colour::muted(rng, 0.7, 0.2..0.6);
    sheet.fill(&polygon(&[[x - 0.1 * w, y - tall], [x + 0.5 * w, y - 1.5 * tall], [x + 1.1 * w, y - tall]]), roof, 1.0);
    let glass = if rng.random_bool(0.5) { Colour::hex(0x22303c) } else { Colour::hex(0xffe6a0) };
    for row in 0..2 {
        for column in 0..2 {
            let (left, top) = (x + w * (0.18 + 0.4 * f64::from(column)), y - tall * (0.85 - 0.42 * f64::from(row)));
            let (right, bottom) = (left + 0.22 * w, top + 0.22 * tall);
            sheet.fill(&polygon(&[[left, top], [right, top], [right, bottom], [left, bottom]]), glass, 1.0);
        }
    }
}
