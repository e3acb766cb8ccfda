//! The outer surface of the head of the base mesh, as seen from inside the head.
//!
//! Hair, hats and cloth are grids of directions from the middle of the head. Each direction is
//! attached to the mesh once, so these grids follow every shape of a head.

use super::shapes::BaseMesh;
use glam::{Vec2, Vec3};

/// A point on the mesh: three vertices and their weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attached {
    pub corners: [u32; 3],
    pub weights: [f32; 3],
}

impl Attached {
    pub(super) fn on(&self, points: &[Vec3]) -> Vec3 {
        (0..3).map(|k| self.weights[k] * points[self.corners[k] as usize]).sum()
    }
}

/// The middle of the head, relative to the midpoint between the eyes of the base mesh in x and y.
pub(super) const MIDDLE: Vec3 = Vec3::new(0.0, 0.05, 0.3);
/// Columns of the grid, around the vertical axis.
pub(super) const COLUMNS: usize = 96;
/// Rows of the grid, from the top down.
pub(super) const ROWS: usize = 60;
/// The elevation of the last row in degrees.
const LOWEST: f32 = -62.0;

/// The grid ends at the neck, at this height in decimetres.
const LOWEST_POINT: f32 = -1.45;

/// The size of the texture of the face in texels, and what it shows: azimuths up to `TURN` degrees
/// to both sides, and heights relative to the eyes in decimetres.
pub(super) const TEXELS: usize = 256;
const TURN: f32 = 112.0;
const HEIGHTS: [f32; 2] = [-1.35, 1.25];

/// A texel of the face.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texel {
    /// The point of the base mesh.
    pub point: Vec3,
    pub lips: f32,
    pub ears: f32,
}

/// A point of the grid of directions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// The place on the mesh.
    pub at: Attached,
    /// The point of the base mesh.
    pub point: Vec3,
    /// Degrees around the vertical axis: 0 is the front, positive to the right of the image.
    pub azimuth: f32,
}

/// What is known of the surface of the base mesh.
#[derive(Debug)]
pub(super) struct Surface {
    /// Rows of `COLUMNS` sites, from the top; the first column is at the back.
    pub sites: Vec<Site>,
    pub texels: Vec<Texel>,
    /// The temples, where glasses end, the one on the left of the image first.
    pub temples: [Attached; 2],
    /// Where arms of glasses lie on the ears.
    pub ears: [Attached; 2],
}

/// The azimuth of a point around the vertical axis of the head, in degrees.
pub(super) fn azimuth(point: Vec3) -> f32 {
    point.x.atan2(point.z - MIDDLE.z).to_degrees()
}

/// The texture coordinates of a point of the base mesh.
pub(super) fn texture_coordinates(point: Vec3) -> Vec2 {
    let u = 0.5 + 0.5 * azimuth(point) / TURN;
    let v = (point.y - HEIGHTS[0]) / (HEIGHTS[1] - HEIGHTS[0]);
    // A texel away from the border, because textures repeat.
    Vec2::new(u, v).clamp(Vec2::splat(0.006), Vec2::splat(0.994))
}

impl Surface {
    pub(super) fn new(mesh: &BaseMesh) -> Self {
        let ear = |face: &&[u32; 4]| face.iter().any(|&i| mesh.masks[i as usize][1] > 0.3);
        let all = triangles(mesh.skin.iter());
        let neck = |face: &&[u32; 4]| face.iter().any(|&i| mesh.points[i as usize].y < LOWEST_POINT);
        let head = triangles(mesh.skin.iter().filter(|face| !ear(face) && !neck(face)));
        let mut sites: Vec<Site> = Vec::with_capacity(COLUMNS * ROWS);
        for row in 0..ROWS {
            let elevation = 90.0 - (row as f32 + 0.5) / ROWS as f32 * (90.0 - LOWEST);
            for column in 0..COLUMNS {
                let turn = -180.0 + (column as f32 + 0.5) / COLUMNS as f32 * 360.0;
                let (sin, cos) = turn.to_radians().sin_cos();
                let (up, out) = elevation.to_radians().sin_cos();
                let direction = Vec3::new(out * sin, up, out * cos);
                let found = outermost(mesh, &head, MIDDLE, direction);
                let above = sites.len().checked_sub(COLUMNS).map(|i| sites[i].at);
                let at = found.or(above).unwrap_or(Attached { corners: [0; 3], weights: [1.0, 0.0, 0.0] });
                sites.push(Site { at, point: at.on(&mesh.points), azimuth: turn });
            }
        }
        let eye = mesh.eyes.each_ref().map(|eye| ball(&mesh.points, eye));
        let unit = eye[1].0.x - eye[0].0.x;
        // Where the outline of MediaPipe's canonical face is beside the eyes.
        let depth = eye[0].0.z + eye[0].1 - 0.97 * unit;
        let beside = |side: f32, height: f32, depth: f32, faces: &[[u32; 3]]| {
            let from = Vec3::new(0.0, height * unit, depth);
            let fallback =
                Attached { corners: mesh.skin[0].first_chunk().copied().unwrap_or_default(), weights: [1.0, 0.0, 0.0] };
            outermost(mesh, faces, from, side * Vec3::X).unwrap_or(fallback)
        };
        let temples = [-1.0, 1.0].map(|side| beside(side, -0.04, depth, &head));
        let ears = [-1.0, 1.0].map(|side| beside(side, 0.05, depth - 0.4 * unit, &head));
        Self { sites, texels: texels(mesh, &all), temples, ears }
    }
}

/// The centre and the radius of an eyeball. The cornea of the mesh is flat, so the back counts.
pub(super) fn ball(points: &[Vec3], eye: &[u32]) -> (Vec3, f32) {
    let centre = eye.iter().map(|&i| points[i as usize]).sum::<Vec3>() / eye.len() as f32;
    let back = eye.iter().map(|&i| points[i as usize].z).fold(f32::INFINITY, f32::min);
    (centre, 1.02 * (centre.z - back))
}

pub(super) fn triangles<'a>(faces: impl Iterator<Item = &'a [u32; 4]>) -> Vec<[u32; 3]> {
    faces.flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]]).collect()
}

/// The last point of the mesh on a ray.
fn outermost(mesh: &BaseMesh, faces: &[[u32; 3]], from: Vec3, direction: Vec3) -> Option<Attached> {
    let mut found: Option<(f32, Attached)> = None;
    for &corners in faces {
        let [a, b, c] = corners.map(|i| mesh.points[i as usize] - from);
        let (u, v) = (b - a, c - a);
        let p = direction.cross(v);
        let determinant = u.dot(p);
        if determinant.abs() < 1e-9 {
            continue;
        }
        let s = -a.dot(p) / determinant;
        let q = (-a).cross(u);
        let t = direction.dot(q) / determinant;
        let distance = v.dot(q) / determinant;
        let inside = s >= -1e-4 && t >= -1e-4 && s + t <= 1.0001;
        if inside && distance > 0.0 && found.is_none_or(|(last, _)| distance > last) {
            found = Some((distance, Attached { corners, weights: [1.0 - s - t, s, t] }));
        }
    }
    found.map(|(_, at)| at)
}

/// The outermost point of the mesh for each texel of the face.
fn texels(mesh: &BaseMesh, faces: &[[u32; 3]]) -> Vec<Texel> {
    let mut texels = vec![Texel::default(); TEXELS * TEXELS];
    let mut radii = vec![-1.0_f32; TEXELS * TEXELS];
    for corners in faces {
        let points = corners.map(|i| mesh.points[i as usize]);
        let turns = points.map(azimuth);
        let spread = turns.iter().fold(f32::MIN, |a, &b| a.max(b)) - turns.iter().fold(f32::MAX, |a, &b| a.min(b));
        if spread > 180.0 {
            continue;
        }
        let side = TEXELS as f32;
        let [a, b, c] = [0, 1, 2].map(|k| {
            let v = (points[k].y - HEIGHTS[0]) / (HEIGHTS[1] - HEIGHTS[0]);
            Vec2::new((0.5 + 0.5 * turns[k] / TURN) * side, (1.0 - v) * side)
        });
        let area = (b - a).perp_dot(c - a);
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        if area.abs() < 1e-6 {
            continue;
        }
        let range = |low: f32, high: f32| low.clamp(0.0, side) as usize..(high.ceil() + 1.0).clamp(0.0, side) as usize;
        for y in range(low.y, high.y) {
            for x in range(low.x, high.x) {
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let (v, w) = ((p - a).perp_dot(c - a) / area, (b - a).perp_dot(p - a) / area);
                if v < -0.01 || w < -0.01 || v + w > 1.01 {
                    continue;
                }
                let at = Attached { corners: *corners, weights: [1.0 - v - w, v, w] };
                let point = at.on(&mesh.points);
                let radius = (point - MIDDLE).with_y(0.0).length();
                let index = y * TEXELS + x;
                if radius > radii[index] {
                    radii[index] = radius;
                    let mask = |k: usize| (0..3).map(|i| at.weights[i] * mesh.masks[at.corners[i] as usize][k]).sum();
                    texels[index] = Texel { point, lips: mask(0), ears: mask(1) };
                }
            }
        }
    }
    texels
}
