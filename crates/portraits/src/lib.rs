//! Sample portraits of synthetic people, and video clips in which they move.
//!
//! A head is a subdivided mesh (`assets/`, derived from CC0 geometry, not from photos) that is lit
//! by soft boxes. It has procedural skin with subsurface scattering, eyes with a refracting cornea,
//! and hair that is drawn strand by strand. Rendering is deterministic: on one machine, equal
//! widths give equal bytes.
//!
//! [`portraits`] lists the portraits. A [`Clip`] moves one of them in front of a virtual camera.

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
