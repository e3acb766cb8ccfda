//! The weights file: safetensors in one of the ways of [`Storage`], with metadata.
//!
//! Tensors are `stages.{i}.conv{1…}.{weight,bias}` (OIHW), `stages.{i}.fc1.*`, `stages.{i}.fc2.*` ([out, in]), and
//! optionally `discriminator.conv{1…}.*`, `discriminator.score.*`; in eight bits a tensor has its scales beside it (`NAME.scale`). The header's metadata says `format = "stgan"`,
//! `version`, `task`, `size`, `inputs`, `updates` where a fit is to have another number of them than one for each stage, and whatever else its
//! maker wanted to be known (`anchors`, `data`, `command`, …).
//! Channels, hidden size and number of stages are read off the shapes, and everything is checked.

use super::storage::{encode, is_scale, tensor};
use super::{DiscriminatorSpec, GeneratorSpec, Inputs, Parameters, TensorSpec};
use crate::{Error, Result};
use safetensors::tensor::SafeTensors;
use std::collections::BTreeMap;

pub use super::storage::Storage;

/// The value of the metadata's `format`.
pub const FORMAT: &str = "stgan";
/// The version of the layout that this crate writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// The most updates that a fit may have.
pub const MAX_UPDATES: usize = 64;

/// A weights file, read and checked: every tensor has the shape that the others ask for, and is finite.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The sizes of the generators.
    pub spec: GeneratorSpec,
    /// How many generator stages the file holds, at least one.
    pub stages: usize,
    /// There where the file holds a discriminator too.
    pub discriminator: Option<DiscriminatorSpec>,
    /// All tensors, in f32.
    pub parameters: Parameters,
    /// How the file stores numbers.
    pub storage: Storage,
    /// What the file says of itself.
    pub metadata: BTreeMap<String, String>,
}

impl Weights {
    /// How many updates a fit has if it is not told otherwise, 1 to [`MAX_UPDATES`]: what the metadata's `updates` says, or one
    /// for each stage. The last stage makes those beyond the number of stages.
    ///
    /// # Errors
    /// [`Error::WeightsMetadata`] for another value.
    pub fn updates(&self) -> Result<usize> {
        let Some(value) = self.metadata.get("updates") else { return Ok(self.stages.min(MAX_UPDATES)) };
        match value.parse() {
            Ok(updates) if (1..=MAX_UPDATES).contains(&updates) => Ok(updates),
            _ => Err(Error::WeightsMetadata {
                key: "updates".into(),
                value: value.clone(),
                expected: format!("expected the updates of a fit, 1 to {MAX_UPDATES}"),
            }),
        }
    }
}

/// Reads a weights file.
///
/// A file without `format` is taken for a plain export of the same layout, and must name `size`; `inputs` may be left out,
/// the shapes tell it.
///
/// # Errors
/// [`Error::WeightsFormat`] for bytes that are not safetensors, or truncated; [`Error::WeightsMetadata`] for another
/// format or version; [`Error::TensorMissing`], [`Error::TensorShape`], [`Error::TensorType`] and
/// [`Error::TensorNotFinite`] name the tensor and what was expected.
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
    refuse_strangers(&names, &expected)?;

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

/// Writes a weights file: the layout's own metadata keys are set from `weights`, the others are kept.
///
/// # Errors
/// [`Error::TensorMissing`] or [`Error::TensorShape`] where `weights.parameters` does not fit its own sizes,
/// [`Error::TensorNotFinite`] for values that are not finite, or that f16 cannot hold.
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
        ("channels", list),
        ("hidden", weights.spec.hidden.to_string()),
        ("stages", weights.stages.to_string()),
    ] {
        metadata.insert(key.to_owned(), value);
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

/// Channels, hidden size, inputs and number of stages from the shapes of stage 0; the image size from the metadata.
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
    let spec = GeneratorSpec { size, channels, hidden, inputs };
    spec.validate()?;
    let stages = (0..).take_while(|i| shapes.keys().any(|name| name.starts_with(&format!("stages.{i}.")))).count();
    Ok((spec, stages))
}

fn size(metadata: &BTreeMap<String, String>) -> Result<usize> {
    let value = metadata.get("size").map_or("", String::as_str);
    match value.parse() {
        Ok(size) if (8..=1024).contains(&size) => Ok(size),
        _ => Err(Error::WeightsMetadata {
            key: "size".into(),
            value: value.into(),
            expected: "expected the pixels of a side, 8 to 1024".into(),
        }),
    }
}

fn discriminator_spec(shapes: &Shapes) -> Result<Option<DiscriminatorSpec>> {
    if !shapes.keys().any(|name| name.starts_with("discriminator.")) {
        return Ok(None);
    }
    Ok(Some(DiscriminatorSpec { channels: channels(shapes, "discriminator.")? }))
}

/// The output channels of `{prefix}conv1`, `{prefix}conv2`, … as far as they go.
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

/// A tensor under the layout's own prefixes that the sizes do not ask for means that the file is not what it seems.
fn refuse_strangers(shapes: &Shapes, expected: &[TensorSpec]) -> Result<()> {
    let stranger = shapes.iter().find(|(name, _)| {
        (name.starts_with("stages.") || name.starts_with("discriminator."))
            && !expected.iter().any(|e| e.name == **name)
    });
    match stranger {
        Some((name, shape)) => Err(shape_error(name, shape, "no such tensor in a model of this size".into())),
        None => Ok(()),
    }
}

fn missing(name: &str, expected: impl std::fmt::Debug) -> Error {
    Error::TensorMissing { name: name.to_owned(), expected: format!("{expected:?}").replace('"', "") }
}

fn shape_error(name: &str, actual: &[usize], expected: String) -> Error {
    Error::TensorShape { name: name.to_owned(), actual: actual.to_vec(), expected }
}
