//! A run's state on disk: one safetensors file, written beside and renamed, so that no crash leaves half of it.

use super::Config;
use crate::model::Parameters;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::Path;

const FORMAT: &str = "stgan-checkpoint";

/// Where a run stands between two iterations.
pub struct Checkpoint {
    /// The stage being trained, and the iterations of it that are done.
    pub stage: usize,
    pub iteration: usize,
    /// The stage's best score on the validation split so far.
    pub best: f64,
    /// The weights of finished stages and of the one being trained.
    pub weights: Parameters,
    /// Adam's moments and steps.
    pub moments: Parameters,
    pub steps: usize,
}

impl Checkpoint {
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path, config: &Config) -> Result<()> {
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("stage".to_owned(), self.stage.to_string()),
            ("iteration".to_owned(), self.iteration.to_string()),
            ("best".to_owned(), self.best.to_string()),
            ("steps".to_owned(), self.steps.to_string()),
            ("config".to_owned(), config.to_toml()?),
        ]);
        let tensors = self.weights.0.iter().chain(&self.moments.0);
        let bytes = safetensors::serialize(tensors, Some(metadata)).map_err(|e| bad(path, e.to_string()))?;
        write_atomically(path, &bytes)
    }

    /// # Errors
    /// [`Error::Io`] where there is none, [`Error::Data`] for one that is damaged or of another configuration.
    pub fn load(path: &Path, config: &Config) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(path, e.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(bad(path, "not a checkpoint of this program".into()));
        }
        if metadata.get("config") != Some(&config.to_toml()?) {
            return Err(bad(path, "it belongs to a run with another configuration".into()));
        }
        let number = |key: &str| {
            let value = metadata.get(key).and_then(|v| v.parse::<usize>().ok());
            value.ok_or_else(|| bad(path, format!("its metadata has no number `{key}`")))
        };
        let (mut weights, mut moments) = (Parameters::default(), Parameters::default());
        for (name, tensor) in candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)? {
            let tensor: Tensor = tensor;
            if name.starts_with("adam.") { &mut moments } else { &mut weights }.0.insert(name, tensor);
        }
        let best = metadata.get("best").and_then(|value| value.parse().ok()).unwrap_or(f64::INFINITY);
        let (stage, iteration, steps) = (number("stage")?, number("iteration")?, number("steps")?);
        Ok(Self { stage, iteration, best, steps, weights, moments })
    }
}

/// Writes a file beside its place and renames it: what is there is always whole.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("partial");
    std::fs::write(&beside, bytes).map_err(|source| io(&beside, source))?;
    std::fs::rename(&beside, path).map_err(|source| io(path, source))
}

pub(super) fn io(path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.display().to_string(), source }
}

fn bad(path: &Path, reason: String) -> Error {
    Error::Data { path: path.display().to_string(), reason }
}
