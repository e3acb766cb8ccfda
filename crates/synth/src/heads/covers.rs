//! Masks and veils over the face, and hands and things before it.

use super::curve::{line, noise, smoothstep};
use super::hair::sphere;
use super::headwear::cloth;
use super::identity::{APART, Identity};
use super::shapes::Shapes;
use super::shell::{Coat, Hull, smooth};
use super::surface::triangles;
use crate::raster::{Mesh, Vertex};
use glam::{Affine3A, Mat3, Vec2, Vec3};
use rand::Rng;

/// A mask or veil over the lower face.
pub(super) fn mask(rng: &mut impl Rng, hull: &Hull) -> Vec<Mesh> {
    let mut coat = cloth(rng);
    let veil = rng.random_bool(0.3);
    if !veil && rng.random_bool(0.6) {
        let colours = [[0.35, 0.55, 0.75], [0.75, 0.78, 0.8], [0.02, 0.02, 0.02], [0.4, 0.65, 0.6]];
        coat.colour = Vec3::from_array(colours[rng.random_range(0..4)]);
        coat.texture = None;
    }
    let (nose, side) = (rng.random_range(-0.32..-0.12), rng.random_range(-0.5..-0.3_f32));
    let wide = if veil { 180.0 } else { rng.random_range(38.0..58.0) };
    let low = if veil { -3.0 } else { rng.random_range(-1.3..-1.1) };
    let seed = rng.random_range(0.0..50.0);
    let thick = rng.random_range(0.006..0.01);
    let folds = if veil { 0.003 } else { rng.random_range(0.0..0.003) };
    let shell = hull.shell(&coat, |site, point| {
        let turn = site.azimuth.abs();
        let top = line(&[(0.0, nose), (12.0, nose - 0.04), (35.0, side.max(nose - 0.2)), (60.0, side)], turn);
        let below = if veil { 0.2 } else { line(&[(20.0, low), (60.0, -0.75)], turn) };
        let inside = (top - site.point.y).min(0.01 * (wide - turn));
        let inside = if veil { inside } else { inside.min(site.point.y - below) };
        if inside < -0.01 {
            return -1.0;
        }
        let fold = folds * noise(Vec3::new(point.x / 0.05, point.y / 0.012, seed));
        -0.002 + (thick + fold).max(0.003) * smoothstep(-0.01, 0.04, inside)
    });
    let mut meshes = vec![shell];
    if veil {
        meshes.push(hull.curtain(&coat, [0.0; 2], -0.08, -0.26, |azimuth, s| {
            thick + 0.02 * s + 0.006 * s * noise(Vec3::new(0.05 * azimuth, seed, 0.0))
        }));
    } else {
        // Loops to the ears.
        for sign in [-1.0, 1.0] {
            for height in [side - 0.05, -0.72] {
                let from = hull_point(hull, sign * (wide - 6.0), height);
                let to = hull_point(hull, sign * 76.0, 0.5 * height);
                meshes.push(bar(&coat, from, to, 0.0012));
            }
        }
    }
    meshes
}

/// The point of the hull at an azimuth whose height on the base mesh is closest.
fn hull_point(hull: &Hull, azimuth: f32, height: f32) -> Vec3 {
    let score = |i: usize| {
        let site = &hull.sites[i];
        (site.azimuth - azimuth).abs() * 0.02 + (site.point.y - height).abs()
    };
    let best = (0..hull.sites.len()).min_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0);
    let point = hull.points[best];
    point + 0.002 * (point - hull.middle).normalize_or_zero()
}

/// A bar of square section.
pub(super) fn bar(coat: &Coat, from: Vec3, to: Vec3, half: f32) -> Mesh {
    let along = to - from;
    let aside = along.cross(Vec3::Y).normalize_or(Vec3::X) * half;
    let up = aside.cross(along).normalize_or(Vec3::Y) * half;
    boxed(coat, from - aside - up, [2.0 * aside, 2.0 * up, along])
}

/// A box from a corner along three edges.
pub(super) fn boxed(coat: &Coat, corner: Vec3, [u, v, w]: [Vec3; 3]) -> Mesh {
    let mut mesh = Mesh::default();
    for (origin, a, b) in
        [(corner, u, v), (corner + w, u, v), (corner, u, w), (corner + v, u, w), (corner, v, w), (corner + u, v, w)]
    {
        mesh.add_quad(origin, a, b, coat.colour, [1, 1]);
    }
    mesh.material.texture.clone_from(&coat.texture);
    mesh.material.gloss = coat.gloss;
    mesh
}

/// A hand or a thing before the face; returns its meshes and whether it covers the eyes.
pub(super) fn before(rng: &mut impl Rng, shapes: &Shapes, identity: &Identity, skin: Vec3) -> (Vec<Mesh>, bool) {
    let over_eyes = rng.random_bool(0.3);
    let x = rng.random_range(-0.05..0.05);
    let (y, x) =
        if over_eyes { (rng.random_range(-0.012..0.015), 0.7 * x) } else { (rng.random_range(-0.085..-0.05), x) };
    let target = Vec3::new(x, y, identity.radius + rng.random_range(0.028..0.05));
    let mut coat = cloth(rng);
    let meshes = match rng.random_range(0..6) {
        0..4 if !shapes.mesh.hand.is_empty() => vec![hand(rng, shapes, skin, target)],
        4 => {
            // A phone.
            coat.gloss = 0.2;
            coat.texture = None;
            let turn = Mat3::from_rotation_z(rng.random_range(-0.5..0.5));
            let edges = [0.072 * Vec3::X, 0.145 * Vec3::Y, 0.008 * Vec3::Z].map(|edge| turn * edge);
            vec![boxed(&coat, target - 0.5 * (edges[0] + edges[1]), edges)]
        }
        _ => {
            // A cup or a microphone.
            let size = rng.random_range(0.02..0.04);
            let low = target - 0.1 * Vec3::Y;
            vec![sphere(&coat, target, Vec3::splat(size)), bar(&coat, target, low, 0.6 * size)]
        }
    };
    (meshes, over_eyes)
}

/// The hand of the base mesh, its palm towards the face.
fn hand(rng: &mut impl Rng, shapes: &Shapes, skin: Vec3, target: Vec3) -> Mesh {
    let points = &shapes.mesh.points;
    let used = shapes.mesh.hand.iter().flatten();
    let count = shapes.mesh.hand.len() * 4;
    let middle = used.map(|&i| points[i as usize]).sum::<Vec3>() / count as f32;
    // The fingers of the mesh point to the right and down; its palm faces down and back.
    let scale = 0.1 * rng.random_range(0.85..1.1) * APART / 0.0615;
    let turn = Mat3::from_rotation_z(rng.random_range(0.0..std::f32::consts::TAU))
        * Mat3::from_rotation_x(rng.random_range(1.2..1.9));
    let mirror = if rng.random_bool(0.5) { Vec3::new(-1.0, 1.0, 1.0) } else { Vec3::ONE };
    let place = Affine3A::from_mat3_translation(turn * Mat3::from_diagonal(scale * mirror), target);
    let vertex = |&p: &Vec3| {
        let position = place.transform_point3(p - middle);
        Vertex { position, normal: Vec3::ZERO, uv: Vec2::ZERO, colour: skin }
    };
    let mesh = Mesh {
        vertices: points.iter().map(vertex).collect(),
        triangles: triangles(shapes.mesh.hand.iter()),
        ..Mesh::default()
    };
    smooth(mesh)
}
