//! Surfaces around the head: hair, hats and cloth.

use super::curve::noise;
use super::identity::Identity;
use super::shapes::Shapes;
use super::surface::{COLUMNS, ROWS, Site};
use crate::raster::{Material, Mesh, Texture, Vertex};
use glam::{Vec2, Vec3};
use std::sync::Arc;

/// The surface of the head on the grid of directions, without the ears.
pub(super) struct Hull<'a> {
    pub sites: &'a [Site],
    pub points: Vec<Vec3>,
    normals: Vec<Vec3>,
    /// The middle of the head.
    pub middle: Vec3,
}

/// How a shell looks.
#[derive(Clone, Debug)]
pub(super) struct Coat {
    pub colour: Vec3,
    /// Multiplies the colour; repeats around and along the head.
    pub texture: Option<Arc<Texture>>,
    pub repeats: Vec2,
    pub gloss: f32,
    /// The relative strength of random shades, and their size in metres.
    pub mottle: [f32; 2],
    /// Shifts the random shades.
    pub seed: f32,
}

impl Coat {
    fn vertex(&self, position: Vec3, uv: Vec2) -> Vertex {
        let [strength, size] = self.mottle;
        let shade = 1.0 + strength * noise(position / size.max(1e-4) + Vec3::splat(self.seed));
        Vertex { position, normal: Vec3::ZERO, uv: uv * self.repeats, colour: shade.max(0.1) * self.colour }
    }

    fn material(&self) -> Material {
        Material { texture: self.texture.clone(), gloss: self.gloss }
    }
}

impl<'a> Hull<'a> {
    /// The hull of a head. Each of `smoothings` rounds smooths it; it never cuts into the head.
    pub(super) fn new(shapes: &'a Shapes, identity: &Identity, smoothings: usize) -> Self {
        let sites = shapes.surface.sites.as_slice();
        let exact: Vec<Vec3> = sites.iter().map(|site| site.at.on(&identity.points)).collect();
        let middle = exact.iter().sum::<Vec3>() / exact.len() as f32;
        let mut points = exact.clone();
        for _ in 0..smoothings {
            let around = |row: usize, column: usize| {
                let at = |row: usize, column: usize| points[row * COLUMNS + column % COLUMNS];
                let sides = at(row, column + COLUMNS - 1) + at(row, column + 1);
                let ends = at(row.saturating_sub(1), column) + at((row + 1).min(ROWS - 1), column);
                0.25 * (sides + ends)
            };
            let smooth = (0..ROWS * COLUMNS).map(|i| around(i / COLUMNS, i % COLUMNS));
            points = smooth
                .zip(&exact)
                .map(|(p, &e)| if (p - middle).length() > (e - middle).length() { p } else { e })
                .collect();
        }
        let triangles = triangles(&|_| true);
        let normals = normals(&points, &triangles);
        Self { sites, points, normals, middle }
    }

    /// A shell that lies `offset` metres off the hull. It ends where the offset becomes negative.
    pub(super) fn shell(&self, coat: &Coat, offset: impl Fn(&Site, Vec3) -> f32) -> Mesh {
        let offsets: Vec<f32> = self.sites.iter().zip(&self.points).map(|(site, &p)| offset(site, p)).collect();
        let vertex = |i: usize| {
            let position = self.points[i] + offsets[i].max(-0.008) * self.normals[i];
            let uv = Vec2::new((i % COLUMNS) as f32 / COLUMNS as f32, 1.0 - (i / COLUMNS) as f32 / ROWS as f32);
            coat.vertex(position, uv)
        };
        let vertices = (0..self.points.len()).map(vertex).collect();
        let triangles = triangles(&|i| offsets[i] >= 0.0);
        smooth(Mesh { vertices, triangles, material: coat.material() })
    }

    /// A curtain that hangs down from the hull between two heights, in metres.
    ///
    /// It leaves out the azimuths up to `open` degrees on each side of the front. `out` is its
    /// distance from the hull at an azimuth, for a share of the way down.
    pub(super) fn curtain(
        &self,
        coat: &Coat,
        open: [f32; 2],
        start: f32,
        end: f32,
        out: impl Fn(f32, f32) -> f32,
    ) -> Mesh {
        const ACROSS: usize = 72;
        const DOWN: usize = 22;
        let row = self.row_at(start);
        let mut mesh = Mesh { material: coat.material(), ..Mesh::default() };
        for i in 0..=ACROSS {
            let t = i as f32 / ACROSS as f32;
            // From the right of the image over the back to the left.
            let azimuth = open[1] + t * (360.0 - open[0] - open[1]);
            let top = self.at(row, azimuth);
            let aside = (top - self.middle).with_y(0.0).normalize_or_zero();
            for j in 0..=DOWN {
                let s = j as f32 / DOWN as f32;
                let y = top.y + s * (end - top.y).min(0.0);
                let position = top.with_y(y) + out(azimuth, s) * aside;
                mesh.vertices.push(coat.vertex(position, Vec2::new(t, 1.0 - s)));
                if i > 0 && j > 0 {
                    let d = (i * (DOWN + 1) + j) as u32;
                    let [a, b, c] = [d - DOWN as u32 - 2, d - DOWN as u32 - 1, d - 1];
                    mesh.triangles.extend([[a, b, d], [a, d, c]]);
                }
            }
        }
        smooth(mesh)
    }

    /// A brim around the hull: `out` is its width in metres at an azimuth, `down` how far its edge
    /// lies below the height `line` of its root, both in metres.
    pub(super) fn brim(&self, coat: &Coat, line: impl Fn(f32) -> f32, out: impl Fn(f32) -> f32, down: f32) -> Mesh {
        const ACROSS: usize = 64;
        const RINGS: usize = 5;
        let mut mesh = Mesh { material: coat.material(), ..Mesh::default() };
        for i in 0..=ACROSS {
            let azimuth = -180.0 + 360.0 * i as f32 / ACROSS as f32;
            let root = self.at(self.row_at(line(azimuth)), azimuth);
            let aside = (root - self.middle).with_y(0.0).normalize_or_zero();
            for j in 0..=RINGS {
                let s = j as f32 / RINGS as f32;
                let position = root + (s * out(azimuth) - 0.004) * aside - s * s * down * Vec3::Y;
                mesh.vertices.push(coat.vertex(position, Vec2::new(i as f32 / ACROSS as f32, s)));
                if i > 0 && j > 0 && out(azimuth) > 0.0 {
                    let d = (i * (RINGS + 1) + j) as u32;
                    let [a, b, c] = [d - RINGS as u32 - 2, d - RINGS as u32 - 1, d - 1];
                    mesh.triangles.extend([[a, b, d], [a, d, c]]);
                }
            }
        }
        smooth(mesh)
    }

    /// The row whose points to the sides are closest to a height in metres.
    fn row_at(&self, height: f32) -> usize {
        let side = COLUMNS / 4;
        let miss = |row: usize| (self.points[row * COLUMNS + side].y - height).abs();
        (0..ROWS).min_by(|&a, &b| miss(a).total_cmp(&miss(b))).unwrap_or(0)
    }

    /// The point of a row at an azimuth in degrees.
    pub(super) fn at(&self, row: usize, azimuth: f32) -> Vec3 {
        let x = (azimuth + 180.0) / 360.0 * COLUMNS as f32 - 0.5;
        let column = |x: f32| self.points[row * COLUMNS + (x.floor() as i64).rem_euclid(COLUMNS as i64) as usize];
        column(x).lerp(column(x + 1.0), x - x.floor())
    }
}

/// The triangles of the grid that have a wanted corner.
fn triangles(wanted: &dyn Fn(usize) -> bool) -> Vec<[u32; 3]> {
    let mut triangles = Vec::new();
    let mut add = |corners: [usize; 3]| {
        if corners.iter().any(|&i| wanted(i)) {
            triangles.push(corners.map(|i| i as u32));
        }
    };
    for column in 0..COLUMNS {
        let next = (column + 1) % COLUMNS;
        if column > 0 && next > 0 {
            add([0, column, next]);
        }
        for row in 0..ROWS - 1 {
            let [a, b] = [row * COLUMNS + column, row * COLUMNS + next];
            add([a, a + COLUMNS, b + COLUMNS]);
            add([a, b + COLUMNS, b]);
        }
    }
    triangles
}

/// The unit normals of vertices.
pub(super) fn normals(points: &[Vec3], triangles: &[[u32; 3]]) -> Vec<Vec3> {
    let mut normals = vec![Vec3::ZERO; points.len()];
    for corners in triangles {
        let [a, b, c] = corners.map(|i| points[i as usize]);
        let normal = (b - a).cross(c - a);
        for &i in corners {
            normals[i as usize] += normal;
        }
    }
    normals.into_iter().map(Vec3::normalize_or_zero).collect()
}

/// The mesh with smooth normals.
pub(super) fn smooth(mut mesh: Mesh) -> Mesh {
    let points: Vec<Vec3> = mesh.vertices.iter().map(|vertex| vertex.position).collect();
    for (vertex, normal) in mesh.vertices.iter_mut().zip(normals(&points, &mesh.triangles)) {
        vertex.normal = normal;
    }
    mesh
}
