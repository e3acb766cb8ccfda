//! What classifiers and localisation nets are made of.

use candle_core::{Module, Result, Tensor};
use candle_nn::{Init, Linear, VarBuilder};
use stgan::ops::{conv_layer, leaky_relu};

/// A convolution with ReLU or without.
pub(crate) struct Conv {
    pub weight: Tensor,
    pub bias: Tensor,
    stride: usize,
    /// Of the activation, below zero.
    slope: f64,
}

impl Conv {
    /// From maps to maps with a square kernel of an odd side.
    pub(crate) fn new([output, input, side]: [usize; 3], stride: usize, vb: VarBuilder) -> Result<Self> {
        let weight = vb.get_with_hints((output, input, side, side), "weight", Init::Const(0.0))?;
        Ok(Self { weight, bias: vb.get_with_hints(output, "bias", Init::Const(0.0))?, stride, slope: 0.0 })
    }

    /// The same without an activation.
    pub(crate) fn linear(self) -> Self {
        Self { slope: 1.0, ..self }
    }
}

impl Module for Conv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        conv_layer(x, &self.weight, &self.bias, self.stride, self.slope)
    }
}

/// Convolutions, if any, hidden layers, and a last one.
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
