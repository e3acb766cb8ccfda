//! Triangle meshes.

use super::Texture;
use glam::{Affine3A, Mat3A, Vec2, Vec3};
use std::sync::Arc;

/// A corner of triangles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vertex {
    /// The position.
    pub position: Vec3,
    /// The normal, of any length. Zero stands for the normal of the triangle.
    pub normal: Vec3,
    /// Texture coordinates: (0, 0) is the bottom-left corner of the texture, which repeats.
    pub uv: Vec2,
    /// The linear colour, which multiplies the texture.
    pub colour: Vec3,
}

/// How the surface of a mesh reflects light.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The texture; none is white.
    pub texture: Option<Arc<Texture>>,
    /// The strength of the highlights.
    pub gloss: f32,
}

/// Indexed triangles of one material.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// The corners.
    pub vertices: Vec<Vertex>,
    /// Three indices of `vertices` each. Both sides of a triangle are visible.
    pub triangles: Vec<[u32; 3]>,
    /// The material.
    pub material: Material,
}

impl Mesh {
    /// Adds a flat quadrilateral from `origin` along `u` and `v`, divided into cells.
    ///
    /// Texture coordinates run from 0 to 1 along `u` and `v`. Each triangle has one level of
    /// detail, so large textured surfaces need several cells; at least 1 is used.
    pub fn add_quad(&mut self, origin: Vec3, u: Vec3, v: Vec3, colour: Vec3, cells: [u32; 2]) {
        let [across, up] = cells.map(|n| n.max(1));
        let first = self.vertices.len() as u32;
        let normal = u.cross(v);
        for j in 0..=up {
            for i in 0..=across {
                let uv = Vec2::new(i as f32 / across as f32, j as f32 / up as f32);
                self.vertices.push(Vertex { position: origin + uv.x * u + uv.y * v, normal, uv, colour });
            }
        }
        for j in 0..up {
            for i in 0..across {
                let a = first + j * (across + 1) + i;
                let [b, c, d] = [a + 1, a + across + 2, a + across + 1];
                self.triangles.extend([[a, b, c], [a, c, d]]);
            }
        }
    }

    /// Applies an invertible map to positions and normals.
    pub fn transform(&mut self, by: &Affine3A) {
        let normals = normal_matrix(by);
        for vertex in &mut self.vertices {
            vertex.position = by.transform_point3(vertex.position);
            vertex.normal = normals * vertex.normal;
        }
    }

    /// The least and greatest coordinates; `None` without vertices.
    pub fn bounds(&self) -> Option<(Vec3, Vec3)> {
        let mut positions = self.vertices.iter().map(|vertex| vertex.position);
        let first = positions.next()?;
        Some(positions.fold((first, first), |(low, high), p| (low.min(p), high.max(p))))
    }
}

/// The matrix that keeps normals perpendicular to surfaces.
pub(super) fn normal_matrix(by: &Affine3A) -> Mat3A {
    by.matrix3.inverse().transpose()
}
