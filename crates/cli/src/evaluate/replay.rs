//! Fits as a JSON file, so that another implementation can repeat them.

use super::GLASSES_WIDTH;
use anyhow::Result;
use serde::Serialize;
use std::path::Path;
use stgan::Placement;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;
use stgan_synth::CatalogueGlasses;
use stgan_train::data::Face;
use stgan_train::data::landmarks::{self, GLASSES, Landmarks};
use stgan_train::evaluate::MeasuredFit;
use stgan_train::write_atomically;

#[derive(Serialize)]
struct Replay<'a> {
    /// The width in pixels of the images of the glasses.
    width: u32,
    glasses: Vec<Glasses>,
    fits: Vec<Fit<'a>>,
}

#[derive(Serialize)]
struct Glasses {
    id: &'static str,
    /// In pixels of the image of the glasses. The landmark error uses the first four: pupils and
    /// temples.
    landmarks: Landmarks,
}

#[derive(Serialize)]
struct Fit<'a> {
    /// The id of the face.
    id: &'a str,
    /// The index into `glasses`.
    glasses: usize,
    /// Centre x, centre y and width in pixels of the face image, rotation in degrees.
    placement: [f64; 4],
    /// The target of the landmarks of the glasses, in pixels of the face image.
    target: Option<Landmarks>,
    /// Landmark errors: as placed, then after each update.
    errors: &'a [f64],
}

/// Writes `fits` of `glasses`, which are the catalogue in its order.
pub(super) fn write(path: &Path, faces: &[Face], glasses: &[Foreground], fits: &[MeasuredFit]) -> Result<()> {
    let entry = |(pair, foreground): (&CatalogueGlasses, &Foreground)| {
        let landmarks = landmarks::apply(&glasses_to_canonical(foreground).inverse()?, &GLASSES);
        Ok(Glasses { id: pair.id, landmarks })
    };
    let mut written = Vec::with_capacity(fits.len());
    for fit in fits {
        let (face, Placement { x, y, width, rotation }) = (&faces[fit.face], fit.start.placement);
        let placement = [x, y, width, rotation];
        written.push(Fit {
            id: &face.id,
            glasses: fit.glasses,
            placement,
            target: face.reference().copied(),
            errors: &fit.errors,
        });
    }
    let glasses = stgan_synth::catalogue().iter().zip(glasses).map(entry).collect::<Result<_>>()?;
    Ok(write_atomically(path, &serde_json::to_vec(&Replay { width: GLASSES_WIDTH, glasses, fits: written })?)?)
}
