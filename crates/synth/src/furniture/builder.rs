//! Boxes and cylinders that grow into meshes.

use super::paint::Coat;
use crate::raster::{Mesh, Vertex};
use glam::{Vec2, Vec3};

/// The size in metres of one repetition of a texture.
const TILE: f32 = 0.5;

/// The meshes of a piece in the making, one for each material.
#[derive(Default)]
pub(super) struct Builder {
    meshes: Vec<Mesh>,
}

impl Builder {
    /// Adds a box between two corners.
    pub(super) fn block(&mut self, low: [f32; 3], high: [f32; 3], coat: &Coat) {
        let (low, high) = (Vec3::from(low), Vec3::from(high));
        let mesh = self.mesh(coat);
        for axis in 0..3 {
            let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
            for (side, sign) in [(low, -1.0), (high, 1.0)] {
                let corner = |at_u: Vec3, at_v: Vec3| {
                    let mut p = side;
                    (p[u], p[v]) = (at_u[u], at_v[v]);
                    p
                };
                let corners = [corner(low, low), corner(high, low), corner(high, high), corner(low, high)];
                add_face(mesh, corners, sign * Vec3::AXES[axis], coat.colour, axis);
            }
        }
    }

    /// Adds a box by its centre and size.
    pub(super) fn centred(&mut self, centre: [f32; 3], size: [f32; 3], coat: &Coat) {
        let at = |sign: f32| std::array::from_fn(|i| centre[i] + sign * 0.5 * size[i]);
        self.block(at(-1.0), at(1.0), coat);
    }

    /// Adds an upright cone frustum from `base` with these radii at bottom and top.
    pub(super) fn column(&mut self, base: [f32; 3], radii: [f32; 2], height: f32, coat: &Coat) {
        const SIDES: u32 = 16;
        let base = Vec3::from(base);
        let mesh = self.mesh(coat);
        let first = mesh.vertices.len() as u32;
        let around = |i: u32| Vec2::from_angle(std::f32::consts::TAU * i as f32 / SIDES as f32);
        for i in 0..=SIDES {
            let way = around(i);
            let normal = Vec3::new(way.x, (radii[0] - radii[1]) / height.max(1e-3), way.y);
            for (level, radius) in radii.iter().enumerate() {
                let y = level as f32 * height;
                let position = base + Vec3::new(radius * way.x, y, radius * way.y);
                let uv = Vec2::new(i as f32 / SIDES as f32, y / TILE);
                mesh.vertices.push(Vertex { position, normal, uv, colour: coat.colour });
            }
        }
        for i in 0..SIDES {
            let a = first + 2 * i;
            mesh.triangles.extend([[a, a + 1, a + 3], [a, a + 3, a + 2]]);
        }
        for (level, radius) in radii.iter().enumerate() {
            let centre = mesh.vertices.len() as u32;
            let normal = if level == 0 { Vec3::NEG_Y } else { Vec3::Y };
            let y = level as f32 * height;
            let vertex =
                |p: Vec2| Vertex { position: base + Vec3::new(p.x, y, p.y), normal, uv: p / TILE, colour: coat.colour };
            mesh.vertices.push(vertex(Vec2::ZERO));
            mesh.vertices.extend((0..=SIDES).map(|i| vertex(*radius * around(i))));
            mesh.triangles.extend((1..=SIDES).map(|i| [centre, centre + i, centre + i + 1]));
        }
    }

    /// Adds four legs below a rectangle of `width` × `depth`, `inset` from its edges.
    pub(super) fn legs(&mut self, [width, depth]: [f32; 2], inset: f32, leg: Leg, coat: &Coat) {
        let (x, z) = (0.5 * width - inset - 0.5 * leg.thick, 0.5 * depth - inset - 0.5 * leg.thick);
        for (x, z) in [(-x, -z), (x, -z), (x, z), (-x, z)] {
            if leg.round {
                let radii = [0.35 * leg.thick, 0.5 * leg.thick];
                self.column([x, 0.0, z], radii, leg.height, coat);
            } else {
                self.centred([x, 0.5 * leg.height, z], [leg.thick, leg.height, leg.thick], coat);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Mesh> {
        self.meshes
    }

    /// The mesh for the material of a coat.
    fn mesh(&mut self, coat: &Coat) -> &mut Mesh {
        let same = |mesh: &Mesh| {
            let texture = |m: &crate::raster::Material| m.texture.as_ref().map(std::sync::Arc::as_ptr);
            mesh.material.gloss == coat.material.gloss && texture(&mesh.material) == texture(&coat.material)
        };
        let index = self.meshes.iter().position(same).unwrap_or_else(|| {
            self.meshes.push(Mesh { material: coat.material.clone(), ..Mesh::default() });
            self.meshes.len() - 1
        });
        &mut self.meshes[index]
    }
}

/// The shape of a leg.
#[derive(Clone, Copy)]
pub(super) struct Leg {
    pub height: f32,
    pub thick: f32,
    pub round: bool,
}

fn add_face(mesh: &mut Mesh, corners: [Vec3; 4], normal: Vec3, colour: Vec3, axis: usize) {
    let first = mesh.vertices.len() as u32;
    // The grain of upright faces runs upwards.
    let (u, v) = [(2, 1), (0, 2), (0, 1)][axis];
    let vertex = |position: Vec3| Vertex { position, normal, uv: Vec2::new(position[u], position[v]) / TILE, colour };
    mesh.vertices.extend(corners.map(vertex));
    mesh.triangles.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
}
