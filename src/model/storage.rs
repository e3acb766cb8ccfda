//! The numbers of a weights file: f32, f16, or whole numbers of eight bits with a scale for every output channel.
//!
//! A tensor `NAME` in I8 is `NAME.scale[o] · NAME[o, …]`, where `NAME.scale` holds a number for each of its first indices; biases stay f32.
//! They are what multiplies activations, so everything is f32 again once it has been read.

use super::{Parameters, TensorSpec};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};

/// How the numbers of a file are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// 32-bit floats.
    #[default]
    F32,
    /// 16-bit floats.
    F16,
    /// Weights in eight bits, the largest of each output channel ±127.
    I8,
}

const LARGEST: f32 = 127.0;

/// The name of the tensor that holds another one's scales.
fn scale_name(name: &str) -> String {
    format!("{name}.scale")
}

/// Whether a tensor is the scales of another one.
pub(super) fn is_scale(file: &SafeTensors, name: &str) -> bool {
    let of = name.strip_suffix(".scale").and_then(|of| file.tensor(of).ok());
    of.is_some_and(|tensor| tensor.dtype() == Dtype::I8)
}

/// A tensor of a file, in f32, and how it was stored.
///
/// # Errors
/// [`Error::TensorMissing`] where the file has none of this name, or no scales for it; [`Error::TensorShape`],
/// [`Error::TensorType`], [`Error::TensorNotFinite`].
pub(crate) fn tensor(file: &SafeTensors, spec: &TensorSpec) -> Result<(Tensor, Storage)> {
    let view = view(file, &spec.name, &spec.shape)?;
    let (mut values, storage) = numbers(&spec.name, &view)?;
    if storage == Storage::I8 {
        let name = scale_name(&spec.name);
        let channels = spec.shape.first().copied().unwrap_or(1);
        let scales = match numbers(&name, &self::view(file, &name, &[channels])?)? {
            (_, Storage::I8) => return Err(Error::TensorType { name, actual: format!("{:?}", Dtype::I8) }),
            (scales, _) => scales,
        };
        for (values, scale) in values.chunks_mut((spec.shape.iter().product::<usize>() / channels).max(1)).zip(scales) {
            values.iter_mut().for_each(|value| *value *= scale);
        }
    }
    match values.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(Error::TensorNotFinite { name: spec.name.clone(), index }),
        None => Ok((Tensor::from_vec(values, spec.shape.as_slice(), &Device::Cpu)?, storage)),
    }
}

fn view<'a>(file: &SafeTensors<'a>, name: &str, shape: &[usize]) -> Result<TensorView<'a>> {
    let expected = format!("{shape:?}");
    match file.tensor(name) {
        Err(_) => Err(Error::TensorMissing { name: name.to_owned(), expected }),
        Ok(view) if view.shape() != shape => {
            Err(Error::TensorShape { name: name.to_owned(), actual: view.shape().to_vec(), expected })
        }
        Ok(view) => Ok(view),
    }
}

fn numbers(name: &str, view: &TensorView) -> Result<(Vec<f32>, Storage)> {
    let data = view.data();
    Ok(match view.dtype() {
        Dtype::F32 => (data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(), Storage::F32),
        Dtype::F16 => {
            (data.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect(), Storage::F16)
        }
        Dtype::I8 => (data.iter().map(|byte| f32::from(byte.cast_signed())).collect(), Storage::I8),
        other => return Err(Error::TensorType { name: name.to_owned(), actual: format!("{other:?}") }),
    })
}

/// A safetensors file of the tensors that `specs` describe. Equal arguments give equal bytes.
///
/// # Errors
/// [`Error::TensorMissing`] or [`Error::TensorShape`] where `parameters` do not fit; [`Error::TensorNotFinite`] for values that are
/// not finite, or that f16 cannot hold.
pub(crate) fn encode(
    specs: &[TensorSpec],
    parameters: &Parameters,
    storage: Storage,
    metadata: BTreeMap<String, String>,
) -> Result<Vec<u8>> {
    let mut encoded = Vec::with_capacity(specs.len());
    for spec in specs {
        let values = parameters.get(spec)?.flatten_all()?.to_vec1::<f32>()?;
        let lost = |x: &f32| !x.is_finite() || (storage == Storage::F16 && !f16::from_f32(*x).is_finite());
        if let Some(index) = values.iter().position(lost) {
            return Err(Error::TensorNotFinite { name: spec.name.clone(), index });
        }
        let (name, shape) = (spec.name.clone(), spec.shape.clone());
        match storage {
            Storage::I8 if shape.len() > 1 => {
                let (whole, scales) = quantized(&values, shape[0]);
                encoded.push((scale_name(&name), Dtype::F32, vec![shape[0]], bytes_of(&scales)));
                encoded.push((name, Dtype::I8, shape, whole));
            }
            Storage::F16 => {
                let bytes = values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
                encoded.push((name, Dtype::F16, shape, bytes));
            }
            Storage::F32 | Storage::I8 => encoded.push((name, Dtype::F32, shape, bytes_of(&values))),
        }
    }
    let views = encoded
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| Error::WeightsFormat(error.into()))?;
    let metadata: HashMap<String, String> = metadata.into_iter().collect();
    let mut file = safetensors::serialize(views, Some(metadata)).map_err(|error| Error::WeightsFormat(error.into()))?;
    sort_header(&mut file).map_err(|error| Error::WeightsFormat(error.into()))?;
    Ok(file)
}

/// Sorts the header of a safetensors file by key. The crate writes metadata in the order of a `HashMap`, which changes
/// with every run.
fn sort_header(file: &mut [u8]) -> serde_json::Result<()> {
    let Some((length, rest)) = file.split_first_chunk_mut() else { return Ok(()) };
    let header = &mut rest[..u64::from_le_bytes(*length) as usize];
    // `BTreeMap`, and not `serde_json::Map`, whose order depends on a feature that any crate may turn on.
    let entries: BTreeMap<String, BTreeMap<String, serde_json::Value>> = serde_json::from_slice(header)?;
    let sorted = serde_json::to_vec(&entries)?;
    // Only the order changes, so the length does not; the padding stays where it is.
    header[..sorted.len()].copy_from_slice(&sorted);
    Ok(())
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Each channel's numbers as multiples of a scale of its own, and these scales.
fn quantized(values: &[f32], channels: usize) -> (Vec<u8>, Vec<f32>) {
    let (mut whole, mut scales) = (Vec::with_capacity(values.len()), Vec::with_capacity(channels));
    for values in values.chunks((values.len() / channels).max(1)) {
        let largest = values.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        // A channel of zeros, or of numbers next to it, has any scale.
        let scale = if largest / LARGEST >= f32::MIN_POSITIVE { largest / LARGEST } else { 1.0 };
        whole.extend(values.iter().map(|x| ((x / scale).round() as i8).cast_unsigned()));
        scales.push(scale);
    }
    (whole, scales)
}
