//! The images that scenes are made of, read and drawn once.

use super::layers::{KnownAttributes, SourceImage};
use super::{SceneSettings, Scenes};
use crate::Result;
use crate::address::{Stream, rng};
use crate::data::landmarks::{self, Landmarks, Point};
use crate::data::{Dataset, Face, Pool};
use rayon::prelude::*;
use std::sync::Arc;
use stgan::BitmapRef;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;
use stgan::internals::resample::Pyramid;
use stgan_synth::faceless::Kind;
use stgan_synth::people::{self, Person};
use stgan_synth::random;

/// Widths of synthetic people, of faceless images and of glasses, in pixels.
const PERSON_WIDTH: u32 = 178;
const FACELESS_WIDTH: u32 = 160;
const GLASSES_WIDTH: u32 = 96;

/// An image with a face that can be cut out.
pub(super) struct CutOut {
    pub(super) image: Arc<SourceImage>,
    pub(super) target: Landmarks,
    pub(super) reference: Landmarks,
    pub(super) without_glasses: bool,
    /// See [`Face::turn`].
    pub(super) turn: f64,
    pub(super) known: KnownAttributes,
}

/// A full photo, and the landmarks of its face.
pub(super) struct FacePhoto {
    pub(super) image: Arc<SourceImage>,
    pub(super) target: Landmarks,
    pub(super) known: KnownAttributes,
}

impl Scenes {
    /// Uses the faces for training, or with `held_out` those for validation.
    ///
    /// # Errors
    /// [`crate::Error::Data`] and [`crate::Error::Io`] if an image cannot be read.
    pub(crate) fn new(dataset: &Dataset, held_out: bool, settings: &SceneSettings, seed: u64) -> Result<Self> {
        let (without, with) = if held_out {
            (&dataset.validation_without_glasses, &dataset.validation_with_glasses)
        } else {
            (&dataset.without_glasses, &dataset.with_glasses)
        };
        let (mut faces, mut photos) = (Vec::new(), Vec::new());
        for (pool, without_glasses) in [(without, true), (with, false)] {
            faces.extend(cut_outs(pool, without_glasses)?);
            photos.extend(full_photos(pool, without_glasses)?);
        }
        let people = (0..settings.people)
            .into_par_iter()
            .map(|i| {
                let person = Person::sample(&mut rng(seed, Stream::ScenePerson(i)));
                let scale = f64::from(PERSON_WIDTH) / people::WIDTH;
                let scaled = |points: [Point; 2]| points.map(|p| p.map(|x| x * scale));
                let target = landmarks::from_landmarks(scaled(person.pupils()), scaled(person.temples()));
                let image = SourceImage::new(person.draw(PERSON_WIDTH)?.as_ref(), 0)?;
                let known = KnownAttributes { glasses: Some(false), yaw: Some(person.yaw()), ..Default::default() };
                Ok(CutOut { image, target, reference: target, without_glasses: true, turn: 0.0, known })
            })
            .collect::<Result<_>>()?;
        let glasses = (0..settings.glasses)
            .into_par_iter()
            .map(|i| {
                let image = random::glasses(&mut rng(seed, Stream::SceneGlasses(i)), GLASSES_WIDTH);
                let to_canonical = glasses_to_canonical(&Foreground::new(image.as_ref())?);
                Ok((SourceImage::new(image.as_ref(), 0)?, to_canonical))
            })
            .collect::<Result<_>>()?;
        let faceless = (0..settings.faceless * Kind::ALL.len())
            .into_par_iter()
            .map(|i| {
                let kind = Kind::ALL[i % Kind::ALL.len()];
                SourceImage::new(kind.draw(&mut rng(seed, Stream::SceneFaceless(i)), FACELESS_WIDTH)?.as_ref(), 0)
            })
            .collect::<Result<_>>()?;
        Ok(Self { settings: settings.clone(), faces, people, photos, glasses, faceless })
    }
}

/// The aligned images of a pool. Large ones are halved, which is sharp enough for a scene.
fn cut_outs(pool: &Pool, without_glasses: bool) -> Result<Vec<CutOut>> {
    let face = |face: &Face| -> Option<Result<CutOut>> {
        let target = face.target?;
        // Halves faces with more than 40 pixels between the pupils.
        let skipped = u32::from(landmarks::distance(target[0], target[1]) > 40.0);
        let image = face.image().and_then(|image| SourceImage::new(image.as_ref(), skipped));
        let turn = face.turn().unwrap_or(0.0);
        let known = known(face, without_glasses);
        let reference = face.reference().copied().unwrap_or(target);
        Some(image.map(|image| CutOut { image, target, reference, without_glasses, turn, known }))
    };
    pool.faces().par_iter().filter_map(face).collect()
}

/// What the data set says of a face.
fn known(face: &Face, without_glasses: bool) -> KnownAttributes {
    // Without glasses, eyes are covered only if the table says so.
    let covered = face.covered.or(without_glasses.then_some(false));
    KnownAttributes { glasses: Some(!without_glasses), covered, yaw: face.yaw, pitch: face.pitch }
}

/// The full photos of a pool, without the pyramid levels that scenes do not need.
fn full_photos(pool: &Pool, without_glasses: bool) -> Result<Vec<FacePhoto>> {
    let photo = |face: &Face| -> Option<Result<FacePhoto>> {
        let (image, target) = match face.photo() {
            Ok(found) => found?,
            Err(error) => return Some(Err(error)),
        };
        let skipped = (landmarks::distance(target[0], target[1]) / 40.0).log2().ceil().clamp(0.0, 6.0) as u32;
        let known = known(face, without_glasses);
        Some(SourceImage::new(image.as_ref(), skipped).map(|image| FacePhoto { image, target, known }))
    };
    pool.faces().par_iter().filter_map(photo).collect()
}

impl SourceImage {
    fn new(image: BitmapRef, skipped: u32) -> Result<Arc<Self>> {
        Ok(Arc::new(Self(Pyramid::from_level(image, skipped)?)))
    }

    pub(super) fn size(&self) -> [f64; 2] {
        [f64::from(self.0.width()), f64::from(self.0.height())]
    }
}
