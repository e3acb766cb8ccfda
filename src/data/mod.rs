//! Data sets of faces, and what training makes of them. Native only.

pub mod anchors;
pub mod augment;
pub mod frames;
pub mod portraits;
