//! The project's own pictures: the catalogue of frames, random frames and random people for training, pictures
//! without a face, sample portraits. Native only.

mod colour;
pub mod faceless;
mod frames;
pub mod people;
mod portraits;
pub mod random;
mod svg;

pub use frames::{CatalogueFrame, frames};
pub use portraits::{Portrait, portraits};
pub use svg::render_svg;
