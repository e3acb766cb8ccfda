//! The project's own pictures: the catalogue of frames, random frames and random people for training, pictures
//! without a face, sample portraits, clips in which those move. Native only.

pub mod clip;
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
