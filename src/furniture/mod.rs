//! Furniture as a shop has it: a photo on an even ground, or an image with transparency.

mod silhouette;

use crate::compose::MIN_OPAQUE_ALPHA;
use crate::{Bitmap, BitmapRef, Error, Result};

/// Why a piece of furniture cannot be cut out of an opaque image. Each message names a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The edges of the image show no even ground.
    #[error(
        "the furniture does not stand on an even ground; use a photo on white or on another even ground, or an image with a transparent background"
    )]
    BusyGround,
    /// Nothing differs from the ground.
    #[error("no furniture was found in the image; use a photo of one piece that is darker or lighter than its ground")]
    NoFurniture,
}

impl Refusal {
    /// A short, stable name in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BusyGround => "busy-ground",
            Self::NoFurniture => "no-furniture-found",
        }
    }
}

/// Prepares an image of a piece of furniture: the even ground of a product photo becomes
/// transparent, with soft shadows on it. An image that has transparency is returned as it is. The
/// result has the size of the image.
///
/// No network is involved: the ground is a smooth surface of colours that is fitted to the edges of
/// the image. What differs from it is kept, so parts of a piece in the colour of the ground can be
/// lost.
///
/// # Errors
/// [`Error::EmptyFurniture`] if no pixel is at least 10 % opaque, [`Error::UnusableFurniture`] if
/// an opaque image has no even ground at its edges, or shows nothing else.
///
/// # Examples
///
/// ```
/// # let pixel = |i| match (i % 40, i / 40) {
/// #     (10..30, 8..22) => [90, 60, 40, 255],
/// #     _ => [255; 4],
/// # };
/// # let photo = stgan::Bitmap::new(40, 30, (0..1200).flat_map(pixel).collect())?;
/// let furniture = stgan::furniture::prepare(photo.as_ref())?;
/// assert_eq!(furniture.as_ref().bounding_box(1), Some(stgan::Rect { x: 10, y: 8, width: 20, height: 14 }));
/// let foreground = stgan::Foreground::new(furniture.as_ref())?;
/// # Ok::<(), stgan::Error>(())
/// ```
pub fn prepare(source: BitmapRef) -> Result<Bitmap> {
    if source.bounding_box(MIN_OPAQUE_ALPHA).is_none() {
        return Err(Error::EmptyFurniture { width: source.width(), height: source.height() });
    }
    if !source.is_opaque(MIN_OPAQUE_ALPHA) {
        return Ok(source.to_owned());
    }
    Ok(silhouette::without_ground(source)?)
}
