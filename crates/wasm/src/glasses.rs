//! Preparing images of glasses.

use crate::failure::Failure;
use crate::records::{self, plain};
use js_sys::Float64Array;
use stgan::glasses::Removal;
use stgan::{BitmapRef, Result};
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

    /// Returns another object for these glasses. Both share the pixels; each is freed on its own.
    pub fn share(&self) -> Self {
        Self(self.0.clone())
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

    /// The RGBA pixels of the prepared image.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn pixels(&self) -> Clamped<Vec<u8>> {
        Clamped(self.0.image().data().to_vec())
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
}
