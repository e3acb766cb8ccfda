//! Skin, ears, nose, mouth and beard.

use super::Person;
use super::brush::{Colour, Point, Sheet, closed, open};
use rand::Rng;

const SKIN: [u32; 8] = [0xf6ddcb, 0xf0c8ad, 0xe3ae8a, 0xd0976f, 0xb37a53, 0x8d5a3b, 0x64402b, 0x41291d];

pub(super) fn skin(rng: &mut impl Rng) -> Colour {
    Colour::along(&SKIN, rng.random()).varied(rng, 0.03)
}

/// The head without its features. The light comes from the left (`light` −1) to the right (1) of
/// the image.
pub(super) fn head(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, skin: Colour, light: f64) {
    let pose = &person.pose;
    let outline = closed(&pose.outline());
    sheet.fill(&outline, skin, 1.0);
    let unit = pose.unit();
    let (left, right) = (pose.edge(10.0, -1.0, 0.0), pose.edge(10.0, 1.0, 0.0));
    // The sides are darker, so that the head looks round.
    let fall = rng.random_range(0.1..0.4);
    let tone = skin.scaled(0.35);
    let side = sheet.linear(
        left,
        right,
        &[(0.0, tone, fall), (0.22, tone, 0.15 * fall), (0.5, tone, 0.0), (0.78, tone, 0.15 * fall), (1.0, tone, fall)],
    );
    sheet.fill(&outline, side, 1.0);
    // Light from one side.
    let strength = 0.55 * light.abs();
    let (dark, bright) = if light > 0.0 { (left, right) } else { (right, left) };
    let shade = sheet.linear(
        dark,
        bright,
        &[(0.0, tone, strength), (0.45, tone, 0.45 * strength), (0.7, tone, 0.0), (1.0, tone, 0.0)],
    );
    sheet.fill(&outline, shade, 1.0);
    let under = sheet.linear(
        pose.face(0.0, 40.0),
        pose.face(0.0, pose.shape.bottom + 4.0),
        &[(0.0, tone, 0.0), (0.6, tone, 0.06), (1.0, tone, 0.35)],
    );
    sheet.fill(&outline, under, 1.0);
    sheet.clipped(&outline, |sheet| {
        let shine = rng.random_range(0.03..0.3);
        let lit = 12.0 * light;
        glow(sheet, pose.face(lit, -34.0), [24.0 * unit, 14.0 * unit], Colour::WHITE, shine);
        let blush = rng.random_range(0.0..0.3);
        let red = Colour::hex(0xd06050).mix(skin, 0.3);
        for side in [-1.0, 1.0] {
            glow(sheet, pose.face(side * 25.0, 20.0), [13.0 * unit, 10.0 * unit], red, blush);
            let cheek = shine * (0.5 + 0.5 * light * side);
            glow(sheet, pose.face(side * 24.0, 13.0), [9.0 * unit, 6.0 * unit], Colour::WHITE, cheek);
        }
        marks(sheet, rng, person, skin);
    });
}

fn glow(sheet: &mut Sheet, centre: Point, radii: Point, colour: Colour, opacity: f64) {
    let radius = radii[0].max(radii[1]);
    let paint = sheet.radial(centre, radius, &[(0.0, colour, opacity), (1.0, colour, 0.0)]);
    sheet.ellipse(centre, radii, 0.0, paint, 1.0);
}

/// Freckles, moles and forehead lines.
fn marks(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, skin: Colour) {
    let pose = &person.pose;
    let spots = match rng.random_range(0..10) {
        0 => rng.random_range(15..45),
        1..=4 => rng.random_range(1..4),
        _ => 0,
    };
    for _ in 0..spots {
        let at = pose.face(rng.random_range(-36.0..36.0), rng.random_range(-30.0..60.0));
        let r = rng.random_range(0.3..1.0) * pose.unit();
        sheet.ellipse(at, [r, r], 0.0, skin.scaled(0.5), rng.random_range(0.2..0.7));
    }
    if rng.random_bool(0.2) {
        for k in 0..rng.random_range(1..4) {
            let y = -26.0 - 6.0 * f64::from(k);
            let line: Vec<Point> = [-22.0, -8.0, 8.0, 22.0].iter().map(|&x| pose.face(x, y + 0.004 * x * x)).collect();
            sheet.stroke(&open(&line), skin.scaled(0.5), 0.8 * pose.unit(), 0.3);
        }
    }
}

/// One ear. The caller draws the near ear of a turned head after the head, and other ears before
/// it.
pub(super) fn ear(sheet: &mut Sheet, person: &Person, side: f64, skin: Colour) {
    let pose = &person.pose;
    let [flare, tall] = person.ears;
    let rim = |share: f64| -> Vec<Point> {
        (0..10)
            .map(|k| {
                let (sin, cos) = (std::f64::consts::TAU * f64::from(k) / 10.0).sin_cos();
                let back = 0.5 * (1.0 - share * cos);
                let x = pose.shape.skull - 3.0 + flare * (back + 0.25 * share * sin.min(0.0).abs());
                pose.point([side * x, 9.0 + tall * share * (sin + 0.12 * sin * cos), -47.0 + 9.0 * share * cos])
            })
            .collect()
    };
    sheet.fill(&closed(&rim(1.0)), skin.scaled(0.9), 1.0);
    sheet.fill(&closed(&rim(0.6)), skin.scaled(0.68), 0.8);
}

pub(super) fn nose(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, skin: Colour, light: f64) {
    let pose = &person.pose;
    let unit = pose.unit();
    let wide = rng.random_range(7.0..11.5);
    let (tip, base) = (rng.random_range(23.0..29.0), rng.random_range(29.5..34.0));
    let out = rng.random_range(11.0..18.0);
    let point = |x: f64, y: f64, z: f64| pose.point([x, y, z]);
    // The shaded side: away from the light, or the far side of a turned head.
    let dark = if light.abs() > 0.15 { -light.signum() } else { pose.yaw.signum() };
    let tone = skin.scaled(0.45);
    let plane = [
        point(dark * 3.0, -9.0, 9.0),
        point(dark * 1.2, 8.0, 14.0),
        point(dark * 1.5, tip, 10.0 + out),
        point(dark * wide, base - 1.0, 11.0),
        point(dark * 7.5, 14.0, 9.0),
        point(dark * 6.5, 0.0, 6.0),
    ];
    sheet.fill(&closed(&plane), tone, rng.random_range(0.08..0.35));
    glow(
        sheet,
        point(0.0, tip - 2.0, 10.0 + out),
        [4.5 * unit, 4.0 * unit],
        Colour::WHITE,
        rng.random_range(0.05..0.4),
    );
    let bridge = [point(0.0, -4.0, 11.0), point(0.0, 8.0, 15.0), point(0.0, tip - 4.0, 9.0 + out)];
    sheet.stroke(&open(&bridge), Colour::WHITE.mix(skin, 0.4), 2.0 * unit, rng.random_range(0.05..0.3));
    for side in [-1.0, 1.0] {
        let wing = [
            point(side * (wide - 2.5), tip - 3.0, 13.0),
            point(side * wide, base - 4.0, 11.0),
            point(side * wide, base - 0.5, 11.0),
            point(side * (wide - 3.0), base + 0.5, 13.0),
        ];
        sheet.stroke(&open(&wing), tone, 1.0 * unit, 0.55);
        let nostril = point(side * 0.5 * wide, base + 0.3, 13.0);
        sheet.ellipse(nostril, [1.9 * unit, 1.0 * unit], 12.0 * side, skin.scaled(0.2), 0.75);
    }
    let below = [
        point(-0.45 * wide, base + 0.8, 13.0),
        point(0.0, base + 2.0, 8.0 + 0.6 * out),
        point(0.45 * wide, base + 0.8, 13.0),
    ];
    sheet.stroke(&open(&below), tone, 0.9 * unit, 0.5);
}

pub(super) fn mouth(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, skin: Colour) {
    let pose = &person.pose;
    let unit = pose.unit();
    let smile = rng.random_range(-1.0..4.5_f64);
    let half = rng.random_range(13.0..17.0) + 0.9 * smile.max(0.0);
    let y = rng.random_range(42.0..46.0);
    let (upper, lower) = (rng.random_range(1.8..4.2), rng.random_range(2.8..5.6));
    let gape = if rng.random_bool(0.5) { rng.random_range(0.8..6.5) } else { 0.0 };
    let lip = if rng.random_bool(0.3) {
        Colour::along(&[0x8f1d2c, 0xc03a4a, 0xd86a78, 0x7a2a3c], rng.random())
    } else {
        skin.mix(Colour::hex(0xa04040), rng.random_range(0.2..0.5)).scaled(0.88)
    };
    let steps = [-1.0, -0.66, -0.3, 0.0, 0.3, 0.66, 1.0];
    let line = |t: f64| y - smile * t * t;
    let at = |t: f64, dy: f64| pose.raised(half * t, line(t) + dy, 2.0 * (1.0 - t * t));
    let round = |t: f64| (1.0 - t * t).max(0.0).sqrt();
    let curve = |f: &dyn Fn(f64) -> f64| -> Vec<Point> { steps.iter().map(|&t| at(t, f(t))).collect() };
    let ring = |mut a: Vec<Point>, mut b: Vec<Point>| -> String {
        b.reverse();
        a.append(&mut b);
        closed(&a)
    };
    // The upper lip dips in the middle (Cupid's bow).
    let top = curve(&|t| -0.4 * gape * round(t) - upper * round(t) * (0.72 + 0.5 * t.abs().min(0.3) / 0.3 * 0.56));
    let seam_top = curve(&|t| -0.4 * gape * round(t));
    let seam_low = curve(&|t| 0.6 * gape * round(t));
    let bottom = curve(&|t| 0.6 * gape * round(t) + lower * round(t));
    sheet.fill(&ring(top, seam_top.clone()), lip.scaled(0.86), 0.92);
    sheet.fill(&ring(seam_low.clone(), bottom), lip, 0.92);
    if gape > 0.0 {
        let hole = ring(seam_top.clone(), seam_low);
        sheet.fill(&hole, Colour::hex(0x2a0f10), 1.0);
        if gape > 1.5 || smile > 1.0 {
            let teeth = curve(&|t| -0.4 * gape * round(t) + 0.75 * gape * round(t));
            sheet.clipped(&hole, |sheet| sheet.fill(&ring(seam_top.clone(), teeth), Colour::hex(0xf4efe6), 0.95));
        }
    } else {
        sheet.stroke(&open(&seam_top), lip.scaled(0.35), 0.9 * unit, 0.85);
    }
    glow(sheet, at(0.0, 0.6 * gape + 0.5 * lower), [0.4 * half * unit, 0.4 * lower * unit], Colour::WHITE, 0.25);
    let fold = rng.random_range(0.0..0.4);
    for side in [-1.0, 1.0] {
        let line = [
            pose.face(side * 11.0, 30.0),
            pose.face(side * (half + 2.0), 38.0),
            pose.face(side * (half + 4.0), y + 2.0 - smile),
        ];
        sheet.stroke(&open(&line), skin.scaled(0.5), 1.1 * unit, fold);
    }
}

/// Stubble, a full beard, a goatee or a moustache. It is drawn before the mouth.
pub(super) fn beard(sheet: &mut Sheet, rng: &mut impl Rng, person: &Person, hair: Colour) {
    let pose = &person.pose;
    let kind = rng.random_range(0..10);
    if kind >= 4 {
        return;
    }
    let colour = hair.mix(Colour::hex(0x20160f), 0.3).varied(rng, 0.04);
    let opacity = match kind {
        0 => rng.random_range(0.12..0.4),
        _ => rng.random_range(0.7..0.98),
    };
    let b = pose.shape.bottom;
    if kind < 2 {
        let cheek = rng.random_range(22.0..36.0);
        let longer = if kind == 1 { rng.random_range(0.0..9.0) } else { 0.5 };
        let mut points: Vec<Point> = [4.0, 20.0, 36.0, 50.0].iter().map(|&y| pose.around(y, 0.0, 0.8)).collect();
        points.extend([0.75 * b, 0.9 * b].map(|y| pose.edge(y, 1.0, 0.6 * longer)));
        points.push(pose.raised(0.0, b + longer, -3.0));
        points.extend([0.9 * b, 0.75 * b].map(|y| pose.edge(y, -1.0, 0.6 * longer)));
        points.extend([50.0, 36.0, 20.0, 4.0].map(|y| pose.around(y, 180.0, 0.8)));
        points.extend(
            [(-36.0, cheek - 4.0), (-27.0, cheek + 8.0), (-17.0, 36.0), (0.0, 34.5)].map(|(x, y)| pose.face(x, y)),
        );
        points.extend([(17.0, 36.0), (27.0, cheek + 8.0), (36.0, cheek - 4.0)].map(|(x, y)| pose.face(x, y)));
        sheet.fill(&closed(&points), colour, opacity);
        return;
    }
    let lip = [
        (-21.0, 45.0),
        (-14.0, 37.5),
        (0.0, 35.0),
        (14.0, 37.5),
        (21.0, 45.0),
        (12.0, 41.5),
        (0.0, 40.0),
        (-12.0, 41.5),
    ];
    sheet.fill(&closed(&lip.map(|(x, y)| pose.raised(x, y, 2.0))), colour, opacity);
    if kind == 2 {
        let chin = [(-15.0, 54.0), (0.0, 51.0), (15.0, 54.0), (14.0, 0.9 * b), (0.0, b), (-14.0, 0.9 * b)];
        sheet.fill(&closed(&chin.map(|(x, y)| pose.raised(x, y, 1.0))), colour, opacity);
    }
}
