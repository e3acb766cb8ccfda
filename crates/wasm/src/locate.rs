//! The locator. Photos stay in JavaScript: a function that is handed along reads reduced parts.

use crate::{Failure, placement};
use js_sys::{Array, Function, Uint8Array};
use serde::Serialize as _;
use serde_wasm_bindgen::Serializer;
use stgan::internals::resample::Reducer;
use stgan::{Bitmap, Found, Locator, Photo, Rect, Result};
use wasm_bindgen::prelude::*;

/// A photo of JavaScript's: `read(x, y, width, height, to_width, to_height)` gives the bytes of a part of it, reduced.
pub(super) struct Elsewhere<'a> {
    pub size: (u32, u32),
    pub read: &'a Function,
}

impl Photo for Elsewhere<'_> {
    type Error = Failure;

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn read(&self, rect: Rect, width: u32, height: u32) -> Result<Bitmap, Failure> {
        let Rect { x, y, width: w, height: h } = rect;
        let arguments: Array = [x, y, w, h, width, height].into_iter().map(JsValue::from).collect();
        let bytes = self.read.apply(&JsValue::UNDEFINED, &arguments)?.dyn_into::<Uint8Array>()?;
        Ok(Bitmap::new(width, height, bytes.to_vec())?)
    }
}

/// The loaded locator.
#[wasm_bindgen]
pub struct FaceLocator(pub(super) Locator);

#[wasm_bindgen]
impl FaceLocator {
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(Locator::new(weights)?))
    }

    /// What the weights file says of itself.
    pub fn metadata(&self) -> Result<JsValue, Failure> {
        let metadata = self.0.metadata().serialize(&Serializer::json_compatible());
        metadata.map_err(|e| Failure::new("internal", &e.to_string()))
    }

    /// Nine numbers a face, best first: the placement's x, y, width and rotation, both pupils, the score.
    pub fn locate(&self, width: u32, height: u32, read: &Function) -> Result<Vec<f64>, Failure> {
        let found = self.0.locate_in(&Elsewhere { size: (width, height), read }, self.0.threshold())?;
        Ok(found.iter().flat_map(numbers).collect())
    }

    /// The same numbers of the face near a placement, if there is one: one look, for what moves.
    pub fn look(&self, width: u32, height: u32, near: JsValue, read: &Function) -> Result<Option<Vec<f64>>, Failure> {
        let found = self.0.look_in(&Elsewhere { size: (width, height), read }, &placement(near)?)?;
        Ok(found.map(|face| numbers(&face).to_vec()))
    }
}

fn numbers(face: &Found) -> [f64; 9] {
    let (p, [[x0, y0], [x1, y1]]) = (face.placement(), face.eyes);
    [p.x, p.y, p.width, p.rotation, x0, y0, x1, y1, face.score]
}

/// Averages pixels that are no picture of the browser's down to a smaller size, a band of rows at a time.
#[wasm_bindgen]
pub struct Reduction(Reducer);

#[wasm_bindgen]
impl Reduction {
    #[wasm_bindgen(constructor)]
    pub fn new(width: u32, height: u32, to_width: u32, to_height: u32) -> Result<Self, Failure> {
        Ok(Self(Reducer::new((width, height), (to_width, to_height))?))
    }

    /// Whole rows, RGBA.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.0.push(rows)?)
    }

    /// The reduced pixels.
    pub fn finish(self) -> Result<Vec<u8>, Failure> {
        Ok(self.0.finish()?.into_data())
    }
}
