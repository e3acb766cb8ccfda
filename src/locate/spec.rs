//! The sizes of the locator's networks, and the file that holds their weights: safetensors, stored as `model::weights` are.
//!
//! Tensors are `detector.conv{1…}.{weight,bias}` (OIHW; a kernel of 4 moves by two pixels, one of 3 by one), `detector.answer.*`
//! (1×1), `refiner.conv{1…}.*` (4×4), `refiner.hidden.*` (as large as what is left of the view) and `refiner.answer.*`. The
//! metadata says `format = "stgan-locator"`, `version`, `size` (the refiner's view) and `threshold`.

use super::detector::ANSWERS;
use super::network::{Layer, Network, tensors};
use crate::model::storage::{self, Storage};
use crate::model::{Parameters, TensorSpec};
use crate::{Error, Result};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of the metadata's `format`.
pub(crate) const FORMAT: &str = "stgan-locator";
const VERSION: u32 = 1;

/// The detector's convolutions: kernel and channels of each, kernels of 4 (at stride 2) or 3 (at stride 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorSpec {
    /// Kernel and channels of each layer.
    pub layers: Vec<[usize; 2]>,
}

/// The refiner: a view of `size × size` pixels, 4×4 convolutions at stride 2, then one hidden layer over what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefinerSpec {
    /// Pixels of the view, each way.
    pub size: usize,
    /// Channels of each convolution.
    pub channels: Vec<usize>,
    /// Width of the hidden layer.
    pub hidden: usize,
}

/// The sizes of both networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorSpec {
    /// The network over the whole photo.
    pub detector: DetectorSpec,
    /// The network over one place.
    pub refiner: RefinerSpec,
}

/// A locator's weights file, read and checked.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The sizes of both networks.
    pub spec: LocatorSpec,
    /// All tensors, in f32.
    pub parameters: Parameters,
    /// From what score on something counts as a face.
    pub threshold: f64,
    /// What the file says of itself.
    pub metadata: BTreeMap<String, String>,
}

impl DetectorSpec {
    pub(super) fn layers(&self) -> Vec<Layer> {
        let mut input = 3;
        let mut layers = Vec::new();
        for (i, &[kernel, output]) in (1..).zip(&self.layers) {
            let stride = if kernel == 4 { 2 } else { 1 };
            layers.push(Layer { name: format!("detector.conv{i}"), kernel, stride, channels: (input, output) });
            input = output;
        }
        layers.push(Layer { name: "detector.answer".into(), kernel: 1, stride: 1, channels: (input, ANSWERS) });
        layers
    }

    /// The tensors of the network, in the layout of the weights file.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        tensors(&self.layers())
    }

    /// # Errors
    /// As [`Parameters::get`].
    pub fn network(&self, parameters: &Parameters) -> Result<Network> {
        Network::new(&self.layers(), parameters)
    }
}

impl RefinerSpec {
    pub(super) fn layers(&self) -> Vec<Layer> {
        let (mut input, mut left) = (3, self.size);
        let mut layers = Vec::new();
        for (i, &output) in (1..).zip(&self.channels) {
            layers.push(Layer { name: format!("refiner.conv{i}"), kernel: 4, stride: 2, channels: (input, output) });
            (input, left) = (output, left.div_ceil(2));
        }
        let channels = (input, self.hidden);
        layers.push(Layer { name: "refiner.hidden".into(), kernel: left, stride: left, channels });
        let channels = (self.hidden, ANSWERS);
        layers.push(Layer { name: "refiner.answer".into(), kernel: 1, stride: 1, channels });
        layers
    }

    /// The tensors of the network, in the layout of the weights file.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        tensors(&self.layers())
    }

    /// # Errors
    /// As [`Parameters::get`].
    pub fn network(&self, parameters: &Parameters) -> Result<Network> {
        Network::new(&self.layers(), parameters)
    }
}

impl LocatorSpec {
    /// The tensors of both networks.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        [self.detector.tensors(), self.refiner.tensors()].concat()
    }

    /// # Errors
    /// [`Error::Argument`] for sizes that no network can have.
    pub fn validate(&self) -> Result<()> {
        let bad = |name: &'static str, value: String, expected: &str| Err(Error::argument(name, value, expected));
        let Self { detector, refiner } = self;
        let fits = |&[kernel, channels]: &[usize; 2]| matches!(kernel, 3 | 4) && (1..=1024).contains(&channels);
        if detector.layers.len() > 16 || !detector.layers.iter().all(fits) {
            let expected = "[kernel, channels] of at most 16 layers, kernels of 3 or 4";
            return bad("locator.detector.layers", format!("{:?}", detector.layers), expected);
        }
        if detector.layers.iter().filter(|layer| layer[0] == 4).count() != 3 {
            return bad(
                "locator.detector.layers",
                format!("{:?}", detector.layers),
                "three kernels of 4: one score for 8×8 pixels",
            );
        }
        if !(16..=256).contains(&refiner.size) {
            return bad("locator.refiner.size", refiner.size.to_string(), "16 to 256 pixels");
        }
        let channels = |c: &usize| (1..=1024).contains(c);
        if !(1..=6).contains(&refiner.channels.len()) || !refiner.channels.iter().all(channels) {
            return bad(
                "locator.refiner.channels",
                format!("{:?}", refiner.channels),
                "1 to 6 layers of at least one channel",
            );
        }
        if !(1..=1024).contains(&refiner.hidden) {
            return bad("locator.refiner.hidden", refiner.hidden.to_string(), "1 to 1024");
        }
        Ok(())
    }
}

/// Reads a locator's weights file.
///
/// # Errors
/// [`Error::WeightsFormat`] for bytes that are not safetensors, or truncated; [`Error::WeightsMetadata`] for another format or
/// version, or a size or threshold that makes no sense; [`Error::TensorMissing`], [`Error::TensorShape`], [`Error::TensorType`] and
/// [`Error::TensorNotFinite`] name the tensor and what was expected.
pub fn read(bytes: &[u8]) -> Result<Weights> {
    let unreadable = |error: safetensors::SafeTensorError| Error::WeightsFormat(error.into());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
    let metadata: BTreeMap<String, String> = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
    let bad = |key: &str, expected: String| Error::WeightsMetadata {
        key: key.into(),
        value: metadata.get(key).cloned().unwrap_or_default(),
        expected,
    };
    if metadata.get("format").map(String::as_str) != Some(FORMAT) {
        return Err(bad("format", format!("expected {FORMAT:?}")));
    }
    let number = |key: &str| metadata.get(key).and_then(|value| value.parse::<f64>().ok());
    if !number("version").is_some_and(|version| (1.0..=f64::from(VERSION)).contains(&version)) {
        return Err(bad("version", format!("this release reads versions 1 to {VERSION}")));
    }
    let size = number("size").filter(|size| size.fract() == 0.0 && (16.0..=256.0).contains(size));
    let size = size.ok_or_else(|| bad("size", "expected the pixels of a side, 16 to 256".into()))? as usize;
    let threshold = number("threshold").filter(|threshold| (0.0..=1.0).contains(threshold));
    let threshold = threshold.ok_or_else(|| bad("threshold", "expected a score between 0 and 1".into()))?;

    let shape = |name: &str| file.tensor(name).ok().map(|view| view.shape().to_vec());
    let layers = |network: &str| -> Vec<[usize; 2]> {
        let names = (1..).map(|i| format!("{network}.conv{i}.weight"));
        names.map_while(|name| shape(&name)).map(|s| [s.get(2).copied().unwrap_or(0), s[0]]).collect()
    };
    let spec = LocatorSpec {
        detector: DetectorSpec { layers: layers("detector") },
        refiner: RefinerSpec {
            size,
            channels: layers("refiner").into_iter().map(|[_, channels]| channels).collect(),
            hidden: shape("refiner.hidden.weight").and_then(|s| s.first().copied()).unwrap_or(1),
        },
    };
    // Without a single layer it is no matter of sizes.
    for network in ["detector", "refiner"] {
        let name = format!("{network}.conv1.weight");
        if shape(&name).is_none() {
            return Err(Error::TensorMissing { name, expected: "[channels, 3, 4, 4]".into() });
        }
    }
    spec.validate()?;
    let mut parameters = Parameters::default();
    for spec in spec.tensors() {
        let (values, _) = storage::tensor(&file, &spec)?;
        parameters.0.insert(spec.name, values);
    }
    Ok(Weights { spec, parameters, threshold, metadata })
}

/// Writes a weights file: the layout's own metadata keys are set from `file`, the others are kept.
///
/// # Errors
/// As [`crate::model::weights::write`].
pub fn write(file: &Weights, storage: Storage) -> Result<Vec<u8>> {
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
