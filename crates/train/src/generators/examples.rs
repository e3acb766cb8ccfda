//! Examples and batches of them. Every example has an address, from which its random numbers follow.

use super::batch::{Batch, CriticBatch, GameBatch, stack};
use super::history::{History, Recipe};
use crate::address::{Address, Purpose, rng};
use crate::config::{Adversarial, Config, Critic, Regression};
use crate::data::augment::{Example, Perturbation, Sampler};
use crate::data::{Dataset, Pool, frames};
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

/// Items of one critic's step are numbered apart from the next one's.
const ITEMS: usize = 1 << 13;

/// Faces of one kind, and how they are drawn.
struct Group<'a> {
    members: Vec<(&'a Pool, usize)>,
    sampler: Sampler,
}

impl<'a> Group<'a> {
    fn new(members: Vec<(&'a Pool, usize)>, balance: f64) -> Self {
        let faces: Vec<_> = members.iter().map(|&(pool, i)| &pool.faces()[i]).collect();
        let sampler = Sampler::new(&faces, balance);
        Self { members, sampler }
    }

    fn example(&self, size: usize, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Example> {
        let (pool, member) = self.members[self.sampler.draw(rng)];
        pool.subject(member)?.example(size, perturbation, rng)
    }
}

/// Where all of a run's examples come from.
pub(super) struct Examples<'a> {
    config: &'a Config,
    device: Device,
    size: usize,
    inputs: Inputs,
    /// Faces that generators learn on.
    learners: Group<'a>,
    /// Those and wearers, where regression learns on both.
    everybody: Option<Group<'a>>,
    /// Faces that the critic sees composites on: the learners, unless it knows their landmarks.
    references: Option<Group<'a>>,
    wearers: Option<Group<'a>>,
    frames: Vec<Vec<f32>>,
}

/// An example with its frame, and where it came from.
struct Drawn<'f> {
    example: Example,
    frame: &'f [f32],
    address: Address,
}

impl<'a> Examples<'a> {
    /// # Errors
    /// [`Error::Data`] if the data lacks what a phase of the run needs.
    pub(super) fn new(config: &'a Config, dataset: &'a Dataset, device: &Device) -> Result<Self> {
        let spec = config.generator()?;
        let balance = config.examples.balance;
        let lacks = |what: &str| Error::data(Path::new(&dataset.name), format!("the data has no {what}"));
        if dataset.bare.is_empty() {
            return Err(lacks("faces without glasses"));
        }
        let worn = config.regression.as_ref().is_some_and(|r| r.wearers);
        let has = |pool: &Pool| pool.faces().iter().all(|face| face.target.is_some());
        let has_landmarks = has(&dataset.bare) && (!worn || has(&dataset.wearers));
        let weight = config.adversarial.as_ref().map_or(0.0, |a| a.landmark_weight);
        if (config.regression.is_some() || weight > 0.0) && !has_landmarks {
            return Err(lacks("landmarks for every face, which regression needs"));
        }
        let reals = config.discriminator.as_ref().map(|d| d.reals);
        let composites = reals.is_some_and(|r| r.composites > 0.0);
        let strangers = config.critic.as_ref().is_some_and(|c| c.strangers > 0.0);
        if (composites || strangers) && !has_landmarks {
            return Err(lacks("landmarks for every face, which composites at the landmark pose need"));
        }
        if worn && dataset.wearers.is_empty() {
            return Err(lacks("people who wear glasses, whom regression is to learn on too"));
        }
        if reals.is_some_and(|r| r.composites < 1.0) && dataset.wearers.is_empty() {
            return Err(lacks("people who wear glasses, whom the critic needs to see"));
        }
        let (references, learners) = match reals {
            Some(reals) if composites => by_person(&dataset.bare, reals.references, config.seed),
            _ => (Vec::new(), (0..dataset.bare.len()).collect()),
        };
        if learners.is_empty() || composites && references.is_empty() {
            return Err(lacks("two groups of people, for the critic's composites and for the generators"));
        }
        let of = |pool: &'a Pool, members: Vec<usize>| members.into_iter().map(move |i| (pool, i));
        let wearers: Vec<_> = of(&dataset.wearers, (0..dataset.wearers.len()).collect()).collect();
        let learners: Vec<_> = of(&dataset.bare, learners).collect();
        Ok(Self {
            config,
            device: device.clone(),
            size: spec.size,
            inputs: spec.inputs,
            everybody: worn.then(|| Group::new([&learners[..], &wearers[..]].concat(), balance)),
            learners: Group::new(learners, balance),
            references: composites.then(|| Group::new(of(&dataset.bare, references).collect(), balance)),
            wearers: (!wearers.is_empty()).then(|| Group::new(wearers, balance)),
            frames: frames::random(config.examples.frames, spec.size, config.seed)?,
        })
    }

    /// The random numbers of an address in this run.
    pub(super) fn rng(&self, purpose: Purpose, step: usize, item: usize) -> ChaCha8Rng {
        rng(self.config.seed, Address { purpose, step, item })
    }

    /// What regression learns from in iteration `step`, counted over the whole run as everywhere here. Batches depend on the
    /// arguments alone.
    pub(super) fn regression(&self, settings: &Regression, step: usize) -> Result<Batch> {
        self.learn(self.everybody.as_ref(), settings.batch, &settings.perturbation, step)
    }

    /// What the critic learns from while it is alone.
    pub(super) fn critic(&self, settings: &Critic, step: usize) -> Result<CriticBatch> {
        let mut batch = self.judge(settings.batch, &settings.perturbation, step, 0, Vec::new())?;
        let strangers = (settings.batch as f64 * settings.strangers).round() as usize;
        batch.examples.params = self.with_strangers(&batch.examples, strangers, step)?;
        Ok(batch)
    }

    /// What both sides of the game learn from, with composites out of the history.
    pub(super) fn game(&self, settings: &Adversarial, step: usize, history: &History) -> Result<GameBatch> {
        let remembered = (settings.batch as f64 * settings.history.share).round() as usize;
        let critic = (0..settings.critic_steps).map(|turn| {
            let recipes = history.draw(remembered, &mut self.rng(Purpose::History, step, 1 + turn));
            self.judge(settings.batch, &settings.perturbation, step, turn, recipes)
        });
        let critic = critic.collect::<Result<_>>()?;
        Ok(GameBatch { generator: self.learn(None, settings.batch, &settings.perturbation, step)?, critic })
    }

    /// A batch for a generator, of a group or of the learners.
    fn learn(&self, group: Option<&Group>, n: usize, perturbation: &Perturbation, step: usize) -> Result<Batch> {
        let group = group.unwrap_or(&self.learners);
        let drawn: Vec<_> = (0..n)
            .into_par_iter()
            .map(|item| self.draw(group, perturbation, Address { purpose: Purpose::Generator, step, item }))
            .collect::<Result<_>>()?;
        self.collate(drawn)
    }

    /// A batch for the critic's `turn`-th step of an iteration.
    fn judge(
        &self,
        n: usize,
        perturbation: &Perturbation,
        step: usize,
        turn: usize,
        recipes: Vec<Recipe>,
    ) -> Result<CriticBatch> {
        let group = self.references.as_ref().unwrap_or(&self.learners);
        let fresh = n - recipes.len();
        let address = |i: usize| match i.checked_sub(fresh) {
            Some(old) => recipes[old].address,
            None => Address { purpose: Purpose::Critic, step, item: turn * ITEMS + i },
        };
        let drawn: Vec<_> =
            (0..n).into_par_iter().map(|i| self.draw(group, perturbation, address(i))).collect::<Result<_>>()?;
        let examples = self.collate(drawn)?;
        let warps: Vec<f32> = recipes.iter().flat_map(|r| r.params).collect();
        let remembered = match recipes.len() {
            0 => None,
            rows => Some(Tensor::from_vec(warps, (rows, DIMENSION), &self.device)?),
        };
        let mut rng = self.rng(Purpose::Mix, step, turn);
        let mix: Vec<f32> = (0..n).map(|_| rng.random()).collect();
        Ok(CriticBatch {
            reals: self.reals(&examples, perturbation, step, turn)?,
            mix: Tensor::from_vec(mix, (n, 1, 1, 1), &self.device)?,
            examples,
            remembered,
        })
    }

    /// The warps of a batch, the last `n` of them replaced by those that are right on the next face, off by a little.
    fn with_strangers(&self, examples: &Batch, n: usize, step: usize) -> Result<Tensor> {
        /// Of each parameter: so that nothing else tells these poses from landmark poses.
        const DEVIATION: f32 = 0.02;
        let all = examples.len();
        if n == 0 || all < 2 {
            return Ok(examples.params.clone());
        }
        let right = examples.right()?;
        let next = Tensor::cat(&[&right.narrow(0, 1, all - 1)?, &right.narrow(0, 0, 1)?], 0)?;
        let mut rng = self.rng(Purpose::Mix, step, ITEMS);
        let noise: Vec<f32> = (0..all * DIMENSION).map(|_| DEVIATION * rng.sample::<f32, _>(StandardNormal)).collect();
        let next = (next + Tensor::from_vec(noise, (all, DIMENSION), &self.device)?)?;
        Ok(Tensor::cat(&[&examples.params.narrow(0, 0, all - n)?, &next.narrow(0, all - n, n)?], 0)?)
    }

    /// Real pictures for the critic, as many as `examples`: photos of wearers first, then the last of the examples' faces with
    /// their frames at the landmark pose. A face and its frame thus stand on both sides, in the same places of the two batches,
    /// and differ in nothing but the pose.
    fn reals(&self, examples: &Batch, perturbation: &Perturbation, step: usize, turn: usize) -> Result<Tensor> {
        let n = examples.len();
        let share = self.config.discriminator.as_ref().map_or(0.0, |d| d.reals.composites);
        let composites = (n as f64 * share).round() as usize;
        let mut parts = Vec::new();
        if let (Some(wearers), true) = (&self.wearers, composites < n) {
            let photos: Vec<Vec<f32>> = (0..n - composites)
                .into_par_iter()
                .map(|i| {
                    let mut rng = self.rng(Purpose::Real, step, turn * ITEMS + i);
                    Ok(wearers.example(self.size, perturbation, &mut rng)?.background)
                })
                .collect::<Result<_>>()?;
            parts.push(Tensor::from_vec(photos.concat(), (n - composites, 3, self.size, self.size), &self.device)?);
        }
        if composites > 0 {
            let right = examples.composite(&examples.right()?)?;
            parts.push(right.narrow(0, n - composites, composites)?);
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    fn draw(&self, group: &Group, perturbation: &Perturbation, address: Address) -> Result<Drawn<'_>> {
        let mut rng = rng(self.config.seed, address);
        let frame = &self.frames[rng.random_range(0..self.frames.len())];
        Ok(Drawn { example: group.example(self.size, perturbation, &mut rng)?, frame, address })
    }

    fn collate(&self, drawn: Vec<Drawn>) -> Result<Batch> {
        let addresses = drawn.iter().map(|d| d.address).collect();
        let (examples, frames): (Vec<_>, Vec<_>) = drawn.into_iter().map(|d| (d.example, d.frame)).unzip();
        stack(examples, &frames, addresses, self.size, self.inputs, &self.device)
    }
}

/// Splits faces by person: (`share` of the people, the others). People go to a side by lot, whole.
fn by_person(pool: &Pool, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut people: BTreeMap<&str, bool> = pool.faces().iter().map(|face| (face.person.as_str(), false)).collect();
    let mut rng = rng(seed, Address { purpose: Purpose::Initialisation, step: 0, item: ITEMS });
    for side in people.values_mut() {
        *side = rng.random_bool(share);
    }
    (0..pool.len()).partition(|&i| people[pool.faces()[i].person.as_str()])
}
