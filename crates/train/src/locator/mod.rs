//! Training of a locator: first the detector, then the refiner on the detector's proposals.

mod batches;
mod task;
mod validation;

use crate::Result;
use crate::config::{Intervals, LocatorConfig};
use crate::data::Dataset;
use crate::data::scenes::Scenes;
use crate::runner::{
    self, Event, Job, Phase, RunStart, State, Task, ValidationMetrics, ValidationResult, Verdict, network,
};
use candle_core::Device;
use std::path::Path;
use stgan::internals::locate::{self, LocatorWeights};
use stgan::model::Parameters;
use stgan::model::weights::Storage;
use task::{LocatorTask, NetworkKind};
use validation::LocatorValidation;

/// Trains a locator with the configuration `config` on `dataset` and writes to the folder `out`
/// (see [`Folder`](crate::Folder)).
///
/// Resuming and `report` work as in [`train_generators`](crate::train_generators).
///
/// # Errors
/// Those of [`train_generators`](crate::train_generators).
pub fn train_locator(
    config: &LocatorConfig,
    dataset: &Dataset,
    out: &Path,
    start: RunStart<LocatorWeights>,
    device: &Device,
    report: &mut dyn FnMut(Event) -> bool,
) -> Result<bool> {
    let begin = start.initial(|file| initial(config, file))?;
    let scenes = Scenes::new(dataset, false, &config.locator.scenes, config.seed)?;
    let job = LocatorRun { config, dataset, device, scenes, validation: LocatorValidation::new(config, dataset)? };
    runner::run(&job, out, begin, report)
}

/// The tensors of a weights file that the run trains.
fn initial(config: &LocatorConfig, file: LocatorWeights) -> Result<Parameters> {
    let networks = &config.locator.networks;
    let (name, table) = ("the refiner of the weights to start from", "locator.networks.refiner");
    network::check_network(name, &file.spec.refiner, &networks.refiner, table)?;
    let same_detector = file.spec.detector == networks.detector;
    let is_trained = |name: &str| name.starts_with("refiner.") || same_detector && name.starts_with("detector.");
    Ok(Parameters(file.parameters.0.into_iter().filter(|(name, _)| is_trained(name)).collect()))
}

/// A run that trains the two networks of a locator.
struct LocatorRun<'a> {
    config: &'a LocatorConfig,
    dataset: &'a Dataset,
    device: &'a Device,
    scenes: Scenes,
    validation: LocatorValidation,
}

impl Job for LocatorRun<'_> {
    fn config(&self) -> Result<String> {
        self.config.to_toml()
    }

    fn intervals(&self) -> &Intervals {
        &self.config.intervals
    }

    fn phases(&self) -> Vec<Phase> {
        NetworkKind::ALL.map(|kind| kind.phase(self)).to_vec()
    }

    fn held_out(&self) -> usize {
        self.validation.faces()
    }

    fn begin<'a>(&'a self, phase: usize, state: &mut State) -> Result<Box<dyn Task + 'a>> {
        Ok(Box::new(LocatorTask::new(self, NetworkKind::ALL[phase], state)?))
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

impl LocatorRun<'_> {
    /// The weights file, with a placeholder for the detection threshold.
    fn file(&self, weights: &Parameters) -> Result<LocatorWeights> {
        let (config, dataset) = (self.config, self.dataset);
        let mut metadata = network::metadata("pupils", config.seed, config.to_toml()?);
        let faces = dataset.without_glasses.len() + dataset.with_glasses.len();
        metadata.insert("data".to_owned(), format!("{}: {}", dataset.name, config.data.splits.join(", ")));
        metadata.insert("faces".to_owned(), faces.to_string());
        let spec = config.locator.networks.clone();
        Ok(LocatorWeights { spec, parameters: weights.clone(), threshold: 0.5, metadata })
    }

    fn measure(&self, weights: &Parameters) -> Result<ValidationResult> {
        let measured = self.validation.measure(&self.file(weights)?, &self.config.locator)?;
        let metrics = vec![
            ("found", measured.found.into()),
            ("pupil_error_median", measured.median.into()),
            ("pupil_error_p95", measured.p95.into()),
            ("threshold", measured.threshold.into()),
            ("recall", measured.recall.into()),
        ];
        Ok(ValidationResult {
            metrics,
            summary: ValidationMetrics::Locator(measured),
            score: None,
            verdict: Verdict::Continue,
        })
    }
}
