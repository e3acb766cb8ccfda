//! Tracking faces in a video.
//!
//! The video frames stay in JavaScript. A callback reads parts of them.

use crate::failure::Failure;
use crate::glasses::Glasses;
use crate::locate::{Image, Locator};
use crate::records::{self, plain};
use crate::try_on::{TryOn, real_width, rows};
use js_sys::Function;
use stgan::compose;
use stgan::{Error, Rect, Result, TrackSettings, TrackedFace};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// Keeps glasses on the faces of a video.
///
/// `footprint`, `part` and `blend` refer to the faces of the last video frame, by their index in
/// the result of `advance`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tracker {
    tracker: stgan::Tracker,
    size: (u32, u32),
    faces: Vec<TrackedFace>,
}

#[wasm_bindgen]
impl Tracker {
    /// Creates a tracker for up to `people` faces. It shares the pixels of the glasses, which may
    /// be freed before it.
    ///
    /// Throws `argument` if `people` is out of range.
    #[wasm_bindgen(constructor)]
    pub fn new(try_on: &TryOn, locator: &Locator, glasses: &Glasses, people: usize) -> Result<Self, Failure> {
        let glasses = glasses.foreground().clone();
        let mut settings = TrackSettings::default();
        settings.people = people;
        let tracker = stgan::Tracker::new(try_on.0.clone(), locator.0.clone(), glasses, settings)?;
        Ok(Self { tracker, size: (0, 0), faces: Vec::new() })
    }

    /// Replaces the glasses on all faces, from the next video frame on.
    #[wasm_bindgen(js_name = setGlasses)]
    pub fn set_glasses(&mut self, glasses: &Glasses) {
        self.tracker.set_glasses(glasses.foreground().clone());
    }

    /// Shows the glasses at their real width from the next video frame on: they are `width_mm` wide
    /// on a person whose pupils are `pupil_distance_mm` apart. Without `width_mm`, networks decide.
    ///
    /// Throws `argument` for a width or a distance out of range.
    #[wasm_bindgen(js_name = setRealWidth)]
    pub fn set_real_width(&mut self, width_mm: Option<f64>, pupil_distance_mm: Option<f64>) -> Result<(), Failure> {
        self.tracker.set_real_width(real_width(width_mm, pupil_distance_mm)?);
        Ok(())
    }

    /// Processes the next video frame, of `width × height` pixels, taken at `time` in seconds, with
    /// `updates` updates for each face. Returns the tracked faces, the longest tracked first.
    ///
    /// Rethrows exceptions of `read`. Throws `argument` if `time` is not finite or `updates` is out
    /// of range, and `internal` if `read` does not return the requested number of bytes. The
    /// tracker stays usable.
    pub fn advance(
        &mut self,
        width: u32,
        height: u32,
        time: f64,
        updates: usize,
        #[wasm_bindgen(unchecked_param_type = "Read")] read: &Function,
    ) -> Result<Vec<Ts<records::TrackedFace>>, Failure> {
        let size = (width, height);
        self.faces = self.tracker.advance(&Image { size, read }, time, updates)?;
        self.size = size;
        self.faces.iter().map(|face| Ok(plain(face)?)).collect()
    }

    /// The part of the last video frame that the glasses of face `index` cover; undefined if they
    /// are outside the video frame.
    ///
    /// Throws `argument` if there is no such face, and `degenerate` if the homography maps part of
    /// the glasses to infinity.
    pub fn footprint(&self, index: usize) -> Result<Option<Ts<records::Rect>>, Failure> {
        let rect = compose::footprint(self.tracker.glasses(), &self.face(index)?.homography, self.size)?;
        Ok(rect.map(plain).transpose()?)
    }

    /// Draws the glasses of face `index` alone, on a transparent background, in a part of the last
    /// video frame that has `width × height` pixels and its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, `image-size` if a side is 0, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(&self, index: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Clamped<Vec<u8>>, Failure> {
        let homography = self.face(index)?.homography;
        let part = compose::part(self.tracker.glasses(), &homography, Rect { x, y, width, height })?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the glasses of face `index` over `region`, in place. `region` is a part of the last
    /// video frame that is `width` pixels wide and has its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, and `image-size` if `region` is empty or not a multiple of
    /// the row length.
    pub fn blend(&self, index: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(compose::blend(self.tracker.glasses(), &self.face(index)?.homography, region, rect)?)
    }

    fn face(&self, index: usize) -> Result<&TrackedFace> {
        self.faces.get(index).ok_or_else(|| {
            Error::argument("face", index, format!("an index below {}, the number of tracked faces", self.faces.len()))
        })
    }
}
