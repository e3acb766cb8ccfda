//! Training a locator: the detector first, then the refiner on what the detector takes for faces.

mod batches;
mod task;
mod validation;

use crate::Result;
use crate::config::{Intervals, LocatorConfig};
use crate::data::Dataset;
use crate::data::scenes::Scenes;
use crate::runner::{self, Begin, Event, Job, Leg, Measured, State, Task, Validated, Verdict};
use candle_core::Device;
use std::collections::BTreeMap;
use std::path::Path;
use stgan::internals::locate::{self, LocatorWeights};
use stgan::model::Parameters;
use stgan::model::weights::Storage;
use task::{NetworkTask, Part};
use validation::Validation;

/// Trains a locator as `config` says on `dataset`, into the folder `out` (see [`Folder`](crate::Folder)), from random weights
/// or, with `resume`, from the folder's newest checkpoint. As with [`train_generators`](crate::train_generators), a resumed run
/// is the same run, and `report` says whether to go on.
///
/// # Errors
/// The same as [`train_generators`](crate::train_generators).
pub fn train_locator(
    config: &LocatorConfig,
    dataset: &Dataset,
    out: &Path,
    resume: bool,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let begin = if resume { Begin::Resume } else { Begin::With(Parameters::default()) };
    let scenes = Scenes::new(dataset, false, &config.locator.scenes, config.seed)?;
    let job = Locators { config, dataset, device, scenes, validation: Validation::new(config, dataset)? };
    runner::run(&job, out, begin, report)
}

/// The two networks of a locator.
struct Locators<'a> {
    config: &'a LocatorConfig,
    dataset: &'a Dataset,
    device: &'a Device,
    scenes: Scenes,
    validation: Validation,
}

impl Job for Locators<'_> {
    fn config(&self) -> Result<String> {
        self.config.to_toml()
    }

    fn intervals(&self) -> &Intervals {
        &self.config.intervals
    }

    fn legs(&self) -> Vec<Leg> {
        Part::ALL.map(|part| part.leg(self)).to_vec()
    }

    fn held_out(&self) -> usize {
        self.validation.faces()
    }

    fn begin<'a>(&'a self, leg: usize, state: &mut State) -> Result<Box<dyn Task + 'a>> {
        Ok(Box::new(NetworkTask::new(self, Part::ALL[leg], state)?))
    }

    fn weights_file(&self) -> &'static str {
        "locator.safetensors"
    }

    fn export(&self, weights: &Parameters) -> Result<Option<Vec<u8>>> {
        if !weights.0.contains_key("refiner.answer.bias") {
            return Ok(None);
        }
        let mut weights = self.file(weights)?;
        weights.threshold = self.validation.measure(&weights, &self.config.locator)?.threshold;
        Ok(Some(locate::write(&weights, Storage::F16)?))
    }
}

impl Locators<'_> {
    /// What becomes the weights file, without the threshold that they ask for.
    fn file(&self, weights: &Parameters) -> Result<LocatorWeights> {
        let (config, dataset) = (self.config, self.dataset);
        let metadata = BTreeMap::from([
            ("task".to_owned(), "pupils".to_owned()),
            ("data".to_owned(), format!("{}: {}", dataset.name, config.data.splits.join(", "))),
            ("faces".to_owned(), (dataset.bare.len() + dataset.wearers.len()).to_string()),
            ("command".to_owned(), format!("stgan train, seed {}", config.seed)),
            ("config".to_owned(), config.to_toml()?),
        ]);
        let spec = config.locator.networks.clone();
        Ok(LocatorWeights { spec, parameters: weights.clone(), threshold: 0.5, metadata })
    }

    fn measure(&self, weights: &Parameters) -> Result<Validated> {
        let measured = self.validation.measure(&self.file(weights)?, &self.config.locator)?;
        let figures = vec![
            ("found", measured.found.into()),
            ("eyes_median", measured.median.into()),
            ("eyes_p95", measured.p95.into()),
            ("threshold", measured.threshold.into()),
            ("recall", measured.recall.into()),
        ];
        Ok(Validated { figures, measured: Measured::Locator(measured), score: None, verdict: Verdict::GoOn })
    }
}
