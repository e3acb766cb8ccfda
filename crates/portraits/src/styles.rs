//! Longer hairstyles: guide hairs follow the style, and all other hairs follow the guide hairs.

use glam::{FloatExt, Vec3, vec3};
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

use super::field::Field;
use super::hair::{Root, Strand, Style, roots, scalp, tone};
use super::math::{Random, bell, noise, scatter, smoothstep};
use super::mesh::Triangles;
use super::people::Person;

/// The number of points of a guide hair.
const POINTS: usize = 36;

/// Grows the hair of a style: guide hairs first, then hairs that interpolate them.
pub(crate) fn styled(
    person: &Person,
    style: Style,
    skin: &Triangles,
    field: &Field,
    detail: f32,
    rng: &mut Random,
    out: &mut Vec<Strand>,
) {
    let guides: Vec<(Root, Vec<Vec3>)> = roots(skin, 1500, rng, |p, ears, _| scalp(p, ears, style))
        .into_iter()
        .enumerate()
        .map(|(seed, root)| {
            let points = guide(&root, style, field, &mut Random::seed_from_u64(seed as u64 + 100));
            (root, points)
        })
        .collect();
    let count = match style {
        Style::Short => 42_000.0,
        Style::Bob => 34_000.0,
        _ => 36_000.0,
    } * detail;
    let (clump, frizz) = match style {
        Style::Long => (0.35, 0.012),
        Style::Bob => (0.55, 0.02),
        _ => (0.6, 0.012),
    };
    // The parting needs more hairs, because a hair covers the scalp only beyond its root.
    let places = roots(skin, count as usize, rng, |p, ears, _| {
        scalp(p, ears, style) * (1.0 + 2.5 * bell((p.x - parting(style)).powi(2), 0.05))
    });
    let grown = places.par_iter().enumerate().map(|(seed, root)| {
        let mut rng = Random::seed_from_u64(seed as u64 + 50_000);
        let mut near = [(f32::INFINITY, 0usize); 3];
        for (i, (guide, _)) in guides.iter().enumerate() {
            let gap = guide.position - root.position;
            let gap = gap.dot(gap);
            if gap < near[2].0 && (style == Style::Short || side_of(style, guide.place) == side_of(style, root.place)) {
                near[2] = (gap, i);
                near.sort_by(|a, b| a.0.total_cmp(&b.0));
            }
        }
        let near = near.map(|n| if n.0.is_finite() { n } else { near[0] });
        let weights = near.map(|n| 1.0 / (n.0 + 0.0004));
        let sum: f32 = weights.iter().sum();
        let blend = |k: usize| (0..3).fold(Vec3::ZERO, |p, i| p + guides[near[i].1].1[k] * (weights[i] / sum));
        let offset = root.position - blend(0);
        let own = scatter(&mut rng);
        let stray = if rng.random::<f32>() < 0.05 { 3.0 } else { 1.0 };
        // Hairs of one lock end close together, each a little before the tip of the guide hair.
        let end = rng.random_range(0.82..1.0);
        let points = (0..POINTS).map(|k| {
            let s = k as f32 / (POINTS - 1) as f32;
            let exact = s * end * (POINTS - 1) as f32;
            let low = (exact as usize).min(POINTS - 2);
            let at = |k: usize| blend(k).lerp(guides[near[0].1].1[k], clump * smoothstep(0.1, 0.8, s));
            let p = at(low).lerp(at(low + 1), exact - low as f32);
            let at = p * 4.0 + own * 9.0;
            let wander = vec3(noise(at), noise(at + Vec3::splat(3.1)), noise(at + Vec3::splat(7.7)));
            p + offset * f32::lerp(1.0, 1.0 - clump * 0.6, s)
                + (wander * frizz * stray + own * frizz) * smoothstep(0.0, 0.3, s)
        });
        let points = points.collect();
        let shade = 1.0 + 0.22 * noise(guides[near[0].1].0.place * 19.0);
        let tone = tone(&person.hair, &mut rng) * shade;
        Strand { points, radius: 0.0016 / detail.sqrt(), tone, shine: person.hair.shine, mass: true }
    });
    out.par_extend(grown);
}

/// The x coordinate of the parting; far off the head for styles without one.
fn parting(style: Style) -> f32 {
    match style {
        Style::Long => 0.06,
        Style::Bob => 0.24,
        Style::Cropped | Style::Short => -9.0,
    }
}

/// The side of the parting that a point is on: −1 or 1.
fn side_of(style: Style, p: Vec3) -> f32 {
    if p.x < parting(style) + 0.012 * noise(p * 3.0) { -1.0 } else { 1.0 }
}

/// Grows one guide hair.
fn guide(root: &Root, style: Style, field: &Field, rng: &mut Random) -> Vec<Vec3> {
    let place = root.place;
    let side = side_of(style, place);
    let front = smoothstep(0.3, 1.1, place.z);
    let top = smoothstep(0.35, 0.85, place.y);
    let layer = rng.random::<f32>();
    let length = match style {
        Style::Long => rng.random_range(2.35..2.75) - 0.25 * front,
        Style::Bob => rng.random_range(1.15..1.35) + 0.25 * top,
        _ => {
            let sides = f32::lerp(0.10, 0.26, smoothstep(0.15, 0.6, place.y));
            f32::lerp(sides, f32::lerp(0.36, 0.58, front) * f32::lerp(1.0, 0.6, smoothstep(0.1, 0.6, place.x)), top)
                * rng.random_range(0.85..1.1)
        }
    };
    let step = length / (POINTS - 1) as f32;
    let mut p = root.position;
    let mut points = vec![p];
    let phase = noise(place * 3.0) * 6.0;
    let start = match style {
        Style::Short => {
            vec3(0.35, 0.35, 0.55) * top
                + vec3(0.0, -0.5, -0.25) * (1.0 - top)
                + root.normal * f32::lerp(0.45, 0.9, top)
        }
        _ => vec3(side * 0.5, 0.05, -0.3) + root.normal * 0.4,
    };
    let mut heading = start.normalize_or_zero();
    for k in 1..POINTS {
        let s = k as f32 / (POINTS - 1) as f32;
        let travelled = k as f32 * step;
        let distance = field.distance(p);
        let outward = field.outward(p);
        let (want, stiffness, clearance) = match style {
            Style::Long => {
                let high = smoothstep(0.25, 0.8, p.y);
                let want = vec3(
                    side * 0.75 * high,
                    f32::lerp(-1.0, -0.45, high),
                    f32::lerp(-0.34, -0.42, high) * smoothstep(-0.9, -0.3, p.y),
                );
                (want, 0.34, 0.03 + 0.06 * layer * smoothstep(0.0, 0.25, s))
            }
            Style::Bob => {
                let high = smoothstep(0.3, 0.8, p.y);
                let wave = (travelled * 8.0 + phase).sin();
                let curl = smoothstep(-0.6, -0.95, p.y);
                let want = vec3(
                    side * (0.75 * high - 0.75 * curl) + wave * 0.16,
                    f32::lerp(-1.0, -0.4, high) + 0.2 * curl,
                    f32::lerp(-0.22, -0.4, high) + wave * 0.28,
                );
                (want, 0.30, 0.045 + 0.12 * layer * smoothstep(0.0, 0.2, s) * f32::lerp(0.6, 1.0, high))
            }
            _ => {
                let wave = noise(place * 5.0 + Vec3::splat(2.0));
                let swept = vec3(0.6, f32::lerp(0.3, -0.35, s), f32::lerp(0.2, -0.75, smoothstep(0.0, 0.6, s)))
                    + vec3(wave * 0.4, 0.0, wave * 0.3);
                let want = vec3(side * 0.02, -1.0, -0.35).lerp(swept, top);
                (want, 0.16, 0.012 + 0.12 * layer * top * smoothstep(0.0, 0.4, s))
            }
        };
        // Hair from the forehead goes to the side before it falls.
        let fringe = smoothstep(0.6, 0.3, p.x.abs()) * smoothstep(0.1, 0.4, p.z);
        let aside = if style == Style::Short { 0.0 } else { 0.7 * fringe };
        let want = want + vec3(side * aside, 0.0, -aside * 0.3);
        // Hair that stands off the skull falls back to it.
        let loose = smoothstep(clearance + 0.02, clearance + 0.22, distance) * smoothstep(-0.75, -0.2, p.y);
        let want = want - outward * (loose * 1.1);
        // Close to the head, hair follows the surface.
        let mut want = want.normalize_or_zero();
        if distance < clearance + 0.03 && want.dot(outward) < 0.0 {
            want = want.reject_from_normalized(outward).normalize_or_zero();
        }
        heading = heading.lerp(want, stiffness).normalize_or_zero();
        p += heading * step;
        let short = clearance - field.distance(p);
        if short > 0.0 {
            p += field.outward(p) * short * 0.7;
        }
        points.push(p);
    }
    points
}
