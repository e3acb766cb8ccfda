//! Addresses of random numbers: each has a stream of its own that follows from the run's seed and the address. There is nothing
//! to save and nothing to replay, and whatever was drawn can be drawn again.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// What a generator learns from.
    Generator,
    /// What the critic is shown as composed.
    Critic,
    /// What the critic is shown as real.
    Real,
    /// The mix of real and composed in the gradient penalty.
    Mix,
    /// Which old composites come back, and which are forgotten.
    History,
    Initialisation,
    Validation,
    /// What a locator's finder and its pointer learn from.
    Finder,
    Pointer,
}

impl Purpose {
    const ALL: [Self; 9] = [
        Self::Generator,
        Self::Critic,
        Self::Real,
        Self::Mix,
        Self::History,
        Self::Initialisation,
        Self::Validation,
        Self::Finder,
        Self::Pointer,
    ];

    pub(super) fn from_number(number: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| f64::from(*purpose as u8) == number)
    }
}

/// Where random numbers come from: a purpose, the run's step, the item of a batch (below 2²⁰).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    pub purpose: Purpose,
    pub step: usize,
    pub item: usize,
}

/// The random numbers of an address.
pub fn rng(seed: u64, Address { purpose, step, item }: Address) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((purpose as u64) << 60 | (step as u64) << 20 | item as u64);
    rng
}
