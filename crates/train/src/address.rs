//! Addresses of random numbers.
//!
//! A seed and an address determine a random stream. The state of a generator therefore need not be
//! saved, and every sample can be drawn again.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The purpose of random numbers in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    /// Examples of a generator.
    Generator,
    /// Composites for the discriminator.
    Discriminator,
    /// Real images for the discriminator.
    Real,
    /// The mix of real images and composites in the gradient penalty.
    Mix,
    /// Sampling and replacement in the history of composites.
    History,
    Initialisation,
    Validation,
    /// Examples of the locator's detector and refiner.
    Detector,
    Refiner,
    /// Product photos.
    Cutout,
}

impl Purpose {
    const ALL: [Self; 10] = [
        Self::Generator,
        Self::Discriminator,
        Self::Real,
        Self::Mix,
        Self::History,
        Self::Initialisation,
        Self::Validation,
        Self::Detector,
        Self::Refiner,
        Self::Cutout,
    ];

    pub(crate) fn from_number(number: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| f64::from(*purpose as u8) == number)
    }
}

/// The address of random numbers in a run: a purpose, an iteration of the run, and an item of the
/// batch (below 2²⁰).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub purpose: Purpose,
    pub iteration: usize,
    pub item: usize,
}

/// A random stream.
///
/// Stream numbers must not change, since they determine all images and results. Some streams
/// coincide for equal seeds: `Glasses`, `SyntheticFace` and the generator's examples of iteration 0
/// all count from 0, as do `Fit` and `HeldOutFaceless`, each of which has a seed that nothing else
/// in its command uses. Different things are sampled from coinciding streams (shapes, faces,
/// crops). New streams need numbers of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// Examples and initial weights of a run.
    Run(Address),
    /// Random glasses.
    Glasses(usize),
    /// A synthetic face of one of the four pools.
    SyntheticFace {
        pool: u8,
        index: usize,
    },
    /// The images of a locator's scenes.
    ScenePerson(usize),
    SceneGlasses(usize),
    SceneFaceless(usize),
    /// Faceless images for a locator's detection threshold.
    HeldOutFaceless(usize),
    /// Evaluation: initial placements, pasted faces, faceless images, and the fits of a face in all
    /// situations.
    Fit(usize),
    Pasted(usize),
    Faceless(usize),
    Trials(usize),
    /// Evaluation: product photos.
    Product(usize),
    /// A room with furniture.
    Room(usize),
    /// Evaluation: initial placements of furniture.
    RoomStart(usize),
}

impl From<Address> for Stream {
    fn from(address: Address) -> Self {
        Self::Run(address)
    }
}

impl Stream {
    fn number(self) -> u64 {
        match self {
            Self::Run(Address { purpose, iteration, item }) => {
                (purpose as u64) << 60 | (iteration as u64) << 20 | item as u64
            }
            Self::Glasses(index) | Self::HeldOutFaceless(index) | Self::Fit(index) => index as u64,
            Self::SyntheticFace { pool, index } => 4 * index as u64 + u64::from(pool),
            Self::Pasted(index) => (1 << 40) + index as u64,
            Self::Faceless(index) => (1 << 41) + index as u64,
            Self::Trials(index) => (1 << 42) + index as u64,
            Self::Product(index) => (1 << 43) + index as u64,
            Self::Room(index) => (1 << 44) + index as u64,
            Self::RoomStart(index) => (1 << 45) + index as u64,
            Self::ScenePerson(index) => (1 << 50) + index as u64,
            Self::SceneGlasses(index) => (1 << 50) + (1 << 20) + index as u64,
            Self::SceneFaceless(index) => (1 << 50) + (1 << 30) + index as u64,
        }
    }
}

/// The random number generator of an address.
pub(crate) fn rng(seed: u64, stream: impl Into<Stream>) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream.into().number());
    rng
}
