//! Synthetic faces: drawn on demand, known to the last landmark.

use super::pool::{Face, Kind, Origin, Pool, aligned_placement};
use super::{Crop, Dataset, Settings, anchors};
use crate::address::{Stream, rng};
use crate::{Error, Result};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::path::Path;
use stgan::Bitmap;
use stgan::compose::{self, Foreground};
use stgan::internals::pose::glasses_to_canonical;
use stgan_synth::people::{self, Person};
use stgan_synth::random;

/// Which face: all that is drawn follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    seed: u64,
    kind: Kind,
    index: usize,
    width: u32,
}

/// Pixels across the frames that wearers wear, beside those across the image.
const FRAME_SHARE: f64 = 0.75;

impl Address {
    fn rng(&self) -> ChaCha8Rng {
        rng(self.seed, Stream::DrawnFace { pool: self.kind as u8, index: self.index })
    }

    fn face(self, settings: &Settings) -> Result<Face> {
        let person = Person::sample(&mut self.rng());
        let scale = f64::from(self.width) / people::WIDTH;
        let scaled = |points: [[f64; 2]; 2]| points.map(|p| p.map(|x| x * scale));
        let target = anchors::from_landmarks(scaled(person.pupils()), scaled(person.temples()));
        let size = (self.width, people::height(self.width));
        let placement = match settings.crop {
            Crop::Landmarks if settings.landmarks => anchors::placement(&target),
            _ => aligned_placement(size.0, size.1)
                .ok_or_else(|| Error::data(Path::new("synthetic"), format!("{size:?} is not CelebA's shape")))?,
        };
        let id = format!("{}-{}", self.kind.name(), self.index);
        Ok(Face {
            person: id.clone(),
            id,
            target: settings.landmarks.then_some(target),
            placement,
            yaw: Some(person.yaw()),
            size,
            origin: Origin::Drawn(self),
            whole: None,
        })
    }

    pub(super) fn draw(&self) -> Result<Bitmap> {
        let mut rng = self.rng();
        let person = Person::sample(&mut rng);
        let mut image = person.draw(self.width)?;
        if matches!(self.kind, Kind::Bare | Kind::Validation) {
            return Ok(image);
        }
        let frame = random::glasses(&mut rng, (FRAME_SHARE * f64::from(self.width)) as u32);
        let frame = Foreground::new(frame.as_ref())?;
        let scale = f64::from(self.width) / people::WIDTH;
        let scaled = |points: [[f64; 2]; 2]| points.map(|p| p.map(|x| x * scale));
        let target = anchors::from_landmarks(scaled(person.pupils()), scaled(person.temples()));
        let to_image = anchors::worn(&target)?;
        let rect = stgan::Rect { x: 0, y: 0, width: image.width(), height: image.height() };
        compose::blend(&frame, &(to_image * glasses_to_canonical(&frame)).normalized()?, image.data_mut(), rect)?;
        Ok(image)
    }
}

pub(super) fn open(settings: &Settings) -> Result<Dataset> {
    let s = &settings.synthetic;
    let pool = |kind: Kind, count: usize, largest_yaw: f64| -> Result<Pool> {
        let address = |index| Address { seed: s.seed, kind, index, width: s.width };
        let faces: Vec<Face> = (0..count).into_par_iter().map(|i| address(i).face(settings)).collect::<Result<_>>()?;
        let faces: Vec<Face> =
            faces.into_iter().filter(|face| face.yaw.is_none_or(|yaw| yaw.abs() <= largest_yaw)).collect();
        Ok(Pool::new(faces, settings.keep_in_memory_below))
    };
    let held = if settings.validation.is_empty() { 0 } else { s.validation };
    let bare = pool(Kind::Bare, s.bare, settings.largest_yaw)?;
    if bare.is_empty() {
        let reason = format!("no face is turned by less than {}°", settings.largest_yaw);
        return Err(Error::data(Path::new("synthetic"), reason));
    }
    Ok(Dataset {
        name: "synthetic".into(),
        bare,
        wearers: pool(Kind::Wearer, s.wearers, settings.largest_yaw)?,
        validation: pool(Kind::Validation, held, f64::INFINITY)?,
        validation_wearers: pool(Kind::ValidationWearer, held, f64::INFINITY)?,
        problems: Vec::new(),
    })
}
