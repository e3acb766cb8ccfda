//! The architecture of the locator's networks, and their weights file: safetensors, with the
//! storage types of `model::weights`.
//!
//! Tensors, all convolutions in OIHW:
//!
//! - `detector.conv{1…}.{weight,bias}`: 4×4 at stride 2 or 3×3 at stride 1.
//! - `detector.answer.*`: 1×1.
//! - Instead of `detector.*`: `blazeface.*`, see `super::blazeface`.
//! - `refiner.conv{1…}.*`: 4×4 at stride 2.
//! - `refiner.hidden.*`: over the whole remaining feature map.
//! - `refiner.answer.*`: 1×1. Its outputs are the score and the pupils, with attributes also those
//!   of `FaceAttributes`.
//!
//! Metadata: `format` ("stgan-locator"), `version`, `size` (of the refiner's view) and `threshold`.

use super::FaceAttributes;
use super::blazeface;
use super::detector::OUTPUTS;
use super::network::Network;
use crate::model::conv_layer::{ConvLayer, tensors};
use crate::model::storage::{self, Storage};
use crate::model::{Parameters, TensorSpec};
use crate::network_file::NetworkFile;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of the metadata key `format`.
pub(crate) const FORMAT: &str = "stgan-locator";
/// The version that [`write()`] writes, and the newest that [`read()`] accepts.
const VERSION: u32 = 1;

/// The architecture of the detector: a stack of convolutions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorSpec {
    /// [kernel, output channels] of each layer. Kernels are 4 (at stride 2) or 3 (at stride 1);
    /// exactly three are 4, so that a cell is 8×8 pixels. In a weights file, no layers mean that
    /// the file has BlazeFace instead, which cannot be trained.
    pub layers: Vec<[usize; 2]>,
}

/// The architecture of the refiner: 4×4 convolutions at stride 2, then one fully connected hidden
/// layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefinerSpec {
    /// The side of the view, in pixels, 16 to 256.
    pub size: usize,
    /// The output channels of each convolution.
    pub channels: Vec<usize>,
    /// The number of hidden units.
    pub hidden: usize,
    /// Whether the network tells the attributes of a face too
    /// ([`FaceAttributes`](super::FaceAttributes)). Default: `false`.
    #[serde(default)]
    pub attributes: bool,
}

/// The architecture of both networks of a locator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorSpec {
    /// The network that scans the whole photo.
    pub detector: DetectorSpec,
    /// The network that reads one candidate.
    pub refiner: RefinerSpec,
}

/// The validated contents of a locator's weights file.
#[derive(Clone, Debug)]
pub struct LocatorWeights {
    /// The architecture of both networks.
    pub spec: LocatorSpec,
    /// All tensors, in f32.
    pub parameters: Parameters,
    /// The detection threshold: the minimum score of a face, 0 to 1.
    pub threshold: f64,
    /// The metadata of the file.
    pub metadata: BTreeMap<String, String>,
}

impl DetectorSpec {
    /// Whether the detector is BlazeFace.
    pub(super) fn is_blazeface(&self) -> bool {
        self.layers.is_empty()
    }

    pub(super) fn layers(&self) -> Vec<ConvLayer> {
        let mut input = 3;
        let mut layers = Vec::new();
        for (i, &[kernel, output]) in (1..).zip(&self.layers) {
            let stride = if kernel == 4 { 2 } else { 1 };
            layers.push(ConvLayer { name: format!("detector.conv{i}"), kernel, stride, channels: (input, output) });
            input = output;
        }
        layers.push(ConvLayer { name: "detector.answer".into(), kernel: 1, stride: 1, channels: (input, OUTPUTS) });
        layers
    }

    /// The tensors of the network, in the layout of the weights file.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        if self.is_blazeface() { blazeface::tensors() } else { tensors(&self.layers()) }
    }

    /// Builds the network for training.
    ///
    /// # Errors
    /// The errors of [`Parameters::get`].
    pub fn network(&self, parameters: &Parameters) -> Result<Network> {
        Network::new(&self.layers(), parameters)
    }
}

impl DetectorSpec {
    fn validate(&self) -> Result<()> {
        let bad = |expected: &str| Err(Error::argument("detector.layers", format!("{:?}", self.layers), expected));
        let fits = |&[kernel, channels]: &[usize; 2]| matches!(kernel, 3 | 4) && (1..=1024).contains(&channels);
        if self.layers.len() > 16 || !self.layers.iter().all(fits) {
            return bad("at most 16 layers of [kernel, channels], with kernel 3 or 4 and 1 to 1024 channels");
        }
        if self.layers.iter().filter(|layer| layer[0] == 4).count() != 3 {
            return bad("exactly three layers with kernel 4, so that a cell is 8×8 pixels");
        }
        Ok(())
    }
}

impl RefinerSpec {
    fn validate(&self) -> Result<()> {
        let bad = |name: &'static str, value: String, expected: &str| Err(Error::argument(name, value, expected));
        if !(16..=256).contains(&self.size) {
            return bad("refiner.size", self.size.to_string(), "16 to 256 pixels");
        }
        let channels = |c: &usize| (1..=1024).contains(c);
        if !(1..=6).contains(&self.channels.len()) || !self.channels.iter().all(channels) {
            return bad("refiner.channels", format!("{:?}", self.channels), "1 to 6 layers of 1 to 1024 channels");
        }
        if !(1..=1024).contains(&self.hidden) {
            return bad("refiner.hidden", self.hidden.to_string(), "1 to 1024");
        }
        Ok(())
    }

    pub(super) fn layers(&self) -> Vec<ConvLayer> {
        let (mut input, mut left) = (3, self.size);
        let mut layers = Vec::new();
        for (i, &output) in (1..).zip(&self.channels) {
            layers.push(ConvLayer {
                name: format!("refiner.conv{i}"),
                kernel: 4,
                stride: 2,
                channels: (input, output),
            });
            (input, left) = (output, left.div_ceil(2));
        }
        let channels = (input, self.hidden);
        layers.push(ConvLayer { name: "refiner.hidden".into(), kernel: left, stride: left, channels });
        let channels = (self.hidden, OUTPUTS + if self.attributes { FaceAttributes::OUTPUTS } else { 0 });
        layers.push(ConvLayer { name: "refiner.answer".into(), kernel: 1, stride: 1, channels });
        layers
    }

    /// The tensors of the network, in the layout of the weights file.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        tensors(&self.layers())
    }

    /// Builds the network for training.
    ///
    /// # Errors
    /// The errors of [`Parameters::get`].
    pub fn network(&self, parameters: &Parameters) -> Result<Network> {
        Network::new(&self.layers(), parameters)
    }
}

impl LocatorSpec {
    /// The tensors of both networks.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        [self.detector.tensors(), self.refiner.tensors()].concat()
    }

    /// Checks that the networks can be built and trained.
    ///
    /// # Errors
    /// [`Error::Argument`] for a size out of range.
    pub fn validate(&self) -> Result<()> {
        self.detector.validate()?;
        self.refiner.validate()
    }
}

/// Reads and validates a locator's weights file.
///
/// # Errors
/// - [`Error::WeightsFormat`] for bytes that are not a complete safetensors file.
/// - [`Error::WeightsMetadata`] for another format or version, or an invalid size or threshold.
/// - [`Error::TensorMissing`], [`Error::TensorShape`], [`Error::TensorType`] and
///   [`Error::TensorNotFinite`] for an invalid tensor.
/// - [`Error::Argument`] for tensor shapes that no locator has ([`LocatorSpec::validate`]).
pub fn read(bytes: &[u8]) -> Result<LocatorWeights> {
    let file = NetworkFile::open(bytes, FORMAT, VERSION)?;
    let size = file.number("size").filter(|size| size.fract() == 0.0 && (16.0..=256.0).contains(size));
    let size = size.ok_or_else(|| {
        file.invalid("size", "expected the side of the refiner's view, an integer from 16 to 256 pixels")
    })? as usize;
    let threshold = file.number("threshold").filter(|threshold| (0.0..=1.0).contains(threshold));
    let threshold = threshold.ok_or_else(|| file.invalid("threshold", "expected a number from 0 to 1"))?;

    let shape = |name: &str| file.shape(name);
    let layers = |network: &str| -> Vec<[usize; 2]> {
        let names = (1..).map(|i| format!("{network}.conv{i}.weight"));
        let sizes = |s: Vec<usize>| [s.get(2).copied().unwrap_or(0), s.first().copied().unwrap_or(0)];
        names.map_while(|name| file.shape(&name).map(sizes)).collect()
    };
    let spec = LocatorSpec {
        detector: DetectorSpec { layers: layers("detector") },
        refiner: RefinerSpec {
            size,
            channels: layers("refiner").into_iter().map(|[_, channels]| channels).collect(),
            hidden: shape("refiner.hidden.weight").and_then(|s| s.first().copied()).unwrap_or(1),
            attributes: shape("refiner.answer.bias").is_some_and(|s| s.first() != Some(&OUTPUTS)),
        },
    };
    let blazeface = shape(&blazeface::first_tensor()).is_some();
    // Report a missing network as a missing tensor, not as an invalid size.
    for network in ["detector", "refiner"] {
        let name = format!("{network}.conv1.weight");
        if shape(&name).is_none() && !(blazeface && network == "detector") {
            return Err(Error::TensorMissing { name, expected: "[channels, 3, 4, 4]".into() });
        }
    }
    spec.refiner.validate()?;
    if !spec.detector.is_blazeface() {
        spec.detector.validate()?;
    }
    let parameters = file.parameters(spec.tensors())?;
    Ok(LocatorWeights { spec, parameters, threshold, metadata: file.metadata })
}

/// Writes a locator's weights file.
///
/// `format`, `version`, `size` and `threshold` in the metadata are set from `file`; other keys are
/// kept.
///
/// # Errors
/// The errors of [`crate::model::weights::write`].
pub fn write(file: &LocatorWeights, storage: Storage) -> Result<Vec<u8>> {
    let mut metadata = file.metadata.clone();
    for (key, value) in [
        ("format", FORMAT.to_owned()),
        ("version", VERSION.to_string()),
        ("size", file.spec.refiner.size.to_string()),
        ("threshold", file.threshold.to_string()),
    ] {
        metadata.insert(key.to_owned(), value);
    }
    storage::encode(&file.spec.tensors(), &file.parameters, storage, metadata)
}
