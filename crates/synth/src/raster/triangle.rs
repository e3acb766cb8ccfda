//! Clipping, projection and filling of triangles.

use super::light::Surface;
use super::mesh::{Mesh, normal_matrix};
use super::{Camera, Canvas, Lighting};
use glam::{Affine3A, Vec2, Vec3};

/// Nothing nearer to the camera is drawn, in metres.
const NEAR: f32 = 0.08;

/// What the drawing of all triangles of a mesh shares.
pub(super) struct Painter<'a> {
    pub mesh: &'a Mesh,
    /// In samples, not pixels.
    pub camera: Camera,
    pub lighting: &'a Lighting,
    pub reached: &'a dyn Fn(Vec3, Vec3) -> f32,
}

/// A vertex in the scene.
#[derive(Clone, Copy)]
struct Corner {
    /// In the camera's axes.
    seen: Vec3,
    world: Vec3,
    normal: Vec3,
    uv: Vec2,
    colour: Vec3,
}

impl Corner {
    fn lerp(self, other: Self, t: f32) -> Self {
        Self {
            seen: self.seen.lerp(other.seen, t),
            world: self.world.lerp(other.world, t),
            normal: self.normal.lerp(other.normal, t),
            uv: self.uv.lerp(other.uv, t),
            colour: self.colour.lerp(other.colour, t),
        }
    }
}

impl Painter<'_> {
    pub(super) fn draw(&self, canvas: &mut Canvas, place: &Affine3A) {
        let normals = normal_matrix(place);
        let corners: Vec<Corner> = self
            .mesh
            .vertices
            .iter()
            .map(|v| {
                let world = place.transform_point3(v.position);
                let seen = self.camera.rotation * (world - self.camera.position);
                Corner { seen, world, normal: normals * v.normal, uv: v.uv, colour: v.colour }
            })
            .collect();
        for indices in &self.mesh.triangles {
            if let [Some(&a), Some(&b), Some(&c)] = indices.map(|i| corners.get(i as usize)) {
                self.clip(canvas, [a, b, c]);
            }
        }
    }

    /// Cuts off what lies behind the camera, and fills the rest.
    fn clip(&self, canvas: &mut Canvas, triangle: [Corner; 3]) {
        let flat = (triangle[1].world - triangle[0].world).cross(triangle[2].world - triangle[0].world);
        let Some(flat) = flat.try_normalize() else { return };
        let mut kept = Vec::with_capacity(4);
        for (i, &a) in triangle.iter().enumerate() {
            let b = triangle[(i + 1) % 3];
            if a.seen.z >= NEAR {
                kept.push(a);
            }
            if (a.seen.z >= NEAR) != (b.seen.z >= NEAR) {
                kept.push(a.lerp(b, (NEAR - a.seen.z) / (b.seen.z - a.seen.z)));
            }
        }
        for i in 2..kept.len() {
            self.fill(canvas, [kept[0], kept[i - 1], kept[i]], flat);
        }
    }

    fn fill(&self, canvas: &mut Canvas, corners: [Corner; 3], flat: Vec3) {
        let (columns, rows) = canvas.grid();
        let [a, b, c] = corners.map(|corner| self.camera.to_pixel(corner.seen));
        let area = (b - a).perp_dot(c - a);
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        // Negated, so that values that are not finite are skipped too.
        let visible = high.x > 0.0 && high.y > 0.0 && low.x < columns as f32 && low.y < rows as f32;
        if !visible || area.abs() < 1e-9 || !area.is_finite() {
            return;
        }
        let first = |x: f32| (x - 0.5).ceil().max(0.0) as usize;
        let end = |x: f32, n: usize| ((x - 0.5).floor() + 1.0).clamp(0.0, n as f32) as usize;
        let inverse = corners.map(|corner| 1.0 / corner.seen.z);
        let level = self.level(&corners, area);
        for y in first(low.y)..end(high.y, rows) {
            for x in first(low.x)..end(high.x, columns) {
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let beside_b = (p - a).perp_dot(c - a) / area;
                let beside_c = (b - a).perp_dot(p - a) / area;
                let weights = [1.0 - beside_b - beside_c, beside_b, beside_c];
                if weights.iter().any(|&w| w < -1e-6) {
                    continue;
                }
                let inverses = [0, 1, 2].map(|i| weights[i] * inverse[i]);
                let depth = 1.0 / inverses.iter().sum::<f32>();
                let index = y * columns + x;
                if depth < canvas.depths[index] {
                    canvas.depths[index] = depth;
                    canvas.colours[index] = self.shade(&corners, inverses.map(|w| w * depth), flat, level);
                }
            }
        }
    }

    /// The texture's level of detail for a triangle with twice this area on the canvas.
    fn level(&self, [a, b, c]: &[Corner; 3], area: f32) -> usize {
        let covered = |texture: &super::Texture| (b.uv - a.uv).perp_dot(c.uv - a.uv).abs() * texture.area();
        self.mesh.material.texture.as_ref().map_or(0, |texture| texture.level(covered(texture) / area.abs()))
    }

    /// The colour at a point with these perspective-correct weights of the corners.
    fn shade(&self, [a, b, c]: &[Corner; 3], [wa, wb, wc]: [f32; 3], flat: Vec3, level: usize) -> Vec3 {
        let world = wa * a.world + wb * b.world + wc * c.world;
        let to_camera = (self.camera.position - world).normalize_or_zero();
        let smooth = wa * a.normal + wb * b.normal + wc * c.normal;
        let normal = smooth.try_normalize().unwrap_or(flat);
        let normal = if normal.dot(to_camera) < 0.0 { -normal } else { normal };
        let material = &self.mesh.material;
        let texture = material.texture.as_ref();
        let colour = wa * a.colour + wb * b.colour + wc * c.colour;
        let texel = texture.map_or(Vec3::ONE, |texture| texture.sample(wa * a.uv + wb * b.uv + wc * c.uv, level));
        let surface = Surface { colour: colour * texel, gloss: material.gloss };
        self.lighting.shade(world, normal, to_camera, surface, (self.reached)(world, normal))
    }
}
