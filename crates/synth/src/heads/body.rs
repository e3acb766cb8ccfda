//! Head, neck and shoulders, with clothes.

use super::curve::{noise, smoothstep};
use super::headwear::cloth;
use super::identity::Identity;
use super::pose::Pose;
use super::shapes::Shapes;
use super::shell::normals;
use super::surface::{texture_coordinates, triangles};
use crate::raster::{Material, Mesh, Texture, Vertex};
use glam::{Quat, Vec2, Vec3};
use rand::Rng;
use std::sync::Arc;

/// The shaped points with the body turned below the head, in the axes of the head.
///
/// The body follows the yaw of the head in part, and hardly its pitch.
pub(super) fn posed(rng: &mut impl Rng, identity: &Identity, pose: &Pose) -> Vec<Vec3> {
    let follow = rng.random_range(0.1..0.9);
    let yaw = (follow * pose.yaw + rng.random_range(-15.0..15.0)).clamp(-60.0, 60.0);
    let (yaw, turn) = (yaw.to_radians(), pose.yaw.to_radians());
    let pitch = pose.pitch.to_radians() * rng.random_range(0.5..0.9);
    // From the axes of the body to those of the head: the turn of the body, less that of the head.
    let body = Quat::from_rotation_x(-pitch) * Quat::from_rotation_y(yaw - turn);
    let neck = identity.neck;
    let top = 0.6 * neck;
    let pivot = 0.5 * (neck + top);
    let bend = |&p: &Vec3| {
        // The neck leans forward.
        let along = (p.y - neck.y) + 0.35 * (p.z - neck.z);
        let share = smoothstep(0.55 * -neck.y, -0.015, along);
        let turned = Quat::IDENTITY.slerp(body, share);
        pivot + turned * (p - pivot)
    };
    identity.points.iter().map(bend).collect()
}

/// The skin, with the texture of the face, and teeth and tongue.
pub(super) fn skin(shapes: &Shapes, points: &[Vec3], texture: Texture, tone: Vec3) -> Vec<Mesh> {
    let mesh = &shapes.mesh;
    let faces = triangles(mesh.skin.iter());
    let normals = normals(points, &faces);
    let shade = cavities(points, &normals, &mesh.skin);
    let vertex = |i: usize| {
        let inside = smoothstep(0.3, 0.9, mesh.masks[i][2]);
        let colour = shade[i] * Vec3::ONE.lerp(Vec3::new(0.35, 0.12, 0.12), inside);
        Vertex { position: points[i], normal: normals[i], uv: texture_coordinates(mesh.points[i]), colour }
    };
    let material = Material { texture: Some(Arc::new(texture)), gloss: 0.05 };
    let vertices: Vec<Vertex> = (0..points.len()).map(vertex).collect();
    let back = 0.0035 * Vec3::Z;
    let inner = |faces: &[[u32; 4]], colour: Vec3| {
        let corner = |&i: &u32| {
            // A little behind the lips, which expressions move more than the teeth.
            let position = points[i as usize] - back;
            Vertex { position, normal: Vec3::ZERO, uv: Vec2::ZERO, colour }
        };
        let first = (0..faces.len() as u32).map(|i| 4 * i);
        Mesh {
            vertices: faces.iter().flatten().map(corner).collect(),
            triangles: first.flat_map(|i| [[i, i + 1, i + 2], [i, i + 2, i + 3]]).collect(),
            material: Material::default(),
        }
    };
    let teeth = inner(&mesh.teeth, Vec3::new(0.5, 0.46, 0.38));
    let tongue = inner(&mesh.tongue, Vec3::new(0.3, 0.08, 0.08).lerp(tone, 0.1));
    vec![Mesh { vertices, triangles: faces, material }, teeth, tongue]
}

/// The light that reaches each vertex: less in hollows such as eye sockets and nostrils.
fn cavities(points: &[Vec3], normals: &[Vec3], faces: &[[u32; 4]]) -> Vec<f32> {
    let mut smooth = points.to_vec();
    for _ in 0..5 {
        let mut sums = vec![(Vec3::ZERO, 0.0_f32); points.len()];
        for face in faces {
            let mean = face.iter().map(|&i| smooth[i as usize]).sum::<Vec3>() / 4.0;
            for &i in face {
                sums[i as usize].0 += mean;
                sums[i as usize].1 += 1.0;
            }
        }
        for (point, (sum, count)) in smooth.iter_mut().zip(sums) {
            if count > 0.0 {
                *point = sum / count;
            }
        }
    }
    let depth = |i: usize| (smooth[i] - points[i]).dot(normals[i]);
    (0..points.len()).map(|i| (1.0 - 160.0 * depth(i).max(-0.0008)).clamp(0.35, 1.12)).collect()
}

/// Clothes over the shoulders.
pub(super) fn clothes(rng: &mut impl Rng, shapes: &Shapes, points: &[Vec3]) -> Mesh {
    let coat = cloth(rng);
    let mesh = &shapes.mesh;
    let faces = triangles(mesh.skin.iter());
    let normals = normals(points, &faces);
    // The height of the neckline at the sides and in front, in decimetres of the base mesh.
    let (side, front) = (rng.random_range(-1.9..-1.5), rng.random_range(-2.4..-1.55));
    let thick = rng.random_range(0.01..0.022);
    let seed = rng.random_range(0.0..50.0);
    let depth = |p: Vec3| {
        let ahead = smoothstep(0.6, 0.05, p.x.abs()) * smoothstep(0.0, 0.5, p.z);
        side + (front - side) * ahead - p.y
    };
    let vertex = |i: usize| {
        let base = mesh.points[i];
        let fold = 0.004 * noise(base / 0.5 + Vec3::splat(seed));
        let position = points[i] + (-0.004 + (thick + fold) * smoothstep(-0.05, 0.12, depth(base))) * normals[i];
        Vertex { position, normal: normals[i], uv: Vec2::new(base.x, base.y) * coat.repeats, colour: coat.colour }
    };
    let kept = |corners: &[u32; 3]| corners.iter().any(|&i| depth(mesh.points[i as usize]) > -0.05);
    Mesh {
        vertices: (0..points.len()).map(vertex).collect(),
        triangles: faces.into_iter().filter(kept).collect(),
        material: Material { texture: coat.texture, gloss: coat.gloss },
    }
}
