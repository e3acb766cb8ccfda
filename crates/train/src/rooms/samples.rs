//! Samples in memory.

use super::RoomRecord;
use crate::address::{Stream, rng};
use crate::{Error, Result};
use rayon::prelude::*;
use stgan::Bitmap;
use stgan_synth::rooms::{Options, Sample};

/// A room, the room with a piece of furniture, and the piece cut out from another view.
#[derive(Clone, Debug)]
pub struct RoomSample {
    /// The room without the piece.
    pub room: Bitmap,
    /// The room with the piece.
    pub real: Bitmap,
    /// The piece alone.
    pub cutout: Bitmap,
    /// What is known about it.
    pub record: RoomRecord,
}

impl From<Sample> for RoomSample {
    fn from(sample: Sample) -> Self {
        let record = RoomRecord::from(&sample.record);
        Self { room: sample.room, real: sample.real, cutout: sample.cutout, record }
    }
}

/// The maximum number of rooms that are drawn before the number of samples is checked again.
const CHUNK: usize = 64;
/// The number of rooms for each sample from which on the options are taken to allow none.
const MAX_ROOMS_PER_SAMPLE: usize = 100;

/// Draws `count` samples. Equal seeds give equal samples.
///
/// `progress` is called with the number of samples, in order.
///
/// # Errors
/// Those of [`Sample::draw`], and [`Error::Argument`] if the options allow hardly any samples.
pub fn draw(count: usize, options: &Options, seed: u64, progress: &mut dyn FnMut(usize)) -> Result<Vec<RoomSample>> {
    let mut samples: Vec<RoomSample> = Vec::with_capacity(count + CHUNK);
    let mut first = 0;
    while samples.len() < count {
        if first > MAX_ROOMS_PER_SAMPLE * (samples.len() + CHUNK) {
            let expected = "settings that allow samples; make rooms.turn smaller".into();
            return Err(Error::Argument { name: "rooms", value: format!("{options:?}"), expected });
        }
        // The samples do not depend on the number of rooms that are drawn at once.
        let end = first + CHUNK.min(count - samples.len());
        let rooms: Vec<Vec<Sample>> = (first..end)
            .into_par_iter()
            .map(|room| Ok(Sample::draw(&mut rng(seed, Stream::Room(room)), options)?))
            .collect::<Result<_>>()?;
        samples.extend(rooms.into_iter().flatten().map(RoomSample::from));
        first = end;
        progress(samples.len().min(count));
    }
    samples.truncate(count);
    Ok(samples)
}
