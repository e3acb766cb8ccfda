//! The interface between the training of a cascade and the data of its task.

use crate::Result;
use crate::data::augment::Perturbation;
use crate::data::pairs::PointPairs;
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use stgan::internals::homography::DIMENSION;

/// An example of any task.
pub(crate) struct Sampled<'a> {
    /// The view: three planes (RGB) of the generators' size.
    pub background: Vec<f32>,
    /// The foreground in canonical pose: four planes (RGBA).
    pub foreground: Cow<'a, [f32]>,
    /// The initial warp parameters.
    pub params: [f64; DIMENSION],
    /// Points and their right places, if they are known.
    pub target: Option<PointPairs>,
    /// The view with the foreground in its right place as a camera sees it, if it is known.
    pub real: Option<Vec<f32>>,
}

/// Who is trained on an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Generator,
    /// A generator in regression.
    Regression,
    Discriminator,
}

/// A source of training examples. Everything is a function of the arguments and the state of `rng`.
pub(crate) trait ExampleSource: Sync {
    /// Samples an example.
    fn sample(&self, role: Role, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Sampled<'_>>;

    /// Whether [`ExampleSource::unpaired`] has images.
    fn has_unpaired(&self) -> bool;

    /// Samples a real image that belongs to no example.
    fn unpaired(&self, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Vec<f32>>;
}

/// Held-out subjects (faces, rooms) for validation.
pub(crate) trait HeldOut: Sync {
    fn len(&self) -> usize;

    /// Whether all subjects have landmarks.
    fn has_landmarks(&self) -> bool;

    /// How difficult each subject is: the turn of a head or of a view, in degrees.
    fn turns(&self) -> Vec<f64>;

    /// Samples an example of a subject.
    fn sample(&self, subject: usize, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Sampled<'_>>;
}
