//! Frames as the networks see them: a pool of random ones for training, the catalogue's for evaluation.

use crate::Result;
use crate::address::{Stream, rng};
use rayon::prelude::*;
use stgan::compose::Foreground;
use stgan::internals::tryon;
use stgan_synth::random;

/// Pixels across, before a frame is brought to the networks' size: enough that the filter has something to do.
const RENDER_WIDTH: u32 = 192;

/// `count` random frames in canonical pose, four planes of `size × size` each. The same seed gives the same frames.
///
/// # Errors
/// As [`Foreground::new`].
pub(crate) fn random(count: usize, size: usize, seed: u64) -> Result<Vec<Vec<f32>>> {
    let draw = |i: usize| {
        let image = random::frame(&mut rng(seed, Stream::Glasses(i)), RENDER_WIDTH);
        Ok(tryon::glasses_view(&Foreground::new(image.as_ref())?, size)?)
    };
    (0..count).into_par_iter().map(draw).collect()
}
