//! Checkpoints: the state of a run as safetensors files.
//!
//! A file is written under a temporary name and renamed, so a crash does not leave a partial one.
//! It has a checksum, so a damaged one is not used. Only the newest files are kept.

use super::checksum;
use super::state::{Moments, Score, State};
use crate::files::write_atomically;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use stgan::model::Parameters;

const FORMAT: &str = "stgan-checkpoint-2";
/// The format before checksums. It is still read.
const FORMAT_WITHOUT_CHECKSUM: &str = "stgan-checkpoint";

/// Prefixes of tensor names in a checkpoint. Tensors of networks have no prefix.
const AVERAGE: &str = "average.";
const MOMENTS: &str = "moments.";
const MEMORY: &str = "memory.";

/// The suffix of a metadata key: the name of an optimiser, then this, for the number of its steps.
const STEPS: &str = "_steps";

/// Writes `folder/ITERATION.safetensors` (the iteration of the whole run, nine digits) and removes
/// all checkpoints but the newest `keep`.
///
/// `config` is the configuration of the run as TOML.
///
/// # Errors
/// [`Error::Io`] if a file cannot be written or removed.
pub(super) fn save(state: &State, folder: &Path, keep: usize, config: &str) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder, "created"))?;
    let path = folder.join(format!("{:09}.safetensors", state.run_iteration));
    let mut metadata = HashMap::from([
        ("format".to_owned(), FORMAT.to_owned()),
        ("phase".to_owned(), state.phase.to_string()),
        ("iteration".to_owned(), state.iteration.to_string()),
        ("run_iteration".to_owned(), state.run_iteration.to_string()),
        ("config".to_owned(), config.to_owned()),
        (checksum::KEY.to_owned(), checksum::EMPTY.to_owned()),
    ]);
    if let Some(Score { stages, value }) = state.best {
        metadata.insert("best_stages".to_owned(), stages.to_string());
        // As bits: decimals would not be exact.
        metadata.insert("best_score".to_owned(), value.to_bits().to_string());
    }
    for (name, Moments { steps, .. }) in &state.moments {
        metadata.insert(format!("{name}{STEPS}"), steps.to_string());
    }
    let mut bytes = safetensors::serialize(&tensors(state), Some(metadata))
        .map_err(|error| Error::unreadable(&path, "cannot encode the checkpoint", error))?;
    checksum::seal(&mut bytes);
    write_atomically(&path, &bytes)?;
    let all = all(folder)?;
    for old in &all[..all.len().saturating_sub(keep)] {
        std::fs::remove_file(old).map_err(Error::io(old, "removed"))?;
    }
    Ok(())
}

/// The tensors of a state by their names in the file.
fn tensors(state: &State) -> HashMap<String, Tensor> {
    let prefixed = |prefix: String, parameters: &Parameters| -> Vec<(String, Tensor)> {
        parameters.0.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone())).collect()
    };
    let mut tensors: HashMap<String, Tensor> = prefixed(String::new(), &state.weights).into_iter().collect();
    tensors.extend(prefixed(AVERAGE.into(), &state.average));
    tensors.extend(prefixed(MEMORY.into(), &state.memory));
    for (name, moments) in &state.moments {
        tensors.extend(prefixed(format!("{MOMENTS}{name}."), &moments.tensors));
    }
    tensors
}

/// Loads the newest checkpoint of a folder.
///
/// # Errors
/// [`Error::Data`] if there is no checkpoint, if it has another configuration, or if it is damaged;
/// the message then names the newest one that is not. [`Error::Io`] if it cannot be read.
pub(super) fn load(folder: &Path, config: &str) -> Result<State> {
    let mut paths = all(folder)?;
    let newest = paths
        .pop()
        .ok_or_else(|| Error::data(folder, "there is no checkpoint to resume from; train without --resume"))?;
    let bytes = std::fs::read(&newest).map_err(Error::io(&newest, "read"))?;
    read(&bytes, &newest, config).map_err(|error| match error {
        Error::Data { path, reason, source } if !is_intact(&bytes) => {
            let earlier = paths.iter().rev().find(|path| std::fs::read(path).is_ok_and(|bytes| is_intact(&bytes)));
            let advice = match earlier {
                Some(earlier) => format!("; delete it to continue from {}", earlier.display()),
                None => "; no other checkpoint is intact, so train without --resume in another folder".to_owned(),
            };
            Error::Data { path, reason: reason + &advice, source }
        }
        other => other,
    })
}

/// Whether the bytes are a checkpoint that is not damaged, as far as its checksum says.
fn is_intact(bytes: &[u8]) -> bool {
    format_of(bytes).is_some_and(|format| format == FORMAT_WITHOUT_CHECKSUM) || checksum::is_valid(bytes)
}

fn format_of(bytes: &[u8]) -> Option<String> {
    SafeTensors::read_metadata(bytes).ok()?.1.metadata().as_ref()?.get("format").cloned()
}

/// Reads a checkpoint from the bytes of the file `path`.
///
/// # Errors
/// [`Error::Data`] if it is damaged or belongs to a run with another configuration.
pub(super) fn read(bytes: &[u8], path: &Path, config: &str) -> Result<State> {
    let damaged = |error| Error::unreadable(path, "the checkpoint is damaged", error);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    match metadata.get("format").map(String::as_str) {
        Some(FORMAT_WITHOUT_CHECKSUM) => {}
        Some(FORMAT) if checksum::is_valid(bytes) => {}
        Some(FORMAT) => return Err(Error::data(path, "the checkpoint is damaged: its checksum does not match")),
        _ => return Err(Error::data(path, "this is not a checkpoint of stgan, or it is damaged")),
    }
    if metadata.get("config").map(String::as_str) != Some(config) {
        return Err(Error::data(
            path,
            "the checkpoint belongs to a run with another configuration; resume with the configuration of the run",
        ));
    }
    let find = |key: &str| metadata.get(key).and_then(|value| value.parse::<u64>().ok());
    let number = |key: &str| {
        find(key)
            .map(|n| n as usize)
            .ok_or_else(|| Error::data(path, format!("the checkpoint is damaged: its metadata has no integer `{key}`")))
    };
    let best = find("best_stages").zip(find("best_score"));
    let mut state = State {
        phase: number("phase")?,
        iteration: number("iteration")?,
        run_iteration: number("run_iteration")?,
        best: best.map(|(stages, bits)| Score { stages: stages as usize, value: f64::from_bits(bits) }),
        ..State::default()
    };
    for name in metadata.keys().filter_map(|key| key.strip_suffix(STEPS)) {
        let steps = number(&format!("{name}{STEPS}"))?;
        state.moments.insert(name.to_owned(), Moments { steps, ..Moments::default() });
    }
    let tensors = candle_core::safetensors::load_buffer(bytes, &Device::Cpu);
    for (name, tensor) in tensors.map_err(|error| Error::unreadable(path, "the checkpoint is damaged", error))? {
        let (part, name) = part_of(&mut state, &name);
        part.0.insert(name.to_owned(), tensor);
    }
    Ok(state)
}

/// The part of the state that a tensor of the file belongs to, and its name there.
fn part_of<'a, 'n>(state: &'a mut State, name: &'n str) -> (&'a mut Parameters, &'n str) {
    if let Some(rest) = name.strip_prefix(AVERAGE) {
        return (&mut state.average, rest);
    }
    if let Some(rest) = name.strip_prefix(MEMORY) {
        return (&mut state.memory, rest);
    }
    if let Some((optimiser, rest)) = name.strip_prefix(MOMENTS).and_then(|rest| rest.split_once('.')) {
        return (&mut state.moments.entry(optimiser.to_owned()).or_default().tensors, rest);
    }
    (&mut state.weights, name)
}

/// The checkpoints of a folder, oldest first.
///
/// # Errors
/// [`Error::Io`] if the folder exists and cannot be read.
pub(super) fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, "read")(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(folder, "read"))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let numbered = !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_digit());
        if numbered && path.extension().is_some_and(|e| e == "safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
