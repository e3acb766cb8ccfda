//! Training of generators and discriminator: regression, pretraining of the discriminator,
//! adversarial training.

mod adversarial;
mod batch;
mod discriminator;
mod examples;
mod export;
mod faces;
mod history;
mod landmark_loss;
mod networks;
mod normalise;
mod plan;
mod regression;
mod source;
mod validation;

pub(crate) use plan::plan;
pub(crate) use source::{ExampleSource, HeldOut, Role, Sampled};

use crate::config::{Config, Intervals, RegressionSettings};
use crate::data::Dataset;
use crate::data::augment::Perturbation;
use crate::report::{GridImage, grid, metrics, plot};
use crate::rooms::{RoomExamples, RoomSamples};
use crate::runner::{
    self, Event, Folder, Job, LandmarkErrors, Phase, RunStart, Score, State, Task, TrainedNetworks, ValidationMetrics,
    ValidationResult, Verdict,
};
use crate::{Error, Result};
use adversarial::AdversarialTask;
use candle_core::Device;
use discriminator::PretrainingTask;
use examples::Examples;
use export::Origin;
use faces::{FaceExamples, HeldOutFaces};
use networks::{DiscriminatorTrainer, GeneratorTrainer, prepare, stages};
use normalise::StageInputs;
use plan::{Objective, PlannedPhase};
use regression::RegressionTask;
use std::path::Path;
use stgan::model::weights::Weights;
use stgan::model::{Generator, Parameters};
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
    let uses_both = config.regression.as_ref().is_some_and(|r| r.with_glasses);
    let faces = dataset.without_glasses.len() + if uses_both { dataset.with_glasses.len() } else { 0 };
    let origin =
        Origin { data: format!("{}: {}", dataset.name, config.data.splits.join(", ")), examples: ("faces", faces) };
    let examples = Box::new(FaceExamples::new(config, dataset)?);
    let held_out = Box::new(HeldOutFaces::new(config, &dataset.validation_without_glasses)?);
    train(config, origin, (examples, held_out), (out, device), start, report)
}

/// Samples of rooms for training and for validation.
#[derive(Debug)]
pub struct RoomData {
    /// Where the samples come from.
    pub name: String,
    /// The samples for training, at least one.
    pub training: RoomSamples,
    /// The samples for validation.
    pub held_out: RoomSamples,
}

/// Trains generators of the task `room`; see [`train_generators`].
///
/// # Errors
/// Those of [`train_generators`], and [`Error::Data`] if there are no samples for training.
pub fn train_room_generators(
    config: &Config,
    data: &RoomData,
    out: &Path,
    start: RunStart<Weights>,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    if data.training.is_empty() {
        return Err(Error::data(Path::new(&data.name), "there are no samples for training"));
    }
    let spec = config.generator()?;
    let origin = Origin { data: data.name.clone(), examples: ("samples", data.training.len()) };
    let rendered = config.discriminator.as_ref().is_none_or(|d| d.reals.rendered);
    let examples = Box::new(RoomExamples::new(&data.training, spec.clone(), rendered));
    let held_out = Box::new(RoomExamples::new(&data.held_out, spec, rendered));
    train(config, origin, (examples, held_out), (out, device), start, report)
}

fn train<'a>(
    config: &'a Config,
    origin: Origin,
    (examples, held_out): (Box<dyn ExampleSource + 'a>, Box<dyn HeldOut + 'a>),
    (out, device): (&Path, &'a Device),
    start: RunStart<Weights>,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let initial = start.initial(|file| {
        check_spec(config, &file)?;
        Ok(file.parameters)
    })?;
    let job = GeneratorRun {
        config,
        origin,
        device,
        plan: plan(config)?,
        examples: Examples::new(config, examples, device)?,
        validation: GeneratorValidation::new(config, held_out, device)?,
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
    origin: Origin,
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
        self.validation.subjects()
    }

    fn begin<'a>(&'a self, phase: usize, state: &mut State) -> Result<Box<dyn Task + 'a>> {
        let planned = &self.plan[phase];
        let is_new = stages(&state.weights) == 0;
        prepare(self.config, planned, &mut state.weights)?;
        Ok(match planned.objective {
            Objective::Regression { settings, optimiser } => {
                let inputs = self.normalise(planned, settings, is_new, state)?;
                Box::new(RegressionTask::new(self, planned, settings, optimiser, inputs, state)?)
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
        export::bytes(self.config, &self.origin, stages, weights).map(Some)
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
        let size = self.config.generator()?.size;
        grid::write(&folder.file("examples.png"), size, &columns, &rows)
    }
}

impl GeneratorRun<'_> {
    /// Normalises the weights of the stage that a regression trains, as the configuration asks for.
    /// Returns what the stage sees, if the regression uses batch normalisation.
    fn normalise(
        &self,
        planned: &PlannedPhase,
        settings: &RegressionSettings,
        is_new: bool,
        state: &mut State,
    ) -> Result<Option<StageInputs>> {
        let (spec, stage) = (self.config.generator()?, planned.stages.start);
        let starts_normalised = self.config.model.normalise && is_new;
        if !starts_normalised && !settings.batch_norm {
            return Ok(None);
        }
        let batch = self.examples.initial(normalise::EXAMPLES, &settings.perturbation)?;
        let on_device = state.weights.to_device(self.device)?;
        let frozen = (0..stage).map(|stage| Generator::new(&spec, stage, &on_device));
        let inputs = StageInputs::new(&batch, &frozen.collect::<stgan::Result<Vec<_>>>()?)?;
        if starts_normalised {
            state.weights = normalise::normalised(&spec, &state.weights, &inputs)?;
        }
        // A checkpoint within the phase has the weights in training.
        if settings.batch_norm && state.iteration == 0 {
            state.weights = normalise::unfolded(&spec, stage, &state.weights, &inputs)?;
        }
        Ok(settings.batch_norm.then_some(inputs))
    }

    /// The share of the held-out cases in which the discriminator prefers the correct placement.
    /// None if no subjects are held out.
    fn preference(&self, discriminator: &DiscriminatorTrainer, perturbation: &Perturbation) -> Result<Option<f64>> {
        match self.validation.subjects() {
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
