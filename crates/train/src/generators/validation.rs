//! How far a run has come, measured on people and frames that it never learns from.

use super::batch::{Batch, stack};
use crate::Result;
use crate::address::{Address, Purpose, rng};
use crate::config::Config;
use crate::data::anchors::{self, Anchors};
use crate::data::augment::Perturbation;
use crate::data::{Pool, frames};
use candle_core::{Device, Tensor};
use rand::Rng;
use rayon::prelude::*;
use stgan::Homography;
use stgan::model::{Cascade, Discriminator, Parameters};

/// Frames that validation looks at.
const FRAMES: usize = 96;
/// Examples at a time.
const CHUNK: usize = 32;
/// Rows of a picture grid.
const ROWS: usize = 8;

/// The held-out examples.
pub(super) struct Validation<'a> {
    config: &'a Config,
    pool: &'a Pool,
    faces: usize,
    frames: Vec<Vec<f32>>,
    device: Device,
}

/// Anchor errors in eye distances, in order, one list a step: as placed, and after each stage.
pub(super) struct Errors {
    steps: Vec<Vec<f64>>,
    /// Of a generator that puts every frame into the middle of its view, whatever is there: p = 0.
    ignorant: Vec<f64>,
    /// Of the tenth of the faces that is turned furthest, one list a step.
    turned: Vec<Vec<f64>>,
}

/// One held-out example as a picture grid shows it.
pub(super) struct Row {
    /// Pictures [3, S, S], planar, as placed and after each stage.
    pub pictures: Vec<Vec<f32>>,
    /// The anchor error of each, if there are landmarks.
    pub errors: Vec<Option<f64>>,
}

impl<'a> Validation<'a> {
    /// # Errors
    /// As [`frames::random`].
    pub(super) fn new(config: &'a Config, pool: &'a Pool, device: &Device) -> Result<Self> {
        let frames = frames::random(FRAMES, config.model.size, config.seed ^ u64::MAX)?;
        Ok(Self { config, pool, faces: pool.len().min(config.validation.faces), frames, device: device.clone() })
    }

    pub(super) fn faces(&self) -> usize {
        self.faces
    }

    /// Whether there is anything to measure errors on.
    pub(super) fn has_landmarks(&self) -> bool {
        self.faces > 0 && self.pool.faces()[..self.faces].iter().all(|face| face.target.is_some())
    }

    fn batches(&self, perturbation: &Perturbation) -> impl Iterator<Item = Result<Batch>> {
        let jobs = self.faces * self.config.validation.crops;
        (0..jobs).step_by(CHUNK).map(move |first| self.batch(first..(first + CHUNK).min(jobs), perturbation))
    }

    fn batch(&self, jobs: std::ops::Range<usize>, perturbation: &Perturbation) -> Result<Batch> {
        let address = |job| Address { purpose: Purpose::Validation, step: 0, item: job };
        let size = self.config.model.size;
        let drawn: Vec<_> = jobs
            .clone()
            .into_par_iter()
            .map(|job| {
                let mut rng = rng(self.config.seed, address(job));
                let frame = &self.frames[rng.random_range(0..self.frames.len())];
                let subject = self.pool.subject(job % self.faces)?;
                Ok((subject.example(size, perturbation, &mut rng)?, frame.as_slice()))
            })
            .collect::<Result<_>>()?;
        let (examples, frames): (Vec<_>, Vec<_>) = drawn.into_iter().unzip();
        let inputs = self.config.generator()?.inputs;
        stack(examples, &frames, jobs.map(address).collect(), size, inputs, &self.device)
    }

    /// # Errors
    /// As [`Cascade::new`].
    pub(super) fn errors(&self, stages: usize, weights: &Parameters) -> Result<Errors> {
        let cascade = Cascade::new(&self.config.generator()?, stages, &weights.to_device(&self.device)?)?;
        let empty = || vec![Vec::new(); stages + 1];
        let mut errors = Errors { steps: empty(), ignorant: Vec::new(), turned: empty() };
        let turned = self.turned();
        for batch in self.batches(&self.config.validation.perturbation) {
            let batch = batch?;
            let Some(targets) = &batch.targets else { continue };
            let all = cascade.forward(&batch.background, &batch.foreground, &batch.params)?;
            for (step, params) in all.iter().enumerate() {
                let found = distances(params, targets)?;
                let faces = batch.addresses.iter().map(|address| address.item % self.faces);
                let far = faces.zip(&found).filter(|(face, _)| turned[*face]).map(|(_, error)| *error);
                errors.turned[step].extend(far);
                errors.steps[step].extend(found);
            }
            errors.ignorant.extend(distances(&batch.params.zeros_like()?, targets)?);
        }
        errors
            .steps
            .iter_mut()
            .chain(&mut errors.turned)
            .chain([&mut errors.ignorant])
            .for_each(|list| list.sort_by(f64::total_cmp));
        Ok(errors)
    }

    /// Which of the faces are among the tenth that is turned furthest.
    fn turned(&self) -> Vec<bool> {
        let turns: Vec<f64> = self.pool.faces()[..self.faces].iter().map(|face| face.turn().unwrap_or(0.0)).collect();
        let mut order = turns.clone();
        order.sort_by(f64::total_cmp);
        let limit = order.get((0.9 * turns.len() as f64) as usize).copied().unwrap_or(f64::INFINITY);
        turns.into_iter().map(|turn| turn >= limit).collect()
    }

    /// The share of the held-out examples in which the critic scores the frame at the landmark pose above the same frame
    /// perturbed; if there are no landmarks, above in the canonical pose of the aligned photo.
    ///
    /// # Errors
    /// As the networks.
    pub(super) fn preference(&self, critic: &Discriminator, perturbation: &Perturbation) -> Result<f64> {
        let still = Perturbation { colour: false, ..*perturbation };
        let critic = critic.frozen();
        let (mut preferred, mut all) = (0, 0);
        for batch in self.batches(&still) {
            let batch = batch?;
            let right = if batch.targets.is_some() { batch.right()? } else { batch.params.zeros_like()? };
            let scores = |params: &Tensor| -> Result<Vec<f32>> {
                Ok(critic.forward(&batch.composite(params)?)?.flatten_from(1)?.mean(1)?.to_vec1()?)
            };
            let (right, wrong) = (scores(&right)?, scores(&batch.params)?);
            preferred += right.iter().zip(&wrong).filter(|(right, wrong)| right > wrong).count();
            all += right.len();
        }
        Ok(preferred as f64 / all.max(1) as f64)
    }

    /// Some examples as pictures.
    ///
    /// # Errors
    /// As [`Cascade::new`].
    pub(super) fn rows(&self, stages: usize, weights: &Parameters) -> Result<Vec<Row>> {
        let n = ROWS.min(self.faces);
        let batch = self.batch(0..n, &self.config.validation.perturbation)?;
        let cascade = Cascade::new(&self.config.generator()?, stages, &weights.to_device(&self.device)?)?;
        let mut rows: Vec<Row> = (0..n).map(|_| Row { pictures: Vec::new(), errors: Vec::new() }).collect();
        for params in cascade.forward(&batch.background, &batch.foreground, &batch.params)? {
            let pictures = batch.composite(&params)?.flatten_from(1)?.to_vec2::<f32>()?;
            let errors = batch.targets.as_ref().map(|targets| distances(&params, targets)).transpose()?;
            for (i, (row, picture)) in rows.iter_mut().zip(pictures).enumerate() {
                row.pictures.push(picture);
                row.errors.push(errors.as_ref().map(|e| e[i]));
            }
        }
        Ok(rows)
    }
}

impl Errors {
    fn at(list: &[f64], share: f64) -> f64 {
        match list.len() {
            0 => f64::NAN,
            n => list[((n - 1) as f64 * share).round() as usize],
        }
    }

    pub(super) fn median(&self) -> Vec<f64> {
        self.steps.iter().map(|list| Self::at(list, 0.5)).collect()
    }

    pub(super) fn p95(&self) -> Vec<f64> {
        self.steps.iter().map(|list| Self::at(list, 0.95)).collect()
    }

    pub(super) fn mean(&self) -> Vec<f64> {
        self.steps.iter().map(|list| list.iter().sum::<f64>() / list.len() as f64).collect()
    }

    /// Medians of the tenth of the faces that is turned furthest.
    pub(super) fn turned(&self) -> Vec<f64> {
        self.turned.iter().map(|list| Self::at(list, 0.5)).collect()
    }

    /// The median of a generator that ignores the face.
    pub(super) fn ignorant(&self) -> f64 {
        Self::at(&self.ignorant, 0.5)
    }
}

/// The anchor error of each of a batch's frames.
fn distances(params: &Tensor, targets: &[Anchors]) -> Result<Vec<f64>> {
    let rows = params.to_vec2::<f32>()?;
    let one = |(p, target): (&Vec<f32>, &Anchors)| {
        let back = Homography::exp(&std::array::from_fn(|i| -f64::from(p[i])));
        anchors::error(&anchors::apply(&back, &anchors::FRAME), target)
    };
    Ok(rows.iter().zip(targets).map(one).collect())
}
