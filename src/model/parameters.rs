//! Named tensors: where networks take their weights from, whether read from a file or being trained.

use super::TensorSpec;
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;

/// Tensors by the names of the weights file, such as `stages.0.conv1.weight`.
///
/// A network built from tensors of `candle_core::Var`s passes gradients to them; one built from detached tensors is frozen.
#[derive(Clone, Debug, Default)]
pub struct Parameters(pub BTreeMap<String, Tensor>);

impl Parameters {
    /// The tensor that `spec` describes.
    ///
    /// # Errors
    /// As [`Parameters::expect`].
    pub fn get(&self, spec: &TensorSpec) -> Result<Tensor> {
        self.expect(&spec.name, &spec.shape)
    }

    /// The tensor of this name and shape.
    ///
    /// # Errors
    /// [`Error::TensorMissing`] or [`Error::TensorShape`], with the name and what was expected.
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

    /// The same tensors in another type (f64 for checks, f32 for use).
    pub fn to_dtype(&self, dtype: DType) -> Result<Self> {
        let convert = |(name, tensor): (&String, &Tensor)| Ok((name.clone(), tensor.to_dtype(dtype)?));
        self.0.iter().map(convert).collect::<Result<_>>().map(Self)
    }

    /// The same tensors on another device, in the type that they have.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        let convert = |(name, tensor): (&String, &Tensor)| Ok((name.clone(), tensor.to_device(device)?));
        self.0.iter().map(convert).collect::<Result<_>>().map(Self)
    }

    /// How many numbers the tensors hold.
    pub fn count(&self) -> usize {
        self.0.values().map(Tensor::elem_count).sum()
    }
}

/// He initialisation (He et al. 2015): weights N(0, 2 / fan-in), biases zero; a last layer (`gain` below 1) starts small,
/// so that an untrained stage barely moves the frame.
///
/// `normal` draws from N(0, 1). The tensors are in f32, on the CPU.
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
