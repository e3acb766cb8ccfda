//! Named tensors from which networks are built: read from a weights file, or trained.

use super::TensorSpec;
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;

/// Tensors by name, such as `stages.0.conv1.weight`; see [`weights`](super::weights) for all names.
///
/// A network built from the tensors of `candle_core::Var`s passes gradients to them. A network
/// built from detached tensors is frozen.
#[derive(Clone, Debug, Default)]
pub struct Parameters(pub BTreeMap<String, Tensor>);

impl Parameters {
    /// The tensor with the name and shape of `spec`.
    ///
    /// # Errors
    /// See [`Parameters::expect`].
    pub fn get(&self, spec: &TensorSpec) -> Result<Tensor> {
        self.expect(&spec.name, &spec.shape)
    }

    /// The tensor with this name and shape.
    ///
    /// # Errors
    /// [`Error::TensorMissing`] or [`Error::TensorShape`], with the name and the expected shape.
    pub fn expect(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let expected = format!("{shape:?}");
        let Some(tensor) = self.0.get(name) else {
            return Err(Error::TensorMissing { name: name.to_owned(), expected });
        };
        if tensor.dims() != shape {
            return Err(Error::TensorShape { name: name.to_owned(), actual: tensor.dims().to_vec(), expected });
        }
        Ok(tensor.clone())
    }

    /// Converts all tensors to another data type.
    ///
    /// # Errors
    /// [`Error::Tensor`] if candle cannot convert a tensor.
    pub fn to_dtype(&self, dtype: DType) -> Result<Self> {
        let convert = |(name, tensor): (&String, &Tensor)| Ok((name.clone(), tensor.to_dtype(dtype)?));
        self.0.iter().map(convert).collect::<Result<_>>().map(Self)
    }

    /// Moves detached tensors to another device; gradients do not reach the originals.
    ///
    /// # Errors
    /// [`Error::Tensor`] if candle cannot move a tensor.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        let convert = |(name, tensor): (&String, &Tensor)| Ok((name.clone(), tensor.detach().to_device(device)?));
        self.0.iter().map(convert).collect::<Result<_>>().map(Self)
    }

    /// Detached copies of all tensors on a device, which later optimiser steps do not change.
    ///
    /// # Errors
    /// [`Error::Tensor`] if candle cannot copy a tensor.
    pub fn copied(&self, device: &Device) -> Result<Self> {
        let copy = |(name, tensor): (&String, &Tensor)| Ok((name.clone(), tensor.detach().copy()?.to_device(device)?));
        self.0.iter().map(copy).collect::<Result<_>>().map(Self)
    }

    /// The total number of elements.
    pub fn count(&self) -> usize {
        self.0.values().map(Tensor::elem_count).sum()
    }
}

impl FromIterator<(String, Tensor)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self(tensors.into_iter().collect())
    }
}

/// Initial f32 tensors on the CPU: weights from N(0, gain² · 2 / fan-in) (He et al. 2015), biases
/// zero.
///
/// The last layer of a generator has a small [`TensorSpec::gain`], so that an untrained stage
/// barely moves the glasses. `normal` draws samples from N(0, 1).
///
/// # Errors
/// [`Error::Tensor`] if a shape is invalid.
pub fn initialise(specs: &[TensorSpec], mut normal: impl FnMut() -> f32) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    for spec in specs {
        let count = spec.shape.iter().product();
        let values: Vec<f32> = if spec.shape.len() == 1 {
            vec![0.0; count]
        } else {
            let fan_in: usize = spec.shape[1..].iter().product();
            let deviation = spec.gain * (2.0 / fan_in as f32).sqrt();
            (0..count).map(|_| deviation * normal()).collect()
        };
        parameters.0.insert(spec.name.clone(), Tensor::from_vec(values, spec.shape.as_slice(), &Device::Cpu)?);
    }
    Ok(parameters)
}
