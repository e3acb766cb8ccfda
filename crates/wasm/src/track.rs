//! Faces of a video. Pictures stay in JavaScript: a function that is handed along reads parts of them.

use crate::failure::Failure;
use crate::locate::{Locator, Picture};
use crate::records::{self, plain};
use crate::try_on::{TryOn, rows};
use js_sys::Function;
use stgan::compose::{self, Foreground};
use stgan::{BitmapRef, Error, Rect, Result, TrackSettings, Tracked};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// Keeps a frame on the faces of a video, and knows what it last found.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tracker {
    tracker: stgan::Tracker,
    size: (u32, u32),
    faces: Vec<Tracked>,
}

#[wasm_bindgen]
impl Tracker {
    /// A tracker that puts a frame of `width × height` pixels on up to `people` faces.
    ///
    /// Throws `image-size` if the frame's buffer has another length, `empty-frame` if none of its
    /// pixels is visible, and `argument` if it can't follow as many people.
    #[wasm_bindgen(constructor)]
    pub fn new(
        try_on: &TryOn,
        locator: &Locator,
        frame: &[u8],
        width: u32,
        height: u32,
        people: usize,
    ) -> Result<Self, Failure> {
        let frame = Foreground::new(BitmapRef::new(width, height, frame)?)?;
        let mut settings = TrackSettings::default();
        settings.people = people;
        let tracker = stgan::Tracker::new(try_on.0.clone(), locator.0.clone(), frame, settings)?;
        Ok(Self { tracker, size: (0, 0), faces: Vec::new() })
    }

    /// Takes another frame of `width × height` pixels, from the next picture on.
    ///
    /// Throws `image-size` and `empty-frame` as the constructor.
    #[wasm_bindgen(js_name = setFrame)]
    pub fn set_frame(&mut self, frame: &[u8], width: u32, height: u32) -> Result<(), Failure> {
        self.tracker.set_frame(Foreground::new(BitmapRef::new(width, height, frame)?)?);
        Ok(())
    }

    /// Looks at the next picture, of `width × height` pixels, taken at `time` in seconds, and moves
    /// each face's frame by `steps` updates. Gives the faces, the longest followed first.
    ///
    /// Throws what `read` throws, `argument` if the time is not finite or the steps are none or too
    /// many, and `internal` if `read` gives anything but the bytes it is asked for. The tracker stays
    /// usable.
    pub fn advance(
        &mut self,
        width: u32,
        height: u32,
        time: f64,
        steps: usize,
        #[wasm_bindgen(unchecked_param_type = "Read")] read: &Function,
    ) -> Result<Vec<Ts<records::Tracked>>, Failure> {
        let size = (width, height);
        self.faces = self.tracker.advance(&Picture { size, read }, time, steps)?;
        self.size = size;
        self.faces.iter().map(|face| Ok(plain(face)?)).collect()
    }

    /// The part of the last picture that the frame covers on its face `index`; undefined if it lies
    /// off the picture.
    ///
    /// Throws `argument` if there is no such face, and `degenerate` if the frame runs through infinity.
    pub fn footprint(&self, index: usize) -> Result<Option<Ts<records::Rect>>, Failure> {
        let rect = compose::footprint(self.tracker.frame(), &self.face(index)?.homography, self.size)?;
        Ok(rect.map(plain).transpose()?)
    }

    /// The frame of face `index` by itself in a part of the last picture: `width × height` pixels with
    /// their upper left corner at (`x`, `y`).
    ///
    /// Throws as `footprint`, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(&self, index: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Clamped<Vec<u8>>, Failure> {
        let homography = self.face(index)?.homography;
        let part = compose::part(self.tracker.frame(), &homography, Rect { x, y, width, height })?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the frame of face `index` over `region`, a part of the last picture that is `width` pixels
    /// wide and has its upper left corner at (`x`, `y`).
    ///
    /// Throws as `footprint`, and `image-size` if the region is no whole rows.
    pub fn blend(&self, index: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(compose::blend(self.tracker.frame(), &self.face(index)?.homography, region, rect)?)
    }

    fn face(&self, index: usize) -> Result<&Tracked> {
        self.faces.get(index).ok_or_else(|| Error::Argument {
            name: "face",
            value: index.to_string(),
            expected: format!("one of {}", self.faces.len()),
        })
    }
}
