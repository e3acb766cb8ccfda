//! Validation of generators and discriminator on subjects that are not used for training.

use super::batch::{Batch, stack};
use super::source::HeldOut;
use crate::Result;
use crate::address::{Address, Purpose, rng};
use crate::config::Config;
use crate::data::augment::Perturbation;
use crate::data::pairs::PointPairs;
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use stgan::model::{Cascade, Discriminator, GeneratorSpec, Parameters};

/// Examples per batch.
const BATCH: usize = 32;
/// Rows of an image grid.
const ROWS: usize = 8;

/// The held-out examples.
pub(super) struct GeneratorValidation<'a> {
    config: &'a Config,
    spec: GeneratorSpec,
    held_out: Box<dyn HeldOut + 'a>,
    device: Device,
}

/// Sorted landmark errors in units of the task (inter-pupil distances, diagonals), one list for the
/// initial placement and one for each stage.
pub(super) struct StageErrors {
    by_stage: Vec<Vec<f64>>,
    /// The errors of a generator that ignores the view and leaves the foreground in canonical pose
    /// (p = 0).
    baseline: Vec<f64>,
    /// The errors on the tenth of the subjects with the largest turn, by stage.
    turned: Vec<Vec<f64>>,
}

/// One row of an image grid: a held-out example.
pub(super) struct GridRow {
    /// Composites [3, H, W], planar: as placed and after each stage.
    pub images: Vec<Vec<f32>>,
    /// The landmark error of each composite, if the data has landmarks.
    pub errors: Vec<Option<f64>>,
}

impl<'a> GeneratorValidation<'a> {
    /// # Errors
    /// Those of [`Config::generator`].
    pub(super) fn new(config: &'a Config, held_out: Box<dyn HeldOut + 'a>, device: &Device) -> Result<Self> {
        Ok(Self { config, spec: config.generator()?, held_out, device: device.clone() })
    }

    /// The number of held-out subjects.
    pub(super) fn subjects(&self) -> usize {
        self.held_out.len()
    }

    /// Whether there are held-out subjects and all of them have landmarks.
    pub(super) fn has_landmarks(&self) -> bool {
        self.subjects() > 0 && self.held_out.has_landmarks()
    }

    fn batches(&self, perturbation: &Perturbation) -> impl Iterator<Item = Result<Batch>> {
        let all = self.subjects() * self.config.validation.crops;
        (0..all).step_by(BATCH).map(move |first| self.batch(first..(first + BATCH).min(all), perturbation))
    }

    fn batch(&self, items: std::ops::Range<usize>, perturbation: &Perturbation) -> Result<Batch> {
        let address = |item| Address { purpose: Purpose::Validation, iteration: 0, item };
        let sampled: Vec<_> = items
            .clone()
            .into_par_iter()
            .map(|item| {
                let mut rng = rng(self.config.seed, address(item));
                self.held_out.sample(item % self.subjects(), perturbation, &mut rng)
            })
            .collect::<Result<_>>()?;
        stack(sampled, items.map(address).collect(), &self.spec, &self.device)
    }

    /// The landmark errors of `weights` by stage.
    ///
    /// # Errors
    /// Those of [`Cascade::new`].
    pub(super) fn errors(&self, stages: usize, weights: &Parameters) -> Result<StageErrors> {
        let cascade = Cascade::new(&self.spec, stages, &weights.to_device(&self.device)?)?;
        let empty = || vec![Vec::new(); stages + 1];
        let mut errors = StageErrors { by_stage: empty(), baseline: Vec::new(), turned: empty() };
        let (turned, horizontal) = (self.turned(), self.horizontal());
        for batch in self.batches(&self.config.validation.perturbation) {
            let batch = batch?;
            let Some(targets) = &batch.targets else { continue };
            let all = cascade.forward(&batch.background, &batch.foreground, &batch.params)?;
            for (stage, params) in all.iter().enumerate() {
                let measured = landmark_errors(params, targets, horizontal)?;
                let faces = batch.addresses.iter().map(|address| address.item % self.subjects());
                let of_turned = faces.zip(&measured).filter(|(face, _)| turned[*face]).map(|(_, error)| *error);
                errors.turned[stage].extend(of_turned);
                errors.by_stage[stage].extend(measured);
            }
            errors.baseline.extend(landmark_errors(&batch.params.zeros_like()?, targets, horizontal)?);
        }
        errors
            .by_stage
            .iter_mut()
            .chain(&mut errors.turned)
            .chain([&mut errors.baseline])
            .for_each(|list| list.sort_by(f64::total_cmp));
        Ok(errors)
    }

    /// The weight of the mean horizontal offset in errors, as in losses.
    fn horizontal(&self) -> f64 {
        self.config.examples.horizontal_weight
    }

    /// Whether each subject is among the tenth with the largest turn.
    fn turned(&self) -> Vec<bool> {
        let turns = self.held_out.turns();
        let mut order = turns.clone();
        order.sort_by(f64::total_cmp);
        let limit = order.get((0.9 * turns.len() as f64) as usize).copied().unwrap_or(f64::INFINITY);
        turns.into_iter().map(|turn| turn >= limit).collect()
    }

    /// The share of the held-out examples in which the discriminator scores the right image above
    /// the perturbed composite.
    ///
    /// The right image is the rendered one if the task has one, else the composite at the landmark
    /// pose. Without landmarks, the canonical pose of the aligned photo takes its place.
    ///
    /// # Errors
    /// Those of the networks.
    pub(super) fn preference(&self, discriminator: &Discriminator, perturbation: &Perturbation) -> Result<f64> {
        let geometric = Perturbation { colour: false, ..*perturbation };
        let discriminator = discriminator.frozen();
        let (mut preferred, mut all) = (0, 0);
        for batch in self.batches(&geometric) {
            let batch = batch?;
            let right = match (&batch.reals, &batch.targets) {
                (Some(reals), _) => reals.clone(),
                (None, Some(_)) => batch.composite(&batch.landmark_params()?)?,
                (None, None) => batch.composite(&batch.params.zeros_like()?)?,
            };
            let scores = |images: &Tensor| -> Result<Vec<f32>> {
                Ok(discriminator.forward(images)?.flatten_from(1)?.mean(1)?.to_vec1()?)
            };
            let (right, wrong) = (scores(&right)?, scores(&batch.composite(&batch.params)?)?);
            preferred += right.iter().zip(&wrong).filter(|(right, wrong)| right > wrong).count();
            all += right.len();
        }
        Ok(preferred as f64 / all.max(1) as f64)
    }

    /// The first examples as rows of an image grid.
    ///
    /// # Errors
    /// Those of [`Cascade::new`].
    pub(super) fn grid_rows(&self, stages: usize, weights: &Parameters) -> Result<Vec<GridRow>> {
        let n = ROWS.min(self.subjects());
        let batch = self.batch(0..n, &self.config.validation.perturbation)?;
        let cascade = Cascade::new(&self.spec, stages, &weights.to_device(&self.device)?)?;
        let mut rows: Vec<GridRow> = (0..n).map(|_| GridRow { images: Vec::new(), errors: Vec::new() }).collect();
        for params in cascade.forward(&batch.background, &batch.foreground, &batch.params)? {
            let images = batch.composite(&params)?.flatten_from(1)?.to_vec2::<f32>()?;
            let errors = batch
                .targets
                .as_ref()
                .map(|targets| landmark_errors(&params, targets, self.horizontal()))
                .transpose()?;
            for (i, (row, image)) in rows.iter_mut().zip(images).enumerate() {
                row.images.push(image);
                row.errors.push(errors.as_ref().map(|e| e[i]));
            }
        }
        Ok(rows)
    }
}

impl StageErrors {
    fn quantile(list: &[f64], share: f64) -> f64 {
        match list.len() {
            0 => f64::NAN,
            n => list[((n - 1) as f64 * share).round() as usize],
        }
    }

    pub(super) fn median(&self) -> Vec<f64> {
        self.by_stage.iter().map(|list| Self::quantile(list, 0.5)).collect()
    }

    pub(super) fn p95(&self) -> Vec<f64> {
        self.by_stage.iter().map(|list| Self::quantile(list, 0.95)).collect()
    }

    pub(super) fn mean(&self) -> Vec<f64> {
        self.by_stage.iter().map(|list| list.iter().sum::<f64>() / list.len() as f64).collect()
    }

    /// The medians on the tenth of the faces with the largest turn.
    pub(super) fn turned(&self) -> Vec<f64> {
        self.turned.iter().map(|list| Self::quantile(list, 0.5)).collect()
    }

    /// The median error of a generator that ignores the view.
    pub(super) fn baseline(&self) -> f64 {
        Self::quantile(&self.baseline, 0.5)
    }
}

/// The landmark error of each example of a batch.
fn landmark_errors(params: &Tensor, targets: &[PointPairs], horizontal: f64) -> Result<Vec<f64>> {
    let rows = params.to_vec2::<f32>()?;
    let one = |(p, pairs): (&Vec<f32>, &PointPairs)| pairs.error(&std::array::from_fn(|i| f64::from(p[i])), horizontal);
    Ok(rows.iter().zip(targets).map(one).collect())
}
