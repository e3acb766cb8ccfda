//! Detected faces, and the suppression of those that overlap a better one.

use super::Point;
use crate::pose::{PUPIL_X, Placement, TEMPLE_X};

/// A detected face.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LocatedFace {
    /// The pupils in photo pixels, the left one in the image first.
    pub pupils: [Point; 2],
    /// The probability that this is a face, from 0 to 1.
    pub score: f64,
    /// The pose of the head, and what covers the eyes. None if the weights do not tell, or if only
    /// the detector sees a face.
    pub attributes: Option<FaceAttributes>,
}

/// What the refiner sees of a face besides the pupils.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FaceAttributes {
    /// The probability that the person wears glasses, from 0 to 1.
    pub glasses: f64,
    /// The probability that the eyes are covered, by dark glasses, hair or a hand, from 0 to 1.
    pub covered: f64,
    /// The yaw of the head in degrees, positive if the face turns to the right of the image, from
    /// −90 to 90.
    pub yaw: f64,
    /// The pitch of the head in degrees, positive if the face looks down, from −90 to 90.
    pub pitch: f64,
}

impl FaceAttributes {
    /// The number of outputs of the refiner for these: logits, then angles in units of
    /// [`FaceAttributes::UNIT`].
    pub const OUTPUTS: usize = 4;
    /// The angle that the refiner's output 1 stands for, in degrees.
    pub const UNIT: f64 = 45.0;

    pub(super) fn from_outputs(outputs: &[f32]) -> Self {
        let angle = |output: f32| (Self::UNIT * f64::from(output)).clamp(-90.0, 90.0);
        Self {
            glasses: sigmoid(outputs[0]),
            covered: sigmoid(outputs[1]),
            yaw: angle(outputs[2]),
            pitch: angle(outputs[3]),
        }
    }
}

pub(super) fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + f64::from(-logit).exp())
}

impl LocatedFace {
    /// Creates a detection, for your own implementation of [`FaceDetector`](crate::FaceDetector).
    pub fn new(pupils: [Point; 2], score: f64) -> Self {
        Self { pupils, score, attributes: None }
    }

    /// The placement of glasses from the pupils alone: the similarity that maps the pupils of the
    /// canonical pose to these.
    pub fn placement(&self) -> Placement {
        let [[x0, y0], [x1, y1]] = self.pupils;
        Placement {
            x: 0.5 * (x0 + x1),
            y: 0.5 * (y0 + y1),
            width: self.pupil_distance() * TEMPLE_X / PUPIL_X,
            rotation: (y1 - y0).atan2(x1 - x0).to_degrees(),
        }
    }

    /// The inter-pupil distance, in photo pixels.
    pub fn pupil_distance(&self) -> f64 {
        distance(self.pupils[0], self.pupils[1])
    }

    /// The candidate with its pupils exchanged: a face that stands on its head.
    pub(super) fn turned_over(&self) -> Self {
        let [first, second] = self.pupils;
        Self { pupils: [second, first], ..*self }
    }

    fn centre(&self) -> Point {
        [0, 1].map(|k| 0.5 * (self.pupils[0][k] + self.pupils[1][k]))
    }

    /// Whether the centres are closer than `reach` times the larger inter-pupil distance.
    fn overlaps(&self, other: &Self, reach: f64) -> bool {
        distance(self.centre(), other.centre()) < reach * self.pupil_distance().max(other.pupil_distance())
    }
}

pub(super) fn distance(a: Point, b: Point) -> f64 {
    let [x, y] = [a[0] - b[0], a[1] - b[1]];
    // `hypot` is slow.
    (x * x + y * y).sqrt()
}

/// Non-maximum suppression: drops faces that overlap a face with a higher score. Sorts by score.
pub(super) fn suppress(found: Vec<LocatedFace>, reach: f64) -> Vec<LocatedFace> {
    suppress_by(found.into_iter().map(|face| (face, face.score)).collect(), reach)
}

/// Like [`suppress`], by the number beside each face.
pub(super) fn suppress_by(mut found: Vec<(LocatedFace, f64)>, reach: f64) -> Vec<LocatedFace> {
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut kept: Vec<LocatedFace> = Vec::new();
    for (face, _) in found {
        if !kept.iter().any(|better| better.overlaps(&face, reach)) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placement_of_a_face_maps_the_canonical_pupils_to_its_pupils() {
        let face = LocatedFace::new([[100.0, 80.0], [160.0, 95.0]], 1.0);
        let to_photo = face.placement().to_photo().unwrap();
        for (expected, x) in face.pupils.iter().zip([-PUPIL_X, PUPIL_X]) {
            let found = to_photo.apply([x, crate::pose::EYE_Y]);
            assert!(distance(found, *expected) < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn suppression_keeps_the_best_of_overlapping_faces() {
        let at = |x: f64, score: f64| LocatedFace::new([[x, 50.0], [x + 20.0, 50.0]], score);
        let kept = suppress(vec![at(10.0, 0.6), at(12.0, 0.9), at(60.0, 0.7)], 0.9);
        assert_eq!(kept, [at(12.0, 0.9), at(60.0, 0.7)]);
    }

    #[test]
    fn attributes_are_probabilities_and_bounded_angles() {
        let attributes = FaceAttributes::from_outputs(&[0.0, 40.0, 0.5, -7.0]);
        assert_eq!((attributes.glasses, attributes.yaw, attributes.pitch), (0.5, 22.5, -90.0));
        assert!(attributes.covered > 0.99 && attributes.covered <= 1.0);
    }
}
