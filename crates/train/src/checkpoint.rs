//! A run's state on disk: safetensors files, each written beside its place and renamed, so that no crash leaves half of
//! one; the newest few are kept.

use super::history::History;
use candle_core::Device;
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use stgan::model::Parameters;
use stgan::{Error, Result};

const FORMAT: &str = "stgan-checkpoint";

/// Where a run stands between two iterations.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The leg of the plan, and the iterations of it that are done.
    pub leg: usize,
    pub iteration: usize,
    /// Iterations done in the whole run.
    pub step: usize,
    /// The best score on the validation split so far, and how many stages it is of.
    pub best: Option<(usize, f64)>,
    /// All networks: `stages.*` and `discriminator.*`.
    pub weights: Parameters,
    /// The running average of the generators being trained, where there is one.
    pub average: Parameters,
    /// The moments and steps of the generators' Adam in this leg, and of the critic's.
    pub generators: Option<(Parameters, usize)>,
    pub critic: Option<(Parameters, usize)>,
    pub history: History,
}

/// What tensors of a checkpoint's file are called, before their own names.
const AVERAGE: &str = "average.";
const GENERATORS: &str = "generators.";
const CRITIC: &str = "critic.";
const HISTORY: [&str; 2] = ["history.entries", "history.fresh"];

impl State {
    /// Writes `folder/STEP.safetensors` and removes all but the newest `keep`. `config` is the run's, as TOML.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, folder: &Path, keep: usize, config: &str) -> Result<PathBuf> {
        std::fs::create_dir_all(folder).map_err(|source| io(folder, source))?;
        let path = folder.join(format!("{:09}.safetensors", self.step));
        let mut metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("leg".to_owned(), self.leg.to_string()),
            ("iteration".to_owned(), self.iteration.to_string()),
            ("step".to_owned(), self.step.to_string()),
            ("config".to_owned(), config.to_owned()),
        ]);
        if let Some((stages, score)) = self.best {
            metadata.insert("best_stages".to_owned(), stages.to_string());
            // The bits, since decimals would lose some.
            metadata.insert("best_score".to_owned(), score.to_bits().to_string());
        }
        let mut tensors = self.weights.0.clone();
        let mut put = |prefix: &str, parameters: &Parameters| {
            tensors.extend(parameters.0.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone())));
        };
        put(AVERAGE, &self.average);
        for (prefix, key, moments) in
            [(GENERATORS, "generators_steps", &self.generators), (CRITIC, "critic_steps", &self.critic)]
        {
            if let Some((moments, steps)) = moments {
                put(prefix, moments);
                metadata.insert(key.to_owned(), steps.to_string());
            }
        }
        tensors.extend(HISTORY.into_iter().map(str::to_owned).zip(self.history.to_tensors()?));
        let bytes = safetensors::serialize(&tensors, Some(metadata)).map_err(|e| bad(&path, e.to_string()))?;
        write_atomically(&path, &bytes)?;
        let all = all(folder)?;
        for old in &all[..all.len().saturating_sub(keep)] {
            std::fs::remove_file(old).map_err(|source| io(old, source))?;
        }
        Ok(path)
    }

    /// The newest checkpoint of a folder.
    ///
    /// # Errors
    /// [`Error::Data`] where there is none, or for one that is damaged or of another configuration; [`Error::Io`].
    pub fn load(folder: &Path, config: &str) -> Result<Self> {
        let newest = all(folder)?.pop().ok_or_else(|| bad(folder, "there is no checkpoint to go on from".into()))?;
        Self::read(&newest, config)
    }

    fn read(path: &Path, config: &str) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| io(path, source))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| bad(path, e.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(bad(path, "not a checkpoint of this program".into()));
        }
        if metadata.get("config").map(String::as_str) != Some(config) {
            return Err(bad(path, "it belongs to a run with another configuration".into()));
        }
        let find = |key: &str| metadata.get(key).and_then(|value| value.parse::<u64>().ok());
        let number = |key: &str| {
            find(key).map(|n| n as usize).ok_or_else(|| bad(path, format!("its metadata has no number `{key}`")))
        };
        let mut state = Self {
            leg: number("leg")?,
            iteration: number("iteration")?,
            step: number("step")?,
            best: find("best_stages").zip(find("best_score")).map(|(n, bits)| (n as usize, f64::from_bits(bits))),
            ..Self::default()
        };
        let (mut generators, mut critic) = (Parameters::default(), Parameters::default());
        let mut history = HashMap::new();
        for (name, tensor) in candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)? {
            if HISTORY.contains(&name.as_str()) {
                history.insert(name, tensor);
                continue;
            }
            let parts = [(AVERAGE, &mut state.average), (GENERATORS, &mut generators), (CRITIC, &mut critic)];
            match parts.into_iter().find_map(|(prefix, part)| name.strip_prefix(prefix).map(|rest| (rest, part))) {
                Some((rest, part)) => part.0.insert(rest.to_owned(), tensor),
                None => state.weights.0.insert(name, tensor),
            };
        }
        state.generators = find("generators_steps").map(|steps| (generators, steps as usize));
        state.critic = find("critic_steps").map(|steps| (critic, steps as usize));
        if let [Some(entries), Some(fresh)] = HISTORY.map(|name| history.get(name)) {
            state.history = History::from_tensors([entries, fresh])?;
        }
        Ok(state)
    }
}

/// The checkpoints of a folder, oldest first.
///
/// # Errors
/// [`Error::Io`] where a folder that is there cannot be read.
pub fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(io(folder, source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| io(folder, source))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let numbered = !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_digit());
        if numbered && path.extension().is_some_and(|e| e == "safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
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
