//! The tracker. Pictures stay in JavaScript: a function that is handed along reads parts of them.

use crate::locate::{Elsewhere, FaceLocator};
use crate::{Failure, Session};
use js_sys::Function;
use stgan::compose::{self, Foreground};
use stgan::{BitmapRef, Error, Rect, Result, TrackSettings, Tracked, Tracker};
use wasm_bindgen::prelude::*;

/// A tracker, and what it last found.
#[wasm_bindgen]
pub struct Tracking {
    tracker: Tracker,
    size: (u32, u32),
    faces: Vec<Tracked>,
}

#[wasm_bindgen]
impl Tracking {
    /// `frame` is RGBA.
    #[wasm_bindgen(constructor)]
    pub fn new(
        session: &Session,
        locator: &FaceLocator,
        frame: &[u8],
        width: u32,
        height: u32,
        people: usize,
    ) -> Result<Self, Failure> {
        let frame = Foreground::new(BitmapRef::new(width, height, frame)?)?;
        let mut settings = TrackSettings::default();
        settings.people = people;
        let tracker = Tracker::new(session.0.clone(), locator.0.clone(), frame, settings)?;
        Ok(Self { tracker, size: (0, 0), faces: Vec::new() })
    }

    pub fn set_frame(&mut self, frame: &[u8], width: u32, height: u32) -> Result<(), Failure> {
        self.tracker.set_frame(Foreground::new(BitmapRef::new(width, height, frame)?)?);
        Ok(())
    }

    /// Nineteen numbers a face: its number, the score, the placement's x, y, width and rotation, both lens centres, the
    /// homography. `read` is that of [`FaceLocator::locate`].
    pub fn advance(
        &mut self,
        width: u32,
        height: u32,
        time: f64,
        steps: usize,
        read: &Function,
    ) -> Result<Vec<f64>, Failure> {
        self.size = (width, height);
        self.faces = self.tracker.advance(&Elsewhere { size: self.size, read }, time, steps)?;
        Ok(self.faces.iter().flat_map(numbers).collect())
    }

    /// The part of the picture that the frame covers on face `index`, if any: x, y, width, height.
    pub fn footprint(&self, index: usize) -> Result<Option<Vec<u32>>, Failure> {
        let rect = compose::footprint(self.tracker.frame(), &self.face(index)?.homography, self.size)?;
        Ok(rect.map(|Rect { x, y, width, height }| vec![x, y, width, height]))
    }

    /// The frame of face `index` alone, on that part of the picture.
    pub fn overlay(&self, index: usize, x: u32, y: u32, width: u32, height: u32) -> Result<Vec<u8>, Failure> {
        let mut pixels = vec![0; width as usize * height as usize * 4];
        self.blend(index, &mut pixels, x, y, width)?;
        Ok(pixels)
    }

    /// Draws the frame of face `index` over a part of the picture, `width` pixels wide, whose left upper corner is at x, y.
    pub fn blend(&self, index: usize, region: &mut [u8], x: u32, y: u32, width: u32) -> Result<(), Failure> {
        let height = region.len() as u32 / 4 / width.max(1);
        let rect = Rect { x, y, width, height };
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

fn numbers(face: &Tracked) -> [f64; 19] {
    let (p, [[x0, y0], [x1, y1]]) = (face.placement, face.eyes);
    let mut all = [0.0; 19];
    all[..10].copy_from_slice(&[f64::from(face.id), face.score, p.x, p.y, p.width, p.rotation, x0, y0, x1, y1]);
    all[10..].copy_from_slice(&face.homography.0);
    all
}
