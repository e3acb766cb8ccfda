//! Fitting glasses to a photo.

use crate::failure::Failure;
use crate::glasses::Glasses;
use crate::records::{self, plain};
use stgan::glasses::RealWidth;
use stgan::model::Task;
use stgan::{Error, Placement, Result};
use tsify::Ts;
use wasm_bindgen::prelude::*;

/// The loaded networks that fit glasses to a face, or furniture to a room.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TryOn(pub(crate) stgan::TryOn);

#[wasm_bindgen]
impl TryOn {
    /// Loads a weights file of generators for a task, `glasses` or `room`.
    ///
    /// Throws `weights` if the file is invalid or truncated, if it is for another task, or if it
    /// contains values that are not finite; `argument` for an unknown task.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8], task: &str) -> Result<Self, Failure> {
        let known = Task::from_name(task).ok_or_else(|| Error::argument("task", task, "glasses or room"))?;
        Ok(Self(stgan::TryOn::for_task(weights, &known)?))
    }

    /// Describes the loaded weights.
    pub fn model(&self) -> Result<Ts<records::Model>, Failure> {
        Ok(plain(&self.0)?)
    }

    /// Runs generator `stage` once on input planes `[C, height, size]`, and returns its output: the
    /// change of the eight parameters. For benchmarks.
    ///
    /// Throws `argument` if the stage does not exist, or if `planes` has another length.
    pub fn answer(&self, stage: usize, planes: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(self.0.networks().infer(stage, planes)?.to_vec())
    }

    /// Starts reading a photo of `photo_width × photo_height` pixels around a placement of
    /// `glasses`, whose pixels the view shares.
    ///
    /// The placement refers to the visible part of the glasses: its centre (`x`, `y`) and its
    /// `width` in photo pixels, and its clockwise `rotation` in degrees.
    ///
    /// Throws `placement` if one of these is not finite or is out of range, or if the placement is
    /// too far outside the photo.
    #[expect(clippy::too_many_arguments, reason = "wasm-bindgen passes numbers fastest")]
    pub fn view(
        &self,
        glasses: &Glasses,
        photo_width: u32,
        photo_height: u32,
        x: f64,
        y: f64,
        width: f64,
        rotation: f64,
    ) -> Result<View, Failure> {
        let placement = Placement { x, y, width, rotation };
        Ok(View(self.0.view((photo_width, photo_height), glasses.foreground(), &placement)?))
    }

    /// Fits the glasses of `view` to its photo, and frees `view`.
    ///
    /// `updates` is the number of updates; the default is in the weights file. The result is a
    /// plain object: a fit holds no memory of wasm.
    ///
    /// With `pupils`, the coordinates x, y, x, y of the pupils in photo pixels, the glasses get
    /// their real width: they are `width_mm` wide on a person whose pupils are `pupil_distance_mm`
    /// apart.
    ///
    /// Throws `image-size` if `view` lacks rows, and `argument` for too many updates, for another
    /// number of coordinates, and for a width or a distance out of range.
    pub fn fit(
        &self,
        view: View,
        updates: Option<u32>,
        pupils: Option<Box<[f64]>>,
        width_mm: Option<f64>,
        pupil_distance_mm: Option<f64>,
    ) -> Result<Ts<records::Fit>, Failure> {
        let mut fit = self.0.fit_view(view.0, updates.map(|updates| updates as usize))?;
        if let (Some(pupils), Some(width)) = (pupils, real_width(width_mm, pupil_distance_mm)?) {
            let [ax, ay, bx, by] = pupils[..] else {
                return Err(Error::argument("pupils", format!("{} numbers", pupils.len()), "4").into());
            };
            fit = fit.with_real_width(&width, &[[ax, ay], [bx, by]]);
        }
        Ok(plain(&fit)?)
    }
}

/// The real width of glasses, if it is known.
pub(crate) fn real_width(width_mm: Option<f64>, pupil_distance_mm: Option<f64>) -> Result<Option<RealWidth>> {
    width_mm.map(|width| RealWidth::new(width, pupil_distance_mm)).transpose()
}

/// The part of a photo that the networks read, filled row by row.
#[wasm_bindgen]
#[derive(Debug)]
pub struct View(stgan::View);

#[wasm_bindgen]
impl View {
    /// The part of the photo to push.
    pub fn rect(&self) -> Result<Ts<records::Rect>, Failure> {
        Ok(plain(self.0.rect())?)
    }

    /// Adds the next rows of that part, from top to bottom.
    ///
    /// Throws `image-size` if `rows` is not a multiple of the row length, or more than the
    /// remaining rows.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.0.push(rows)?)
    }
}

/// The number of complete rows of `width` pixels in an RGBA buffer.
pub(crate) fn rows(pixels: &[u8], width: u32) -> u32 {
    pixels.len() as u32 / 4 / width.max(1)
}
