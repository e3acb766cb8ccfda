//! The surroundings of a head: background, neck, shoulders and clothes.

use super::brush::{Colour, Point, Sheet, closed, open, polygon};
use super::pose::Pose;
use super::{HEIGHT, WIDTH};
use rand::Rng;

const WHOLE: [Point; 4] = [[0.0, 0.0], [WIDTH, 0.0], [WIDTH, HEIGHT], [0.0, HEIGHT]];

pub(super) fn background(sheet: &mut Sheet, rng: &mut impl Rng) {
    let whole = polygon(&WHOLE);
    let base = match rng.random_range(0..4) {
        0 => Colour::muted(rng, 0.15, 0.0..1.0),
        1 => Colour::muted(rng, 0.5, 0.5..1.0),
        _ => Colour::muted(rng, 0.6, 0.05..0.95),
    };
    let other =
        if rng.random_bool(0.6) { base.scaled(rng.random_range(0.5..1.5)) } else { Colour::muted(rng, 0.7, 0.05..1.0) };
    sheet.fill(&whole, base, 1.0);
    match rng.random_range(0..3) {
        0 => {}
        1 => {
            let angle = rng.random_range(0.0..std::f64::consts::TAU);
            let (dx, dy) = (120.0 * angle.cos(), 120.0 * angle.sin());
            let paint =
                sheet.linear([89.0 - dx, 109.0 - dy], [89.0 + dx, 109.0 + dy], &[(0.0, base, 1.0), (1.0, other, 1.0)]);
            sheet.fill(&whole, paint, 1.0);
        }
        _ => {
            let centre = [rng.random_range(0.0..WIDTH), rng.random_range(0.0..HEIGHT)];
            let paint = sheet.radial(centre, rng.random_range(80.0..220.0), &[(0.0, other, 1.0), (1.0, base, 1.0)]);
            sheet.fill(&whole, paint, 1.0);
        }
    }
    match rng.random_range(0..8) {
        0 | 1 => clutter(sheet, rng, base),
        2 => foliage(sheet, rng),
        3 => shelves(sheet, rng),
        4 => stripes(sheet, rng, base),
        _ => {}
    }
}

fn place(rng: &mut impl Rng) -> Point {
    [rng.random_range(-10.0..WIDTH + 10.0), rng.random_range(-10.0..HEIGHT)]
}

/// Boxes, discs and bars in any colour.
fn clutter(sheet: &mut Sheet, rng: &mut impl Rng, base: Colour) {
    let strange = rng.random_range(0.1..1.0);
    for _ in 0..rng.random_range(6..26) {
        let colour = base.mix(Colour::muted(rng, 0.9, 0.0..1.0), strange);
        let opacity = rng.random_range(0.3..1.0);
        let [x, y] = place(rng);
        let (w, h) = (rng.random_range(3.0..60.0), rng.random_range(3.0..70.0));
        match rng.random_range(0..3) {
            0 => sheet.ellipse([x, y], [0.4 * w, 0.4 * h], rng.random_range(0.0..180.0), colour, opacity),
            1 => sheet.fill(&polygon(&[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), colour, opacity),
            _ => sheet.stroke(&open(&[[x, y], place(rng)]), colour, rng.random_range(0.6..7.0), opacity),
        }
    }
}

fn foliage(sheet: &mut Sheet, rng: &mut impl Rng) {
    let base = Colour::along(&[0x1c3312, 0x3f6b2a, 0x8aa653, 0xb7a65a, 0x6e4a26], rng.random());
    for _ in 0..rng.random_range(15..40) {
        let colour = base.scaled(rng.random_range(0.4..1.7)).varied(rng, 0.06);
        let r = rng.random_range(4.0..22.0);
        let opacity = rng.random_range(0.3..0.9);
        let centre = place(rng);
        let squash = rng.random_range(0.5..1.0);
        sheet.ellipse(centre, [r, r * squash], rng.random_range(0.0..180.0), colour, opacity);
    }
}

/// Rows of upright boxes, like books or windows.
fn shelves(sheet: &mut Sheet, rng: &mut impl Rng) {
    let row = rng.random_range(22.0..60.0);
    let (saturation, mut y) = (rng.random_range(0.1..0.8), rng.random_range(-20.0..0.0));
    while y < HEIGHT {
        let mut x = rng.random_range(-8.0..0.0);
        while x < WIDTH {
            let w = rng.random_range(4.0..16.0);
            let top = y + row * rng.random_range(0.1..0.4);
            let colour = Colour::muted(rng, saturation, 0.05..0.9);
            sheet.fill(&polygon(&[[x, top], [x + w, top], [x + w, y + row - 3.0], [x, y + row - 3.0]]), colour, 1.0);
            x += w + rng.random_range(0.0..2.0);
        }
        y += row;
    }
}

fn stripes(sheet: &mut Sheet, rng: &mut impl Rng, base: Colour) {
    let (gap, width) = (rng.random_range(8.0..50.0), rng.random_range(1.0..14.0));
    let colour = base.mix(Colour::muted(rng, 0.5, 0.0..1.0), rng.random_range(0.2..0.8));
    let slope = rng.random_range(-120.0..120.0);
    let across = rng.random_bool(0.4);
    let mut at = -150.0;
    while at < 350.0 {
        let line =
            if across { [[-5.0, at], [WIDTH + 5.0, at + slope]] } else { [[at, -5.0], [at + slope, HEIGHT + 5.0]] };
        sheet.stroke(&open(&line), colour, width, 0.8);
        at += gap;
    }
}

/// The body, in head units relative to the centre of the neck. It barely turns with the head.
struct Body {
    neck: Point,
    unit: f64,
    lean: f64,
}

impl Body {
    fn at(&self, x: f64, y: f64) -> Point {
        let (sin, cos) = self.lean.sin_cos();
        let (x, y) = (x * self.unit, y * self.unit);
        [self.neck[0] + x * cos - y * sin, self.neck[1] + x * sin + y * cos]
    }

    fn shape(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|p| self.at(p[0], p[1])).collect()
    }
}

pub(super) fn body(sheet: &mut Sheet, rng: &mut impl Rng, pose: &Pose, skin: Colour) {
    let neck = pose.point([0.0, 52.0, -38.0]);
    let body = Body { neck, unit: pose.unit(), lean: rng.random_range(-0.12..0.12) };
    let thick = rng.random_range(23.0..33.0);
    let broad = rng.random_range(72.0..105.0);
    let slope = rng.random_range(8.0..24.0);
    let base = rng.random_range(36.0..46.0);
    let shade = skin.scaled(0.86);
    let neck_path = polygon(&body.shape(&[
        [-thick, -40.0],
        [thick, -40.0],
        [thick + 2.0, base - 8.0],
        [thick + 22.0, base + 10.0],
        [0.0, base + 60.0],
        [-thick - 22.0, base + 10.0],
        [-thick - 2.0, base - 8.0],
    ]));
    sheet.fill(&neck_path, shade, 1.0);
    // The shadow of the chin.
    let below = pose.raised(0.0, pose.shape.bottom, -10.0);
    let dark = sheet.radial(
        [below[0], below[1] + 2.0],
        46.0 * body.unit,
        &[(0.0, Colour::BLACK, 0.4), (0.7, Colour::BLACK, 0.22), (1.0, Colour::BLACK, 0.0)],
    );
    sheet.fill(&neck_path, dark, 1.0);

    let cloth = match rng.random_range(0..4) {
        0 => Colour::muted(rng, 0.2, 0.02..0.25),
        1 => Colour::muted(rng, 0.15, 0.7..1.0),
        _ => Colour::muted(rng, 0.85, 0.1..0.9),
    };
    let open_by = rng.random_range(0.0..10.0);
    let torso = |collar: f64| -> Vec<Point> {
        body.shape(&[
            [-broad - 30.0, base + 200.0],
            [-broad, base + slope + 26.0],
            [-broad * 0.72, base + slope + 4.0],
            [-thick - 12.0 - open_by, base + 2.0],
            [-thick - 4.0 - open_by, base - 3.0],
            [0.0, base + collar],
            [thick + 4.0 + open_by, base - 3.0],
            [thick + 12.0 + open_by, base + 2.0],
            [broad * 0.72, base + slope + 4.0],
            [broad, base + slope + 26.0],
            [broad + 30.0, base + 200.0],
        ])
    };
    let collar = rng.random_range(6.0..34.0);
    let suit = rng.random_bool(0.35);
    if suit {
        let shirt = Colour::muted(rng, 0.3, 0.6..1.0);
        sheet.fill(&polygon(&torso(10.0)), shirt, 1.0);
        if rng.random_bool(0.6) {
            let tie = Colour::muted(rng, 0.9, 0.05..0.7);
            let knot = [
                [-6.0, base + 2.0],
                [6.0, base + 2.0],
                [4.0, base + 12.0],
                [11.0, base + 90.0],
                [-11.0, base + 90.0],
                [-4.0, base + 12.0],
            ];
            sheet.fill(&polygon(&body.shape(&knot)), tie, 1.0);
        }
        for side in [-1.0, 1.0] {
            let lapel = [
                [side * (broad + 30.0), base + 200.0],
                [side * broad, base + slope + 26.0],
                [side * broad * 0.72, base + slope + 4.0],
                [side * (thick + 10.0), base - 1.0],
                [side * (thick + 1.0), base + 4.0],
                [side * 4.0, base + 85.0],
                [0.0, base + 200.0],
            ];
            sheet.fill(&polygon(&body.shape(&lapel)), cloth, 1.0);
            let wing = [[side * (thick + 4.0), base - 6.0], [side * 2.0, base + 7.0], [side * 15.0, base + 20.0]];
            sheet.fill(&polygon(&body.shape(&wing)), shirt.scaled(0.93), 1.0);
        }
        return;
    }
    let path = closed(&torso(collar));
    sheet.fill(&path, cloth, 1.0);
    if rng.random_bool(0.35) {
        let other = Colour::muted(rng, 0.9, 0.05..1.0);
        let (width, gap) = (rng.random_range(1.0..6.0), rng.random_range(6.0..16.0));
        sheet.clipped(&path, |sheet| {
            for k in 0..14 {
                let y = base - 10.0 + gap * f64::from(k);
                let line = body.shape(&[[-140.0, y + 12.0], [0.0, y], [140.0, y + 12.0]]);
                sheet.stroke(&open(&line), other, width * body.unit, 0.9);
            }
        });
    }
    let rim = body.shape(&[
        [-thick - 4.0 - open_by, base - 3.0],
        [-0.5 * thick, base + 0.75 * collar],
        [0.0, base + collar],
        [0.5 * thick, base + 0.75 * collar],
        [thick + 4.0 + open_by, base - 3.0],
    ]);
    sheet.stroke(&open(&rim), cloth.scaled(0.6), 2.2 * body.unit, 0.7);
}
