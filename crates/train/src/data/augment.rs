//! Training examples: random crops, flips and colours of a face, and random warps of glasses.

use super::landmarks::{self, Landmarks};
use super::pool::Face;
pub use super::sampler::BalancedSampler;
use crate::Result;
use rand::Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use stgan::internals::homography::DIMENSION;
use stgan::internals::pose::{GLASSES_POSE, PUPIL_X, TEMPLE_X, normalise_exposure, view_to_canonical};
use stgan::internals::resample::{self, Pyramid};
use stgan::{BitmapRef, Homography, Placement};

/// The random perturbation of examples around the correct pose. Values are standard deviations if
/// not stated otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perturbation {
    /// Translation of the crop along each axis, in inter-pupil distances.
    pub translation: f64,
    /// Logarithm of the crop's scale.
    pub scale: f64,
    /// Rotation of the crop, in degrees.
    pub rotation: f64,
    /// The share of the examples whose crop has twice these deviations.
    pub far_share: f64,
    /// The other six sl(3) parameters of the crop, in canonical units: aspect ratio, shear,
    /// perspective.
    pub shape: f64,
    /// Each of the eight initial warp parameters of the glasses.
    pub warp: f64,
    /// The share of the examples whose glasses start warped. The others start at p = 0, as a
    /// placement does.
    pub warped_share: f64,
    /// Whether colour, sharpness and noise are randomised too.
    pub colour: bool,
}

impl Perturbation {
    /// Placements as users drop glasses on a face: the default of validation and evaluation.
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

/// A face that is prepared for repeated cropping.
#[derive(Debug)]
pub struct Subject {
    pyramid: Pyramid,
    target: Option<Landmarks>,
    placement: Placement,
    /// The inter-pupil distance in pixels, from the landmarks or else from the placement.
    pupil_distance: f64,
}

/// A training example.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The crop of the face: three planes (RGB) of `size × size`.
    pub background: Vec<f32>,
    /// The landmarks in canonical coordinates of the view. None if the data set has no landmarks.
    pub target: Option<Landmarks>,
    /// The initial warp parameters of the glasses.
    pub params: [f64; DIMENSION],
}

impl Subject {
    /// `target` and `placement` are in pixels of the image; see [`Face`].
    ///
    /// # Errors
    /// Those of [`Pyramid::new`].
    pub fn new(image: BitmapRef, target: Option<Landmarks>, placement: Placement) -> Result<Self> {
        let pupil_distance = target.map_or(placement.width * PUPIL_X / TEMPLE_X, |t| landmarks::distance(t[0], t[1]));
        Ok(Self { pyramid: Pyramid::new(image)?, target, placement, pupil_distance })
    }

    /// Reads or draws the image of a face.
    ///
    /// # Errors
    /// Those of [`Face::image`].
    pub fn of(face: &Face) -> Result<Self> {
        Self::new(face.image()?.as_ref(), face.target, face.placement)
    }

    /// Samples a random view. The result depends on the face and the state of `rng` only.
    ///
    /// # Errors
    /// [`stgan::Error::Degenerate`] for a crop without area, which a valid [`Perturbation`] does
    /// not give.
    pub fn example(&self, size: usize, perturbation: &Perturbation, rng: &mut impl Rng) -> Result<Example> {
        let placed = perturb(&self.placement, self.pupil_distance, perturbation, rng);
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
            recolour(&mut background, (size, size), rng);
        }
        normalise_exposure(&mut background, size, &GLASSES_POSE);
        let to_view = to_photo.inverse()?;
        let target = self.target.map(|target| {
            let mut in_view = landmarks::apply(&to_view, &target);
            if flip {
                for pair in in_view.chunks_exact_mut(2) {
                    pair.swap(0, 1);
                }
            }
            in_view
        });
        let mut params = [0.0; DIMENSION];
        if rng.random_bool(perturbation.warped_share) {
            params = params.map(|_| perturbation.warp * normal(rng));
        }
        Ok(Example { background, target, params })
    }
}

/// Perturbs a placement by a random similarity. `pupil_distance` is the inter-pupil distance in the
/// units of the placement.
pub fn perturb(placement: &Placement, pupil_distance: f64, by: &Perturbation, rng: &mut impl Rng) -> Placement {
    let factor = if rng.random_bool(by.far_share) { 2.0 } else { 1.0 };
    Placement {
        x: placement.x + factor * by.translation * pupil_distance * normal(rng),
        y: placement.y + factor * by.translation * pupil_distance * normal(rng),
        width: placement.width * (factor * by.scale * normal(rng)).exp(),
        rotation: placement.rotation + factor * by.rotation * normal(rng),
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// Randomises exposure, contrast and tint, and sometimes converts to grey, blurs or adds noise, in
/// place. `planes` are R, G and B of an image of `width` and `height`.
pub(crate) fn recolour(planes: &mut [f32], (width, height): (usize, usize), rng: &mut impl Rng) {
    let area = width * height;
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
            soften(plane, width, height);
        }
    }
    if rng.random_bool(0.2) {
        let amount: f32 = rng.random_range(0.0..0.05);
        for value in planes {
            *value = (*value + amount * rng.sample::<f32, _>(StandardNormal)).clamp(0.0, 1.0);
        }
    }
}

/// Blurs with the binomial kernel 1-2-1 along both axes.
fn soften(plane: &mut [f32], width: usize, height: usize) {
    for row in plane.chunks_exact_mut(width) {
        blur_line(row, 1, width);
    }
    for column in 0..width {
        blur_line(&mut plane[column..], width, height);
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
    fn a_flipped_crop_keeps_left_and_right_in_order() {
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
    fn landmarks_do_not_change_the_crop() {
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
