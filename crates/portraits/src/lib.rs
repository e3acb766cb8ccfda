//! Sample portraits: people who do not exist, rendered by this crate.
//!
//! A head is a subdivided mesh (`assets/`, derived from CC0 geometry; no photo is involved) under soft boxes, with
//! procedural skin whose light diffuses below the surface, eyes with a refracting cornea, and hair drawn strand by strand.
//! The same width always gives the same bytes on one machine.
//!
//! A [`Clip`] moves one of them before a camera.

mod bvh;
mod clip;
mod cloth;
mod eye;
mod field;
mod film;
mod hair;
mod light;
mod math;
mod mesh;
mod people;
mod portrait;
mod render;
mod skin;
mod strands;
mod styles;
#[cfg(test)]
mod tests;

pub use clip::{Clip, Motion};
pub use portrait::{Portrait, portraits};
