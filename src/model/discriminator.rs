//! The discriminator: scores the realism of an image patch by patch.

use super::{Parameters, TensorSpec};
use crate::{Result, ops};
use candle_core::Tensor;

const SLOPE: f64 = 0.2;

/// The sizes of a discriminator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscriminatorSpec {
    /// Output channels of the 4×4 stride-2 convolutions, in order.
    pub channels: Vec<usize>,
}

impl DiscriminatorSpec {
    /// The names and shapes of the tensors, as in the weights file.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        let mut tensors = Vec::new();
        let mut input = 3;
        let strided = (1..).zip(&self.channels).map(|(layer, &output)| (format!("conv{layer}"), output, 4));
        for (layer, output, kernel) in strided.chain([("score".to_owned(), 1, 3)]) {
            let name = format!("discriminator.{layer}");
            tensors.push(TensorSpec::new(format!("{name}.weight"), vec![output, input, kernel, kernel]));
            tensors.push(TensorSpec::new(format!("{name}.bias"), vec![output]));
            input = output;
        }
        tensors
    }
}

/// A PatchGAN discriminator (ST-GAN, section 4 and supplementary): 4×4 convolutions at stride 2
/// with LeakyReLU 0.2, then a 3×3 convolution to one score per patch. Higher scores mean "real".
#[derive(Clone, Debug)]
pub struct Discriminator {
    /// (weight, bias, stride) of each layer; the last one computes the score.
    layers: Vec<(Tensor, Tensor, usize)>,
}

impl Discriminator {
    /// Builds a discriminator from named tensors.
    ///
    /// # Errors
    /// [`crate::Error::TensorMissing`] or [`crate::Error::TensorShape`], with the tensor's name.
    pub fn new(spec: &DiscriminatorSpec, parameters: &Parameters) -> Result<Self> {
        let tensors = spec.tensors().iter().map(|t| parameters.get(t)).collect::<Result<Vec<_>>>()?;
        let strides = spec.channels.iter().map(|_| 2).chain([1]);
        let layers = tensors.chunks_exact(2).zip(strides).map(|(pair, s)| (pair[0].clone(), pair[1].clone(), s));
        Ok(Self { layers: layers.collect() })
    }

    /// A copy with detached weights: gradients reach its input but not its weights.
    pub fn frozen(&self) -> Self {
        let layers = self.layers.iter().map(|(weight, bias, stride)| (weight.detach(), bias.detach(), *stride));
        Self { layers: layers.collect() }
    }

    /// The patch scores [B, 1, h, w] of images [B, 3, H, W].
    ///
    /// # Errors
    /// A tensor that is not [B, 3, H, W].
    pub fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        self.forward_with(x, |_| ())
    }

    /// The gradient ∂(sum of the patch scores)/∂x [B, 3, H, W] at images `x` [B, 3, H, W], itself
    /// differentiable with respect to the weights.
    ///
    /// candle detaches gradients, so a penalty on the result of `backward` would not train the
    /// weights. This function therefore chains the input gradients of the convolutions and the
    /// activation masks explicitly. The masks change only where a pre-activation crosses zero, so
    /// differentiating the chain once gives the exact second-order gradient.
    ///
    /// # Errors
    /// A tensor that is not [B, 3, H, W].
    pub fn input_gradient(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let mut inputs = Vec::new();
        let mut gradient = self.frozen().forward_with(&x.detach(), |x| inputs.push(x.clone()))?.ones_like()?;
        for (i, ((weight, _, stride), x)) in self.layers.iter().zip(&inputs).enumerate().rev() {
            // The image is not the output of an activation.
            let slope = if i > 0 { SLOPE } else { 1.0 };
            gradient = ops::conv_layer_input_grad(&gradient, weight, x, *stride, slope)?;
        }
        Ok(gradient)
    }

    /// Calls `inputs` with the input of each layer.
    fn forward_with(&self, x: &Tensor, mut inputs: impl FnMut(&Tensor)) -> candle_core::Result<Tensor> {
        let mut x = x.clone();
        for (i, (weight, bias, stride)) in self.layers.iter().enumerate() {
            inputs(&x);
            let slope = if i + 1 < self.layers.len() { SLOPE } else { 1.0 };
            x = ops::conv_layer(&x, weight, bias, *stride, slope)?;
        }
        Ok(x)
    }
}
