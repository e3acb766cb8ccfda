//! Training examples and batches. Each example has an address, which determines its random numbers.

use super::batch::{AdversarialBatch, Batch, DiscriminatorBatch, stack};
use super::history::{History, StoredComposite};
use super::source::{ExampleSource, Role};
use crate::Result;
use crate::address::{Address, Purpose, rng};
use crate::config::{AdversarialSettings, Config, DiscriminatorPretraining, RegressionSettings};
use crate::data::augment::Perturbation;
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use stgan::internals::homography::DIMENSION;
use stgan::model::{GeneratorSpec, ImageSize};

/// The offset between item numbers of consecutive discriminator iterations.
const ITEMS: usize = 1 << 13;

/// The source of all examples of a run.
///
/// Iterations count over the whole run. Every batch is a function of the arguments alone.
pub(super) struct Examples<'a> {
    config: &'a Config,
    device: Device,
    spec: GeneratorSpec,
    source: Box<dyn ExampleSource + 'a>,
}

impl<'a> Examples<'a> {
    /// # Errors
    /// Those of [`Config::generator`].
    pub(super) fn new(config: &'a Config, source: Box<dyn ExampleSource + 'a>, device: &Device) -> Result<Self> {
        Ok(Self { config, device: device.clone(), spec: config.generator()?, source })
    }

    /// The random number generator of an address in this run.
    pub(super) fn rng(&self, purpose: Purpose, iteration: usize, item: usize) -> ChaCha8Rng {
        rng(self.config.seed, Address { purpose, iteration, item })
    }

    /// A batch for regression.
    pub(super) fn regression(&self, settings: &RegressionSettings, iteration: usize) -> Result<Batch> {
        self.generator_batch(Role::Regression, settings.batch, &settings.perturbation, iteration)
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
        let generator = self.generator_batch(Role::Generator, settings.batch, &settings.perturbation, iteration)?;
        Ok(AdversarialBatch { generator, discriminator })
    }

    /// A batch on which a network is initialised.
    pub(super) fn initial(&self, n: usize, perturbation: &Perturbation) -> Result<Batch> {
        let address = |item| Address { purpose: Purpose::Initialisation, iteration: 1, item };
        self.batch(Role::Regression, n, perturbation, address)
    }

    /// A batch for a generator.
    fn generator_batch(&self, role: Role, n: usize, perturbation: &Perturbation, iteration: usize) -> Result<Batch> {
        self.batch(role, n, perturbation, |item| Address { purpose: Purpose::Generator, iteration, item })
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
        let fresh = n - composites.len();
        let address = |i: usize| match i.checked_sub(fresh) {
            Some(old) => composites[old].address,
            None => Address { purpose: Purpose::Discriminator, iteration, item: turn * ITEMS + i },
        };
        let examples = self.batch(Role::Discriminator, n, perturbation, address)?;
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

    /// Real images for the discriminator, as many as `examples`: first images that belong to no
    /// example, then the last examples' own, with the foreground in its right place.
    ///
    /// The latter stand at the same index in the real and in the fake half of the batch. They are
    /// rendered images if the task has them; otherwise they are composites at the landmark pose,
    /// and both halves differ in nothing but the pose.
    fn reals(&self, examples: &Batch, perturbation: &Perturbation, iteration: usize, turn: usize) -> Result<Tensor> {
        let n = examples.len();
        let share = self.config.discriminator.as_ref().map_or(0.0, |d| d.reals.composite_share);
        let paired = (n as f64 * share).round() as usize;
        let mut parts = Vec::new();
        if self.source.has_unpaired() && paired < n {
            let images: Vec<Vec<f32>> = (0..n - paired)
                .into_par_iter()
                .map(|i| {
                    let mut rng = self.rng(Purpose::Real, iteration, turn * ITEMS + i);
                    self.source.unpaired(perturbation, &mut rng)
                })
                .collect::<Result<_>>()?;
            let ImageSize { height, width } = self.spec.size;
            parts.push(Tensor::from_vec(images.concat(), (n - paired, 3, height, width), &self.device)?);
        }
        if paired > 0 {
            let right = match &examples.reals {
                Some(reals) => reals.clone(),
                None => examples.composite(&examples.landmark_params()?)?,
            };
            parts.push(right.narrow(0, n - paired, paired)?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    /// A batch of `n` examples with these addresses.
    fn batch(
        &self,
        role: Role,
        n: usize,
        perturbation: &Perturbation,
        address: impl Fn(usize) -> Address + Sync,
    ) -> Result<Batch> {
        let sample = |i| self.source.sample(role, perturbation, &mut rng(self.config.seed, address(i)));
        let sampled: Vec<_> = (0..n).into_par_iter().map(sample).collect::<Result<_>>()?;
        stack(sampled, (0..n).map(address).collect(), &self.spec, &self.device)
    }
}
