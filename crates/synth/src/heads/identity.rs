//! Random people: shapes of heads and their expressions.

use super::shapes::Shapes;
use super::surface::ball;
use glam::Vec3;
use rand::Rng;
use rand::seq::IteratorRandom;
use rand_distr::StandardNormal;

/// MakeHuman's groups of faces.
pub(super) const RACES: [&str; 3] = ["african", "asian", "caucasian"];
/// The ages of the shapes, in years.
const AGES: [(&str, f32); 4] = [("baby", 1.0), ("child", 11.0), ("young", 25.0), ("old", 80.0)];
/// The distance between the eyeballs of every head in metres. Images show no scale, and with one
/// common distance the thickness of hair and cloth suits babies too.
pub(super) const APART: f32 = 0.063;
/// Targets that change no face, undo an alignment, or make a face lopsided.
const LEFT_OUT: [&str; 12] = [
    "head-age",
    "head-trans",
    "head-angle",
    "trans-in",
    "trans-out",
    "asymm-",
    "measure-",
    "neck-trans",
    "eye-scale",
    "eye-push",
    "neck-scale-vert",
    "head-scale-vert",
];

/// A head in metres. The origin is midway between the eyeballs.
///
/// x is to the right of the image of an unturned head, y up and z towards the camera.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub points: Vec<Vec3>,
    /// The centres and the radius of the eyeballs, the one on the left of the image first.
    pub eyes: [Vec3; 2],
    pub radius: f32,
    /// In years.
    pub age: f32,
    /// 1 is male, 0 female.
    pub male: f32,
    /// How far the eyes are closed, from 0 to 1.
    pub closed: f32,
    pub neck: Vec3,
}

impl Identity {
    /// `closable` says whether some people close their eyes.
    pub(super) fn sample(rng: &mut impl Rng, shapes: &Shapes, closable: bool) -> Self {
        let age: f32 = match rng.random_range(0..20) {
            0..3 => rng.random_range(1.0..8.0),
            3..6 => rng.random_range(8.0..18.0),
            6..13 => rng.random_range(18.0..45.0),
            _ => rng.random_range(45.0..85.0),
        };
        let male = if rng.random_bool(0.8) { f32::from(rng.random_bool(0.5)) } else { rng.random() };
        let mut points = shapes.mesh.points.clone();
        let races = mixture(rng);
        blend(rng, shapes, &mut points, age, male, races);
        details(rng, shapes, &mut points);
        let race = (0..3).max_by(|&a, &b| races[a].total_cmp(&races[b])).unwrap_or(0);
        let closed = expression(rng, shapes, &mut points, RACES[race], closable);
        Self::new(shapes, points, age, male, closed)
    }

    /// Scales and centres the points of a shaped mesh.
    fn new(shapes: &Shapes, mut points: Vec<Vec3>, age: f32, male: f32, closed: f32) -> Self {
        let [right, left] = shapes.mesh.eyes.each_ref().map(|eye| ball(&points, eye));
        let middle = 0.5 * (right.0 + left.0);
        let scale = APART / right.0.distance(left.0);
        for point in &mut points {
            *point = scale * (*point - middle);
        }
        let neck = &shapes.mesh.neck;
        let neck = neck.iter().map(|&i| points[i as usize]).sum::<Vec3>() / neck.len() as f32;
        let eyes = [right.0, left.0].map(|centre| scale * (centre - middle));
        Self { points, eyes, radius: 0.5 * scale * (right.1 + left.1), age, male, closed, neck }
    }
}

/// Three random shares that add up to 1; one of them is often large.
fn mixture(rng: &mut impl Rng) -> [f32; 3] {
    let shares: [f32; 3] = std::array::from_fn(|_| rng.random::<f32>().max(1e-3).powi(3));
    shares.map(|share| share / shares.iter().sum::<f32>())
}

/// The two ages of the shapes around an age, with their shares.
fn ages(age: f32) -> [(&'static str, f32); 2] {
    let next = AGES.iter().position(|&(_, years)| age < years).unwrap_or(AGES.len() - 1).max(1);
    let ((younger, from), (older, to)) = (AGES[next - 1], AGES[next]);
    let share = ((age - from) / (to - from)).clamp(0.0, 1.0);
    [(younger, 1.0 - share), (older, share)]
}

/// Mixes the targets of race, gender, age, muscle and weight.
fn blend(rng: &mut impl Rng, shapes: &Shapes, points: &mut [Vec3], age: f32, male: f32, races: [f32; 3]) {
    let mut between = |names: [&'static str; 3]| {
        let x = (0.45 * rng.sample::<f32, _>(StandardNormal)).clamp(-1.0, 1.0);
        [(names[1], 1.0 - x.abs()), (if x < 0.0 { names[0] } else { names[2] }, x.abs())]
    };
    let muscles = between(["minmuscle", "averagemuscle", "maxmuscle"]);
    let weights = between(["minweight", "averageweight", "maxweight"]);
    for (gender, g) in [("male", male), ("female", 1.0 - male)] {
        for (age, a) in ages(age) {
            for (race, r) in RACES.into_iter().zip(races) {
                add(shapes, points, &format!("macrodetails/{race}-{gender}-{age}"), g * a * r);
            }
            for (muscle, m) in muscles {
                for (weight, w) in weights {
                    let name = format!("macrodetails/universal-{gender}-{age}-{muscle}-{weight}");
                    add(shapes, points, &name, g * a * m * w);
                }
            }
        }
    }
}

fn add(shapes: &Shapes, points: &mut [Vec3], name: &str, weight: f32) {
    if weight > 1e-3 {
        shapes.add(points, name, weight);
    }
}

/// Random targets of single parts of the face. Those of one side are applied to both sides.
fn details(rng: &mut impl Rng, shapes: &Shapes, points: &mut [Vec3]) {
    let strength = rng.random_range(0.15..0.55_f32);
    for (folder, count) in [
        ("head", 2),
        ("forehead", 1),
        ("eyes", 4),
        ("eyebrows", 1),
        ("nose", 4),
        ("mouth", 4),
        ("cheek", 2),
        ("chin", 2),
        ("ears", 3),
        ("neck", 1),
        ("asym", 3),
    ] {
        let usable = |name: &&str| !name.starts_with("r-") && !LEFT_OUT.iter().any(|part| name.contains(part));
        for name in shapes.names(folder).filter(usable).choose_multiple(rng, count) {
            let weight = (strength * rng.sample::<f32, _>(StandardNormal)).abs().min(0.8);
            let weight = if folder == "asym" { 0.5 * weight } else { weight };
            shapes.add(points, &format!("{folder}/{name}"), weight);
            if let Some(part) = name.strip_prefix("l-") {
                let other = (weight + 0.05 * rng.sample::<f32, _>(StandardNormal)).max(0.0);
                shapes.add(points, &format!("{folder}/r-{part}"), other);
            }
        }
    }
}

/// A random expression; returns how far the eyes are closed.
fn expression(rng: &mut impl Rng, shapes: &Shapes, points: &mut [Vec3], race: &str, closable: bool) -> f32 {
    let mut unit = |name: &str, weight: f32| shapes.add(points, &format!("expression/units/{race}/{name}"), weight);
    let wild = rng.random_bool(0.25);
    let mut amount = |share: f64, most: f32| if rng.random_bool(share) { rng.random_range(0.0..most) } else { 0.0 };
    unit("mouth-corner-puller", amount(0.6, 0.9));
    unit("mouth-open", amount(0.25, 0.6));
    unit("mouth-part-later", amount(0.12, 0.4));
    unit("mouth-elevation", amount(0.1, 0.5));
    unit("mouth-depression", amount(0.1, 0.5));
    if wild {
        for name in ["mouth-pursing", "mouth-protusion", "mouth-retraction", "mouth-eversion", "mouth-compression"] {
            unit(name, amount(0.25, 0.6));
        }
        unit("nose-compression", amount(0.3, 0.7));
    }
    for (name, share) in [("up", 0.2), ("down", 0.2), ("inner-up", 0.1), ("extern-up", 0.1)] {
        let weight = amount(share, 0.8);
        for side in ["left", "right"] {
            unit(&format!("eyebrows-{side}-{name}"), weight);
        }
    }
    let closed = if closable && rng.random_bool(0.07) { rng.random_range(0.85..1.0) } else { 0.0 };
    let opened = if closed > 0.0 { 0.0 } else { rng.random_range(-0.4..0.65_f32) };
    for side in ["left", "right"] {
        let more = 0.05 * rng.sample::<f32, _>(StandardNormal);
        if closed > 0.0 {
            unit(&format!("eye-{side}-closure"), closed);
        } else if opened > 0.0 {
            unit(&format!("eye-{side}-opened-up"), (opened + more).max(0.0));
        } else {
            unit(&format!("eye-{side}-slit"), (more - opened).max(0.0));
        }
    }
    closed
}
