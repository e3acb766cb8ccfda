//! The background of product photos: a network labels each pixel, then the known ground is removed
//! at the photo's own size.

mod ground;
mod groups;
mod lens_hulls;
mod lenses;
mod matting;
mod network;
mod segment;
mod spec;

pub(crate) use ground::Ground;
pub(crate) use groups::{Group, groups};
pub(crate) use lens_hulls::Sides;
pub use lenses::Lenses;
pub(crate) use matting::{BlockColours, Colour, Labelled, Matted, covered, cut_out, distance, unmixed};
pub(crate) use network::{ARM, BACKGROUND, FRONT, LENS};
pub use network::{LABELS, Network, Segmenter};
pub(crate) use segment::{Segments, segment};
pub use spec::{CutoutSpec, CutoutWeights, read, write};

use crate::Result;

/// The network that cuts glasses out of product photos, ready for inference. Clones are copies.
#[derive(Clone, Debug)]
pub struct CutOut {
    pub(crate) segmenter: Segmenter,
}

impl CutOut {
    /// Loads the network from a weights file.
    ///
    /// # Errors
    /// The errors of a weights file, with the code `weights`, as
    /// [`TryOn::new`](crate::TryOn::new).
    pub fn new(weights: &[u8]) -> Result<Self> {
        let file = read(weights)?;
        Ok(Self { segmenter: Segmenter::new(&file.spec, &file.parameters)? })
    }

    /// Loads the shipped weights, which are compiled into the library.
    ///
    /// # Errors
    /// None in practice: the library's tests load these weights.
    #[cfg(feature = "bundled-weights")]
    pub fn bundled() -> Result<Self> {
        Self::new(include_bytes!("../../weights/cutout.safetensors"))
    }
}
