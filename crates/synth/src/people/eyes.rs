//! Eyes and brows, which determine where glasses belong.

use super::Person;
use super::brush::{Colour, Point, Sheet, closed, open};
use rand::Rng;

const IRIS: [u32; 7] = [0x1c100a, 0x3a2012, 0x5c3a1e, 0x7a6a38, 0x5d7a58, 0x5a7fa0, 0x8fa6b4];

/// The shape of both eyes.
struct EyeShape {
    /// Half the width of the opening, its height above and below the pupil, and the height of the
    /// outer corner above the inner one.
    half: f64,
    above: f64,
    below: f64,
    slant: f64,
    iris: Colour,
    pupil: f64,
    /// The position of the specular highlight, relative to the pupil.
    glint: Point,
    lash: f64,
    shadow: Option<Colour>,
    crease: f64,
}

pub(super) fn draw(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, skin: Colour, hair: Colour) {
    let narrow = if rng.random_bool(0.2) { rng.random_range(0.55..0.8) } else { 1.0 };
    let shape = EyeShape {
        half: rng.random_range(8.4..10.8),
        above: narrow * rng.random_range(3.4..5.4),
        below: narrow * rng.random_range(2.2..3.6),
        slant: rng.random_range(-1.0..2.4),
        iris: Colour::along(&IRIS, rng.random::<f64>().powf(1.5)).varied(rng, 0.04),
        pupil: rng.random_range(0.35..0.55),
        glint: [rng.random_range(-1.3..1.3), rng.random_range(-1.6..-0.4)],
        lash: if rng.random_bool(0.5) { rng.random_range(1.2..2.4) } else { rng.random_range(0.6..1.2) },
        shadow: rng.random_bool(0.18).then(|| Colour::muted(rng, 0.7, 0.1..0.7)),
        crease: rng.random_range(0.0..0.6),
    };
    let sockets = rng.random_range(0.05..0.3);
    let bags = rng.random_range(0.0..0.25);
    for side in [-1.0, 1.0] {
        socket(sheet, person, side, skin, sockets);
        eye(sheet, person, side, &shape, skin, bags);
    }
    brows(sheet, rng, person, hair);
}

/// The eye socket, darker than the cheek.
fn socket(sheet: &mut Sheet, person: &Person, side: f64, skin: Colour, dark: f64) {
    let pose = &person.pose;
    let centre = pose.face(side * person.pose.shape.pupil, -2.0);
    let unit = pose.unit();
    let tone = skin.scaled(0.45);
    let paint = sheet.radial(centre, 15.0 * unit, &[(0.0, tone, dark), (0.6, tone, 0.6 * dark), (1.0, tone, 0.0)]);
    sheet.ellipse(centre, [15.0 * unit * pose.yaw.cos(), 12.0 * unit], 0.0, paint, 1.0);
}

fn eye(sheet: &mut Sheet, person: &Person, side: f64, shape: &EyeShape, skin: Colour, bags: f64) {
    let pose = &person.pose;
    let (centre, unit) = (side * pose.shape.pupil, pose.unit());
    // Along the lids from the inner corner (0) to the outer one (1).
    let at = |t: f64, dy: f64| {
        let line = 0.8 - t * (shape.slant + 0.8);
        pose.face(centre + side * shape.half * (2.0 * t - 1.0), line + dy)
    };
    let arch = |t: f64| (std::f64::consts::PI * t.powf(0.9)).sin().powf(0.8);
    let steps = [0.0, 0.12, 0.28, 0.46, 0.64, 0.82, 1.0];
    let upper: Vec<Point> = steps.iter().map(|&t| at(t, -shape.above * arch(t))).collect();
    let lower: Vec<Point> = steps.iter().map(|&t| at(t, shape.below * arch(1.0 - t))).collect();
    if let Some(colour) = shape.shadow {
        let lid = steps.iter().map(|&t| at(t, -(shape.above + 4.0) * arch(t)));
        let path = closed(&lid.chain(upper.iter().rev().copied()).collect::<Vec<_>>());
        sheet.fill(&path, colour, 0.4);
    }
    let opening = closed(&upper.iter().copied().chain(lower.iter().rev().copied().skip(1).take(5)).collect::<Vec<_>>());
    let white = Colour::hex(0xf1ece6).mix(skin, 0.18);
    sheet.fill(&opening, white, 1.0);
    let iris = person.iris(side);
    let radius = 3.75 * unit;
    let flat = (pose.yaw.cos() * 0.97).max(0.7);
    sheet.clipped(&opening, |sheet| {
        let disc = |sheet: &mut Sheet, r: f64, colour: Colour| {
            sheet.ellipse(iris, [r * radius * flat, r * radius], 0.0, colour, 1.0);
        };
        disc(sheet, 1.0, shape.iris.scaled(0.5));
        disc(sheet, 0.85, shape.iris);
        disc(sheet, shape.pupil, Colour::hex(0x070606));
        // The shadow of the lid on the eyeball.
        let shade: Vec<Point> = steps.iter().map(|&t| at(t, -shape.above * arch(t) + 0.6)).collect();
        sheet.stroke(&open(&shade), Colour::BLACK, 2.0 * unit, 0.28);
    });
    let glint = [iris[0] + shape.glint[0] * unit, iris[1] + shape.glint[1] * unit];
    sheet.ellipse(glint, [0.75 * unit, 0.75 * unit], 0.0, Colour::WHITE, 0.9);
    sheet.stroke(&open(&upper), skin.scaled(0.16), shape.lash * unit, 0.9);
    sheet.stroke(&open(&lower), skin.scaled(0.4), 0.55 * unit, 0.6);
    let fold: Vec<Point> = steps.iter().map(|&t| at(t, -(shape.above + 2.6) * arch(t) - 0.6)).collect();
    sheet.stroke(&open(&fold), skin.scaled(0.45), 0.8 * unit, shape.crease);
    let bag: Vec<Point> = [0.1, 0.35, 0.65, 0.9].iter().map(|&t| at(t, (shape.below + 4.0) * arch(t))).collect();
    sheet.stroke(&open(&bag), skin.scaled(0.5), 1.2 * unit, bags);
}

fn brows(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, hair: Colour) {
    let pose = &person.pose;
    let height = rng.random_range(-15.0..-10.0);
    let (thick, arch) = (rng.random_range(1.2..4.6), rng.random_range(0.5..4.5));
    let tilt = rng.random_range(-2.0..2.5);
    let (inner, outer) = (rng.random_range(6.5..11.0), rng.random_range(28.0..34.0));
    let colour = hair.mix(Colour::hex(0x1a120c), rng.random_range(0.1..0.7));
    let opacity = if rng.random_bool(0.12) { rng.random_range(0.1..0.35) } else { rng.random_range(0.5..0.95) };
    for side in [-1.0, 1.0] {
        let along = |t: f64, dy: f64| {
            let y = height + tilt * (0.5 - t) - arch * (std::f64::consts::PI * t.powf(1.3)).sin() + dy;
            pose.raised(side * (inner + t * (outer - inner)), y, 1.5)
        };
        let steps = [0.0, 0.2, 0.45, 0.7, 0.9, 1.0];
        let top = steps.iter().map(|&t| along(t, -0.5 * thick * (1.0 - t * t)));
        let low = steps.iter().rev().map(|&t| along(t, 0.5 * thick * (1.0 - t * t) + 0.2));
        sheet.fill(&closed(&top.chain(low).collect::<Vec<_>>()), colour, opacity);
    }
}
