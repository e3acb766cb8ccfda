//! Face detection in photos.
//!
//! The photo stays in JavaScript. A callback reads downscaled parts of it.

use crate::failure::Failure;
use crate::records::{self, plain};
use js_sys::{Array, Function, Uint8Array};
use stgan::internals::resample;
use stgan::{Bitmap, Photo, Rect, Result};
use tsify::Ts;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const READ: &str = "
/**
 * Reads a part of an image: `width × height` pixels with their top-left corner at (`x`, `y`), averaged
 * down to `toWidth × toHeight` pixels. Returns RGBA bytes with straight alpha. Exceptions reach the
 * caller of `locate` or `advance` unchanged.
 */
export type Read = (
    x: number,
    y: number,
    width: number,
    height: number,
    toWidth: number,
    toHeight: number,
) => Uint8Array;
";

/// An image in JavaScript: its size, and a function of type `Read`.
pub(crate) struct Image<'a> {
    pub(crate) size: (u32, u32),
    pub(crate) read: &'a Function,
}

impl Photo for Image<'_> {
    type Error = Failure;

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn read(&self, rect: Rect, width: u32, height: u32) -> Result<Bitmap, Failure> {
        let Rect { x, y, width: w, height: h } = rect;
        let arguments: Array = [x, y, w, h, width, height].into_iter().map(JsValue::from).collect();
        let result = self.read.apply(&JsValue::UNDEFINED, &arguments).map_err(Failure::thrown)?;
        let Ok(bytes) = result.dyn_into::<Uint8Array>() else {
            return Err(Failure::new("internal", "the image reader did not return a Uint8Array"));
        };
        // Checked before the bytes are copied, since the length is arbitrary.
        let (length, expected) = (u64::from(bytes.length()), 4 * u64::from(width) * u64::from(height));
        if length != expected {
            let message =
                format!("the image reader returned {length} bytes for {width}×{height} pixels, expected {expected}");
            return Err(Failure::new("internal", &message));
        }
        Ok(Bitmap::new(width, height, bytes.to_vec())?)
    }
}

/// The loaded networks that detect faces.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Locator(pub(crate) stgan::Locator);

#[wasm_bindgen]
impl Locator {
    /// Loads a locator's weights file.
    ///
    /// Throws `weights` if the file is invalid or truncated, or if it contains values that are not
    /// finite.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(stgan::Locator::new(weights)?))
    }

    /// Detects the faces in an image of `width × height` pixels, best first.
    ///
    /// Rethrows exceptions of `read`, and throws `internal` if `read` does not return the requested
    /// number of bytes.
    pub fn locate(
        &self,
        width: u32,
        height: u32,
        #[wasm_bindgen(unchecked_param_type = "Read")] read: &Function,
    ) -> Result<Vec<Ts<records::LocatedFace>>, Failure> {
        let found = self.0.locate_in(&Image { size: (width, height), read }, self.0.threshold())?;
        found.iter().map(|face| Ok(plain(face)?)).collect()
    }
}

/// Downscales RGBA pixels by averaging areas, a band of rows at a time.
///
/// For pixels that are not in an image object of the browser.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Downscaler(resample::Downscaler);

#[wasm_bindgen]
impl Downscaler {
    /// Creates a downscaler from `width × height` to `to_width × to_height` pixels.
    ///
    /// Throws `argument` if a side of the result is 0 or longer than that of the image, and
    /// `image-too-large` if the image has too many pixels.
    #[wasm_bindgen(constructor)]
    pub fn new(width: u32, height: u32, to_width: u32, to_height: u32) -> Result<Self, Failure> {
        Ok(Self(resample::Downscaler::new((width, height), (to_width, to_height))?))
    }

    /// Adds the next rows, from top to bottom.
    ///
    /// Throws `argument` if `rows` is empty, not a multiple of the row length, or more than the
    /// remaining rows.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.0.push(rows)?)
    }

    /// Returns the downscaled pixels, and frees the downscaler.
    ///
    /// Throws `image-size` if rows are missing.
    pub fn finish(self) -> Result<Vec<u8>, Failure> {
        Ok(self.0.finish()?.into_data())
    }
}
