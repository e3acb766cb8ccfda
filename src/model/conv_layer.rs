//! Layers of the fully convolutional networks: locator and cut-out.

use super::{Parameters, TensorSpec};
use crate::Result;
use crate::kernels::{Conv, Instructions};
use candle_core::Tensor;

/// A convolution with SAME padding. ReLU follows every layer except the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConvLayer {
    pub name: String,
    pub kernel: usize,
    pub stride: usize,
    /// Input and output channels.
    pub channels: (usize, usize),
}

impl ConvLayer {
    fn tensors(&self, gain: f32) -> [TensorSpec; 2] {
        let (input, output) = self.channels;
        let shape = vec![output, input, self.kernel, self.kernel];
        let weight = TensorSpec { name: format!("{}.weight", self.name), shape, gain };
        [weight, TensorSpec { name: format!("{}.bias", self.name), shape: vec![output], gain: 1.0 }]
    }
}

/// The tensors of a network. The last layer has a small gain, so that outputs start near 0.
pub(crate) fn tensors(layers: &[ConvLayer]) -> Vec<TensorSpec> {
    let gain = |i: usize| if i + 1 == layers.len() { 0.1 } else { 1.0 };
    layers.iter().enumerate().flat_map(|(i, layer)| layer.tensors(gain(i))).collect()
}

/// (weight, bias, stride) of each layer.
pub(crate) fn tensors_of(layers: &[ConvLayer], parameters: &Parameters) -> Result<Vec<(Tensor, Tensor, usize)>> {
    let layer = |layer: &ConvLayer| {
        let [weight, bias] = layer.tensors(1.0).map(|t| parameters.get(&t));
        Ok((weight?, bias?, layer.stride))
    };
    layers.iter().map(layer).collect()
}

/// The layers packed for inference.
pub(crate) fn kernels(layers: &[ConvLayer], parameters: &Parameters, instructions: Instructions) -> Result<Vec<Conv>> {
    let conv = |(i, (weight, bias, stride)): (usize, (Tensor, Tensor, usize))| {
        Ok(Conv::new(&weight, &bias, stride, i + 1 < layers.len(), instructions)?)
    };
    tensors_of(layers, parameters)?.into_iter().enumerate().map(conv).collect()
}
