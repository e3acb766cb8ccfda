//! Product photos to glasses: a network labels each pixel, then the ground is removed at the photo's
//! own size.

mod network;
mod spec;

pub use network::{LABELS, Network, Segmenter};
pub use spec::{CutoutSpec, CutoutWeights, read, write};
