//! Eyeballs with iris and pupil.

use super::identity::{APART, Identity};
use super::pose::{IRIS, Pose};
use super::shell::smooth;
use crate::raster::{Material, Mesh, Texture, Vertex};
use glam::{Vec2, Vec3};
use rand::Rng;
use std::sync::Arc;

/// The side of the texture of an eyeball in texels.
const SIDE: usize = 64;

/// Both eyeballs.
pub(super) fn eyes(rng: &mut impl Rng, identity: &Identity, pose: &Pose) -> Vec<Mesh> {
    let texture = Arc::new(texture(rng, identity));
    (0..2).map(|k| eyeball(identity, identity.eyes[k], pose.gaze[k], texture.clone())).collect()
}

/// The eyeball seen along the direction of its gaze.
fn texture(rng: &mut impl Rng, identity: &Identity) -> Texture {
    let colours = [
        [0.03, 0.014, 0.007],
        [0.06, 0.03, 0.012],
        [0.014, 0.009, 0.006],
        [0.09, 0.06, 0.028],
        [0.06, 0.1, 0.16],
        [0.1, 0.13, 0.14],
        [0.06, 0.09, 0.045],
    ];
    let iris = Vec3::from_array(colours[rng.random_range(0..colours.len())]) * rng.random_range(0.7..1.4);
    let white = Vec3::new(0.5, 0.46, 0.43) * rng.random_range(0.7..1.15);
    let pupil = rng.random_range(0.28..0.5);
    let red = rng.random_range(0.0..0.3);
    // The radius of the iris on the unit sphere.
    let radius = IRIS * APART / identity.radius;
    let texel = |i: usize| {
        let at = |i: usize| (i as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0;
        let p = Vec2::new(at(i % SIDE), at(i / SIDE));
        let share = p.length() / radius;
        if share > 1.05 {
            let corner = ((p.length() - radius) / (1.0 - radius)).clamp(0.0, 1.0);
            return white * (Vec3::ONE - red * corner * Vec3::new(0.2, 0.8, 0.8)) * (1.0 - 0.35 * corner);
        }
        if share < pupil {
            return Vec3::splat(0.003);
        }
        let ring = if share > 0.85 { 0.35 } else { 1.0 };
        let fibres = 1.0 + 0.25 * (17.0 * p.y.atan2(p.x)).sin();
        iris * ring * fibres * (1.25 - 0.4 * share)
    };
    Texture::new(SIDE, SIDE, (0..SIDE * SIDE).map(texel).collect())
}

/// The front of an eyeball.
fn eyeball(identity: &Identity, centre: Vec3, gaze: Vec3, texture: Arc<Texture>) -> Mesh {
    const RINGS: usize = 12;
    const SPOKES: usize = 24;
    let right = Vec3::Y.cross(gaze).normalize_or_zero();
    let up = gaze.cross(right);
    // A little smaller than the socket, so that lids lie over it.
    let radius = 0.985 * identity.radius;
    let mut mesh = Mesh { material: Material { texture: Some(texture), gloss: 0.35 }, ..Mesh::default() };
    for ring in 0..=RINGS {
        let (sin, cos) = (105.0_f32.to_radians() * ring as f32 / RINGS as f32).sin_cos();
        for spoke in 0..SPOKES {
            let (y, x) = (std::f32::consts::TAU * spoke as f32 / SPOKES as f32).sin_cos();
            let out = Vec3::new(sin * x, sin * y, cos);
            let uv = Vec2::new(0.5 + 0.499 * out.dot(right), 0.5 + 0.499 * out.dot(up));
            // Lids and lashes shade the eyeball from above.
            let shade = 1.0 - 0.65 * ((out.y + 0.02) / 0.4).clamp(0.0, 1.0);
            let position = centre + radius * out;
            mesh.vertices.push(Vertex { position, normal: out, uv, colour: Vec3::splat(shade) });
            if ring > 0 {
                let [a, b] = [spoke, (spoke + 1) % SPOKES].map(|s| (ring * SPOKES + s) as u32);
                let n = SPOKES as u32;
                mesh.triangles.extend([[a - n, a, b], [a - n, b, b - n]]);
            }
        }
    }
    smooth(mesh)
}
