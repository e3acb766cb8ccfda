//! Rooms: surfaces, furniture, light.

use super::shadows::{self, Occluder};
use super::standing::Limits;
use super::walls::WallStyle;
use super::{Options, Place, Standing, floors};
use crate::colour::Colour;
use crate::furniture::paint::linear;
use crate::furniture::{Category, Piece};
use crate::raster::{Camera, Canvas, Lamp, Light, Lighting, Mesh};
use glam::{Affine3A, Vec2, Vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::f32::consts::TAU;
use std::sync::Arc;

/// Training and test data share neither designs of furniture nor patterns of floors and walls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Four of five designs.
    Train,
    /// The others.
    Test,
}

/// The number of designs of each category, and of floors and walls.
const DESIGNS: u64 = 2000;
/// One of this number of designs is for tests.
const HELD_OUT: u64 = 5;

impl Split {
    /// A random design of this split.
    pub(super) fn design(self, rng: &mut impl Rng) -> u64 {
        let group = HELD_OUT * rng.random_range(0..DESIGNS / HELD_OUT);
        match self {
            Self::Train => group + rng.random_range(1..HELD_OUT),
            Self::Test => group,
        }
    }

    /// A random piece of this split.
    pub(super) fn piece(self, rng: &mut impl Rng, category: Category) -> Piece {
        Piece::draw(category, self.design(rng), rng)
    }
}

/// A furnished room.
#[derive(Clone, Debug)]
pub struct Room {
    /// Width, height and depth in metres.
    pub size: Vec3,
    /// The furniture.
    pub furniture: Vec<Standing>,
    /// The exposure of a camera in this room.
    pub exposure: f32,
    pub(super) lighting: Lighting,
    pub(super) limits: Limits,
    surfaces: Vec<Mesh>,
}

/// What stands about, as often as it is listed.
const FURNISHING: [Category; 11] = [
    Category::Sofa,
    Category::Chair,
    Category::Chair,
    Category::Table,
    Category::Cabinet,
    Category::Bookshelf,
    Category::Desk,
    Category::Bed,
    Category::Decor,
    Category::Decor,
    Category::Decor,
];

impl Room {
    /// Draws a room with patterns and furniture of the split, and textures of the detail, that
    /// `options` name.
    pub fn draw(rng: &mut impl Rng, options: &Options) -> Self {
        let detail = options.detail;
        let size = Vec3::new(rng.random_range(2.8..5.8), rng.random_range(2.4..2.9), rng.random_range(2.8..6.2));
        let mut design = ChaCha8Rng::seed_from_u64(options.split.design(rng));
        let ground = Vec2::new(size.x, size.z);
        let floor = floors::floor(&mut design, rng, ground, detail);
        let mut surfaces =
            vec![surface(Vec3::ZERO, size.x * Vec3::X, size.z * Vec3::Z, [12, 12], floor.into_texture())];
        let mut ceiling = Mesh::default();
        ceiling.add_quad(size.y * Vec3::Y, size.x * Vec3::X, size.z * Vec3::Z, floors::ceiling(rng), [1, 1]);
        surfaces.push(ceiling);
        let style = WallStyle::sample(&mut design, rng);
        let accent = rng.random_range(0..8);
        let up = size.y * Vec3::Y;
        let openings = [
            (Vec3::ZERO, size.x * Vec3::X),
            (Vec3::ZERO, size.z * Vec3::Z),
            (size.z * Vec3::Z, size.x * Vec3::X),
            (size.x * Vec3::X, size.z * Vec3::Z),
        ];
        let openings = std::array::from_fn(|wall| {
            let (origin, along) = openings[wall];
            let style = if wall == accent { style.accent(rng) } else { style.clone() };
            let (painted, openings) = style.wall(rng, Vec2::new(along.length(), size.y), detail);
            surfaces.push(surface(origin, along, up, [10, 6], painted.into_texture()));
            openings
        });
        let mut room = Self {
            size,
            furniture: Vec::new(),
            exposure: rng.random_range(1.0..1.5),
            lighting: lighting(rng, size),
            limits: Limits { floor: ground, openings, taken: Vec::new() },
            surfaces,
        };
        for _ in 0..rng.random_range(2..7) {
            let category = FURNISHING[rng.random_range(0..FURNISHING.len())];
            let piece = options.piece(rng, category);
            if let Some(place) = room.limits.place(rng, &piece) {
                room.limits.taken.push(place.footprint(piece.size));
                room.furniture.push(Standing { piece, place });
            }
        }
        room
    }

    /// Draws a free place for a piece; `None` if there is none in a few tries.
    pub fn place(&self, rng: &mut impl Rng, piece: &Piece) -> Option<Place> {
        self.limits.place(rng, piece)
    }

    /// Renders the room, and one more piece if `with` is given. The piece and its shadows are all
    /// that changes.
    pub fn render(&self, camera: &Camera, size: (usize, usize), samples: usize, with: Option<&Standing>) -> Canvas {
        let mut canvas = Canvas::new(size.0, size.1, samples);
        let all: Vec<&Standing> = self.furniture.iter().chain(with).collect();
        let occluders: Vec<Occluder> = all.iter().map(|standing| Occluder::new(standing)).collect();
        for mesh in &self.surfaces {
            canvas.draw(mesh, &Affine3A::IDENTITY, camera, &self.lighting, &|point, normal| {
                shadows::reached_inside(self.size, point, normal) * shadows::reached(&occluders, point)
            });
        }
        for (i, standing) in all.iter().enumerate() {
            let others: Vec<Occluder> =
                occluders.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, occluder)| *occluder).collect();
            draw(&mut canvas, standing, camera, &self.lighting, &|point, _| {
                shadows::reached_above_floor(point) * shadows::reached(&others, point)
            });
        }
        canvas
    }
}

/// Draws a piece at its place.
pub(super) fn draw(
    canvas: &mut Canvas,
    standing: &Standing,
    camera: &Camera,
    lighting: &Lighting,
    reached: &dyn Fn(Vec3, Vec3) -> f32,
) {
    let map = standing.place.map();
    for mesh in &standing.piece.meshes {
        canvas.draw(mesh, &map, camera, lighting, reached);
    }
}

fn surface(origin: Vec3, u: Vec3, v: Vec3, cells: [u32; 2], texture: crate::raster::Texture) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_quad(origin, u, v, Vec3::ONE, cells);
    mesh.material.texture = Some(Arc::new(texture));
    mesh
}

fn lighting(rng: &mut impl Rng, size: Vec3) -> Lighting {
    let warm = linear(Colour::hsv(rng.random_range(0.05..0.14), rng.random_range(0.0..0.25), 1.0));
    let cool = linear(Colour::hsv(rng.random_range(0.55..0.65), rng.random_range(0.0..0.15), 1.0));
    let lamp = size * Vec3::new(rng.random_range(0.3..0.7), 1.0, rng.random_range(0.3..0.7)) - 0.25 * Vec3::Y;
    let angle = rng.random_range(0.0..TAU);
    let window = Vec3::new(0.7 * angle.cos(), rng.random_range(0.3..0.8), 0.7 * angle.sin());
    Lighting {
        above: cool * rng.random_range(0.45..0.75),
        below: warm * rng.random_range(0.3..0.5),
        lights: vec![
            Light { lamp: Lamp::At(lamp), colour: warm * rng.random_range(0.2..0.6) },
            Light { lamp: Lamp::From(window), colour: cool * rng.random_range(0.05..0.4) },
        ],
    }
}
