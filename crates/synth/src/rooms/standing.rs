//! Places on the floor.

use super::walls::Opening;
use crate::furniture::Piece;
use glam::{Affine3A, Quat, Vec2, Vec3};
use rand::Rng;
use rand_distr::StandardNormal;
use std::f32::consts::{FRAC_PI_2, PI, TAU};

/// Where a piece stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// x and z of the centre of the piece.
    pub at: Vec2,
    /// The turn about the vertical, in radians; 0 faces +z.
    pub turn: f32,
    /// The wall behind the piece, 0 to 3, as seen from above: z = 0, x = 0, the greatest z, the
    /// greatest x. None for a piece that stands free.
    pub wall: Option<usize>,
}

/// A piece in a room.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The piece.
    pub piece: Piece,
    /// Its place.
    pub place: Place,
}

/// The corners of a rectangle on the floor.
pub(super) type Footprint = [Vec2; 4];

/// What limits the places in a room.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Width and depth of the room.
    pub floor: Vec2,
    /// The openings in each wall.
    pub openings: [Vec<Opening>; 4],
    pub taken: Vec<Footprint>,
}

/// The turn of a piece with its back against each wall.
const TURNS: [f32; 4] = [0.0, FRAC_PI_2, PI, -FRAC_PI_2];
/// The distance that two pieces keep.
const GAP: f32 = 0.05;

impl Place {
    /// The map from the piece to the room.
    pub fn map(&self) -> Affine3A {
        Affine3A::from_rotation_translation(Quat::from_rotation_y(self.turn), Vec3::new(self.at.x, 0.0, self.at.y))
    }

    /// The direction of the front, as x and z.
    pub(super) fn front(&self) -> Vec2 {
        Vec2::new(self.turn.sin(), self.turn.cos())
    }

    pub(super) fn footprint(&self, size: Vec3) -> Footprint {
        let map = self.map();
        [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[a, b]: [f32; 2]| {
            let p = map.transform_point3(Vec3::new(0.5 * a * size.x, 0.0, 0.5 * b * size.z));
            Vec2::new(p.x, p.z)
        })
    }

    /// This place, moved sideways along the wall, or over the floor: by `by.x` to the right and by
    /// `by.y` to the front.
    pub(super) fn moved(&self, by: Vec2) -> Self {
        let front = self.front();
        let right = Vec2::new(front.y, -front.x);
        Self { at: self.at + by.x * right + by.y * front, ..*self }
    }
}

impl Limits {
    /// Draws a free place for a piece; `None` if there is none in a few tries.
    pub(super) fn place(&self, rng: &mut impl Rng, piece: &Piece) -> Option<Place> {
        let size = piece.size;
        let category = piece.category;
        let loose = !category.has_front() && category.against_wall() < 0.9;
        for _ in 0..25 {
            let place = if rng.random_bool(category.against_wall()) {
                let wall = rng.random_range(0..4);
                let length = if wall % 2 == 0 { self.floor.x } else { self.floor.y };
                if length < size.x + 0.1 {
                    continue;
                }
                let gap = 0.5 * size.z + rng.random_range(0.01..0.06_f32);
                let (low, high) = (0.5 * size.x + 0.03, length - 0.5 * size.x - 0.03);
                let along = match rng.random_range(0..10) {
                    0 => low,
                    1 => high,
                    _ => rng.random_range(low..high),
                };
                let at = match wall {
                    0 => Vec2::new(along, gap),
                    1 => Vec2::new(gap, along),
                    2 => Vec2::new(along, self.floor.y - gap),
                    _ => Vec2::new(self.floor.x - gap, along),
                };
                Place { at, turn: TURNS[wall], wall: Some(wall) }
            } else {
                let spread = if loose { 0.4 } else { 0.08 };
                let turn = TAU * rng.random_range(0..4) as f32 / 4.0 + spread * rng.sample::<f32, _>(StandardNormal);
                let at = self.floor * Vec2::new(rng.random(), rng.random());
                Place { at, turn, wall: None }
            };
            if self.allows(&place, size) {
                return Some(place);
            }
        }
        None
    }

    /// Whether a piece of this size may stand there: inside the room, apart from other pieces, and
    /// not in front of an opening.
    pub(super) fn allows(&self, place: &Place, size: Vec3) -> bool {
        let footprint = place.footprint(size);
        let inside = footprint.iter().all(|p| p.min_element() >= 0.0 && p.cmple(self.floor).all());
        inside && self.taken.iter().all(|other| !overlap(&footprint, other)) && !self.blocks(&footprint, size.y)
    }

    /// Whether a piece of this height hides an opening that it stands close to.
    fn blocks(&self, footprint: &Footprint, height: f32) -> bool {
        const CLOSE: f32 = 0.5;
        (0..4).any(|wall| {
            let distance = |p: &Vec2| [p.y, p.x, self.floor.y - p.y, self.floor.x - p.x][wall];
            if footprint.iter().map(distance).fold(f32::INFINITY, f32::min) > CLOSE {
                return false;
            }
            let along = footprint.map(|p| if wall % 2 == 0 { p.x } else { p.y });
            let (low, high) = along.iter().fold((f32::INFINITY, 0.0_f32), |(l, h), &x| (l.min(x), h.max(x)));
            self.openings[wall].iter().any(|o| height > o.sill && high > o.from && low < o.to)
        })
    }
}

/// Whether two rectangles come closer than the distance that pieces keep.
pub(super) fn overlap(a: &Footprint, b: &Footprint) -> bool {
    let separates = |axis: Vec2| {
        let span = |of: &Footprint| {
            of.iter().map(|p| p.dot(axis)).fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)))
        };
        let ((a_low, a_high), (b_low, b_high)) = (span(a), span(b));
        a_high + GAP < b_low || b_high + GAP < a_low
    };
    let sides = |of: &Footprint| [of[1] - of[0], of[2] - of[1]].map(Vec2::normalize_or_zero);
    !sides(a).into_iter().chain(sides(b)).any(separates)
}
