//! Weights files of the networks beside the generators: safetensors with a `format` and a `version`
//! in the metadata.

use crate::model::storage;
use crate::model::{Parameters, TensorSpec};
use crate::{Error, Result};
use safetensors::SafeTensors;
use std::collections::BTreeMap;

/// A weights file whose format and version have been checked, but not its tensors.
pub(crate) struct NetworkFile<'a> {
    pub metadata: BTreeMap<String, String>,
    tensors: SafeTensors<'a>,
}

impl<'a> NetworkFile<'a> {
    /// Reads the header of a file of format `format` and of versions 1 to `newest`.
    ///
    /// # Errors
    /// [`Error::WeightsFormat`] for bytes that are not a complete safetensors file, and
    /// [`Error::WeightsMetadata`] for another format or version.
    pub(crate) fn open(bytes: &'a [u8], format: &str, newest: u32) -> Result<Self> {
        let unreadable = |error: safetensors::SafeTensorError| Error::WeightsFormat(error.into());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
        let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        let file = Self { metadata, tensors: SafeTensors::deserialize(bytes).map_err(unreadable)? };
        if file.metadata.get("format").map(String::as_str) != Some(format) {
            return Err(file.invalid("format", format!("expected {format:?}")));
        }
        let version = file.metadata.get("version").and_then(|value| value.parse().ok());
        if !version.is_some_and(|version| (1..=newest).contains(&version)) {
            let versions = if newest == 1 { "version 1".to_owned() } else { format!("versions 1 to {newest}") };
            return Err(file.invalid("version", format!("this release reads {versions}")));
        }
        Ok(file)
    }

    /// The error of a metadata key with an invalid value.
    pub(crate) fn invalid(&self, key: &str, expected: impl Into<String>) -> Error {
        let value = self.metadata.get(key).cloned().unwrap_or_default();
        Error::WeightsMetadata { key: key.into(), value, expected: expected.into() }
    }

    /// The number that a metadata key holds.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.metadata.get(key).and_then(|value| value.parse().ok())
    }

    /// The shape of a tensor; `None` if the file lacks it.
    pub(crate) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.tensor(name).ok().map(|view| view.shape().to_vec())
    }

    /// Reads tensors as f32.
    ///
    /// # Errors
    /// [`Error::TensorMissing`], [`Error::TensorShape`], [`Error::TensorType`] and
    /// [`Error::TensorNotFinite`] for an invalid tensor.
    pub(crate) fn parameters(&self, specs: Vec<TensorSpec>) -> Result<Parameters> {
        let read = |spec: TensorSpec| {
            let (values, _) = storage::tensor(&self.tensors, &spec)?;
            Ok((spec.name, values))
        };
        Ok(Parameters(specs.into_iter().map(read).collect::<Result<_>>()?))
    }
}
