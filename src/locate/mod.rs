//! Face detection: locates the pupils of all faces in a photo, so that glasses can be placed
//! without user input.
//!
//! Two fully convolutional networks find a face: a detector reads the downscaled photo, a landmark
//! network (refiner) an upright view of each candidate.
//!
//! ```text
//!     photo ─> downscaled, as often as needed ─> detector ─> candidates: a score and two pupils
//!                                                                │
//!              upright view of each, 64 pixels a side  <─────────┘
//!                  │   refiner, twice: a score and two exact pupils
//!                  v
//!                faces: whether there is one, both networks decide together
//! ```
//!
//! The detector of the shipped weights is BlazeFace (`blazeface`, `search`). A locator that was
//! trained with `stgan train` has a detector of its own (`detector`), for upright faces only.
//!
//! The refiner reads the view that a generator would read of glasses placed on those pupils
//! ([`Placement`]), so its output does not depend on the size and the rotation of the face. Its
//! second pass reads the view around the pupils from the first pass. Tracking needs a single pass
//! around the last known placement ([`Locator::refine`]).
//!
//! A photo is never copied as a whole: the networks read downscaled parts through [`Photo`].

mod blazeface;
mod detector;
mod face;
mod network;
mod photo;
mod reduced;
mod refiner;
mod search;
mod spec;

pub use detector::{Detector, STRIDE};
pub use face::{FaceAttributes, LocatedFace};
pub use network::Network;
pub use photo::Photo;
pub use refiner::{Region, canonical_pupils, view_to_photo};
pub use spec::{DetectorSpec, LocatorSpec, LocatorWeights, RefinerSpec, read, write};

use crate::kernels::Instructions;
use crate::pose::Placement;
use crate::{BitmapRef, Error, Result};
use blazeface::BlazeFace;
use face::suppress_by;
use reduced::ReducedPhoto;
use refiner::Refiner;
use search::Search;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A point of the photo, in pixels from its top-left corner.
pub type Point = [f64; 2];

/// The minimum detector score of a candidate for the refiner. It bounds their number.
const MIN_PROPOSAL_SCORE: f64 = 0.2;

/// The score that keeps a face tracked, as a fraction of the detection threshold.
const TRACK_THRESHOLD_RATIO: f64 = 0.5;

/// The minimum refiner score of a face in a photo that is turned by quarters of a turn. Turned
/// photos have more false candidates.
const MIN_TURNED_SCORE: f64 = 0.5;

/// BlazeFace's score plus this multiple of the refiner's is their joint score.
const REFINER_WEIGHT: f64 = 0.4;
/// The joint score at which a face is detected. On faces with masks, close crops and bad light,
/// nine in ten detections reach it; of drawn images without a face, one in 200.
const JOINT_THRESHOLD: f64 = 0.92;

/// The refiner score from which on a face is surely the right way up.
const SURE_SCORE: f64 = 0.95;

/// The minimum refiner score at which its pupils are preferred to those of BlazeFace.
const MIN_PUPIL_SCORE: f64 = 0.15;

/// The minimum score of the refiner's first pass for a second pass.
const MIN_REFINE_SCORE: f64 = 0.05;

/// The minimum number of pixels of the detector's image per view pixel. With fewer, the second pass
/// reads the photo itself.
const MIN_DETAIL: f64 = 0.8;

/// The reach of [`suppress`] for candidates, in inter-pupil distances. Small: the refiner decides
/// between candidates of different sizes.
const CANDIDATE_REACH: f64 = 0.6;

/// The reach of [`suppress`] for faces, in inter-pupil distances.
const FACE_REACH: f64 = 0.9;

/// The network that scans the whole photo.
#[derive(Debug)]
enum Proposer {
    /// Trained with this project.
    Own(Detector),
    BlazeFace(BlazeFace),
}

/// The detector and the refiner, ready for inference: detects faces in photos.
#[derive(Clone, Debug)]
pub struct Locator {
    networks: Arc<(Proposer, Refiner)>,
    threshold: f64,
    metadata: Arc<BTreeMap<String, String>>,
}

impl Locator {
    /// Loads both networks and the detection threshold from a weights file.
    ///
    /// # Errors
    /// - [`Error::WeightsFormat`] for bytes that are not a complete safetensors file.
    /// - [`Error::WeightsMetadata`] for another format or version, or an invalid size or threshold.
    /// - [`Error::TensorMissing`], [`Error::TensorShape`], [`Error::TensorType`] and
    ///   [`Error::TensorNotFinite`] for an invalid tensor.
    /// - [`Error::Argument`] for tensor shapes that no locator has.
    pub fn new(weights: &[u8]) -> Result<Self> {
        let file = read(weights)?;
        Self::from_weights(&file)
    }

    /// Loads the shipped weights, which are compiled into the library.
    ///
    /// # Errors
    /// None in practice: the library's tests load these weights.
    #[cfg(feature = "bundled-weights")]
    pub fn bundled() -> Result<Self> {
        Self::new(include_bytes!("../../weights/locator.safetensors"))
    }

    /// Copies weights that are in memory.
    ///
    /// # Errors
    /// [`Error::TensorMissing`] and [`Error::TensorShape`] if the tensors do not match the
    /// specification.
    pub fn from_weights(file: &LocatorWeights) -> Result<Self> {
        let instructions = Instructions::best();
        let detector = &file.spec.detector;
        let proposer = match detector.is_blazeface() {
            true => Proposer::BlazeFace(BlazeFace::new(&file.parameters, instructions)?),
            false => Proposer::Own(Detector::new(detector, &file.parameters, instructions)?),
        };
        let refiner = Refiner::new(&file.spec.refiner, &file.parameters, instructions)?;
        Ok(Self {
            networks: Arc::new((proposer, refiner)),
            threshold: file.threshold,
            metadata: Arc::new(file.metadata.clone()),
        })
    }

    /// The detection threshold, from the weights file: the minimum score of a face.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The metadata of the weights file.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Detects all faces in a photo, best first. A photo without faces gives an empty list.
    ///
    /// Faces are sorted by certainty × √(inter-pupil distance): a large face comes before an
    /// equally certain one in the background, but one that barely reaches the threshold does not.
    /// Their number is not limited. A photo is searched for faces from about 1/128 of its width
    /// between the pupils, and from 6 pixels. If no large face is upright, photos turned by 90, 180
    /// and 270 degrees are searched too.
    ///
    /// # Errors
    /// None in practice: every [`BitmapRef`] is a valid input.
    pub fn locate(&self, photo: BitmapRef) -> Result<Vec<LocatedFace>> {
        self.locate_in(&photo, self.threshold)
    }

    /// Like [`Locator::locate`], for any [`Photo`] and another detection threshold.
    ///
    /// A threshold of 0 returns every candidate.
    ///
    /// # Errors
    /// The errors of [`Photo::read`], and [`Error::Argument`] for a threshold outside [0, 1].
    pub fn locate_in<P: Photo>(&self, photo: &P, threshold: f64) -> Result<Vec<LocatedFace>, P::Error> {
        if !(0.0..=1.0).contains(&threshold) {
            return Err(Error::argument("threshold", threshold, "0 to 1").into());
        }
        self.search(photo, threshold, true)
    }

    /// Like [`Locator::locate_in`] at the locator's own threshold, in nearly constant time: small,
    /// lying and upside-down faces are not detected.
    ///
    /// # Errors
    /// The errors of [`Photo::read`].
    pub fn locate_large_in<P: Photo>(&self, photo: &P) -> Result<Vec<LocatedFace>, P::Error> {
        self.search(photo, self.threshold, false)
    }

    fn search<P: Photo>(&self, photo: &P, threshold: f64, thorough: bool) -> Result<Vec<LocatedFace>, P::Error> {
        let (proposer, _) = &*self.networks;
        let mut found = Vec::new();
        match proposer {
            Proposer::Own(detector) => {
                let reduced = ReducedPhoto::new(photo, detector::MAX_AREA)?;
                for candidate in detector.candidates(&reduced) {
                    let face = self.refine_twice(photo, &reduced, &candidate)?;
                    found.extend(face.map(|face| (face, face.score)));
                }
            }
            Proposer::BlazeFace(network) => {
                let mut search = Search::new(network, photo)?;
                let candidates = search.upright();
                self.combine(photo, search.image(), &candidates, 0.0, &mut found)?;
                let detected = |(face, _): &(LocatedFace, f64)| face.score >= self.threshold;
                if thorough && !found.iter().any(|found| detected(found) && search.is_large(&found.0)) {
                    self.combine(photo, search.image(), &search.large_turned(), MIN_TURNED_SCORE, &mut found)?;
                }
                let large = found.iter().any(|found| detected(found) && search.is_large(&found.0));
                if thorough
                    && (search.has_small() || !large)
                    && let Some((image, candidates)) = search.small()?
                {
                    self.combine(photo, &image, &candidates, 0.0, &mut found)?;
                }
                if thorough && !found.iter().any(detected) {
                    self.combine(photo, search.image(), &search.small_turned(), MIN_TURNED_SCORE, &mut found)?;
                }
            }
        }
        found.retain(|(face, _)| face.score >= threshold);
        Ok(sorted(suppress_by(found, FACE_REACH), self.threshold))
    }

    /// Refines candidates of BlazeFace and appends the faces that the refiner scores at
    /// `min_score` or more, each with the certainty of both networks.
    fn combine<P: Photo>(
        &self,
        photo: &P,
        reduced: &ReducedPhoto,
        candidates: &[LocatedFace],
        min_score: f64,
        found: &mut Vec<(LocatedFace, f64)>,
    ) -> Result<(), P::Error> {
        let score = |refined: Option<LocatedFace>| refined.map_or(0.0, |face| face.score);
        for candidate in candidates {
            let refined = self.refine_twice(photo, reduced, candidate)?;
            if score(refined) < min_score {
                continue;
            }
            let mut face = combined(candidate, refined, self.threshold);
            // BlazeFace takes one in four faces that stand on their head for an upright one. Masks
            // and veils look alike both ways up, so the refiner has to be sure of the other one.
            if face.0.score >= self.threshold && score(refined) < SURE_SCORE {
                let turned = candidate.turned_over();
                let other = self.refine_twice(photo, reduced, &turned)?;
                if score(other) >= SURE_SCORE {
                    face = combined(&turned, other, self.threshold);
                }
            }
            found.push(face);
        }
        Ok(())
    }

    /// Refines a candidate in the reduced photo, then again in the reduced photo or, if that has
    /// too few pixels, in the photo itself.
    fn refine_twice<P: Photo>(
        &self,
        photo: &P,
        reduced: &ReducedPhoto,
        candidate: &LocatedFace,
    ) -> Result<Option<LocatedFace>, P::Error> {
        let (_, refiner) = &*self.networks;
        if candidate.score < MIN_PROPOSAL_SCORE {
            return Ok(None);
        }
        let first = self.refine_candidate(&reduced.bitmap.as_ref(), reduced.scale(), candidate)?;
        let Some(face) = first.filter(|face| face.score >= MIN_REFINE_SCORE) else { return Ok(first) };
        let second = match refiner::span(&face.placement(), refiner.size()) >= MIN_DETAIL * reduced.scale()[0] {
            true => self.refine_candidate(&reduced.bitmap.as_ref(), reduced.scale(), &face)?,
            false => self.refine_candidate(photo, [1.0; 2], &face)?,
        };
        Ok(second.or(first))
    }

    /// Finds a face again near its last known placement; `None` if there is no face.
    ///
    /// The refiner reads a square of 3.6 inter-pupil distances around the placement in a single
    /// pass. It follows motion of up to about half an inter-pupil distance. Half the detection
    /// threshold is enough here: tracks do not break when a score fluctuates around the threshold.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`].
    pub fn refine(&self, photo: BitmapRef, near: &Placement) -> Result<Option<LocatedFace>> {
        self.refine_in(&photo, near)
    }

    /// Like [`Locator::refine`], for any [`Photo`].
    ///
    /// # Errors
    /// The errors of [`Photo::read`] and of [`Placement::to_photo`].
    pub fn refine_in<P: Photo>(&self, photo: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error> {
        let (_, refiner) = &*self.networks;
        let region = Region::new(photo, [1.0; 2], near, refiner.size())?;
        let face = region.and_then(|region| refiner.refine(&region, near));
        Ok(face.filter(|face| face.score >= TRACK_THRESHOLD_RATIO * self.threshold))
    }

    /// One pass of the refiner around a candidate, on a source image with 1 / `scale` pixels per
    /// photo pixel. `None` if the candidate is not a valid placement or lies outside the photo.
    fn refine_candidate<P: Photo>(
        &self,
        source: &P,
        scale: [f64; 2],
        candidate: &LocatedFace,
    ) -> Result<Option<LocatedFace>, P::Error> {
        let (_, refiner) = &*self.networks;
        let placement = candidate.placement();
        if placement.to_photo().is_err() {
            return Ok(None);
        }
        let region = Region::new(source, scale, &placement, refiner.size())?;
        Ok(region.and_then(|region| refiner.refine(&region, &placement)))
    }
}

/// The face at a candidate of BlazeFace, and how certain both networks are together.
///
/// The refiner does not know all faces that BlazeFace does: a candidate is detected if the refiner
/// is sure, or if BlazeFace is and the refiner does not contradict. The pupils are the refiner's
/// unless it sees no face at all.
fn combined(candidate: &LocatedFace, refined: Option<LocatedFace>, threshold: f64) -> (LocatedFace, f64) {
    let refined_score = refined.map_or(0.0, |face| face.score);
    let pupils = refined.filter(|face| face.score >= MIN_PUPIL_SCORE).map_or(candidate.pupils, |face| face.pupils);
    // Piecewise linear: `JOINT_THRESHOLD` becomes the detection threshold.
    let joint = candidate.score + REFINER_WEIGHT * refined_score;
    let both = match joint < JOINT_THRESHOLD {
        true => threshold * joint / JOINT_THRESHOLD,
        false => threshold + (1.0 - threshold) * (joint - JOINT_THRESHOLD) / (1.0 + REFINER_WEIGHT - JOINT_THRESHOLD),
    };
    let attributes = refined.filter(|face| face.score >= MIN_PUPIL_SCORE).and_then(|face| face.attributes);
    (LocatedFace { pupils, score: both.max(refined_score), attributes }, candidate.score + refined_score)
}

/// Sorts faces by certainty × √(inter-pupil distance), descending. The certainty grows from nearly
/// 0 at the detection threshold to 1 at score 1.
fn sorted(mut found: Vec<LocatedFace>, threshold: f64) -> Vec<LocatedFace> {
    let beyond = |score: f64| ((score - threshold) / (1.0 - threshold).max(1e-3)).max(0.0);
    let weight = |face: &LocatedFace| (beyond(face.score) + 0.05 * face.score) * face.pupil_distance().sqrt();
    found.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_face_comes_first_unless_it_is_doubtful() {
        let face = |width: f64, score: f64| LocatedFace::new([[0.0, 0.0], [width, 0.0]], score);
        let order = |a, b| sorted(vec![a, b], 0.8)[0];
        assert_eq!(order(face(10.0, 0.99), face(40.0, 0.99)), face(40.0, 0.99));
        assert_eq!(order(face(10.0, 0.99), face(40.0, 0.95)), face(40.0, 0.95));
        assert_eq!(order(face(160.0, 0.805), face(20.0, 0.99)), face(20.0, 0.99));
        // Below the threshold, too, the order is by size and score.
        assert_eq!(order(face(10.0, 0.5), face(10.0, 0.6)), face(10.0, 0.6));
    }
}
