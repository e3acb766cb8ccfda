//! Finding faces, so that nobody has to put the frame there: where a photo's faces have their pupils.
//!
//! Two small fully convolutional networks, trained by `stgan train` as everything here is:
//!
//! ```text
//!     photo ─> reduced to about 50,000 pixels ─> halved, halved, …       the detector looks at every level:
//!                                                 │                        a score for every 8×8 pixels, and how far
//!                                                 v                        from there both pupils are
//!     places where two pupils may be ─> the try-on's view of each, from the photo itself, upright, 64 pixels a side
//!                                                 │
//!                                                 v                        the refiner looks at every view, twice:
//!     pupils, score                  <────────────┘                        is it a face, and where exactly are the pupils
//! ```
//!
//! The detector knows faces of one size, eyes 4 to 14 pixels apart, and the levels bring all sizes to that. The refiner sees
//! what a generator would see of a frame placed there ([`Placement`]), so that its answers mean the same at any size and
//! tilt; its second look is cut by what the first one said. One look of the refiner around a known place is all that
//! tracking needs ([`Locator::look`]).
//!
//! A photo is never copied: it is asked for reduced parts ([`Photo`]), whoever has it.

mod detector;
mod network;
mod photo;
mod refiner;
mod spec;

pub use detector::{Detector, STRIDE};
pub use network::Network;
pub use photo::Photo;
pub use refiner::{Region, expected, to_view};
pub use spec::{DetectorSpec, LocatorSpec, RefinerSpec, Weights, read, write};

use crate::kernels::Instructions;
use crate::pose::{PUPIL_X, Placement, TEMPLE_X};
use crate::{BitmapRef, Error, Result};
use refiner::Refiner;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A point of the photo, in pixels from its left upper corner.
pub type Point = [f64; 2];

/// A place with a lower score in the detector's eyes is not looked at closer.
const WORTH_A_LOOK: f64 = 0.2;

/// At most this many places are looked at closer.
const MOST: usize = 32;

/// How sure a look must be that somebody is still there, of what a search must be.
const STAY: f64 = 0.5;

/// What the refiner scores lower at first sight it does not look at again.
const UNLIKELY: f64 = 0.05;

/// The detector's photo will do for the second look too where a pixel of the view spans this many of its.
const ENOUGH: f64 = 0.8;

/// A face.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LocatedFace {
    /// The pupils in photo pixels, the image's left one first.
    pub pupils: [Point; 2],
    /// How sure the refiner is that this is a face, from 0 to 1.
    pub score: f64,
}

impl LocatedFace {
    /// A face with its pupils there, found this surely: for a [`FaceDetector`](crate::FaceDetector) of one's own.
    pub fn new(pupils: [Point; 2], score: f64) -> Self {
        Self { pupils, score }
    }

    /// Where a frame belongs by the pupils alone: the similarity that brings the canonical pose's to these.
    pub fn placement(&self) -> Placement {
        let [[x0, y0], [x1, y1]] = self.pupils;
        Placement {
            x: 0.5 * (x0 + x1),
            y: 0.5 * (y0 + y1),
            width: self.eye_distance() * TEMPLE_X / PUPIL_X,
            rotation: (y1 - y0).atan2(x1 - x0).to_degrees(),
        }
    }

    /// Between the pupils, in photo pixels.
    pub fn eye_distance(&self) -> f64 {
        distance(self.pupils[0], self.pupils[1])
    }

    fn middle(&self) -> Point {
        [0, 1].map(|k| 0.5 * (self.pupils[0][k] + self.pupils[1][k]))
    }

    /// Whether both cannot be faces: one's middle lies within `reach` of the larger eye distance from the other's.
    fn overlaps(&self, other: &Self, reach: f64) -> bool {
        distance(self.middle(), other.middle()) < reach * self.eye_distance().max(other.eye_distance())
    }
}

fn distance(a: Point, b: Point) -> f64 {
    let [x, y] = [a[0] - b[0], a[1] - b[1]];
    // Where `hypot` takes its time.
    (x * x + y * y).sqrt()
}

/// The best of what is at most `reach` apart, in the order of the scores.
fn suppress(mut found: Vec<LocatedFace>, reach: f64) -> Vec<LocatedFace> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<LocatedFace> = Vec::new();
    for face in found {
        if !kept.iter().any(|better| better.overlaps(&face, reach)) {
            kept.push(face);
        }
    }
    kept
}

/// The two networks, ready to look at photos.
#[derive(Clone, Debug)]
pub struct Locator {
    networks: Arc<(Detector, Refiner)>,
    threshold: f64,
    metadata: Arc<BTreeMap<String, String>>,
}

impl Locator {
    /// Reads the weights of both networks, and from what score on something is a face.
    ///
    /// # Errors
    /// As [`read`].
    pub fn new(weights: &[u8]) -> Result<Self> {
        let file = read(weights)?;
        Self::from_weights(&file)
    }

    /// Reads the shipped weights.
    ///
    /// # Errors
    /// None: the weights are part of the library, and tested.
    #[cfg(feature = "bundled-weights")]
    pub fn bundled() -> Result<Self> {
        Self::new(include_bytes!("../../weights/locator.safetensors"))
    }

    /// Networks that are in memory already; their weights are copied.
    ///
    /// # Errors
    /// [`Error::TensorMissing`] and [`Error::TensorShape`] where the weights do not fit their sizes.
    pub fn from_weights(file: &Weights) -> Result<Self> {
        let instructions = Instructions::best();
        let detector = Detector::new(&file.spec.detector, &file.parameters, instructions)?;
        let refiner = Refiner::new(&file.spec.refiner, &file.parameters, instructions)?;
        Ok(Self {
            networks: Arc::new((detector, refiner)),
            threshold: file.threshold,
            metadata: Arc::new(file.metadata.clone()),
        })
    }

    /// From what score on something counts as a face: what the weights file says.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// What the weights file says of itself.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// All faces of a photo, best first: sure ones, and of those the larger. Empty where there is none.
    ///
    /// # Errors
    /// None for the images that [`BitmapRef`] admits.
    pub fn locate(&self, photo: BitmapRef) -> Result<Vec<LocatedFace>> {
        self.locate_in(&photo, self.threshold)
    }

    /// The same of a photo that is elsewhere, and from another score on (0 gives everything that was looked at).
    ///
    /// # Errors
    /// What reading the photo gives; [`Error::Argument`] for a threshold that is not between 0 and 1.
    pub fn locate_in<P: Photo>(&self, photo: &P, threshold: f64) -> Result<Vec<LocatedFace>, P::Error> {
        if !(0.0..=1.0).contains(&threshold) {
            return Err(Error::argument("threshold", threshold, "0 to 1").into());
        }
        let (detector, refiner) = &*self.networks;
        let small = detector::Small::new(photo)?;
        let mut found = Vec::new();
        for place in detector.places(&small).into_iter().filter(|p| p.score >= WORTH_A_LOOK).take(MOST) {
            let first = self.look_at(&small.bitmap.as_ref(), small.scale(), &place)?;
            let face = match first.filter(|face| face.score >= UNLIKELY) {
                Some(face) if refiner::span(&face.placement(), refiner.size()) >= ENOUGH * small.scale()[0] => {
                    self.look_at(&small.bitmap.as_ref(), small.scale(), &face)?
                }
                Some(face) => self.look_at(photo, [1.0; 2], &face)?,
                None => None,
            };
            found.extend(face.or(first).filter(|face| face.score >= threshold));
        }
        Ok(in_order(suppress(found, 0.9)))
    }

    /// One look around a place where a face was a moment ago: the face there, with pupils as they are now, or none. It sees
    /// a square of 3.6 eye distances a side around the placement, and follows what has moved by up to about half of one. Half
    /// as sure as a search must be is enough: one that wavers around the threshold would otherwise be lost and found by turns.
    ///
    /// # Errors
    /// What reading the photo gives; [`Error::Placement`] as [`Placement::to_photo`].
    pub fn refine_in<P: Photo>(&self, photo: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error> {
        let (_, refiner) = &*self.networks;
        let region = Region::of(photo, [1.0; 2], near, refiner.size())?;
        let face = region.and_then(|region| refiner.look(&region, near));
        Ok(face.filter(|face| face.score >= STAY * self.threshold))
    }

    /// One look where something has been seen, at a source that has one pixel for `scale` of the photo's. None where no frame
    /// can be, and where there is nothing of the photo.
    fn look_at<P: Photo>(
        &self,
        source: &P,
        scale: [f64; 2],
        at: &LocatedFace,
    ) -> Result<Option<LocatedFace>, P::Error> {
        let (_, refiner) = &*self.networks;
        // The guess was wild.
        let Ok(placement) = usable(at) else { return Ok(None) };
        let region = Region::of(source, scale, &placement, refiner.size())?;
        Ok(region.and_then(|region| refiner.look(&region, &placement)))
    }

    /// [`Locator::refine_in`] a photo in memory.
    ///
    /// # Errors
    /// The same as [`Locator::refine_in`].
    pub fn refine(&self, photo: BitmapRef, near: &Placement) -> Result<Option<LocatedFace>> {
        self.refine_in(&photo, near)
    }
}

/// A place as a placement that can be looked at.
fn usable(face: &LocatedFace) -> Result<Placement> {
    let placement = face.placement();
    placement.to_photo().map(|_| placement)
}

/// Sure and large ones first: a small face in the background may be as sure as the one that the photo is of.
fn in_order(mut found: Vec<LocatedFace>) -> Vec<LocatedFace> {
    let weight = |face: &LocatedFace| face.score * face.eye_distance().sqrt();
    found.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_has_its_pupils_where_the_face_has_them() {
        let face = LocatedFace { pupils: [[100.0, 80.0], [160.0, 95.0]], score: 1.0 };
        let to_photo = face.placement().to_photo().unwrap();
        for (expected, x) in face.pupils.iter().zip([-PUPIL_X, PUPIL_X]) {
            let found = to_photo.apply([x, crate::pose::EYE_Y]);
            assert!(distance(found, *expected) < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn of_two_that_overlap_the_better_stays() {
        let at = |x: f64, score: f64| LocatedFace { pupils: [[x, 50.0], [x + 20.0, 50.0]], score };
        let kept = suppress(vec![at(10.0, 0.6), at(12.0, 0.9), at(60.0, 0.7)], 0.9);
        assert_eq!(kept, [at(12.0, 0.9), at(60.0, 0.7)]);
    }
}
