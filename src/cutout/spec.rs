//! The sizes of the network that labels product photos, and the file that holds its weights:
//! safetensors, stored as `model::weights` are.
//!
//! Tensors are `cutout.down{1…}.{weight,bias}` (4×4 at stride 2), `cutout.middle.*`,
//! `cutout.up{1…}.*` and `cutout.answer.*` (3×3), all OIHW. The metadata has `format =
//! "stgan-cutout"` and `version`.

use super::network::LABELS;
use crate::model::conv_layer::{self, ConvLayer};
use crate::model::storage::{self, Storage};
use crate::model::{Parameters, TensorSpec};
use crate::network_file::NetworkFile;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of the metadata's `format`.
pub(crate) const FORMAT: &str = "stgan-cutout";
const VERSION: u32 = 1;

/// The network's channels: a U-Net (Ronneberger et al., 2015) with one downward and one upward
/// convolution at each resolution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutoutSpec {
    /// Channels at 1/2, 1/4, … of the input's size: 2 to 6 convolutions of 4×4 at stride 2.
    pub down: Vec<usize>,
    /// Channels on the way up, one fewer: each 3×3 convolution sees the doubled result of the one
    /// before and the downward convolution of that size.
    pub up: Vec<usize>,
}

/// A weights file, read and checked.
#[derive(Clone, Debug)]
pub struct CutoutWeights {
    /// The network's channels.
    pub spec: CutoutSpec,
    /// All tensors, in f32.
    pub parameters: Parameters,
    /// The file's own metadata.
    pub metadata: BTreeMap<String, String>,
}

impl CutoutSpec {
    /// The tensors of the network, in the layout of the weights file.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        conv_layer::tensors(&self.layers())
    }

    /// The layers in order: down, middle, up, answer.
    pub(super) fn layers(&self) -> Vec<ConvLayer> {
        let mut layers = Vec::new();
        let mut push = |name: String, kernel: usize, channels: (usize, usize)| {
            let stride = if kernel == 4 { 2 } else { 1 };
            layers.push(ConvLayer { name: format!("cutout.{name}"), kernel, stride, channels });
        };
        let mut input = 3;
        for (i, &output) in (1..).zip(&self.down) {
            push(format!("down{i}"), 4, (input, output));
            input = output;
        }
        push("middle".to_owned(), 3, (input, input));
        for (i, (&output, beside)) in (1..).zip(self.up.iter().zip(self.down.iter().rev().skip(1))) {
            push(format!("up{i}"), 3, (input + beside, output));
            input = output;
        }
        push("answer".to_owned(), 3, (input + 3, LABELS));
        layers
    }

    /// The input's rows and columns are multiples of this.
    pub fn multiple(&self) -> usize {
        1 << self.down.len()
    }

    /// # Errors
    /// [`Error::Argument`] for sizes that no network can have.
    pub fn validate(&self) -> Result<()> {
        let fits = |channels: &[usize]| channels.iter().all(|c| (1..=1024).contains(c));
        if !(2..=6).contains(&self.down.len()) || !fits(&self.down) {
            return Err(Error::argument(
                "cutout.down",
                format!("{:?}", self.down),
                "2 to 6 layers of 1 to 1024 channels",
            ));
        }
        if self.up.len() + 1 != self.down.len() || !fits(&self.up) {
            let expected = format!("{} layers of 1 to 1024 channels", self.down.len() - 1);
            return Err(Error::argument("cutout.up", format!("{:?}", self.up), expected));
        }
        Ok(())
    }
}

/// Reads a weights file.
///
/// # Errors
/// [`Error::WeightsFormat`] for bytes that are not safetensors, or truncated;
/// [`Error::WeightsMetadata`] for another format or version; [`Error::TensorMissing`],
/// [`Error::TensorShape`], [`Error::TensorType`] and [`Error::TensorNotFinite`] name the tensor and
/// what was expected.
pub fn read(bytes: &[u8]) -> Result<CutoutWeights> {
    let file = NetworkFile::open(bytes, FORMAT, VERSION)?;
    let outputs = |name: String| file.shape(&name).and_then(|shape| shape.first().copied());
    let channels = |part: &str| (1..=6).map_while(|i| outputs(format!("cutout.{part}{i}.weight"))).collect();
    let spec = CutoutSpec { down: channels("down"), up: channels("up") };
    if spec.down.is_empty() {
        let expected = "[channels, 3, 4, 4]".into();
        return Err(Error::TensorMissing { name: "cutout.down1.weight".into(), expected });
    }
    spec.validate()?;
    let parameters = file.parameters(spec.tensors())?;
    Ok(CutoutWeights { spec, parameters, metadata: file.metadata })
}

/// Writes a weights file. The keys `format` and `version` are set, other metadata is kept.
///
/// # Errors
/// As [`crate::model::weights::write`].
pub fn write(file: &CutoutWeights, storage: Storage) -> Result<Vec<u8>> {
    let mut metadata = file.metadata.clone();
    metadata.insert("format".to_owned(), FORMAT.to_owned());
    metadata.insert("version".to_owned(), VERSION.to_string());
    storage::encode(&file.spec.tensors(), &file.parameters, storage, metadata)
}
