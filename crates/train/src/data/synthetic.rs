//! Synthetic faces, drawn on demand, with exact landmarks.

use super::pool::{Face, PixelSource, Pool, PoolKind, aligned_placement};
use super::{Crop, DataSettings, Dataset, Target, landmarks};
use crate::address::{Stream, rng};
use crate::{Error, Result};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::path::Path;
use stgan::compose::{self, Foreground};
use stgan::internals::pose::glasses_to_canonical;
use stgan::{Bitmap, Homography};
use stgan_synth::people::{self, Person};
use stgan_synth::random;

/// The address of a synthetic face, which determines its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaceAddress {
    seed: u64,
    kind: PoolKind,
    index: usize,
    width: u32,
}

/// The width of the glasses' image relative to the width of the face's image.
const GLASSES_WIDTH_SHARE: f64 = 0.75;

impl FaceAddress {
    fn rng(&self) -> ChaCha8Rng {
        rng(self.seed, Stream::SyntheticFace { pool: self.kind as u8, index: self.index })
    }

    fn face(self, settings: &DataSettings) -> Result<Face> {
        let person = Person::sample(&mut self.rng());
        let scale = f64::from(self.width) / people::WIDTH;
        let scaled = |points: [[f64; 2]; 2]| points.map(|p| p.map(|x| x * scale));
        let visible = landmarks::from_landmarks(scaled(person.pupils()), scaled(person.temples()));
        let (plane, temples) = person.plane()?;
        let plane = Homography::similarity(scale, 0.0, 0.0, 0.0) * plane;
        let front = landmarks::from_plane(&plane, temples)
            .ok_or_else(|| Error::data(Path::new("synthetic"), "a person has no plane of glasses"))?;
        let target = match settings.target {
            Target::Visible => visible,
            Target::Front => front,
        };
        let size = (self.width, people::height(self.width));
        let placement = match settings.crop {
            Crop::Landmarks if settings.landmarks => landmarks::placement(&target),
            _ => aligned_placement(size.0, size.1).ok_or_else(|| {
                Error::data(
                    Path::new("synthetic"),
                    format!("{}×{} pixels do not have CelebA's aspect ratio", size.0, size.1),
                )
            })?,
        };
        let id = format!("{}-{}", self.kind.name(), self.index);
        Ok(Face {
            person: id.clone(),
            id,
            target: settings.landmarks.then_some(target),
            visible: settings.landmarks.then_some(visible),
            front: settings.landmarks.then_some(front),
            placement,
            yaw: Some(person.yaw()),
            pitch: None,
            covered: None,
            size,
            origin: PixelSource::Synthetic(self),
            full_photo: None,
        })
    }

    pub(super) fn draw(&self) -> Result<Bitmap> {
        let mut rng = self.rng();
        let person = Person::sample(&mut rng);
        let mut image = person.draw(self.width)?;
        if matches!(self.kind, PoolKind::WithoutGlasses | PoolKind::ValidationWithoutGlasses) {
            return Ok(image);
        }
        let glasses = random::glasses(&mut rng, (GLASSES_WIDTH_SHARE * f64::from(self.width)) as u32);
        let glasses = Foreground::new(glasses.as_ref())?;
        let scale = f64::from(self.width) / people::WIDTH;
        let scaled = |points: [[f64; 2]; 2]| points.map(|p| p.map(|x| x * scale));
        let target = landmarks::from_landmarks(scaled(person.pupils()), scaled(person.temples()));
        let to_image = landmarks::glasses_to_image(&target)?;
        let rect = stgan::Rect { x: 0, y: 0, width: image.width(), height: image.height() };
        compose::blend(&glasses, &(to_image * glasses_to_canonical(&glasses)).normalized()?, image.data_mut(), rect)?;
        Ok(image)
    }
}

pub(super) fn open(settings: &DataSettings) -> Result<Dataset> {
    let s = &settings.synthetic;
    let pool = |kind: PoolKind, count: usize, max_yaw: f64| -> Result<Pool> {
        let address = |index| FaceAddress { seed: s.seed, kind, index, width: s.width };
        let faces: Vec<Face> = (0..count).into_par_iter().map(|i| address(i).face(settings)).collect::<Result<_>>()?;
        let faces: Vec<Face> =
            faces.into_iter().filter(|face| face.yaw.is_none_or(|yaw| yaw.abs() <= max_yaw)).collect();
        Ok(Pool::new(faces, settings.keep_in_memory_below))
    };
    let held = if settings.validation.is_empty() { 0 } else { s.validation };
    let without_glasses = pool(PoolKind::WithoutGlasses, s.without_glasses, settings.max_yaw)?;
    if without_glasses.is_empty() {
        let reason = format!("no synthetic face has a yaw of at most data.max_yaw = {}°", settings.max_yaw);
        return Err(Error::data(Path::new("synthetic"), reason));
    }
    Ok(Dataset {
        name: "synthetic".into(),
        without_glasses,
        with_glasses: pool(PoolKind::WithGlasses, s.with_glasses, settings.max_yaw)?,
        validation_without_glasses: pool(PoolKind::ValidationWithoutGlasses, held, f64::INFINITY)?,
        validation_with_glasses: pool(PoolKind::ValidationWithGlasses, held, f64::INFINITY)?,
        problems: Vec::new(),
    })
}
