//! A locator network twice: as tensors for training, packed for use.

use crate::kernels::{Chain, Conv, Instructions};
use crate::model::{Parameters, TensorSpec};
use crate::{Result, ops};
use candle_core::Tensor;

/// One convolution of a network: SAME padding, ReLU but for the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub name: String,
    pub kernel: usize,
    pub stride: usize,
    /// In and out.
    pub channels: (usize, usize),
}

impl Layer {
    pub(crate) fn tensors(&self, gain: f32) -> [TensorSpec; 2] {
        let (input, output) = self.channels;
        let shape = vec![output, input, self.kernel, self.kernel];
        let weight = TensorSpec { name: format!("{}.weight", self.name), shape, gain };
        [weight, TensorSpec { name: format!("{}.bias", self.name), shape: vec![output], gain: 1.0 }]
    }
}

/// The tensors of a network; its last layer starts small.
pub(super) fn tensors(layers: &[Layer]) -> Vec<TensorSpec> {
    let gain = |i: usize| if i + 1 == layers.len() { 0.1 } else { 1.0 };
    layers.iter().enumerate().flat_map(|(i, layer)| layer.tensors(gain(i))).collect()
}

/// The network packed for use.
pub(super) fn chain(layers: &[Layer], parameters: &Parameters, instructions: Instructions) -> Result<Chain> {
    let conv = |(i, layer): (usize, &Layer)| {
        let [weight, bias] = layer.tensors(1.0).map(|t| parameters.get(&t));
        Ok(Conv::new(&weight?, &bias?, layer.stride, i + 1 < layers.len(), instructions)?)
    };
    Ok(Chain::new(layers.iter().enumerate().map(conv).collect::<Result<_>>()?)?)
}

/// The network as tensors, through which gradients pass to its weights.
#[derive(Clone, Debug)]
pub struct Network {
    /// (weight, bias, stride), the answer's last.
    layers: Vec<(Tensor, Tensor, usize)>,
}

impl Network {
    pub(super) fn new(layers: &[Layer], parameters: &Parameters) -> Result<Self> {
        let layer = |layer: &Layer| {
            let [weight, bias] = layer.tensors(1.0).map(|t| parameters.get(&t));
            Ok((weight?, bias?, layer.stride))
        };
        Ok(Self { layers: layers.iter().map(layer).collect::<Result<_>>()? })
    }

    /// Pictures [B, 3, H, W], (colour − ½) · alpha, to answers [B, 5, h, w].
    pub fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let mut x = x.clone();
        for (i, (weight, bias, stride)) in self.layers.iter().enumerate() {
            let slope = if i + 1 < self.layers.len() { 0.0 } else { 1.0 };
            x = ops::conv_layer(&x, weight, bias, *stride, slope)?;
        }
        Ok(x)
    }
}
