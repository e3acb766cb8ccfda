//! A network of the locator in two forms: tensors for training, packed kernels for inference.

use crate::kernels::{Chain, Conv, Instructions};
use crate::model::{Parameters, TensorSpec};
use crate::{Result, ops};
use candle_core::Tensor;

/// A convolution with SAME padding. ReLU follows every layer except the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConvLayer {
    pub name: String,
    pub kernel: usize,
    pub stride: usize,
    /// Input and output channels.
    pub channels: (usize, usize),
}

impl ConvLayer {
    pub(crate) fn tensors(&self, gain: f32) -> [TensorSpec; 2] {
        let (input, output) = self.channels;
        let shape = vec![output, input, self.kernel, self.kernel];
        let weight = TensorSpec { name: format!("{}.weight", self.name), shape, gain };
        [weight, TensorSpec { name: format!("{}.bias", self.name), shape: vec![output], gain: 1.0 }]
    }
}

/// The tensors of a network. The last layer has a small gain, so that outputs start near 0.
pub(super) fn tensors(layers: &[ConvLayer]) -> Vec<TensorSpec> {
    let gain = |i: usize| if i + 1 == layers.len() { 0.1 } else { 1.0 };
    layers.iter().enumerate().flat_map(|(i, layer)| layer.tensors(gain(i))).collect()
}

/// The network as packed kernels, for inference.
pub(super) fn chain(layers: &[ConvLayer], parameters: &Parameters, instructions: Instructions) -> Result<Chain> {
    let conv = |(i, layer): (usize, &ConvLayer)| {
        let [weight, bias] = layer.tensors(1.0).map(|t| parameters.get(&t));
        Ok(Conv::new(&weight?, &bias?, layer.stride, i + 1 < layers.len(), instructions)?)
    };
    Ok(Chain::new(layers.iter().enumerate().map(conv).collect::<Result<_>>()?)?)
}

/// A network as tensors, for training: gradients reach its weights.
#[derive(Clone, Debug)]
pub struct Network {
    /// (weight, bias, stride) of each layer.
    layers: Vec<(Tensor, Tensor, usize)>,
}

impl Network {
    pub(super) fn new(layers: &[ConvLayer], parameters: &Parameters) -> Result<Self> {
        let layer = |layer: &ConvLayer| {
            let [weight, bias] = layer.tensors(1.0).map(|t| parameters.get(&t));
            Ok((weight?, bias?, layer.stride))
        };
        Ok(Self { layers: layers.iter().map(layer).collect::<Result<_>>()? })
    }

    /// Maps images [B, 3, H, W], with values (colour − ½) · alpha, to outputs [B, 5, h, w].
    ///
    /// The five outputs are the score (a logit), then x and y of the left and the right pupil.
    ///
    /// # Errors
    /// candle's errors for another shape or type.
    pub fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let mut x = x.clone();
        for (i, (weight, bias, stride)) in self.layers.iter().enumerate() {
            let slope = if i + 1 < self.layers.len() { 0.0 } else { 1.0 };
            x = ops::conv_layer(&x, weight, bias, *stride, slope)?;
        }
        Ok(x)
    }
}
