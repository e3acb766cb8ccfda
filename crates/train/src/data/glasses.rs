//! Random glasses as inputs of the networks.

use crate::Result;
use crate::address::{Stream, rng};
use rayon::prelude::*;
use stgan::compose::Foreground;
use stgan::internals::pose::GLASSES_POSE;
use stgan::internals::tryon;
use stgan_synth::random;

/// The width of the drawn glasses in pixels, before they are resampled to the size of the networks.
const RENDER_WIDTH: u32 = 192;

/// Draws `count` random glasses in canonical pose. Each is four planes (RGBA) of `size × size`.
///
/// Equal seeds give equal glasses.
///
/// # Errors
/// Those of [`Foreground::new`].
pub(crate) fn random(count: usize, size: usize, seed: u64) -> Result<Vec<Vec<f32>>> {
    let draw = |i: usize| {
        let image = random::glasses(&mut rng(seed, Stream::Glasses(i)), RENDER_WIDTH);
        Ok(tryon::canonical_view(&Foreground::new(image.as_ref())?, &GLASSES_POSE, size.into())?)
    };
    (0..count).into_par_iter().map(draw).collect()
}
