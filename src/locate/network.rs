//! A network of the locator in two forms: tensors for training, packed kernels for inference.

use crate::kernels::{Chain, Instructions};
use crate::model::Parameters;
use crate::model::conv_layer::{self, ConvLayer};
use crate::{Result, ops};
use candle_core::Tensor;

/// The network as packed kernels, for inference.
pub(super) fn chain(layers: &[ConvLayer], parameters: &Parameters, instructions: Instructions) -> Result<Chain> {
    Ok(Chain::new(conv_layer::kernels(layers, parameters, instructions)?)?)
}

/// A network as tensors, for training: gradients reach its weights.
#[derive(Clone, Debug)]
pub struct Network {
    /// (weight, bias, stride) of each layer.
    layers: Vec<(Tensor, Tensor, usize)>,
}

impl Network {
    pub(super) fn new(layers: &[ConvLayer], parameters: &Parameters) -> Result<Self> {
        Ok(Self { layers: conv_layer::tensors_of(layers, parameters)? })
    }

    /// Maps images [B, 3, H, W], with values (colour − ½) · alpha, to outputs [B, 5, h, w], or [B,
    /// 9, h, w] with attributes.
    ///
    /// The outputs are the score (a logit), then x and y of the left and the right pupil, then
    /// glasses and covered eyes (logits), yaw and pitch (in units of `FaceAttributes::UNIT`).
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
