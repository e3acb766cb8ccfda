//! Furniture: drawn from boxes and cylinders by a seed, or read from models of Sweet Home 3D.
//!
//! Pieces stand on y = 0 in metres, centred in x and z, with the front towards +z.

mod beds;
mod builder;
mod cases;
mod models;
pub(crate) mod paint;
mod tables;

pub use models::{ModelEntry, Models, model_catalogue};

use crate::raster::Mesh;
use glam::{Affine3A, Vec3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Kinds of furniture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Category {
    /// Open shelves with books.
    Bookshelf,
    /// Cabinets, wardrobes, dressers and sideboards.
    Cabinet,
    /// Armchairs and sofas.
    Sofa,
    /// Beds.
    Bed,
    /// Desks.
    Desk,
    /// Chairs and stools.
    Chair,
    /// Tables.
    Table,
    /// Plants and floor lamps, which only furnish rooms.
    Decor,
}

impl Category {
    /// All categories, in the order of their numbers.
    pub const ALL: [Self; 8] =
        [Self::Bookshelf, Self::Cabinet, Self::Sofa, Self::Bed, Self::Desk, Self::Chair, Self::Table, Self::Decor];

    /// The categories that a sample composites.
    pub const TARGETS: [Self; 7] =
        [Self::Bookshelf, Self::Cabinet, Self::Sofa, Self::Bed, Self::Desk, Self::Chair, Self::Table];

    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bookshelf => "bookshelf",
            Self::Cabinet => "cabinet",
            Self::Sofa => "sofa",
            Self::Bed => "bed",
            Self::Desk => "desk",
            Self::Chair => "chair",
            Self::Table => "table",
            Self::Decor => "decor",
        }
    }

    /// The category with this name; `None` for an unknown one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }

    /// The share of pieces that stand with their back against a wall.
    pub fn against_wall(self) -> f64 {
        match self {
            Self::Bookshelf | Self::Cabinet => 1.0,
            Self::Bed => 0.95,
            Self::Sofa => 0.8,
            Self::Desk => 0.75,
            Self::Decor => 0.6,
            Self::Table => 0.3,
            Self::Chair => 0.25,
        }
    }

    /// Whether people only look at the front of such a piece.
    pub fn has_front(self) -> bool {
        matches!(self, Self::Bookshelf | Self::Cabinet | Self::Sofa | Self::Desk)
    }
}

/// A piece of furniture.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The name of the design, for reports.
    pub id: String,
    /// What it is.
    pub category: Category,
    /// Width, height and depth in metres.
    pub size: Vec3,
    /// Its surfaces.
    pub meshes: Vec<Mesh>,
}

impl Piece {
    /// Draws design `design` of a category. Equal numbers give equal shapes; `rng` chooses the
    /// colours, and sizes within 6 %.
    pub fn draw(category: Category, design: u64, rng: &mut impl Rng) -> Self {
        let mut shape = ChaCha8Rng::seed_from_u64(design);
        shape.set_stream(category as u64);
        let paint = paint::Paint::sample(rng);
        let meshes = match category {
            Category::Bookshelf => cases::bookshelf(&mut shape, &paint),
            Category::Cabinet => cases::cabinet(&mut shape, &paint),
            Category::Sofa => beds::sofa(&mut shape, &paint),
            Category::Bed => beds::bed(&mut shape, &paint),
            Category::Desk => tables::desk(&mut shape, &paint),
            Category::Chair => tables::chair(&mut shape, &paint),
            Category::Table => tables::table(&mut shape, &paint),
            Category::Decor => tables::decor(&mut shape, &paint),
        };
        let mut piece = Self { id: format!("{}-{design}", category.name()), category, size: Vec3::ZERO, meshes };
        piece.stand();
        piece.stretch(Vec3::from_array(std::array::from_fn(|_| rng.random_range(0.94..1.06))));
        piece
    }

    /// Scales the piece along its axes by factors above 0.
    pub fn stretch(&mut self, by: Vec3) {
        let map = Affine3A::from_scale(by);
        self.meshes.iter_mut().for_each(|mesh| mesh.transform(&map));
        self.size *= by;
    }

    /// Moves the piece onto the floor, centres it and measures it.
    fn stand(&mut self) {
        let bounds = self.meshes.iter().filter_map(Mesh::bounds).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((low, high)) = bounds else { return };
        let centre = 0.5 * (low + high);
        let map = Affine3A::from_translation(-Vec3::new(centre.x, low.y, centre.z));
        self.meshes.iter_mut().for_each(|mesh| mesh.transform(&map));
        self.size = high - low;
    }
}

#[cfg(test)]
mod tests;
