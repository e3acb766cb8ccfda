//! Fits as a file, for whoever wants to make them again with something else than this program.

use super::FRAME_WIDTH;
use anyhow::Result;
use serde::Serialize;
use std::path::Path;
use stgan::Placement;
use stgan::compose::Foreground;
use stgan::internals::pose::glasses_to_canonical;
use stgan_synth::CatalogueFrame;
use stgan_train::data::Face;
use stgan_train::data::landmarks::{self, GLASSES, Landmarks};
use stgan_train::evaluate::Measured;
use stgan_train::write_atomically;

#[derive(Serialize)]
struct Replay<'a> {
    /// Pixels across of the frames' pictures.
    width: u32,
    frames: Vec<Frame>,
    fits: Vec<Fit<'a>>,
}

#[derive(Serialize)]
struct Frame {
    id: &'static str,
    /// In the picture's pixels; the first four, pupils and temples, are those that errors are measured by.
    anchors: Landmarks,
}

#[derive(Serialize)]
struct Fit<'a> {
    id: &'a str,
    frame: usize,
    placement: [f64; 4],
    /// Where the frame's anchors belong, in the face's pixels.
    target: Option<Landmarks>,
    /// As placed, and after each update.
    errors: &'a [f64],
}

/// Writes fits of the catalogue's frames, in its order.
pub(super) fn write(path: &Path, faces: &[Face], frames: &[Foreground], fits: &[Measured]) -> Result<()> {
    let of_frame = |(art, frame): (&CatalogueFrame, &Foreground)| {
        let anchors = landmarks::apply(&glasses_to_canonical(frame).inverse()?, &GLASSES);
        Ok(Frame { id: art.id, anchors })
    };
    let mut written = Vec::with_capacity(fits.len());
    for fit in fits {
        let (face, Placement { x, y, width, rotation }) = (&faces[fit.face], fit.start.placement);
        let placement = [x, y, width, rotation];
        written.push(Fit { id: &face.id, frame: fit.frame, placement, target: face.target, errors: &fit.errors });
    }
    let frames = stgan_synth::frames().iter().zip(frames).map(of_frame).collect::<Result<_>>()?;
    Ok(write_atomically(path, &serde_json::to_vec(&Replay { width: FRAME_WIDTH, frames, fits: written })?)?)
}
