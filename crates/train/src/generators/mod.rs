//! Training of generators and discriminator: regression, pretraining of the discriminator,
//! adversarial training.

mod adversarial;
mod batch;
mod discriminator;
mod examples;
mod export;
mod history;
mod landmark_loss;
mod networks;
mod plan;
mod regression;
mod validation;

pub(crate) use plan::plan;

use crate::config::{Config, Intervals};
use crate::data::Dataset;
use crate::data::augment::Perturbation;
use crate::report::{GridImage, grid, metrics, plot};
use crate::runner::{
    self, Event, Folder, Job, LandmarkErrors, Phase, RunStart, Score, State, Task, TrainedNetworks, ValidationMetrics,
    ValidationResult, Verdict,
};
use crate::{Error, Result};
use adversarial::AdversarialTask;
use candle_core::Device;
use discriminator::PretrainingTask;
use examples::Examples;
use networks::{DiscriminatorTrainer, GeneratorTrainer, prepare, stages};
use plan::{Objective, PlannedPhase};
use regression::RegressionTask;
use std::path::Path;
use stgan::model::Parameters;
use stgan::model::weights::Weights;
use validation::GeneratorValidation;

/// Trains generators with the configuration `config` on `dataset` and writes to the folder `out`
/// (see [`Folder`]).
///
/// A resumed run gives the same weights as an uninterrupted one: bit for bit on the CPU, with the
/// same number of threads. `report` is called with each [`Event`] and returns whether to continue.
/// If it returns `false`, a checkpoint is written and the result is `Ok(false)`.
///
/// # Errors
/// - [`Error::Argument`] if the weights to start from do not match the configuration
/// - [`Error::Data`] and [`Error::Io`] if a file cannot be read or written
/// - [`Error::Diverged`] if a loss or gradient is not finite, or if an adversarial phase exceeds
///   its bounds; the last checkpoint remains
pub fn train_generators(
    config: &Config,
    dataset: &Dataset,
    out: &Path,
    start: RunStart<Weights>,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let initial = start.initial(|file| {
        check_spec(config, &file)?;
        Ok(file.parameters)
    })?;
    let job = GeneratorRun {
        config,
        dataset,
        device,
        plan: plan(config)?,
        examples: Examples::new(config, dataset, device)?,
        validation: GeneratorValidation::new(config, &dataset.validation_without_glasses, device)?,
    };
    runner::run(&job, out, initial, report)
}

fn check_spec(config: &Config, file: &Weights) -> Result<()> {
    let (spec, stages) = (config.generator()?, config.model.stages);
    if file.spec != spec || file.stages > stages {
        return Err(Error::Argument {
            name: "the model of the weights to start from",
            value: format!("{} stages of {:?}", file.stages, file.spec),
            expected: format!("at most {stages} stages of {spec:?}, as in [model]"),
        });
    }
    Ok(())
}

/// A run that trains a cascade of generators, with or without a discriminator.
struct GeneratorRun<'a> {
    config: &'a Config,
    dataset: &'a Dataset,
    device: &'a Device,
    plan: Vec<PlannedPhase<'a>>,
    examples: Examples<'a>,
    validation: GeneratorValidation<'a>,
}

/// The name of the generators' optimiser in checkpoints.
const NAME: &str = "generators";

/// The generators in the form that the runner expects.
fn trained_networks(generators: &GeneratorTrainer, rate: f64, ema_decay: f64) -> TrainedNetworks<'_> {
    let rate = ("learning_rate", rate);
    TrainedNetworks { name: NAME, adam: &generators.adam, rate, ema_decay, keeps_moments: false }
}

impl Job for GeneratorRun<'_> {
    fn config(&self) -> Result<String> {
        self.config.to_toml()
    }

    fn intervals(&self) -> &Intervals {
        &self.config.intervals
    }

    fn phases(&self) -> Vec<Phase> {
        self.plan.iter().map(|planned| planned.phase).collect()
    }

    fn held_out(&self) -> usize {
        self.validation.faces()
    }

    fn begin<'a>(&'a self, phase: usize, state: &mut State) -> Result<Box<dyn Task + 'a>> {
        let planned = &self.plan[phase];
        prepare(self.config, planned, &mut state.weights)?;
        Ok(match planned.objective {
            Objective::Regression { settings, optimiser } => {
                Box::new(RegressionTask::new(self, planned, settings, optimiser, state)?)
            }
            Objective::Pretraining { settings, discriminator } => {
                Box::new(PretrainingTask::new(self, planned, settings, discriminator, state)?)
            }
            Objective::Adversarial(objective) => Box::new(AdversarialTask::new(self, planned, objective, state)?),
        })
    }

    fn weights_file(&self) -> &'static str {
        "weights.safetensors"
    }

    fn export(&self, weights: &Parameters) -> Result<Option<Vec<u8>>> {
        let stages = stages(weights);
        if stages == 0 {
            return Ok(None);
        }
        let uses_both = self.config.regression.as_ref().is_some_and(|r| r.with_glasses);
        let faces = self.dataset.without_glasses.len() + if uses_both { self.dataset.with_glasses.len() } else { 0 };
        export::bytes(self.config, &self.dataset.name, faces, stages, weights).map(Some)
    }

    fn draw(&self, folder: &Folder, weights: &Parameters) -> Result<()> {
        plot::write(folder.path(), &metrics::read(&folder.file("metrics.jsonl"))?)?;
        let stages = stages(weights);
        if stages == 0 {
            return Ok(());
        }
        let rows = self.validation.grid_rows(stages, weights)?;
        let image = |(planes, error)| GridImage { planes, error };
        let rows: Vec<Vec<GridImage>> =
            rows.into_iter().map(|row| row.images.into_iter().zip(row.errors).map(image).collect()).collect();
        let names: Vec<String> = (1..=stages).map(|stage| format!("stage {stage}")).collect();
        let columns: Vec<&str> = std::iter::once("as placed").chain(names.iter().map(String::as_str)).collect();
        grid::write(&folder.file("examples.png"), self.config.model.size, &columns, &rows)
    }
}

impl GeneratorRun<'_> {
    /// The share of the held-out cases in which the discriminator prefers the correct placement.
    /// None if no faces are held out.
    fn preference(&self, discriminator: &DiscriminatorTrainer, perturbation: &Perturbation) -> Result<Option<f64>> {
        match self.validation.faces() {
            0 => Ok(None),
            _ => self.validation.preference(&discriminator.network, perturbation).map(Some),
        }
    }

    /// The landmark errors of the generators, if `weights` has generators and the data has
    /// landmarks.
    fn measure(&self, weights: &Parameters, preference: Option<f64>) -> Result<ValidationResult> {
        let mut metrics: Vec<(&'static str, serde_json::Value)> = Vec::new();
        metrics.extend(preference.map(|preference| ("preference", preference.into())));
        let stages = stages(weights);
        if stages == 0 || !self.validation.has_landmarks() {
            let summary = ValidationMetrics::Cascade { errors: None, preference };
            return Ok(ValidationResult { metrics, summary, score: None, verdict: Verdict::Continue });
        }
        let measured = self.validation.errors(stages, weights)?;
        let errors = LandmarkErrors { median: measured.median(), p95: measured.p95(), baseline: measured.baseline() };
        metrics.extend([
            ("median", errors.median.clone().into()),
            ("p95", errors.p95.clone().into()),
            ("mean", measured.mean().into()),
            ("turned", measured.turned().into()),
            ("baseline", errors.baseline.into()),
        ]);
        let score = Score { stages, value: errors.median[stages] + errors.p95[stages] };
        let summary = ValidationMetrics::Cascade { errors: Some(errors), preference };
        Ok(ValidationResult { metrics, summary, score: Some(score), verdict: Verdict::Continue })
    }
}
