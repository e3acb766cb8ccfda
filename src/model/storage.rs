//! How a weights file stores values: f32, f16, or 8-bit integers with a scale per output channel.
//!
//! The value of an I8 tensor `NAME` is `NAME.scale[o] · NAME[o, …]`; `NAME.scale` has one f32 per
//! output channel. Biases stay f32. Weights are quantised on disk only: reading converts everything
//! to f32.

use super::{Parameters, TensorSpec};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};

/// The data type in which a weights file stores its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// 32-bit floats.
    #[default]
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers with an f32 scale per output channel, whose largest magnitude becomes 127.
    /// Biases are f32.
    I8,
}

/// The largest magnitude of a quantised value.
const MAX_QUANTISED: f32 = 127.0;

/// The name of the tensor that holds the scales of tensor `name`.
fn scale_name(name: &str) -> String {
    format!("{name}.scale")
}

/// Whether tensor `name` holds the scales of another tensor.
pub(super) fn is_scale(file: &SafeTensors, name: &str) -> bool {
    let of = name.strip_suffix(".scale").and_then(|of| file.tensor(of).ok());
    of.is_some_and(|tensor| tensor.dtype() == Dtype::I8)
}

/// Reads a tensor as f32; also returns how the file stores it.
///
/// # Errors
/// [`Error::TensorMissing`] if the tensor or its scales are missing; [`Error::TensorShape`],
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

/// Encodes the tensors that `specs` describe as a safetensors file. Equal arguments give equal
/// bytes.
///
/// # Errors
/// [`Error::TensorMissing`] or [`Error::TensorShape`] if `parameters` do not match `specs`;
/// [`Error::TensorNotFinite`] for values that are not finite, or too large for f16.
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
                let (quantised, scales) = quantise(&values, shape[0]);
                encoded.push((scale_name(&name), Dtype::F32, vec![shape[0]], bytes_of(&scales)));
                encoded.push((name, Dtype::I8, shape, quantised));
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

/// Sorts the header of a safetensors file by key: the `safetensors` crate writes metadata in the
/// order of a `HashMap`, which differs from run to run.
fn sort_header(file: &mut [u8]) -> serde_json::Result<()> {
    let Some((length, rest)) = file.split_first_chunk_mut() else { return Ok(()) };
    let header = &mut rest[..u64::from_le_bytes(*length) as usize];
    // Not `serde_json::Map`: its order depends on a feature that any crate may enable.
    let entries: BTreeMap<String, BTreeMap<String, serde_json::Value>> = serde_json::from_slice(header)?;
    let sorted = serde_json::to_vec(&entries)?;
    // Sorting keeps the length, so the padding after the header stays in place.
    header[..sorted.len()].copy_from_slice(&sorted);
    Ok(())
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Quantises each output channel to 8-bit integers; also returns the channels' scales.
fn quantise(values: &[f32], channels: usize) -> (Vec<u8>, Vec<f32>) {
    let (mut quantised, mut scales) = (Vec::with_capacity(values.len()), Vec::with_capacity(channels));
    for values in values.chunks((values.len() / channels).max(1)) {
        let largest = values.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        // If all values round to zero, the scale does not matter; 1 avoids a division by zero.
        let scale = if largest / MAX_QUANTISED >= f32::MIN_POSITIVE { largest / MAX_QUANTISED } else { 1.0 };
        quantised.extend(values.iter().map(|x| ((x / scale).round() as i8).cast_unsigned()));
        scales.push(scale);
    }
    (quantised, scales)
}
