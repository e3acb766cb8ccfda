//! Training examples: random crops, flips and colours of a face, and random warps of a frame.

use super::anchors::{self, Anchors};
use super::portraits::Face;
use crate::homography::DIMENSION;
use crate::resample::{self, Pyramid};
use crate::tryon::{Placement, view_to_canonical};
use crate::{Homography, Result};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// How far examples stray from the pose in which the frame sits right. Standard deviations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perturbation {
    /// Of the crop along each axis, in eye distances.
    pub translation: f64,
    /// Of the logarithm of the crop's scale.
    pub scale: f64,
    /// Of the crop's rotation, in degrees.
    pub rotation: f64,
    /// Share of the examples whose crop strays twice as far.
    pub far: f64,
    /// Of the crop's other six sl(3) parameters, in canonical units: faces come out narrower, sheared, in other perspective.
    pub shape: f64,
    /// Of each of the eight parameters of the frame's warp at the start.
    pub warp: f64,
    /// Share of the examples whose frame starts warped at all; the others start at p = 0, as a placement does.
    pub warped: f64,
    /// Whether colours, sharpness and noise are varied too.
    pub colour: bool,
}

impl Perturbation {
    /// Placements as people drop them: what evaluation draws from.
    pub const DROPPED: Self = Self {
        translation: 0.15,
        scale: 0.1,
        rotation: 6.0,
        far: 0.0,
        shape: 0.0,
        warp: 0.0,
        warped: 0.0,
        colour: false,
    };
}

/// A face made ready for repeated cropping.
pub struct Subject {
    pyramid: Pyramid,
    target: Anchors,
    placement: Placement,
}

/// One example: what the generator sees, and where the frame's anchors should be.
pub struct Example {
    /// Three planes of `size × size`.
    pub background: Vec<f32>,
    /// In canonical coordinates of the view.
    pub target: Anchors,
    /// The frame's warp at the start.
    pub params: [f64; DIMENSION],
}

/// Draws subjects so that rare poses count: a share of the draws picks a range of poses first, whether many faces are in
/// it or few, and then one of those. A training set that is out of balance is the method's known weakness.
pub struct Sampler {
    /// Indices of the subjects, by how far the head is turned.
    poses: Vec<Vec<usize>>,
    subjects: usize,
    balance: f64,
}

impl Sampler {
    /// The width of a range, in units of [`Subject::turn`].
    const RANGE: f64 = 0.2;

    /// `balance` is the share of draws by pose, 0 to 1.
    pub fn new(subjects: &[Subject], balance: f64) -> Self {
        let mut poses: Vec<Vec<usize>> = Vec::new();
        for (i, subject) in subjects.iter().enumerate() {
            let range = (subject.turn() / Self::RANGE) as usize;
            poses.resize_with(poses.len().max(range + 1), Vec::new);
            poses[range].push(i);
        }
        poses.retain(|range| !range.is_empty());
        Self { poses, subjects: subjects.len(), balance }
    }

    /// The index of a subject.
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        if rng.random_bool(self.balance) {
            let range = &self.poses[rng.random_range(0..self.poses.len())];
            range[rng.random_range(0..range.len())]
        } else {
            rng.random_range(0..self.subjects)
        }
    }
}

impl Subject {
    /// How far the head is turned: |ln| of the ratio between the distances from the middle of the pupils to the temples,
    /// 0 for a frontal face, at most 2.
    pub fn turn(&self) -> f64 {
        let [right, left, right_temple, left_temple, ..] = self.target;
        let middle = [0.5 * (right[0] + left[0]), 0.5 * (right[1] + left[1])];
        let ratio = anchors::distance(middle, left_temple) / anchors::distance(middle, right_temple);
        ratio.ln().abs().min(2.0)
    }

    /// # Errors
    /// As [`Pyramid::new`].
    pub fn new(face: &Face) -> Result<Self> {
        let placement = anchors::placement(&face.target);
        Ok(Self { pyramid: Pyramid::new(face.image.as_ref())?, target: face.target, placement })
    }

    /// Cuts a random view.
    ///
    /// # Errors
    /// None for the perturbations that [`Perturbation`] describes; a crop of no extent is [`crate::Error::Degenerate`].
    pub fn example(&self, size: usize, perturbation: &Perturbation, rng: &mut impl Rng) -> Result<Example> {
        let eyes = anchors::distance(self.target[0], self.target[1]);
        let placed = perturb(&self.placement, eyes, perturbation, rng);
        let flip = rng.random_bool(0.5);
        let mirror =
            if flip { Homography([-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]) } else { Homography::IDENTITY };
        let mut shape = [0.0; DIMENSION];
        for i in [1, 2, 3, 5, 6, 7] {
            shape[i] = perturbation.shape * normal(rng);
        }
        let to_photo = placed.to_photo()? * Homography::exp(&shape) * mirror;
        let mut background = resample::planar(&self.pyramid, &(to_photo * view_to_canonical(size)), size, size);
        background.truncate(3 * size * size);
        if perturbation.colour {
            recolour(&mut background, size, rng);
        }
        let mut target = anchors::apply(&to_photo.inverse()?, &self.target);
        if flip {
            for pair in target.chunks_exact_mut(2) {
                pair.swap(0, 1);
            }
        }
        let mut params = [0.0; DIMENSION];
        if rng.random_bool(perturbation.warped) {
            params = params.map(|_| perturbation.warp * normal(rng));
        }
        Ok(Example { background, target, params })
    }
}

/// A placement off by a random similarity; `eyes` is the eye distance in its pixels.
pub fn perturb(truth: &Placement, eyes: f64, by: &Perturbation, rng: &mut impl Rng) -> Placement {
    let far = if rng.random_bool(by.far) { 2.0 } else { 1.0 };
    Placement {
        x: truth.x + far * by.translation * eyes * normal(rng),
        y: truth.y + far * by.translation * eyes * normal(rng),
        width: truth.width * (far * by.scale * normal(rng)).exp(),
        rotation: truth.rotation + far * by.rotation * normal(rng),
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// Exposure, contrast, tint, sometimes grey, sometimes soft, sometimes noisy, in place.
fn recolour(planes: &mut [f32], size: usize, rng: &mut impl Rng) {
    let area = size * size;
    if rng.random_bool(0.15) {
        for i in 0..area {
            let grey = 0.299 * planes[i] + 0.587 * planes[area + i] + 0.114 * planes[2 * area + i];
            for plane in 0..3 {
                planes[plane * area + i] = grey;
            }
        }
    }
    let gain: f32 = rng.random_range(0.65..1.35);
    let contrast: f32 = rng.random_range(0.75..1.25);
    let gamma: f32 = rng.random_range(0.8..1.25);
    let mean = planes.iter().sum::<f32>() / planes.len() as f32;
    for plane in planes.chunks_exact_mut(area) {
        let tint: f32 = rng.random_range(0.9..1.1);
        for value in plane {
            let bright = ((*value - mean) * contrast + mean) * gain * tint;
            *value = bright.clamp(0.0, 1.0).powf(gamma);
        }
    }
    if rng.random_bool(0.2) {
        for plane in planes.chunks_exact_mut(area) {
            soften(plane, size);
        }
    }
    if rng.random_bool(0.2) {
        let amount: f32 = rng.random_range(0.0..0.05);
        for value in planes {
            *value = (*value + amount * rng.sample::<f32, _>(StandardNormal)).clamp(0.0, 1.0);
        }
    }
}

/// A binomial blur, 1-2-1 along both axes.
fn soften(plane: &mut [f32], size: usize) {
    for row in plane.chunks_exact_mut(size) {
        blur_line(row, 1, size);
    }
    for column in 0..size {
        blur_line(&mut plane[column..], size, size);
    }
}

fn blur_line(values: &mut [f32], stride: usize, length: usize) {
    let mut before = values[0];
    for i in 0..length {
        let here = values[i * stride];
        let after = values[(i + 1).min(length - 1) * stride];
        values[i * stride] = 0.25 * before + 0.5 * here + 0.25 * after;
        before = here;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bitmap;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn subject(left_temple: f64) -> Subject {
        let image = Bitmap::new(40, 40, vec![128; 40 * 40 * 4]).unwrap();
        let target = anchors::from_landmarks([[15.0, 20.0], [25.0, 20.0]], [[9.0, 20.0], [20.0 + left_temple, 20.0]]);
        Subject::new(&Face { id: String::new(), image, target, yaw: 0.0 }).unwrap()
    }

    #[test]
    fn rare_poses_count_where_they_are_asked_to() {
        // 99 frontal faces and one that is turned.
        let subjects: Vec<_> = (0..100).map(|i| subject(if i == 0 { 19.0 } else { 11.0 })).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (balance, expected) in [(0.0, 0.01), (0.5, 0.255), (1.0, 0.5)] {
            let sampler = Sampler::new(&subjects, balance);
            let turned = (0..4000).filter(|_| sampler.draw(&mut rng) == 0).count();
            assert!((turned as f64 / 4000.0 - expected).abs() < 0.04, "{turned} of 4000 at {balance}");
        }
    }

    #[test]
    fn a_flipped_crop_keeps_right_and_left_apart() {
        let by = Perturbation { shape: 0.05, ..Perturbation::DROPPED };
        for stream in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(stream);
            let example = subject(11.0).example(16, &by, &mut rng).unwrap();
            assert_eq!(example.background.len(), 3 * 16 * 16);
            assert!(example.target[0][0] < example.target[1][0] && example.target[2][0] < example.target[3][0]);
            assert!(example.target[4][1] > example.target[6][1]);
        }
    }
}
