//! The examples of the task `glasses`: faces with random glasses.

use super::source::{ExampleSource, HeldOut, Role, Sampled};
use crate::address::{Address, Purpose, rng};
use crate::config::Config;
use crate::data::augment::{BalancedSampler, Example, Perturbation};
use crate::data::pairs::PointPairs;
use crate::data::{Dataset, Pool, glasses};
use crate::{Error, Result};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// The item number of the split by identity.
const SPLIT_ITEM: usize = 1 << 13;
/// The number of random glasses for validation.
const HELD_OUT_GLASSES: usize = 96;

/// Faces with a common role, and the sampler that draws from them.
struct FaceGroup<'a> {
    members: Vec<(&'a Pool, usize)>,
    sampler: BalancedSampler,
}

impl<'a> FaceGroup<'a> {
    fn new(members: Vec<(&'a Pool, usize)>, balance: f64) -> Self {
        let faces: Vec<_> = members.iter().map(|&(pool, i)| &pool.faces()[i]).collect();
        let sampler = BalancedSampler::new(&faces, balance);
        Self { members, sampler }
    }

    fn example(&self, size: usize, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Example> {
        let (pool, member) = self.members[self.sampler.draw(rng)];
        pool.subject(member)?.example(size, perturbation, rng)
    }
}

/// Faces and glasses for training.
pub(super) struct FaceExamples<'a> {
    size: usize,
    /// Faces without glasses that generators are trained on.
    generator_faces: FaceGroup<'a>,
    /// Those, and people with glasses, if regression uses both.
    regression_faces: Option<FaceGroup<'a>>,
    /// Faces on which the discriminator sees composites. None if real images are photos only: then
    /// these are the generators' faces.
    discriminator_faces: Option<FaceGroup<'a>>,
    /// People with glasses: the discriminator's real photos.
    with_glasses: Option<FaceGroup<'a>>,
    glasses: Vec<Vec<f32>>,
}

impl<'a> FaceExamples<'a> {
    /// # Errors
    /// [`Error::Data`] if the data set lacks what a phase of the run needs.
    pub(super) fn new(config: &Config, dataset: &'a Dataset) -> Result<Self> {
        let size = square(config)?;
        let balance = config.examples.balance;
        let lacks = |what: &str| Error::data(Path::new(&dataset.name), format!("the data set has no {what}"));
        if dataset.without_glasses.is_empty() {
            return Err(lacks("faces without glasses"));
        }
        let uses_both = config.regression.as_ref().is_some_and(|r| r.with_glasses);
        let annotated = |pool: &Pool| pool.faces().iter().all(|face| face.target.is_some());
        let has_landmarks = annotated(&dataset.without_glasses) && (!uses_both || annotated(&dataset.with_glasses));
        let weight = config.adversarial.as_ref().map_or(0.0, |a| a.landmark_weight);
        if (config.regression.is_some() || weight > 0.0) && !has_landmarks {
            return Err(lacks("landmarks for every face; the regression loss needs them"));
        }
        let reals = config.discriminator.as_ref().map(|d| d.reals);
        let composites = reals.is_some_and(|r| r.composite_share > 0.0);
        let mismatched = config.discriminator_pretraining.as_ref().is_some_and(|p| p.mismatched_share > 0.0);
        if (composites || mismatched) && !has_landmarks {
            return Err(lacks("landmarks for every face; composites at the landmark pose need them"));
        }
        if uses_both && dataset.with_glasses.is_empty() {
            return Err(lacks("people with glasses; regression.with_glasses = true needs them"));
        }
        if reals.is_some_and(|r| r.composite_share < 1.0) && dataset.with_glasses.is_empty() {
            return Err(lacks("people with glasses; the discriminator needs them as real images"));
        }
        let (discriminator_faces, generator_faces) = match reals {
            Some(reals) if composites => split_by_identity(&dataset.without_glasses, reals.identity_share, config.seed),
            _ => (Vec::new(), (0..dataset.without_glasses.len()).collect()),
        };
        if generator_faces.is_empty() || composites && discriminator_faces.is_empty() {
            let what = "people for both sides of the split between discriminator and generators; add people or \
                        change discriminator.reals.identity_share";
            return Err(lacks(what));
        }
        let of = |pool: &'a Pool, members: Vec<usize>| members.into_iter().map(move |i| (pool, i));
        let with_glasses: Vec<_> = of(&dataset.with_glasses, (0..dataset.with_glasses.len()).collect()).collect();
        let generator_faces: Vec<_> = of(&dataset.without_glasses, generator_faces).collect();
        let discriminator_faces = of(&dataset.without_glasses, discriminator_faces).collect();
        Ok(Self {
            size,
            regression_faces: uses_both
                .then(|| FaceGroup::new([&generator_faces[..], &with_glasses[..]].concat(), balance)),
            generator_faces: FaceGroup::new(generator_faces, balance),
            discriminator_faces: composites.then(|| FaceGroup::new(discriminator_faces, balance)),
            with_glasses: (!with_glasses.is_empty()).then(|| FaceGroup::new(with_glasses, balance)),
            glasses: glasses::random(config.examples.glasses, size, config.seed)?,
        })
    }
}

impl ExampleSource for FaceExamples<'_> {
    fn sample(&self, role: Role, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Sampled<'_>> {
        let group = match role {
            Role::Generator => None,
            Role::Regression => self.regression_faces.as_ref(),
            Role::Discriminator => self.discriminator_faces.as_ref(),
        };
        let glasses = &self.glasses[rng.random_range(0..self.glasses.len())];
        Ok(sampled(group.unwrap_or(&self.generator_faces).example(self.size, perturbation, rng)?, glasses))
    }

    fn has_unpaired(&self) -> bool {
        self.with_glasses.is_some()
    }

    fn unpaired(&self, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
        let group = self.with_glasses.as_ref().unwrap_or(&self.generator_faces);
        Ok(group.example(self.size, perturbation, rng)?.background)
    }
}

fn sampled(example: Example, glasses: &[f32]) -> Sampled<'_> {
    Sampled {
        background: example.background,
        foreground: Cow::Borrowed(glasses),
        params: example.params,
        target: example.target.as_ref().map(PointPairs::of_face),
        real: None,
    }
}

/// Faces and glasses for validation.
pub(super) struct HeldOutFaces<'a> {
    pool: &'a Pool,
    size: usize,
    faces: usize,
    glasses: Vec<Vec<f32>>,
}

impl<'a> HeldOutFaces<'a> {
    /// # Errors
    /// Those of [`glasses::random`].
    pub(super) fn new(config: &Config, pool: &'a Pool) -> Result<Self> {
        let size = square(config)?;
        let glasses = glasses::random(HELD_OUT_GLASSES, size, config.seed ^ u64::MAX)?;
        Ok(Self { pool, size, faces: pool.len().min(config.validation.faces), glasses })
    }
}

impl HeldOut for HeldOutFaces<'_> {
    fn len(&self) -> usize {
        self.faces
    }

    fn has_landmarks(&self) -> bool {
        self.pool.faces()[..self.faces].iter().all(|face| face.target.is_some())
    }

    fn turns(&self) -> Vec<f64> {
        self.pool.faces()[..self.faces].iter().map(|face| face.turn().unwrap_or(0.0)).collect()
    }

    fn sample(&self, subject: usize, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Sampled<'_>> {
        let glasses = &self.glasses[rng.random_range(0..self.glasses.len())];
        Ok(sampled(self.pool.subject(subject)?.example(self.size, perturbation, rng)?, glasses))
    }
}

/// The side of the square views of faces.
fn square(config: &Config) -> Result<usize> {
    let size = config.generator()?.size;
    size.side().ok_or_else(|| Error::Argument {
        name: "model.width",
        value: size.width.to_string(),
        expected: "the value of model.size: views of faces are square".into(),
    })
}

/// Splits the faces of a pool by identity: (faces of a random `share` of the people, the other
/// faces). All images of one identity go to the same side.
fn split_by_identity(pool: &Pool, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut people: BTreeMap<&str, bool> = pool.faces().iter().map(|face| (face.person.as_str(), false)).collect();
    let mut rng = rng(seed, Address { purpose: Purpose::Initialisation, iteration: 0, item: SPLIT_ITEM });
    for side in people.values_mut() {
        *side = rng.random_bool(share);
    }
    (0..pool.len()).partition(|&i| people[pool.faces()[i].person.as_str()])
}
