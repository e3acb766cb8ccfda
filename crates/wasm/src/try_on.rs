//! Fits of a pair of glasses to a photo.

use crate::failure::Failure;
use crate::records::{self, plain};
use js_sys::Float64Array;
use stgan::compose::{self, Foreground};
use stgan::{BitmapRef, Homography, Placement, Rect, Result};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// The loaded networks that fit a pair of glasses.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TryOn(pub(crate) stgan::TryOn);

#[wasm_bindgen]
impl TryOn {
    /// Reads a weights file.
    ///
    /// Throws `weights` if the bytes are none, are cut short, or hold values that are not finite.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(stgan::TryOn::new(weights)?))
    }

    /// What the weights file says of itself.
    pub fn model(&self) -> Result<Ts<records::Model>, Failure> {
        Ok(plain(&self.0)?)
    }

    /// The answer of generator `stage` to planes `[C, size, size]`, by itself: what benchmarks measure.
    ///
    /// Throws `argument` if there is no such stage, or not as many planes.
    pub fn answer(&self, stage: usize, planes: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(self.0.networks().infer(stage, planes)?.to_vec())
    }

    /// Begins to read a photo of `photo_width × photo_height` pixels, on which the glasses's visible
    /// part is placed: its centre (`x`, `y`) and `width` in pixels, its `rotation` in degrees,
    /// clockwise.
    ///
    /// Throws `placement` if one of these is not finite, the width is not above 0, or the placement
    /// has no pixel in common with the photo.
    pub fn view(
        &self,
        photo_width: u32,
        photo_height: u32,
        x: f64,
        y: f64,
        width: f64,
        rotation: f64,
    ) -> Result<View, Failure> {
        let photo = (photo_width, photo_height);
        Ok(View { view: self.0.view(photo, &Placement { x, y, width, rotation })?, photo })
    }

    /// Fits a pair of glasses of `glasses_width × glasses_height` pixels to what was looked at, by `updates` updates, or
    /// as many as the weights file says.
    ///
    /// Throws `image-size` if the glasses's buffer has another length or rows of the photo are missing,
    /// `empty-glasses` if no pixel of the glasses is visible, `argument` if there are too many updates, and
    /// `degenerate` if the glasses would be squeezed into a line.
    pub fn fit(
        &self,
        view: View,
        glasses: &[u8],
        glasses_width: u32,
        glasses_height: u32,
        updates: Option<u32>,
    ) -> Result<Fit, Failure> {
        let View { view, photo } = view;
        let glasses = Foreground::new(BitmapRef::new(glasses_width, glasses_height, glasses)?)?;
        let fit = self.0.fit_view(view, &glasses, updates.map(|updates| updates as usize))?;
        Ok(Fit { fit, glasses, photo })
    }
}

/// What the networks are to see of a photo, as it comes in.
#[wasm_bindgen]
#[derive(Debug)]
pub struct View {
    view: stgan::View,
    photo: (u32, u32),
}

#[wasm_bindgen]
impl View {
    /// The part of the photo that is wanted.
    pub fn rect(&self) -> Result<Ts<records::Rect>, Failure> {
        Ok(plain(self.view.rect())?)
    }

    /// Takes the next whole rows of that part, from the top to the bottom.
    ///
    /// Throws `image-size` if they are no whole rows, or more than the part has.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.view.push(rows)?)
    }
}

/// A fit, with the glasses that it is of. Step 0 is as placed, update n after n updates.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Fit {
    fit: stgan::Fit,
    glasses: Foreground,
    photo: (u32, u32),
}

#[wasm_bindgen]
impl Fit {
    /// The homography as placed, from pixels of the glasses to pixels of the photo: 3×3, row by row, the
    /// last entry 1.
    pub fn initial(&self) -> Result<Float64Array, Failure> {
        Ok(Float64Array::from(&self.homography(0)?.0[..]))
    }

    /// The updates in order.
    pub fn updates(&self) -> Result<Vec<Ts<records::Update>>, Failure> {
        self.fit.updates().iter().map(|update| Ok(plain(update)?)).collect()
    }

    /// How sure the fit is that the glasses sits on a face, from 0 to 1; undefined without any update.
    pub fn confidence(&self) -> Option<f64> {
        self.fit.confidence()
    }

    /// The part of the photo that the glasses covers at an update; undefined if it lies off the photo.
    ///
    /// Throws `update` if the fit has no such update, and `degenerate` if the glasses runs through infinity.
    pub fn footprint(&self, update: usize) -> Result<Option<Ts<records::Rect>>, Failure> {
        let rect = compose::footprint(&self.glasses, &self.homography(update)?, self.photo)?;
        Ok(rect.map(plain).transpose()?)
    }

    /// The glasses by itself in a part of the photo: `width × height` pixels with their top-left
    /// corner at (`x`, `y`).
    ///
    /// Throws as `footprint`, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(&self, update: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Clamped<Vec<u8>>, Failure> {
        let part = compose::part(&self.glasses, &self.homography(update)?, Rect { x, y, width, height })?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the glasses over `region`, a part of the photo that is `width` pixels wide and has its upper
    /// left corner at (`x`, `y`).
    ///
    /// Throws as `footprint`, and `image-size` if the region is no whole rows.
    pub fn blend(&self, update: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(compose::blend(&self.glasses, &self.homography(update)?, region, rect)?)
    }

    fn homography(&self, update: usize) -> Result<Homography> {
        self.fit.homography(update)
    }
}

/// How many whole rows of `width` pixels these are.
pub(crate) fn rows(pixels: &[u8], width: u32) -> u32 {
    pixels.len() as u32 / 4 / width.max(1)
}
