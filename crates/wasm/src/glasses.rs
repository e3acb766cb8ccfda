//! Preparing images of glasses.

use crate::failure::Failure;
use crate::records::{self, plain};
use crate::try_on::rows;
use js_sys::{Float64Array, Uint8ClampedArray};
use stgan::compose;
use stgan::glasses::Removal;
use stgan::{BitmapRef, Error, Homography, Rect, Result};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// The loaded network that removes the background of product photos.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CutOut(stgan::CutOut);

#[wasm_bindgen]
impl CutOut {
    /// Loads a weights file of the cut-out network.
    ///
    /// Throws `weights` if the file is invalid or truncated, or if it contains values that are not
    /// finite.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(stgan::CutOut::new(weights)?))
    }

    /// Prepares an RGBA image of `width × height` pixels and removes its background.
    ///
    /// Throws the errors of the constructor of `Glasses`, and `no-glasses-found`, `busy-ground`,
    /// `not-a-front-view` or `too-small`.
    pub fn glasses(&self, pixels: &[u8], width: u32, height: u32) -> Result<Glasses, Failure> {
        let image = BitmapRef::new(width, height, pixels)?;
        Ok(Glasses(stgan::Glasses::new(image, Removal::Always(&self.0))?))
    }
}

/// A pair of glasses, prepared for any number of fits.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Glasses(pub(crate) stgan::Glasses);

#[wasm_bindgen]
impl Glasses {
    /// Prepares an RGBA image of `width × height` pixels, whose alpha is kept.
    ///
    /// Throws `image-size` if `pixels` has another length, `image-too-large`, and `empty-glasses`
    /// if no pixel is visible.
    #[wasm_bindgen(constructor)]
    pub fn new(pixels: &[u8], width: u32, height: u32) -> Result<Self, Failure> {
        Ok(Self(stgan::Glasses::new(BitmapRef::new(width, height, pixels)?, Removal::Never)?))
    }

    /// Takes an RGBA image of `width × height` pixels that was prepared before, without changes.
    ///
    /// Throws the errors of the constructor.
    pub fn restored(pixels: &[u8], width: u32, height: u32) -> Result<Self, Failure> {
        Ok(Self(stgan::Glasses::restored(BitmapRef::new(width, height, pixels)?)?))
    }

    /// Whether the background of an image should be removed: it is opaque, or it shows more than
    /// the front of a pair of glasses.
    ///
    /// Throws `image-size` and `image-too-large`, as the constructor.
    #[wasm_bindgen(js_name = needsRemoval)]
    pub fn needs_removal(pixels: &[u8], width: u32, height: u32) -> Result<bool, Failure> {
        Ok(stgan::Glasses::needs_removal(BitmapRef::new(width, height, pixels)?))
    }

    /// The width of the prepared image in pixels.
    pub fn width(&self) -> u32 {
        self.0.image().width()
    }

    /// The height of the prepared image in pixels.
    pub fn height(&self) -> u32 {
        self.0.image().height()
    }

    /// The RGBA pixels of the prepared image. They are copied without a copy in wasm, so this works
    /// when its memory is short.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn pixels(&self) -> Uint8ClampedArray {
        Uint8ClampedArray::from(self.0.image().data())
    }

    /// The map from pixels of the prepared image to pixels of the original, in row-major order.
    #[wasm_bindgen(js_name = toSource)]
    pub fn to_source(&self) -> Float64Array {
        // Adding 0 turns −0 into 0.
        Float64Array::from(&self.0.to_source().0.map(|value| value + 0.0)[..])
    }

    /// What was found and done.
    pub fn report(&self) -> Result<Ts<records::GlassesReport>, Failure> {
        Ok(plain(&self.0)?)
    }

    /// The part of a photo of `photo_width × photo_height` pixels that the glasses cover under
    /// `homography`, which maps their pixels to pixels of the photo (3×3, in row-major order);
    /// undefined if they are outside the photo.
    ///
    /// Throws `degenerate` if the homography maps part of the glasses to infinity, and `argument`
    /// if it does not have 9 entries.
    pub fn footprint(
        &self,
        homography: &[f64],
        photo_width: u32,
        photo_height: u32,
    ) -> Result<Option<Ts<records::Rect>>, Failure> {
        let rect = compose::footprint(self.0.foreground(), &map(homography)?, (photo_width, photo_height))?;
        Ok(rect.map(plain).transpose()?)
    }

    /// Draws the glasses alone, on a transparent background, in a part of the photo that has
    /// `width × height` pixels and its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, `image-size` if a side is 0, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(
        &self,
        homography: &[f64],
        x: u32,
        y: u32,
        width: u32,
        height: u32,
    ) -> Result<Clamped<Vec<u8>>, Failure> {
        let part = compose::part(self.0.foreground(), &map(homography)?, Rect { x, y, width, height })?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the glasses over `region`, in place. `region` is a part of the photo that is `width`
    /// pixels wide and has its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, and `image-size` if `region` is empty or not a multiple of
    /// the row length.
    pub fn blend(&self, homography: &[f64], region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(compose::blend(self.0.foreground(), &map(homography)?, region, rect)?)
    }
}

fn map(entries: &[f64]) -> Result<Homography> {
    let entries = entries.try_into();
    entries.map(Homography).map_err(|_| Error::argument("homography", "an array of another length", "9 numbers"))
}
