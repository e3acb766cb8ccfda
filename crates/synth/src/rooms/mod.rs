//! Rendered rooms with furniture, as examples for compositing: a room without a piece of
//! furniture, the room with it, and the piece cut out from another view.
//!
//! A [`Room`] is drawn first and knows nothing of the piece that will stand in it, so nothing in
//! its image tells where the piece belongs. [`Sample::draw`] then chooses a place and a camera.
//!
//! Rooms lie on x and z from 0 to their width and depth, y up, in metres.

mod cutout;
mod family;
mod floors;
mod room;
mod sample;
mod shadows;
mod standing;
mod surface;
mod truth;
mod view;
mod walls;

pub use family::family;
pub use room::{Room, Split};
pub use sample::{Options, Record, Sample};
pub use standing::{Place, Standing};
pub use truth::{fit_homography, overlap};

#[cfg(test)]
mod tests;
