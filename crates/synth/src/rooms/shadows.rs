//! Soft contact shadows: less light reaches points close to furniture and the edges of the room.

use super::Standing;
use crate::furniture::Category;
use glam::{Affine3A, Vec3};

/// A box that keeps light from what is close to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occluder {
    to_local: Affine3A,
    half: Vec3,
    strength: f32,
}

impl Occluder {
    pub(super) fn new(standing: &Standing) -> Self {
        let size = standing.piece.size;
        let strength = match standing.piece.category {
            Category::Bookshelf | Category::Cabinet | Category::Sofa | Category::Bed => 0.62,
            Category::Desk | Category::Table => 0.45,
            Category::Chair => 0.4,
            Category::Decor => 0.3,
        };
        let centred = standing.place.map() * Affine3A::from_translation(Vec3::new(0.0, 0.5 * size.y, 0.0));
        Self { to_local: centred.inverse(), half: 0.5 * size, strength }
    }

    /// The share of the light that reaches a point.
    fn reached(&self, point: Vec3) -> f32 {
        let outside = (self.to_local.transform_point3(point).abs() - self.half).max(Vec3::ZERO).length();
        if outside > 0.8 {
            return 1.0;
        }
        let near = (-(outside / 0.05).powi(2)).exp();
        let wide = (-(outside / 0.28).powi(2)).exp();
        1.0 - self.strength * (0.5 * near + 0.5 * wide)
    }
}

/// The share of the light that all of `occluders` let through to a point.
pub(super) fn reached(occluders: &[Occluder], point: Vec3) -> f32 {
    occluders.iter().map(|occluder| occluder.reached(point)).product()
}

/// The share of the light that reaches a point of a wall, floor or ceiling: edges are darker.
pub(super) fn reached_inside(size: Vec3, point: Vec3, normal: Vec3) -> f32 {
    let edges = (0..3).filter(|&axis| normal[axis].abs() < 0.7);
    let to_edge = edges.map(|axis| point[axis].min(size[axis] - point[axis]).max(0.0));
    to_edge.map(|distance| 1.0 - 0.24 * (-distance / 0.2).exp()).product()
}

/// The share of the light that reaches a point of a piece of furniture: it is darker close to the
/// floor.
pub(super) fn reached_above_floor(point: Vec3) -> f32 {
    0.72 + 0.28 * (1.6 * point.y).clamp(0.0, 1.0)
}
