//! Training examples and batches. Each example has an address, which determines its random numbers.

use super::batch::{AdversarialBatch, Batch, DiscriminatorBatch, stack};
use super::history::{History, StoredComposite};
use crate::address::{Address, Purpose, rng};
use crate::config::{AdversarialSettings, Config, DiscriminatorPretraining, RegressionSettings};
use crate::data::augment::{BalancedSampler, Example, Perturbation};
use crate::data::{Dataset, Pool, glasses};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use stgan::internals::homography::DIMENSION;
use stgan::model::Inputs;

/// The offset between item numbers of consecutive discriminator iterations.
const ITEMS: usize = 1 << 13;

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

/// The source of all examples of a run.
///
/// Iterations count over the whole run. Every batch is a function of the arguments alone.
pub(super) struct Examples<'a> {
    config: &'a Config,
    device: Device,
    size: usize,
    inputs: Inputs,
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

/// An example with its glasses and its address.
struct SampledExample<'g> {
    example: Example,
    glasses: &'g [f32],
    address: Address,
}

impl<'a> Examples<'a> {
    /// # Errors
    /// [`Error::Data`] if the data set lacks what a phase of the run needs.
    pub(super) fn new(config: &'a Config, dataset: &'a Dataset, device: &Device) -> Result<Self> {
        let spec = config.generator()?;
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
            config,
            device: device.clone(),
            size: spec.size,
            inputs: spec.inputs,
            regression_faces: uses_both
                .then(|| FaceGroup::new([&generator_faces[..], &with_glasses[..]].concat(), balance)),
            generator_faces: FaceGroup::new(generator_faces, balance),
            discriminator_faces: composites.then(|| FaceGroup::new(discriminator_faces, balance)),
            with_glasses: (!with_glasses.is_empty()).then(|| FaceGroup::new(with_glasses, balance)),
            glasses: glasses::random(config.examples.glasses, spec.size, config.seed)?,
        })
    }

    /// The random number generator of an address in this run.
    pub(super) fn rng(&self, purpose: Purpose, iteration: usize, item: usize) -> ChaCha8Rng {
        rng(self.config.seed, Address { purpose, iteration, item })
    }

    /// A batch for regression.
    pub(super) fn regression(&self, settings: &RegressionSettings, iteration: usize) -> Result<Batch> {
        self.generator_batch(self.regression_faces.as_ref(), settings.batch, &settings.perturbation, iteration)
    }

    /// A batch for the discriminator's pretraining.
    pub(super) fn pretraining(
        &self,
        settings: &DiscriminatorPretraining,
        iteration: usize,
    ) -> Result<DiscriminatorBatch> {
        let mut batch = self.discriminator_batch(settings.batch, &settings.perturbation, iteration, 0, Vec::new())?;
        let mismatched = (settings.batch as f64 * settings.mismatched_share).round() as usize;
        batch.examples.params = self.with_mismatched_poses(&batch.examples, mismatched, iteration)?;
        Ok(batch)
    }

    /// Batches for one adversarial iteration; a share of the discriminator's composites is sampled
    /// from the history.
    pub(super) fn adversarial(
        &self,
        settings: &AdversarialSettings,
        iteration: usize,
        history: &History,
    ) -> Result<AdversarialBatch> {
        let remembered = (settings.batch as f64 * settings.history.share).round() as usize;
        let discriminator = (0..settings.discriminator_iterations).map(|turn| {
            let composites = history.sample(remembered, &mut self.rng(Purpose::History, iteration, 1 + turn));
            self.discriminator_batch(settings.batch, &settings.perturbation, iteration, turn, composites)
        });
        let discriminator = discriminator.collect::<Result<_>>()?;
        let generator = self.generator_batch(None, settings.batch, &settings.perturbation, iteration)?;
        Ok(AdversarialBatch { generator, discriminator })
    }

    /// A batch for a generator, drawn from `group` or else from the generators' faces.
    fn generator_batch(
        &self,
        group: Option<&FaceGroup>,
        n: usize,
        perturbation: &Perturbation,
        iteration: usize,
    ) -> Result<Batch> {
        let group = group.unwrap_or(&self.generator_faces);
        let sampled: Vec<_> = (0..n)
            .into_par_iter()
            .map(|item| self.sample(group, perturbation, Address { purpose: Purpose::Generator, iteration, item }))
            .collect::<Result<_>>()?;
        self.collate(sampled)
    }

    /// A batch for discriminator iteration `turn` (from 0) of an iteration.
    fn discriminator_batch(
        &self,
        n: usize,
        perturbation: &Perturbation,
        iteration: usize,
        turn: usize,
        composites: Vec<StoredComposite>,
    ) -> Result<DiscriminatorBatch> {
        let group = self.discriminator_faces.as_ref().unwrap_or(&self.generator_faces);
        let fresh = n - composites.len();
        let address = |i: usize| match i.checked_sub(fresh) {
            Some(old) => composites[old].address,
            None => Address { purpose: Purpose::Discriminator, iteration, item: turn * ITEMS + i },
        };
        let sampled: Vec<_> =
            (0..n).into_par_iter().map(|i| self.sample(group, perturbation, address(i))).collect::<Result<_>>()?;
        let examples = self.collate(sampled)?;
        let params: Vec<f32> = composites.iter().flat_map(|c| c.params).collect();
        let remembered = match composites.len() {
            0 => None,
            rows => Some(Tensor::from_vec(params, (rows, DIMENSION), &self.device)?),
        };
        let mut rng = self.rng(Purpose::Mix, iteration, turn);
        let mix: Vec<f32> = (0..n).map(|_| rng.random()).collect();
        Ok(DiscriminatorBatch {
            reals: self.reals(&examples, perturbation, iteration, turn)?,
            mix: Tensor::from_vec(mix, (n, 1, 1, 1), &self.device)?,
            examples,
            remembered,
        })
    }

    /// The parameters of a batch [B, 8], the last `n` rows replaced by the landmark pose of the
    /// next face plus noise.
    fn with_mismatched_poses(&self, examples: &Batch, n: usize, iteration: usize) -> Result<Tensor> {
        /// The standard deviation of each parameter. Without noise, exact landmark poses would be
        /// recognisable by themselves.
        const DEVIATION: f32 = 0.02;
        let all = examples.len();
        if n == 0 || all < 2 {
            return Ok(examples.params.clone());
        }
        let right = examples.landmark_params()?;
        let next = Tensor::cat(&[&right.narrow(0, 1, all - 1)?, &right.narrow(0, 0, 1)?], 0)?;
        let mut rng = self.rng(Purpose::Mix, iteration, ITEMS);
        let noise: Vec<f32> = (0..all * DIMENSION).map(|_| DEVIATION * rng.sample::<f32, _>(StandardNormal)).collect();
        let next = (next + Tensor::from_vec(noise, (all, DIMENSION), &self.device)?)?;
        Ok(Tensor::cat(&[&examples.params.narrow(0, 0, all - n)?, &next.narrow(0, all - n, n)?], 0)?)
    }

    /// Real images for the discriminator, as many as `examples`: first photos of people with
    /// glasses, then the last examples' faces with their glasses at the landmark pose.
    ///
    /// These composites stand at the same index in the real and in the fake half of the batch, so
    /// both differ in nothing but the pose.
    fn reals(&self, examples: &Batch, perturbation: &Perturbation, iteration: usize, turn: usize) -> Result<Tensor> {
        let n = examples.len();
        let share = self.config.discriminator.as_ref().map_or(0.0, |d| d.reals.composite_share);
        let composites = (n as f64 * share).round() as usize;
        let mut parts = Vec::new();
        if let (Some(with_glasses), true) = (&self.with_glasses, composites < n) {
            let photos: Vec<Vec<f32>> = (0..n - composites)
                .into_par_iter()
                .map(|i| {
                    let mut rng = self.rng(Purpose::Real, iteration, turn * ITEMS + i);
                    Ok(with_glasses.example(self.size, perturbation, &mut rng)?.background)
                })
                .collect::<Result<_>>()?;
            parts.push(Tensor::from_vec(photos.concat(), (n - composites, 3, self.size, self.size), &self.device)?);
        }
        if composites > 0 {
            let right = examples.composite(&examples.landmark_params()?)?;
            parts.push(right.narrow(0, n - composites, composites)?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    fn sample(&self, group: &FaceGroup, perturbation: &Perturbation, address: Address) -> Result<SampledExample<'_>> {
        let mut rng = rng(self.config.seed, address);
        let glasses = &self.glasses[rng.random_range(0..self.glasses.len())];
        Ok(SampledExample { example: group.example(self.size, perturbation, &mut rng)?, glasses, address })
    }

    fn collate(&self, sampled: Vec<SampledExample>) -> Result<Batch> {
        let addresses = sampled.iter().map(|s| s.address).collect();
        let (examples, glasses): (Vec<_>, Vec<_>) = sampled.into_iter().map(|s| (s.example, s.glasses)).unzip();
        stack(examples, &glasses, addresses, self.size, self.inputs, &self.device)
    }
}

/// Splits the faces of a pool by identity: (faces of a random `share` of the people, the other
/// faces). All images of one identity go to the same side.
fn split_by_identity(pool: &Pool, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut people: BTreeMap<&str, bool> = pool.faces().iter().map(|face| (face.person.as_str(), false)).collect();
    let mut rng = rng(seed, Address { purpose: Purpose::Initialisation, iteration: 0, item: ITEMS });
    for side in people.values_mut() {
        *side = rng.random_bool(share);
    }
    (0..pool.len()).partition(|&i| people[pool.faces()[i].person.as_str()])
}
