//! Drawn images: a catalogue of glasses, random glasses and random people for training, and images
//! without a face. Everything is a function of its random numbers: the same seed, the same image.

mod colour;
pub mod faceless;
mod frames;
pub mod people;
pub mod random;
mod svg;

pub use frames::{CatalogueFrame, frames};
pub use svg::render_svg;
