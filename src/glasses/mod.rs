//! Glasses as a shop has them, prepared once for any number of fits.
//!
//! ```text
//!     source image ──> transparent background? ── yes ──> remove specks and veils, open white lenses ──┐
//!                            │                                                                    v
//!                            no ──> cut out (network labels, matting) ──> straighten, crop ──> Glasses
//! ```

mod alpha;
pub(crate) mod extract;
mod grid;
mod refusal;
mod report;
mod shape;
mod white_lenses;

pub use crate::cutout::Lenses;
pub use crate::pose::{MEAN_PUPIL_DISTANCE_MM, RealWidth};
pub use refusal::Refusal;
pub use report::{Kind, Report, Warning};

use crate::compose::Foreground;
use crate::cutout::CutOut;
use crate::{Bitmap, BitmapRef, Homography, Result};
use std::sync::Arc;

/// What to do with the background of a source image.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Removal<'a> {
    /// Keep the source image's alpha. Specks and veils of an earlier removal are cleaned, and
    /// opaque white lenses are opened. An opaque image stays opaque, with a warning.
    Never,
    /// Remove the background if [`Glasses::needs_removal`]; otherwise as `Never`.
    Auto(&'a CutOut),
    /// Remove the background, whatever the source image's alpha.
    Always(&'a CutOut),
}

/// A pair of glasses, prepared for fits and for drawing. Clones share the pixels.
#[derive(Clone, Debug)]
pub struct Glasses {
    image: Arc<Bitmap>,
    foreground: Foreground,
    to_source: Homography,
    lens_centres: [[f64; 2]; 2],
    report: Report,
}

impl Glasses {
    /// Prepares a image of glasses: a front view on a plain ground, or with transparency.
    ///
    /// # Errors
    /// - [`crate::Error::EmptyGlasses`] if no pixel is at least 10 % opaque.
    /// - [`crate::Error::UnusableGlasses`] if the background is to be removed and the source image
    ///   shows no glasses, a busy ground, a view that is not from the front, or too few pixels.
    ///
    /// # Examples
    ///
    /// ```
    /// use stgan::glasses::{Glasses, Removal};
    /// # let source = stgan::Bitmap::new(10, 4, vec![200; 160])?;
    /// let glasses = Glasses::new(source.as_ref(), Removal::Never)?;
    /// println!("{:?}", glasses.report());
    /// # Ok::<(), stgan::Error>(())
    /// ```
    pub fn new(source: BitmapRef, removal: Removal) -> Result<Self> {
        extract::extract(source, removal)?.into_glasses()
    }

    /// Takes an image of glasses that were prepared before, and changes nothing. The report says
    /// that the image is untouched.
    ///
    /// # Errors
    /// [`crate::Error::EmptyGlasses`] if no pixel is at least 10 % opaque.
    pub fn restored(image: BitmapRef) -> Result<Self> {
        extract::unchanged(image)?.into_glasses()
    }

    /// Whether [`Removal::Auto`] removes the background of a source image: if the source image is
    /// opaque, or if its visible pixels are more than the front of a pair of glasses.
    pub fn needs_removal(source: BitmapRef) -> bool {
        alpha::needs_removal(source)
    }

    /// The glasses, with transparency. Public homographies map pixels of this image to pixels of
    /// the photo.
    pub fn image(&self) -> BitmapRef<'_> {
        self.image.as_ref().as_ref()
    }

    /// The glasses, prepared for drawing.
    pub fn foreground(&self) -> &Foreground {
        &self.foreground
    }

    /// Maps pixels of [`Glasses::image`] to pixels of the source image: the identity unless the
    /// background was removed.
    pub fn to_source(&self) -> &Homography {
        &self.to_source
    }

    /// The lens centres (x, y) in pixels of [`Glasses::image`], the left one in the image first.
    pub fn lens_centres(&self) -> [[f64; 2]; 2] {
        self.lens_centres
    }

    /// What was done to the source image, and what the lenses are.
    pub fn report(&self) -> &Report {
        &self.report
    }
}
