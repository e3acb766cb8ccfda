//! Faces of a video. Images stay in JavaScript: a function that is handed along reads parts of them.

use crate::failure::Failure;
use crate::locate::{Image, Locator};
use crate::records::{self, plain};
use crate::try_on::{TryOn, rows};
use js_sys::Function;
use stgan::compose::{self, Foreground};
use stgan::{BitmapRef, Error, Rect, Result, TrackSettings, TrackedFace};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// Keeps a pair of glasses on the faces of a video, and knows what it last found.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tracker {
    tracker: stgan::Tracker,
    size: (u32, u32),
    faces: Vec<TrackedFace>,
}

#[wasm_bindgen]
impl Tracker {
    /// A tracker that puts a pair of glasses of `width × height` pixels on up to `people` faces.
    ///
    /// Throws `image-size` if the glasses's buffer has another length, `empty-glasses` if none of its
    /// pixels is visible, and `argument` if it can't follow as many people.
    #[wasm_bindgen(constructor)]
    pub fn new(
        try_on: &TryOn,
        locator: &Locator,
        glasses: &[u8],
        width: u32,
        height: u32,
        people: usize,
    ) -> Result<Self, Failure> {
        let glasses = Foreground::new(BitmapRef::new(width, height, glasses)?)?;
        let mut settings = TrackSettings::default();
        settings.people = people;
        let tracker = stgan::Tracker::new(try_on.0.clone(), locator.0.clone(), glasses, settings)?;
        Ok(Self { tracker, size: (0, 0), faces: Vec::new() })
    }

    /// Takes another glasses of `width × height` pixels, from the next image on.
    ///
    /// Throws `image-size` and `empty-glasses` as the constructor.
    #[wasm_bindgen(js_name = setGlasses)]
    pub fn set_glasses(&mut self, glasses: &[u8], width: u32, height: u32) -> Result<(), Failure> {
        self.tracker.set_glasses(Foreground::new(BitmapRef::new(width, height, glasses)?)?);
        Ok(())
    }

    /// Looks at the next image, of `width × height` pixels, taken at `time` in seconds, and moves
    /// each face's glasses by `updates` updates. Gives the faces, the longest followed first.
    ///
    /// Throws what `read` throws, `argument` if the time is not finite or the updates are none or too
    /// many, and `internal` if `read` gives anything but the bytes it is asked for. The tracker stays
    /// usable.
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

    /// The part of the last image that the glasses covers on its face `index`; undefined if it lies
    /// off the image.
    ///
    /// Throws `argument` if there is no such face, and `degenerate` if the glasses runs through infinity.
    pub fn footprint(&self, index: usize) -> Result<Option<Ts<records::Rect>>, Failure> {
        let rect = compose::footprint(self.tracker.glasses(), &self.face(index)?.homography, self.size)?;
        Ok(rect.map(plain).transpose()?)
    }

    /// The glasses of face `index` by itself in a part of the last image: `width × height` pixels with
    /// their top-left corner at (`x`, `y`).
    ///
    /// Throws as `footprint`, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(&self, index: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Clamped<Vec<u8>>, Failure> {
        let homography = self.face(index)?.homography;
        let part = compose::part(self.tracker.glasses(), &homography, Rect { x, y, width, height })?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the glasses of face `index` over `region`, a part of the last image that is `width` pixels
    /// wide and has its top-left corner at (`x`, `y`).
    ///
    /// Throws as `footprint`, and `image-size` if the region is no whole rows.
    pub fn blend(&self, index: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(compose::blend(self.tracker.glasses(), &self.face(index)?.homography, region, rect)?)
    }

    fn face(&self, index: usize) -> Result<&TrackedFace> {
        self.faces.get(index).ok_or_else(|| Error::Argument {
            name: "face",
            value: index.to_string(),
            expected: format!("one of {}", self.faces.len()),
        })
    }
}
