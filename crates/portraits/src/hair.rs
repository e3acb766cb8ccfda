//! The roots of hair, and short hair: cropped hair, beards, brows and lashes.

use glam::{FloatExt, Vec3, vec3};
use rand::{Rng, SeedableRng};

use super::field::Field;
use super::math::{Random, bell, noise, scatter, smoothstep, table};
use super::mesh::{Head, Triangles};
use super::people::Person;
use super::skin::{EYES, beard};
use super::styles;

/// A hairstyle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    /// Straight and long, parted near the middle.
    Long,
    /// A few millimetres everywhere, with a short beard.
    Cropped,
    /// Wavy and jaw-length, parted on one side.
    Bob,
    /// Short at the sides, longer on top and swept to the side, with stubble.
    Short,
}

impl Style {
    /// The factor by which the roots darken the scalp.
    pub(crate) fn cover(self) -> f32 {
        if self == Self::Cropped { 0.85 } else { 0.7 }
    }
}

/// The colour of hair.
pub(crate) struct Pigment {
    /// The linear albedo.
    pub tone: Vec3,
    /// The strength of highlights.
    pub shine: f32,
    /// The variation between hairs.
    pub vary: f32,
    /// The share of white hairs.
    pub grey: f32,
}

/// One hair, from root to tip.
pub(crate) struct Strand {
    pub points: Vec<Vec3>,
    /// The radius at the root in decimetres. It decreases towards the tip.
    pub radius: f32,
    pub tone: Vec3,
    pub shine: f32,
    /// Whether the hair casts shadows on the face and on other hair.
    pub mass: bool,
}

/// The hairline: the angle around the skull in degrees from the front, and the height above the
/// eyes.
const HAIRLINE: [(f32, f32); 12] = [
    (0.0, 0.60),
    (26.0, 0.60),
    (40.0, 0.56),
    (52.0, 0.44),
    (62.0, 0.30),
    (72.0, 0.10),
    (80.0, -0.06),
    (92.0, 0.14),
    (112.0, 0.12),
    (126.0, -0.15),
    (145.0, -0.42),
    (180.0, -0.52),
];

fn azimuth(p: Vec3) -> f32 {
    p.x.abs().atan2(p.z - 0.42).to_degrees()
}

/// The density of head hair at a point on the base mesh, relative to the eyes.
pub(crate) fn scalp(p: Vec3, ears: f32, style: Style) -> f32 {
    // Male hairlines recede at the temples; the others are a little lower.
    let male = matches!(style, Style::Short | Style::Cropped);
    let recede = if male { 0.05 * bell((p.x.abs() - 0.42).powi(2), 0.12) } else { -0.035 };
    let line = table(&HAIRLINE, azimuth(p)) + recede + 0.025 * noise(p * 14.0) + 0.015 * noise(p * 40.0);
    smoothstep(line - 0.01, line + 0.07, p.y) * smoothstep(0.4, 0.1, ears)
}

/// The root of a hair.
pub(crate) struct Root {
    pub position: Vec3,
    pub normal: Vec3,
    /// The position on the base mesh, relative to the eyes.
    pub place: Vec3,
}

/// Samples `count` roots from the skin with a probability proportional to `density`.
pub(crate) fn roots(
    skin: &Triangles,
    count: usize,
    rng: &mut Random,
    density: impl Fn(Vec3, f32, f32) -> f32,
) -> Vec<Root> {
    let mut total = 0.0;
    let mut sums = Vec::new();
    for (index, face) in skin.faces.iter().enumerate() {
        let [a, b, c] = face.map(|i| &skin.vertices[i as usize]);
        let middle = (a.reference + b.reference + c.reference) * (1.0 / 3.0) - EYES;
        let share = density(middle, (a.ears + b.ears + c.ears) / 3.0, (a.lips + b.lips + c.lips) / 3.0);
        if share > 0.01 {
            total += share * (b.position - a.position).cross(c.position - a.position).length();
            sums.push((total, index));
        }
    }
    let mut out = Vec::with_capacity(count);
    for _ in 0..if sums.is_empty() { 0 } else { count } {
        let aim = rng.random::<f32>() * total;
        let (_, index) = sums[sums.partition_point(|s| s.0 < aim).min(sums.len() - 1)];
        let [a, b, c] = skin.faces[index].map(|i| i as usize);
        let (mut u, mut v) = (rng.random::<f32>(), rng.random::<f32>());
        if u + v > 1.0 {
            (u, v) = (1.0 - u, 1.0 - v);
        }
        let w = 1.0 - u - v;
        let at = |f: &dyn Fn(usize) -> Vec3| f(a) * w + f(b) * u + f(c) * v;
        out.push(Root {
            position: at(&|i| skin.vertices[i].position),
            normal: at(&|i| skin.normals[i]).normalize_or_zero(),
            place: at(&|i| skin.vertices[i].reference) - EYES,
        });
    }
    out
}

pub(crate) fn tone(pigment: &Pigment, rng: &mut Random) -> Vec3 {
    if rng.random::<f32>() < pigment.grey {
        return vec3(0.52, 0.51, 0.50) * rng.random_range(0.75..1.15);
    }
    let vary = 1.0 + pigment.vary * rng.random_range(-1.0..1.0);
    let warm = 1.0 + 0.25 * pigment.vary * rng.random_range(-1.0..1.0);
    pigment.tone * vec3(vary * warm, vary, vary / warm)
}

/// A short hair that bends towards `direction`. `lean` is the weight of the normal at its root.
fn short(root: &Root, direction: Vec3, lean: f32, length: f32, bend: f32, points: usize) -> Vec<Vec3> {
    let along = direction.reject_from_normalized(root.normal).normalize_or_zero();
    let mut heading = (along * (1.0 - lean) + root.normal * lean).normalize_or_zero();
    let mut p = root.position - root.normal * 0.003;
    let mut out = vec![p];
    for _ in 1..points {
        p += heading * (length / (points - 1) as f32);
        out.push(p);
        heading = (heading + along * bend).normalize_or_zero();
    }
    out
}

/// Grows all hair of a person. A `detail` below 1 gives fewer but thicker hairs.
pub(crate) fn grow(person: &Person, head: &Head, skin: &Triangles, field: &Field, detail: f32) -> Vec<Strand> {
    let mut rng = Random::seed_from_u64(7);
    let mut out = Vec::new();
    match person.style {
        Style::Cropped => cropped(person, skin, detail, &mut rng, &mut out),
        style => styles::styled(person, style, skin, field, detail, &mut rng, &mut out),
    }
    if person.skin.beard > 0.0 {
        whiskers(person, skin, detail, &mut rng, &mut out);
    }
    brows(person, skin, &mut rng, &mut out);
    lashes(person, head, &mut rng, &mut out);
    out
}

fn cropped(person: &Person, skin: &Triangles, detail: f32, rng: &mut Random, out: &mut Vec<Strand>) {
    let count = (95_000.0 * detail) as usize;
    for root in roots(skin, count, rng, |p, ears, _| scalp(p, ears, Style::Cropped)) {
        let p = root.place;
        let curl = vec3(noise(p * 30.0), noise(p * 30.0 + Vec3::splat(5.0)), noise(p * 30.0 + Vec3::splat(11.0)));
        let fade = smoothstep(0.0, 0.5, p.y);
        let length = f32::lerp(0.018, 0.042, fade) * rng.random_range(0.7..1.2);
        let lean = f32::lerp(0.35, 0.45, fade);
        let points = short(&root, vec3(0.0, -0.3, 0.5) + curl * 1.3, lean, length, 0.35, 4);
        let tone = tone(&person.hair, rng);
        out.push(Strand { points, radius: 0.0013 / detail.sqrt(), tone, shine: person.hair.shine, mass: true });
    }
}

fn whiskers(person: &Person, skin: &Triangles, detail: f32, rng: &mut Random, out: &mut Vec<Strand>) {
    let full = person.style == Style::Cropped;
    let count = (if full { 24_000.0 } else { 30_000.0 }) * detail;
    let places = roots(skin, count as usize, rng, |p, ears, lips| {
        let goatee = bell(p.x * p.x + (p.y + 0.95).powi(2) * 0.6, 0.28)
            + smoothstep(0.34, 0.28, p.x.abs()) * smoothstep(-0.66, -0.5, p.y);
        let thin = if full { 0.35 + 0.65 * goatee.min(1.0) } else { 0.45 + 0.5 * goatee.min(1.0) };
        beard(p) * thin * smoothstep(0.3, 0.05, lips) * smoothstep(0.2, 0.02, ears) * (0.75 + 0.25 * noise(p * 18.0))
    });
    for root in places {
        let length = if full { 0.034 } else { 0.014 } * rng.random_range(0.6..1.2);
        let jitter = scatter(rng) * if full { 0.8 } else { 0.4 };
        let side = vec3(root.place.x.signum() * 0.25, -1.0, 0.1);
        let points = short(&root, side + jitter, 0.25, length, 0.3, 4);
        let tone = tone(&person.hair, rng);
        out.push(Strand {
            points,
            radius: if full { 0.0008 } else { 0.00058 } / detail.sqrt(),
            tone,
            shine: 0.1,
            mass: false,
        });
    }
}

fn brows(person: &Person, skin: &Triangles, rng: &mut Random, out: &mut Vec<Strand>) {
    let (density, size) = person.brow_growth;
    let centre =
        |x: f32| table(&[(0.10, 0.158), (0.2, 0.180), (0.32, 0.203), (0.42, 0.206), (0.52, 0.178), (0.60, 0.135)], x);
    let places = roots(skin, (2100.0 * density) as usize, rng, |p, _, _| {
        let x = p.x.abs();
        let width = table(&[(0.10, 0.026), (0.2, 0.036), (0.36, 0.031), (0.5, 0.019), (0.60, 0.008)], x)
            * (0.6 + 0.4 * density);
        let ends = smoothstep(0.09, 0.15, x) * smoothstep(0.62, 0.55, x);
        let across = p.y - centre(x);
        bell(across * across, width * 0.5) * ends * smoothstep(0.5, 0.8, p.z)
    });
    for root in places {
        let x = root.place.x.abs();
        let side = root.place.x.signum();
        let across = (root.place.y - centre(x)) / 0.03;
        // Brow hairs point up at the inner end, then outwards; upper hairs bend down, lower ones
        // up.
        let rise = f32::lerp(0.95, -0.05, smoothstep(0.1, 0.24, x)) - 0.35 * smoothstep(0.38, 0.55, x) - across * 0.45;
        let direction = vec3(side, rise + rng.random_range(-1.0..1.0) * 0.25, 0.0);
        let length = f32::lerp(0.042, 0.060, smoothstep(0.1, 0.3, x)) * size * rng.random_range(0.6..1.15);
        let points = short(&root, direction, 0.16, length, 0.3, 5);
        out.push(Strand {
            points,
            radius: 0.00095,
            tone: tone(&person.brows, rng),
            shine: person.brows.shine,
            mass: false,
        });
    }
}

fn lashes(person: &Person, head: &Head, rng: &mut Random, out: &mut Vec<Strand>) {
    for (index, line) in head.lids.iter().enumerate() {
        let upper = index % 2 == 0;
        let eye = head.eyes[index / 2];
        let count = if upper { 170 } else { 60 };
        for _ in 0..count {
            let t = f32::lerp(if upper { 0.04 } else { 0.2 }, 0.98, rng.random::<f32>());
            let at = t * (line.len() - 1) as f32;
            let k = (at as usize).min(line.len() - 2);
            let root = line[k].lerp(line[k + 1], at - k as f32);
            let away = (root - eye.centre).normalize_or_zero();
            // Lashes fan out towards the corners and curl up.
            let fan = vec3((root.x - eye.centre.x) / eye.radius * 0.9, 0.0, 0.0)
                + vec3(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0) * 0.5, 0.0) * 0.14;
            let lift = if upper { 0.25 } else { -0.75 };
            let mut heading =
                (vec3(0.0, lift - if upper { 0.45 } else { 0.0 }, 0.9) + fan + away * 0.3).normalize_or_zero();
            let grown = smoothstep(0.0, 0.35, t) * f32::lerp(0.75, 1.0, smoothstep(1.0, 0.8, t));
            let length = person.lashes
                * f32::lerp(0.55, 1.0, grown)
                * rng.random_range(0.7..1.1)
                * if upper { 1.0 } else { 0.5 };
            let mut p = root;
            let mut points = vec![p];
            for _ in 0..6 {
                p += heading * (length / 6.0);
                points.push(p);
                heading = (heading + vec3(0.0, if upper { 0.24 } else { -0.04 }, 0.0)).normalize_or_zero();
            }
            let radius = if upper { 0.00105 } else { 0.0006 };
            out.push(Strand { points, radius, tone: person.brows.tone * 0.5, shine: 0.1, mass: false });
        }
    }
}
