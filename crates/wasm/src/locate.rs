//! Faces of a photo. Photos stay in JavaScript: a function that is handed along reads reduced parts.

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
 * Reads a part of an image, `width × height` pixels with their top-left corner at (`x`, `y`), averaged down to
 * `toWidth × toHeight` pixels of RGBA. What it throws, its caller's caller gets.
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

/// A image of JavaScript's, by its size and a function of type `Read`.
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
        let given = self.read.apply(&JsValue::UNDEFINED, &arguments).map_err(Failure::thrown)?;
        let Ok(bytes) = given.dyn_into::<Uint8Array>() else {
            return Err(Failure::new("internal", "reading an image gave no Uint8Array"));
        };
        // Before they are copied: there may be any number of them.
        let (length, expected) = (u64::from(bytes.length()), 4 * u64::from(width) * u64::from(height));
        if length != expected {
            let message = format!("reading {width}×{height} pixels gave {length} bytes: {expected} are expected");
            return Err(Failure::new("internal", &message));
        }
        Ok(Bitmap::new(width, height, bytes.to_vec())?)
    }
}

/// The loaded networks that find faces.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Locator(pub(crate) stgan::Locator);

#[wasm_bindgen]
impl Locator {
    /// Reads a weights file.
    ///
    /// Throws `weights` if the bytes are none, are cut short, or hold values that are not finite.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(stgan::Locator::new(weights)?))
    }

    /// The faces of an image of `width × height` pixels, best first.
    ///
    /// Throws what `read` throws, and `internal` if it gives anything but the bytes it is asked for.
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

/// Averages pixels that are no image of the browser's down to a smaller size, a band of rows at a time.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Downscaler(resample::Downscaler);

#[wasm_bindgen]
impl Downscaler {
    /// From `width × height` pixels to `to_width × to_height`.
    ///
    /// Throws `argument` if a side of the result is 0 or longer than before, and `image-too-large`.
    #[wasm_bindgen(constructor)]
    pub fn new(width: u32, height: u32, to_width: u32, to_height: u32) -> Result<Self, Failure> {
        Ok(Self(resample::Downscaler::new((width, height), (to_width, to_height))?))
    }

    /// Takes the next whole rows, from the top to the bottom.
    ///
    /// Throws `argument` if they are no whole rows, or more than there are.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.0.push(rows)?)
    }

    /// The reduced pixels.
    ///
    /// Throws `image-size` if rows are missing.
    pub fn finish(self) -> Result<Vec<u8>, Failure> {
        Ok(self.0.finish()?.into_data())
    }
}
