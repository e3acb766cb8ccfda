//! A software rasteriser: textured triangles with a z-buffer, supersampling and soft light.
//!
//! Scenes are in metres, x to the right, y up and z towards the viewer of an unturned object. A
//! [`Canvas`] takes any number of meshes, one [`Canvas::draw`] each; hidden surfaces are resolved
//! by depth. Colours are linear until [`Canvas::resolve`] and [`LinearImage::develop`].

mod camera;
mod canvas;
mod light;
mod mesh;
mod texture;
mod triangle;

pub use camera::Camera;
pub use canvas::{Canvas, LinearImage};
pub use light::{Lamp, Light, Lighting};
pub use mesh::{Material, Mesh, Vertex};
pub use texture::Texture;

#[cfg(test)]
mod tests;
