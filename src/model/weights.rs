//! The weights file: a safetensors file with metadata, which stores values as [`Storage`] says.
//!
//! The tensors are:
//!
//! - `stages.{i}.conv{1…}.{weight,bias}`: the convolutions of stage `i`, weights in OIHW order;
//! - `stages.{i}.fc1.*`, `stages.{i}.fc2.*`: the linear layers of stage `i`, weights [out, in];
//! - `discriminator.conv{1…}.*`, `discriminator.score.*`: the discriminator, if the file has one;
//! - `NAME.scale`: the scales of tensor `NAME`, if it is stored as 8-bit integers.
//!
//! The metadata keys that this module reads are `format` (`stgan`), `version`, `size` (a side, or
//! height and width as in `60x80`), `inputs`, `task`, and optionally `pose`, the canonical pose of
//! another task than `glasses` and `room`, and `updates`, the default number of updates of a fit.
//! All other keys (`data`, `command`, …) are informational.
//!
//! Channels, hidden size and number of stages follow from the tensors' shapes. [`read`] checks that
//! all tensors and metadata are consistent.

use super::storage::{encode, is_scale, tensor};
use super::{DiscriminatorSpec, GeneratorSpec, ImageSize, Inputs, Parameters, Task, TensorSpec};
use crate::{Error, Result};
use safetensors::tensor::SafeTensors;
use std::collections::BTreeMap;

pub use super::storage::Storage;

/// The value of the metadata key `format`.
pub const FORMAT: &str = "stgan";
/// The version of the layout that this crate writes, and the newest version that it reads.
pub const VERSION: u32 = 1;

/// The maximum number of updates of a fit.
pub const MAX_UPDATES: usize = 64;

/// The contents of a weights file. All tensors are finite and have consistent shapes.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The sizes of the generators.
    pub spec: GeneratorSpec,
    /// The number of generator stages, at least one.
    pub stages: usize,
    /// The sizes of the discriminator, if the file has one.
    pub discriminator: Option<DiscriminatorSpec>,
    /// All tensors in f32 on the CPU.
    pub parameters: Parameters,
    /// How the file stores values.
    pub storage: Storage,
    /// The metadata of the file.
    pub metadata: BTreeMap<String, String>,
}

impl Weights {
    /// The default number of updates of a fit, 1 to [`MAX_UPDATES`]: the metadata's `updates`, or
    /// one per stage, and for furniture one more, which is only taken after a long way. If there
    /// are more updates than stages, the last stage makes the remaining ones.
    ///
    /// # Errors
    /// [`Error::WeightsMetadata`] if `updates` is not an integer from 1 to [`MAX_UPDATES`].
    pub fn updates(&self) -> Result<usize> {
        let Some(value) = self.metadata.get("updates") else {
            let further = usize::from(self.spec.task.steps.recentred);
            return Ok((self.stages + further).min(MAX_UPDATES));
        };
        match value.parse() {
            Ok(updates) if (1..=MAX_UPDATES).contains(&updates) => Ok(updates),
            _ => Err(Error::WeightsMetadata {
                key: "updates".into(),
                value: value.clone(),
                expected: format!("expected an integer from 1 to {MAX_UPDATES}"),
            }),
        }
    }
}

/// Reads and checks a weights file.
///
/// The only required metadata key is `size`. `inputs` follows from the tensors' shapes if it is
/// missing.
///
/// # Errors
/// - [`Error::WeightsFormat`] for bytes that are not a complete safetensors file;
/// - [`Error::WeightsMetadata`] for an unsupported format or version, or invalid metadata;
/// - [`Error::Argument`] for sizes that no generator can have;
/// - [`Error::TensorMissing`], [`Error::TensorUnexpected`], [`Error::TensorShape`],
///   [`Error::TensorType`] and [`Error::TensorNotFinite`] for an invalid tensor.
pub fn read(bytes: &[u8]) -> Result<Weights> {
    let format_error = |error: safetensors::SafeTensorError| Error::WeightsFormat(error.into());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(format_error)?;
    let metadata: BTreeMap<_, _> = header.metadata().clone().unwrap_or_default().into_iter().collect();
    let file = SafeTensors::deserialize(bytes).map_err(format_error)?;
    check_format(&metadata)?;

    let tensors = file.iter().filter(|(name, _)| !is_scale(&file, name));
    let names: Shapes = tensors.map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
    let (spec, stages) = generator_spec(&names, &metadata)?;
    let discriminator = discriminator_spec(&names)?;
    let expected: Vec<TensorSpec> = (0..stages)
        .flat_map(|stage| spec.tensors(stage))
        .chain(discriminator.iter().flat_map(DiscriminatorSpec::tensors))
        .collect();
    reject_unexpected(&names, &expected)?;

    let mut parameters = Parameters::default();
    let mut storage = Storage::F32;
    for spec in expected {
        let (values, stored) = tensor(&file, &spec)?;
        if stored != Storage::F32 {
            storage = stored;
        }
        parameters.0.insert(spec.name, values);
    }
    let weights = Weights { spec, stages, discriminator, parameters, storage, metadata };
    weights.updates()?;
    Ok(weights)
}

/// Encodes a weights file with the given `storage`.
///
/// The metadata keys that describe the layout (`format`, `version`, `size`, …) are set from
/// `weights`; all others are kept. `weights.storage` is ignored.
///
/// # Errors
/// [`Error::TensorMissing`] or [`Error::TensorShape`] if `weights.parameters` do not match the
/// sizes in `weights`; [`Error::TensorNotFinite`] for values that are not finite, or too large for
/// f16.
pub fn write(weights: &Weights, storage: Storage) -> Result<Vec<u8>> {
    let specs: Vec<TensorSpec> = (0..weights.stages)
        .flat_map(|stage| weights.spec.tensors(stage))
        .chain(weights.discriminator.iter().flat_map(DiscriminatorSpec::tensors))
        .collect();
    let mut metadata = weights.metadata.clone();
    let list = weights.spec.channels.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    for (key, value) in [
        ("format", FORMAT.to_owned()),
        ("version", VERSION.to_string()),
        ("size", weights.spec.size.to_string()),
        ("inputs", weights.spec.inputs.name().to_owned()),
        ("task", weights.spec.task.name.clone()),
        ("channels", list),
        ("hidden", weights.spec.hidden.to_string()),
        ("stages", weights.stages.to_string()),
    ] {
        metadata.insert(key.to_owned(), value);
    }
    if Task::from_name(&weights.spec.task.name).as_ref() != Some(&weights.spec.task) {
        metadata.insert("pose".to_owned(), weights.spec.task.pose_text());
    }
    encode(&specs, &weights.parameters, storage, metadata)
}

fn check_format(metadata: &BTreeMap<String, String>) -> Result<()> {
    let bad = |key: &str, value: &str, expected: String| {
        Err(Error::WeightsMetadata { key: key.into(), value: value.into(), expected })
    };
    if let Some(format) = metadata.get("format").filter(|format| *format != FORMAT && *format != "pt") {
        return bad("format", format, format!("expected {FORMAT:?}"));
    }
    match metadata.get("version") {
        None => Ok(()),
        Some(version) if version.parse::<u32>().is_ok_and(|v| (1..=VERSION).contains(&v)) => Ok(()),
        Some(version) => bad("version", version, format!("this release reads versions 1 to {VERSION}")),
    }
}

type Shapes = BTreeMap<String, Vec<usize>>;

/// Channels, hidden size and inputs from the shapes of stage 0, the image size from the metadata,
/// and the number of stages from the tensors' names.
fn generator_spec(shapes: &Shapes, metadata: &BTreeMap<String, String>) -> Result<(GeneratorSpec, usize)> {
    let first = shape(shapes, "stages.0.conv1.weight", "[channels, 7 or 8, 4, 4]")?;
    let inputs = match first.as_slice() {
        [_, 7, 4, 4] => Inputs::Rgba,
        [_, 8, 4, 4] => Inputs::RgbaPose,
        _ => return Err(shape_error("stages.0.conv1.weight", first, "[channels, 7 or 8, 4, 4]".into())),
    };
    if let Some(name) = metadata.get("inputs").filter(|name| Inputs::from_name(name) != Some(inputs)) {
        let expected = format!("stages.0.conv1.weight takes {} channels, which is {:?}", first[1], inputs.name());
        return Err(Error::WeightsMetadata { key: "inputs".into(), value: name.clone(), expected });
    }
    let channels = channels(shapes, "stages.0.")?;
    let hidden = shape(shapes, "stages.0.fc1.weight", "[hidden, features]")?[0];
    let size = size(metadata)?;
    let text = |key: &str| metadata.get(key).map(String::as_str);
    let task = Task::parse(text("task"), text("pose"))?;
    let spec = GeneratorSpec { size, channels, hidden, inputs, task };
    spec.validate()?;
    let stages = (0..).take_while(|i| shapes.keys().any(|name| name.starts_with(&format!("stages.{i}.")))).count();
    Ok((spec, stages))
}

fn size(metadata: &BTreeMap<String, String>) -> Result<ImageSize> {
    let value = metadata.get("size").map_or("", String::as_str);
    let valid = |size: &ImageSize| [size.height, size.width].iter().all(|side| (8..=1024).contains(side));
    match ImageSize::parse(value).filter(valid) {
        Some(size) => Ok(size),
        _ => Err(Error::WeightsMetadata {
            key: "size".into(),
            value: value.into(),
            expected: "expected the side of the input images in pixels, or height and width as in 60x80, 8 to 1024"
                .into(),
        }),
    }
}

fn discriminator_spec(shapes: &Shapes) -> Result<Option<DiscriminatorSpec>> {
    if !shapes.keys().any(|name| name.starts_with("discriminator.")) {
        return Ok(None);
    }
    Ok(Some(DiscriminatorSpec { channels: channels(shapes, "discriminator.")? }))
}

/// The output channels of `{prefix}conv1`, `{prefix}conv2`, … up to the first missing number.
fn channels(shapes: &Shapes, prefix: &str) -> Result<Vec<usize>> {
    let names = (1..).map(|layer| format!("{prefix}conv{layer}.weight"));
    let found: Vec<usize> =
        names.map_while(|name| shapes.get(&name)).map(|shape| shape.first().copied().unwrap_or(0)).collect();
    if found.is_empty() {
        return Err(missing(&format!("{prefix}conv1.weight"), "[channels, inputs, 4, 4]"));
    }
    Ok(found)
}

fn shape<'a>(shapes: &'a Shapes, name: &str, expected: &str) -> Result<&'a Vec<usize>> {
    let found = shapes.get(name).ok_or_else(|| missing(name, expected))?;
    let rank = expected.split(',').count();
    if found.len() == rank { Ok(found) } else { Err(shape_error(name, found, expected.into())) }
}

/// Rejects tensors with one of the layout's prefixes that a network of these sizes does not have:
/// the file was not written for this layout. Tensors with other names are ignored.
fn reject_unexpected(shapes: &Shapes, expected: &[TensorSpec]) -> Result<()> {
    let unexpected = shapes.keys().find(|name| {
        (name.starts_with("stages.") || name.starts_with("discriminator."))
            && !expected.iter().any(|e| e.name == **name)
    });
    match unexpected {
        Some(name) => Err(Error::TensorUnexpected { name: name.clone() }),
        None => Ok(()),
    }
}

fn missing(name: &str, expected: impl std::fmt::Debug) -> Error {
    Error::TensorMissing { name: name.to_owned(), expected: format!("{expected:?}").replace('"', "") }
}

fn shape_error(name: &str, actual: &[usize], expected: String) -> Error {
    Error::TensorShape { name: name.to_owned(), actual: actual.to_vec(), expected }
}
