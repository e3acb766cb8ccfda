//! Product photos to glasses: a network labels each pixel, then the ground is removed at the
//! photo's own size.

mod ground;
mod matting;
mod network;
mod segment;
mod spec;

pub use matting::Lenses;
pub use network::{LABELS, Network, Segmenter};
pub use spec::{CutoutSpec, CutoutWeights, read, write};

use crate::compose::MIN_OPAQUE_ALPHA;
use crate::{Bitmap, BitmapRef, Rect, Result};
use ground::Ground;
use matting::Labelled;

/// Cuts glasses out of product photos.
#[derive(Clone, Debug)]
pub struct CutOut {
    segmenter: Segmenter,
}

/// Glasses cut out of a product photo.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cutout {
    /// The glasses with transparency, in the part `rect` of the photo.
    pub image: Bitmap,
    /// The part of the photo, in its pixels.
    pub rect: Rect,
    /// The kind of the lenses.
    pub lenses: Lenses,
}

impl CutOut {
    /// Reads the weights of the network.
    ///
    /// # Errors
    /// Those of [`read`].
    pub fn new(weights: &[u8]) -> Result<Self> {
        let file = read(weights)?;
        Ok(Self { segmenter: Segmenter::new(&file.spec, &file.parameters)? })
    }

    /// Cuts the glasses out of a photo; `None` if no glasses are found, or no ground around them.
    ///
    /// # Errors
    /// [`crate::Error::ImageTooLarge`] for a photo beyond [`crate::MAX_PIXELS`].
    pub fn cut_out(&self, photo: BitmapRef) -> Result<Option<Cutout>> {
        let Some(segments) = segment::segment(&self.segmenter, photo)? else { return Ok(None) };
        let rect = segments.rect;
        let part = photo.crop(rect)?;
        let probabilities = segments.at_full_size();
        let labelled = Labelled { image: part.as_ref(), probabilities: &probabilities };
        let Some(ground) = Ground::fit(part.as_ref(), |i| labelled.is_ground(i)) else { return Ok(None) };
        let (image, lenses) = matting::cut_out(&labelled, &ground)?;
        if image.as_ref().bounding_box(MIN_OPAQUE_ALPHA).is_none() {
            return Ok(None);
        }
        Ok(Some(Cutout { image, rect, lenses }))
    }
}
