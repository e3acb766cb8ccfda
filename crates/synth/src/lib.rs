//! Synthetic images for `stgan`.
//!
//! - [`catalogue`] lists the glasses of the demo.
//! - [`random`] draws random glasses and [`people`] draws random faces with exact landmarks, both
//!   for training.
//! - [`products`] draws product photos of random glasses with a label for each pixel.
//! - [`faceless`] draws images without a face, to measure and reduce false detections.
//! - [`furniture`] builds pieces of furniture, [`raster`] renders triangle meshes, and [`rooms`]
//!   draws rooms with furniture as examples for compositing.
//! - [`heads`] renders heads of random people from MakeHuman's shapes.
//!
//! Equal seeds give equal images.

mod catalogue;
mod colour;
pub mod faceless;
pub mod furniture;
pub mod heads;
pub mod people;
pub mod products;
pub mod random;
pub mod raster;
pub mod rooms;
mod svg;

pub use catalogue::{CatalogueGlasses, catalogue};
pub use svg::render_svg;
