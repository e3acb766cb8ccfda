//! Training generators and their critic: regression, the critic alone, the game of both.

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
    self, AnchorErrors, Begin, Event, Folder, Job, Leg, Measured, Optimised, Score, State, Task, Validated, Verdict,
};
use crate::{Error, Result};
use adversarial::GameTask;
use candle_core::Device;
use discriminator::CriticTask;
use examples::Examples;
use networks::{CriticPlayer, Generators, prepare, stages};
use plan::{Lesson, Part};
use regression::RegressionTask;
use std::path::Path;
use stgan::model::Parameters;
use stgan::model::weights::Weights;
use validation::Validation;

/// What a run begins with.
#[derive(Debug)]
pub enum Start {
    /// Random weights.
    Afresh,
    /// A weights file: its stages and, if it has one, its critic. Stages beyond it start as a copy of its last.
    From(Box<Weights>),
    /// The folder's newest checkpoint.
    Resume,
}

/// Trains as `config` says on `dataset`, into the folder `out` (see [`Folder`]).
///
/// A resumed run gives the same numbers as an uninterrupted one, bit for bit on the CPU on as many threads. `report` hears of
/// progress and says whether to go on; if it says no, a checkpoint is written and `false` returned.
///
/// # Errors
/// [`Error::Argument`] for weights that do not fit the configuration, [`Error::Data`] and [`Error::Io`] for what cannot be
/// read or written, [`Error::Diverged`] if a loss or a gradient stops being finite or the game leaves its bounds (the last
/// checkpoint stands).
pub fn train_generators(
    config: &Config,
    dataset: &Dataset,
    out: &Path,
    start: Start,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let begin = match start {
        Start::Afresh => Begin::With(Parameters::default()),
        Start::From(file) => {
            fits(config, &file)?;
            Begin::With(file.parameters)
        }
        Start::Resume => Begin::Resume,
    };
    let job = Cascades {
        config,
        dataset,
        device,
        parts: plan(config)?,
        examples: Examples::new(config, dataset, device)?,
        validation: Validation::new(config, &dataset.validation, device)?,
    };
    runner::run(&job, out, begin, report)
}

fn fits(config: &Config, file: &Weights) -> Result<()> {
    let (spec, stages) = (config.generator()?, config.model.stages);
    if file.spec != spec || file.stages > stages {
        return Err(Error::Argument {
            name: "weights to start from",
            value: format!("{} stages of {:?}", file.stages, file.spec),
            expected: format!("at most {stages} stages of {spec:?}"),
        });
    }
    Ok(())
}

/// A cascade of generators, with or without a critic.
struct Cascades<'a> {
    config: &'a Config,
    dataset: &'a Dataset,
    device: &'a Device,
    parts: Vec<Part<'a>>,
    examples: Examples<'a>,
    validation: Validation<'a>,
}

/// The generators' optimiser in checkpoints.
const NAME: &str = "generators";

/// Generators as the runner sees them.
fn optimised(generators: &Generators, rate: f64, average: f64) -> Optimised<'_> {
    let rate = ("learning_rate", rate);
    Optimised { name: NAME, adam: &generators.adam, rate, average, carries_on: false }
}

impl Job for Cascades<'_> {
    fn config(&self) -> Result<String> {
        self.config.to_toml()
    }

    fn intervals(&self) -> &Intervals {
        &self.config.intervals
    }

    fn legs(&self) -> Vec<Leg> {
        self.parts.iter().map(|part| part.leg).collect()
    }

    fn held_out(&self) -> usize {
        self.validation.faces()
    }

    fn begin<'a>(&'a self, leg: usize, state: &mut State) -> Result<Box<dyn Task + 'a>> {
        let part = &self.parts[leg];
        prepare(self.config, part, &mut state.weights)?;
        Ok(match part.lesson {
            Lesson::Regression { settings, optimiser } => {
                Box::new(RegressionTask::new(self, part, settings, optimiser, state)?)
            }
            Lesson::Critic { settings, discriminator } => {
                Box::new(CriticTask::new(self, part, settings, discriminator, state)?)
            }
            Lesson::Game(game) => Box::new(GameTask::new(self, part, game, state)?),
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
        let worn = self.config.regression.as_ref().is_some_and(|r| r.wearers);
        let faces = self.dataset.bare.len() + if worn { self.dataset.wearers.len() } else { 0 };
        export::bytes(self.config, &self.dataset.name, faces, stages, weights).map(Some)
    }

    fn draw(&self, folder: &Folder, weights: &Parameters) -> Result<()> {
        plot::write(folder.path(), &metrics::read(&folder.file("metrics.jsonl"))?)?;
        let stages = stages(weights);
        if stages == 0 {
            return Ok(());
        }
        let rows = self.validation.rows(stages, weights)?;
        let picture = |(planes, error)| GridImage { planes, error };
        let rows: Vec<Vec<GridImage>> =
            rows.into_iter().map(|row| row.pictures.into_iter().zip(row.errors).map(picture).collect()).collect();
        let names: Vec<String> = (1..=stages).map(|stage| format!("stage {stage}")).collect();
        let columns: Vec<&str> = std::iter::once("as placed").chain(names.iter().map(String::as_str)).collect();
        grid::write(&folder.file("examples.png"), self.config.model.size, &columns, &rows)
    }
}

impl Cascades<'_> {
    /// The share of the held-out cases in which the critic prefers the right placement; none if nobody is held out.
    fn preference(&self, critic: &CriticPlayer, perturbation: &Perturbation) -> Result<Option<f64>> {
        match self.validation.faces() {
            0 => Ok(None),
            _ => self.validation.preference(&critic.network, perturbation).map(Some),
        }
    }

    /// How far off the generators are, if there are any and landmarks to tell.
    fn measure(&self, weights: &Parameters, preference: Option<f64>) -> Result<Validated> {
        let mut figures: Vec<(&'static str, serde_json::Value)> = Vec::new();
        figures.extend(preference.map(|preference| ("preference", preference.into())));
        let stages = stages(weights);
        if stages == 0 || !self.validation.has_landmarks() {
            let measured = Measured::Cascade { errors: None, preference };
            return Ok(Validated { figures, measured, score: None, verdict: Verdict::GoOn });
        }
        let found = self.validation.errors(stages, weights)?;
        let errors = AnchorErrors { median: found.median(), p95: found.p95(), ignorant: found.ignorant() };
        figures.extend([
            ("median", errors.median.clone().into()),
            ("p95", errors.p95.clone().into()),
            ("mean", found.mean().into()),
            ("turned", found.turned().into()),
            ("ignorant", errors.ignorant.into()),
        ]);
        let score = Score { stages, value: errors.median[stages] + errors.p95[stages] };
        let measured = Measured::Cascade { errors: Some(errors), preference };
        Ok(Validated { figures, measured, score: Some(score), verdict: Verdict::GoOn })
    }
}
