//! Fitting glasses to a photo.

use crate::failure::Failure;
use crate::glasses::Glasses;
use crate::records::{self, plain};
use js_sys::Float64Array;
use stgan::compose::{self, Foreground};
use stgan::{Homography, Placement, Rect, Result};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// The loaded networks that fit glasses to a face.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TryOn(pub(crate) stgan::TryOn);

#[wasm_bindgen]
impl TryOn {
    /// Loads a weights file of generators.
    ///
    /// Throws `weights` if the file is invalid or truncated, or if it contains values that are not
    /// finite.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(stgan::TryOn::new(weights)?))
    }

    /// Describes the loaded weights.
    pub fn model(&self) -> Result<Ts<records::Model>, Failure> {
        Ok(plain(&self.0)?)
    }

    /// Runs generator `stage` once on input planes `[C, size, size]`, and returns its output: the
    /// change of the eight parameters. For benchmarks.
    ///
    /// Throws `argument` if the stage does not exist, or if `planes` has another length.
    pub fn answer(&self, stage: usize, planes: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(self.0.networks().infer(stage, planes)?.to_vec())
    }

    /// Starts reading a photo of `photo_width × photo_height` pixels around a placement of glasses.
    ///
    /// The placement refers to the visible part of the glasses: its centre (`x`, `y`) and its
    /// `width` in photo pixels, and its clockwise `rotation` in degrees.
    ///
    /// Throws `placement` if one of these is not finite or is out of range, or if the placement is
    /// too far outside the photo.
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

    /// Fits glasses to the photo in `view`, and frees `view`.
    ///
    /// `updates` is the number of updates; the default is in the weights file. The fit shares the
    /// pixels of the glasses, which may be freed before it.
    ///
    /// Throws `image-size` if `view` lacks rows, and `argument` for too many updates.
    pub fn fit(&self, view: View, glasses: &Glasses, updates: Option<u32>) -> Result<Fit, Failure> {
        let View { view, photo } = view;
        let glasses = glasses.0.foreground().clone();
        let fit = self.0.fit_view(view, &glasses, updates.map(|updates| updates as usize))?;
        Ok(Fit { fit, glasses, photo })
    }
}

/// The part of a photo that the networks read, filled row by row.
#[wasm_bindgen]
#[derive(Debug)]
pub struct View {
    view: stgan::View,
    photo: (u32, u32),
}

#[wasm_bindgen]
impl View {
    /// The part of the photo to push.
    pub fn rect(&self) -> Result<Ts<records::Rect>, Failure> {
        Ok(plain(self.view.rect())?)
    }

    /// Adds the next rows of that part, from top to bottom.
    ///
    /// Throws `image-size` if `rows` is not a multiple of the row length, or more than the
    /// remaining rows.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.view.push(rows)?)
    }
}

/// A fit and its glasses.
///
/// Methods with a parameter `update` refer to the state after that many updates; 0 is the initial
/// placement.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Fit {
    fit: stgan::Fit,
    glasses: Foreground,
    photo: (u32, u32),
}

#[wasm_bindgen]
impl Fit {
    /// The homography of the initial placement, from pixels of the glasses to pixels of the photo:
    /// a 3×3 matrix in row-major order whose last entry is 1.
    pub fn initial(&self) -> Result<Float64Array, Failure> {
        Ok(Float64Array::from(&self.homography(0)?.0[..]))
    }

    /// The updates, in order.
    pub fn updates(&self) -> Result<Vec<Ts<records::Update>>, Failure> {
        self.fit.updates().iter().map(|update| Ok(plain(update)?)).collect()
    }

    /// The confidence that the glasses are on a face, from 0 to 1; undefined without updates.
    pub fn confidence(&self) -> Option<f64> {
        self.fit.confidence()
    }

    /// The part of the photo that the glasses cover; undefined if they are outside the photo.
    ///
    /// Throws `update` if the fit has fewer updates, and `degenerate` if the homography maps part
    /// of the glasses to infinity.
    pub fn footprint(&self, update: usize) -> Result<Option<Ts<records::Rect>>, Failure> {
        let rect = compose::footprint(&self.glasses, &self.homography(update)?, self.photo)?;
        Ok(rect.map(plain).transpose()?)
    }

    /// Draws the glasses alone, on a transparent background, in a part of the photo that has
    /// `width × height` pixels and its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, `image-size` if a side is 0, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(&self, update: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Clamped<Vec<u8>>, Failure> {
        let part = compose::part(&self.glasses, &self.homography(update)?, Rect { x, y, width, height })?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the glasses over `region`, in place. `region` is a part of the photo that is `width`
    /// pixels wide and has its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, and `image-size` if `region` is empty or not a multiple of
    /// the row length.
    pub fn blend(&self, update: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(compose::blend(&self.glasses, &self.homography(update)?, region, rect)?)
    }

    fn homography(&self, update: usize) -> Result<Homography> {
        self.fit.homography(update)
    }
}

/// The number of complete rows of `width` pixels in an RGBA buffer.
pub(crate) fn rows(pixels: &[u8], width: u32) -> u32 {
    pixels.len() as u32 / 4 / width.max(1)
}
