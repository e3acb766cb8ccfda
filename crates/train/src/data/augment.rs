//! Training examples: random crops, flips and colours of a face, and random warps of a frame.

use super::landmarks::{self, Landmarks};
use super::pool::Face;
pub use super::sampler::BalancedSampler;
use crate::Result;
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use stgan::internals::homography::DIMENSION;
use stgan::internals::pose::{PUPIL_X, TEMPLE_X, view_to_canonical};
use stgan::internals::resample::{self, Pyramid};
use stgan::{BitmapRef, Homography, Placement};

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
    pub far_share: f64,
    /// Of the crop's other six sl(3) parameters, in canonical units: faces come out narrower, sheared, in other perspective.
    pub shape: f64,
    /// Of each of the eight parameters of the frame's warp at the start.
    pub warp: f64,
    /// Share of the examples whose frame starts warped at all; the others start at p = 0, as a placement does.
    pub warped_share: f64,
    /// Whether colours, sharpness and noise are varied too.
    pub colour: bool,
}

impl Perturbation {
    /// Placements as people drop them: what evaluation draws from.
    pub const DROPPED: Self = Self {
        translation: 0.15,
        scale: 0.1,
        rotation: 6.0,
        far_share: 0.0,
        shape: 0.0,
        warp: 0.0,
        warped_share: 0.0,
        colour: false,
    };
}

/// A face made ready for repeated cropping.
#[derive(Debug)]
pub struct Subject {
    pyramid: Pyramid,
    target: Option<Landmarks>,
    placement: Placement,
    /// The eye distance in pixels: by the landmarks, or that of a frame in its place.
    eyes: f64,
}

/// One example: what the generator sees, and where the frame's anchors should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Three planes of `size × size`.
    pub background: Vec<f32>,
    /// In canonical coordinates of the view; none where the data has no landmarks.
    pub target: Option<Landmarks>,
    /// The frame's warp at the start.
    pub params: [f64; DIMENSION],
}

impl Subject {
    /// `target` and `placement` are in pixels of the image; see [`Face`].
    ///
    /// # Errors
    /// As [`Pyramid::new`].
    pub fn new(image: BitmapRef, target: Option<Landmarks>, placement: Placement) -> Result<Self> {
        let eyes = target.map_or(placement.width * PUPIL_X / TEMPLE_X, |t| landmarks::distance(t[0], t[1]));
        Ok(Self { pyramid: Pyramid::new(image)?, target, placement, eyes })
    }

    /// Reads or draws the face's image.
    ///
    /// # Errors
    /// As [`Face::image`].
    pub fn of(face: &Face) -> Result<Self> {
        Self::new(face.image()?.as_ref(), face.target, face.placement)
    }

    /// Cuts a random view. Everything about it follows from the face and the state of `rng`.
    ///
    /// # Errors
    /// None for the perturbations that [`Perturbation`] describes; a crop of no extent is [`stgan::Error::Degenerate`].
    pub fn example(&self, size: usize, perturbation: &Perturbation, rng: &mut impl Rng) -> Result<Example> {
        let placed = perturb(&self.placement, self.eyes, perturbation, rng);
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
        let to_view = to_photo.inverse()?;
        let target = self.target.map(|target| {
            let mut seen = landmarks::apply(&to_view, &target);
            if flip {
                for pair in seen.chunks_exact_mut(2) {
                    pair.swap(0, 1);
                }
            }
            seen
        });
        let mut params = [0.0; DIMENSION];
        if rng.random_bool(perturbation.warped_share) {
            params = params.map(|_| perturbation.warp * normal(rng));
        }
        Ok(Example { background, target, params })
    }
}

/// A placement off by a random similarity; `eyes` is the eye distance in its pixels.
pub fn perturb(truth: &Placement, eyes: f64, by: &Perturbation, rng: &mut impl Rng) -> Placement {
    let far = if rng.random_bool(by.far_share) { 2.0 } else { 1.0 };
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
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use stgan::Bitmap;

    fn subject() -> Subject {
        let image = Bitmap::new(40, 40, vec![128; 40 * 40 * 4]).unwrap();
        let target = landmarks::from_landmarks([[15.0, 20.0], [25.0, 20.0]], [[9.0, 20.0], [31.0, 20.0]]);
        Subject::new(image.as_ref(), Some(target), landmarks::placement(&target)).unwrap()
    }

    #[test]
    fn a_flipped_crop_keeps_right_and_left_apart() {
        let by = Perturbation { shape: 0.05, ..Perturbation::DROPPED };
        for stream in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(stream);
            let example = subject().example(16, &by, &mut rng).unwrap();
            assert_eq!(example.background.len(), 3 * 16 * 16);
            let target = example.target.unwrap();
            assert!(target[0][0] < target[1][0] && target[2][0] < target[3][0]);
            assert!(target[4][1] > target[6][1]);
        }
    }

    #[test]
    fn without_landmarks_the_same_view_is_cut() {
        let image = Bitmap::new(40, 40, (0..40 * 40 * 4).map(|i| (i * 37 % 251) as u8).collect()).unwrap();
        let with = subject();
        let placement = with.placement;
        let target = with.target;
        let view = |target| {
            let subject = Subject::new(image.as_ref(), target, placement).unwrap();
            let by = Perturbation { translation: 0.0, ..Perturbation::DROPPED };
            subject.example(16, &by, &mut ChaCha8Rng::seed_from_u64(9)).unwrap()
        };
        let (known, unknown) = (view(target), view(None));
        assert_eq!(known.background, unknown.background);
        assert!(known.target.is_some() && unknown.target.is_none());
    }
}
