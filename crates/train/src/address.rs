//! Addresses of random numbers: each has a stream of its own that follows from a seed and the address. There is nothing to
//! save and nothing to replay, and whatever was drawn can be drawn again.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers of a run are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    /// What a generator learns from.
    Generator,
    /// What the critic is shown as composed.
    Discriminator,
    /// What the critic is shown as real.
    Real,
    /// The mix of real and composed in the gradient penalty.
    Mix,
    /// Which old composites come back, and which are forgotten.
    History,
    Initialisation,
    Validation,
    /// What a locator's detector and its refiner learn from.
    Detector,
    Refiner,
}

impl Purpose {
    const ALL: [Self; 9] = [
        Self::Generator,
        Self::Discriminator,
        Self::Real,
        Self::Mix,
        Self::History,
        Self::Initialisation,
        Self::Validation,
        Self::Detector,
        Self::Refiner,
    ];

    pub(crate) fn from_number(number: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| f64::from(*purpose as u8) == number)
    }
}

/// Where the random numbers of a run come from: a purpose, the run's step, the item of a batch (below 2²⁰).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub purpose: Purpose,
    pub iteration: usize,
    pub item: usize,
}

/// Everything that random numbers are drawn for.
///
/// The numbers of the streams are those of the first runs, so that no picture and no figure changes. Some of them meet
/// if the seeds are equal: `Frame`, `SyntheticFace` and the examples of a generator's step 0 all count from 0 (as do
/// `Fit` and `HeldOutFaceless`, each under a seed that nothing else of its command has). What is drawn from them differs
/// (shapes, faces, crops), so that nothing is seen twice; new purposes take numbers of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// What a run learns from, and how its networks start.
    Run(Address),
    /// A random frame of a pool.
    Glasses(usize),
    /// A synthetic face, of one of the four pools.
    SyntheticFace {
        pool: u8,
        index: usize,
    },
    /// What a locator's scenes are made of.
    ScenePerson(usize),
    SceneGlasses(usize),
    SceneFaceless(usize),
    /// Pictures without a face that a locator's threshold is set on.
    HeldOutFaceless(usize),
    /// Evaluation: where a fit starts, faces pasted into pictures, pictures without a face, the fits of a face in every
    /// situation.
    Fit(usize),
    Pasted(usize),
    Faceless(usize),
    Trials(usize),
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
            Self::ScenePerson(index) => (1 << 50) + index as u64,
            Self::SceneGlasses(index) => (1 << 50) + (1 << 20) + index as u64,
            Self::SceneFaceless(index) => (1 << 50) + (1 << 30) + index as u64,
        }
    }
}

/// The random numbers of an address.
pub(crate) fn rng(seed: u64, stream: impl Into<Stream>) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream.into().number());
    rng
}
