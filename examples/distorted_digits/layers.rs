//! Layers of the classifiers and localisation nets.

use candle_core::{Module, Result, Tensor};
use candle_nn::{Init, Linear, VarBuilder};
use stgan::ops::{conv_layer, leaky_relu};

/// A convolution with or without ReLU.
pub(crate) struct Conv {
    pub weight: Tensor,
    pub bias: Tensor,
    stride: usize,
    /// The slope of the activation for negative values: 0 for ReLU, 1 for no activation.
    slope: f64,
}

impl Conv {
    /// A convolution with ReLU; `side` is the side of the kernel.
    pub(crate) fn new([output, input, side]: [usize; 3], stride: usize, vb: VarBuilder) -> Result<Self> {
        let weight = vb.get_with_hints((output, input, side, side), "weight", Init::Const(0.0))?;
        Ok(Self { weight, bias: vb.get_with_hints(output, "bias", Init::Const(0.0))?, stride, slope: 0.0 })
    }

    /// Removes the activation.
    pub(crate) fn linear(self) -> Self {
        Self { slope: 1.0, ..self }
    }
}

impl Module for Conv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        conv_layer(x, &self.weight, &self.bias, self.stride, self.slope)
    }
}

/// Convolutions (possibly none), hidden linear layers with ReLU, and a last linear layer.
pub(crate) struct Layers {
    pub convolutions: Vec<Conv>,
    pub hidden: Vec<Linear>,
    pub last: Linear,
}

impl Module for Layers {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.convolutions.iter().try_fold(x.clone(), |x, conv| conv.forward(&x))?.flatten_from(1)?;
        let x = self.hidden.iter().try_fold(x, |x, layer| leaky_relu(&layer.forward(&x)?, 0.0))?;
        self.last.forward(&x)
    }
}
