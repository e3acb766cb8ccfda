//! Synthetic images for `stgan`.
//!
//! - [`catalogue`] lists the glasses of the demo.
//! - [`random`] draws random glasses and [`people`] draws random faces with exact landmarks, both
//!   for training.
//! - [`products`] draws product photos of random glasses with a label for each pixel.
//! - [`faceless`] draws images without a face, to measure and reduce false detections.
//! - [`furniture`] builds pieces of furniture, and [`raster`] renders triangle meshes.
//!
//! Equal seeds give equal images.

mod catalogue;
mod colour;
pub mod faceless;
pub mod furniture;
pub mod people;
pub mod products;
pub mod random;
pub mod raster;
mod svg;

pub use catalogue::{CatalogueGlasses, catalogue};
pub use svg::render_svg;
