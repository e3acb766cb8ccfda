//! The wasm module of the npm package: a thin face over the library, without logic. The TypeScript of the package wraps it,
//! reads the pixels out of whatever images it is given, and hands over only those that are needed.

mod locate;
mod track;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use std::collections::BTreeMap;
use stgan::compose::{self, Foreground};
use stgan::{BitmapRef, Error, Fit, Homography, Placement, Rect, Result, TryOn};
use wasm_bindgen::prelude::*;

/// A panic leaves the instance in an unknown state. Thrown as an exception, its message reaches JavaScript, where an error
/// without a code counts as a crash.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}

/// What is thrown: a JavaScript `Error` with a `code`, or whatever a JavaScript function threw.
pub struct Failure(JsValue);

impl Failure {
    fn new(code: &str, message: &str) -> Self {
        let error = js_sys::Error::new(message);
        // Fails for frozen objects only, which a new error is not.
        let _ = js_sys::Reflect::set(&error, &"code".into(), &code.into());
        Self(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.code(), &error.report())
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Self {
        Self(thrown)
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// Reads an option that came from JavaScript.
fn option<T: DeserializeOwned>(value: JsValue, code: &str, name: &str) -> Result<T, Failure> {
    let explain = |e: serde_wasm_bindgen::Error| format!("{name}: {}", e.to_string().trim_start_matches("Error: "));
    serde_wasm_bindgen::from_value(value).map_err(|e| Failure::new(code, &explain(e)))
}

#[derive(Deserialize)]
#[serde(expecting = "{ x, y, width, rotation? }")]
struct PlacementOption {
    x: f64,
    y: f64,
    width: f64,
    rotation: Option<f64>,
}

fn placement(value: JsValue) -> Result<Placement, Failure> {
    let PlacementOption { x, y, width, rotation } = option(value, "placement", "the placement")?;
    Ok(Placement { x, y, width, rotation: rotation.unwrap_or(0.0) })
}

/// A loaded model.
#[wasm_bindgen]
pub struct Session(TryOn);

#[derive(Serialize)]
struct Model<'a> {
    stages: usize,
    updates: usize,
    size: usize,
    metadata: &'a BTreeMap<String, String>,
}

#[wasm_bindgen]
impl Session {
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(TryOn::new(weights)?))
    }

    /// `{ stages, updates, size, metadata }`
    pub fn model(&self) -> Result<JsValue, Failure> {
        let Self(tryon) = self;
        let (stages, updates, size) = (tryon.stages(), tryon.updates(), tryon.spec().size);
        let model = Model { stages, updates, size, metadata: tryon.metadata() };
        model.serialize(&Serializer::json_compatible()).map_err(|e| Failure::new("internal", &e.to_string()))
    }

    /// The answer of one generator to planes [C, size, size], by itself: what benchmarks measure.
    pub fn answer(&self, stage: usize, planes: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(self.0.networks().answer(stage, planes)?.to_vec())
    }

    /// Begins to look at a `width × height` photo.
    pub fn look(&self, width: u32, height: u32, placement: JsValue) -> Result<Look, Failure> {
        let photo = (width, height);
        Ok(Look { look: self.0.look(photo, &self::placement(placement)?)?, photo })
    }

    /// Fits a frame to what was looked at.
    pub fn fit(
        &self,
        look: Look,
        frame: &[u8],
        frame_width: u32,
        frame_height: u32,
        steps: JsValue,
    ) -> Result<Fitting, Failure> {
        let Look { look, photo } = look;
        let frame = Foreground::new(BitmapRef::new(frame_width, frame_height, frame)?)?;
        let fit = self.0.fit_look(look, &frame, option(steps, "argument", "steps")?)?;
        Ok(Fitting { fit, frame, photo })
    }
}

/// What the networks are to see of a photo, as it comes in.
#[wasm_bindgen]
pub struct Look {
    look: stgan::Look,
    photo: (u32, u32),
}

#[wasm_bindgen]
impl Look {
    /// The part of the photo that is wanted: x, y, width, height.
    pub fn rect(&self) -> Vec<u32> {
        let Rect { x, y, width, height } = self.look.rect();
        vec![x, y, width, height]
    }

    /// Takes the next rows of that part, from the top to the bottom.
    pub fn push(&mut self, rows: &[u8]) -> Result<(), Failure> {
        Ok(self.look.push(rows)?)
    }
}

/// A fit, with the frame that it is of.
#[wasm_bindgen]
pub struct Fitting {
    fit: Fit,
    frame: Foreground,
    photo: (u32, u32),
}

#[wasm_bindgen]
impl Fitting {
    /// The homography as placed.
    pub fn initial(&self) -> Result<Vec<f64>, Failure> {
        Ok(self.homography(0)?.0.to_vec())
    }

    /// For each update 25 numbers: eight of the change, eight parameters, nine of the homography.
    pub fn updates(&self) -> Vec<f64> {
        self.fit.updates().iter().flat_map(|u| [&u.delta[..], &u.params[..], &u.homography.0[..]].concat()).collect()
    }

    /// How sure the fit is that the frame sits on a face.
    pub fn confidence(&self) -> Option<f64> {
        self.fit.confidence()
    }

    /// The part of the photo that the frame covers after `step` updates, if any: x, y, width, height.
    pub fn footprint(&self, step: usize) -> Result<Option<Vec<u32>>, Failure> {
        let rect = compose::footprint(&self.frame, &self.homography(step)?, self.photo)?;
        Ok(rect.map(|Rect { x, y, width, height }| vec![x, y, width, height]))
    }

    /// The frame by itself in a part of the photo.
    pub fn part(&self, step: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Vec<u8>, Failure> {
        Ok(compose::part(&self.frame, &self.homography(step)?, Rect { x, y, width, height })?.into_data())
    }

    /// Draws the frame over a part of the photo, `width` pixels wide, whose left upper corner is at x, y.
    pub fn blend(&self, step: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let height = region.len() as u32 / 4 / width.max(1);
        Ok(compose::blend(&self.frame, &self.homography(step)?, region, Rect { x, y, width, height })?)
    }

    fn homography(&self, step: usize) -> Result<Homography> {
        self.fit.homography(step)
    }
}
