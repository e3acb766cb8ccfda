//! Weights files: of generators, of the locator, and of the network that removes backgrounds.

use super::{outcome, safetensors};
use crate::{Memory, Target};
use stgan::internals::cutout::CutoutSpec;
use stgan::internals::locate::{DetectorSpec, RefinerSpec};
use stgan::model::{GeneratorSpec, Inputs, TensorSpec};
use stgan::{CutOut, Locator, TryOn};

/// Weights become f32 and are packed, so a byte of a quantised weight takes several.
const MEMORY: Memory = Memory { fixed: 4 << 20, per_byte: 64 };

const WORDS: &[&str] = &[
    "\"__metadata__\"",
    "\"dtype\":\"F16\"",
    "\"dtype\":\"I8\"",
    "\"dtype\":\"F64\"",
    "\"shape\":[",
    "\"data_offsets\":[",
    ".scale",
    ".weight",
    ".bias",
    "stages.1.",
    "discriminator.conv1",
    "conv2",
    "fc1",
    "\"size\":\"16\"",
    "\"updates\":\"64\"",
    "\"inputs\":\"rgba+pose\"",
    "\"version\":\"2\"",
    "[1,1,1,1]",
    "[0]",
];

/// The weights of a cascade.
pub(super) const GENERATORS: Target = Target {
    name: "weights",
    seeds: || {
        let spec = GeneratorSpec {
            size: 8.into(),
            channels: vec![1],
            hidden: 1,
            inputs: Inputs::Rgba,
            ..GeneratorSpec::paper()
        };
        let metadata = [("format", "stgan"), ("version", "1"), ("size", "8"), ("inputs", "rgba"), ("updates", "3")];
        vec![file(&metadata, spec.tensors(0)), head(include_bytes!("../../../../weights/glasses.safetensors"))]
    },
    words: WORDS,
    memory: MEMORY,
    run: |bytes| outcome(TryOn::new(bytes)),
};

/// The weights of a locator.
pub(super) const LOCATOR: Target = Target {
    name: "locator",
    seeds: || {
        let detector = DetectorSpec { layers: vec![[4, 1], [4, 1], [4, 1]] };
        let refiner = RefinerSpec { size: 16, channels: vec![1], hidden: 1, attributes: false };
        let metadata = [("format", "stgan-locator"), ("version", "1"), ("size", "16"), ("threshold", "0.5")];
        let tensors = detector.tensors().into_iter().chain(refiner.tensors()).collect();
        vec![file(&metadata, tensors), head(include_bytes!("../../../../weights/locator.safetensors"))]
    },
    words: WORDS,
    memory: MEMORY,
    run: |bytes| outcome(Locator::new(bytes)),
};

/// The weights of the network that removes backgrounds.
pub(super) const CUTOUT: Target = Target {
    name: "cutout",
    seeds: || {
        let spec = CutoutSpec { down: vec![1, 1], up: vec![1] };
        let metadata = [("format", "stgan-cutout"), ("version", "1")];
        vec![file(&metadata, spec.tensors()), head(include_bytes!("../../../../weights/cutout.safetensors"))]
    },
    words: WORDS,
    memory: MEMORY,
    run: |bytes| outcome(CutOut::new(bytes)),
};

fn file(metadata: &[(&str, &str)], tensors: Vec<TensorSpec>) -> Vec<u8> {
    let tensors: Vec<_> = tensors.into_iter().map(|tensor| (tensor.name, tensor.shape)).collect();
    safetensors(metadata, &tensors)
}

/// The header of a shipped file, and a part of its tensors.
fn head(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(16 << 10)].to_vec()
}
