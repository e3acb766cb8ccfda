//! One generator stage: predicts an update Δp of the warp parameters from the background and the
//! warped glasses.

use super::{GeneratorSpec, Parameters};
use crate::{Result, ops};
use candle_core::Tensor;

/// Computes a convolution with its activation, from the input and from weight and bias.
pub type Layer<'a> = dyn FnMut(&Tensor, (&Tensor, &Tensor)) -> candle_core::Result<Tensor> + 'a;

/// The stride of the convolutions.
pub const STRIDE: usize = 2;

/// A generator stage as in the authors' released code (ST-GAN, section 3.2 and supplementary).
///
/// It has 4×4 convolutions at stride 2 with ReLU, then two linear layers with a ReLU between them.
/// The output of each convolution is concatenated with the input, average-pooled to the same size.
#[derive(Clone, Debug)]
pub struct Generator {
    spec: GeneratorSpec,
    convolutions: Vec<(Tensor, Tensor)>,
    linear: [(Tensor, Tensor); 2],
}

impl Generator {
    /// Builds stage `stage` from named tensors.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for an invalid `spec`, [`crate::Error::TensorMissing`] or
    /// [`crate::Error::TensorShape`] with the tensor's name.
    pub fn new(spec: &GeneratorSpec, stage: usize, parameters: &Parameters) -> Result<Self> {
        spec.validate()?;
        let tensors = spec.tensors(stage).iter().map(|t| parameters.get(t)).collect::<Result<Vec<_>>>()?;
        let mut pairs = tensors.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        let convolutions = pairs.by_ref().take(spec.channels.len()).collect();
        let linear: Vec<_> = pairs.collect();
        Ok(Self { spec: spec.clone(), convolutions, linear: [linear[0].clone(), linear[1].clone()] })
    }

    /// The sizes of the network.
    pub fn spec(&self) -> &GeneratorSpec {
        &self.spec
    }

    /// The weights [O, C, 4, 4] and biases \[O\] of the convolutions, in order.
    pub fn convolutions(&self) -> &[(Tensor, Tensor)] {
        &self.convolutions
    }

    /// The weights [out, in] and biases \[out\] of the two linear layers.
    pub fn linear(&self) -> &[(Tensor, Tensor); 2] {
        &self.linear
    }

    /// The update Δp [B, 8] for backgrounds [B, 3, H, W] and foregrounds [B, 4, H, W], already
    /// warped by the current parameters ([B, 5, H, W] with a pose channel).
    ///
    /// # Errors
    /// Shapes that do not match the generator's.
    pub fn forward(&self, background: &Tensor, foreground: &Tensor) -> candle_core::Result<Tensor> {
        let mut layer =
            |input: &Tensor, (weight, bias): (&Tensor, &Tensor)| ops::conv_layer(input, weight, bias, STRIDE, 0.0);
        self.head(&self.features(background, foreground, &mut layer)?)
    }

    /// The inputs [B, features] of the first linear layer, for the images of
    /// [`Generator::forward`].
    ///
    /// # Errors
    /// Those of `layer`, and shapes that do not match the generator's.
    pub fn features(&self, background: &Tensor, foreground: &Tensor, layer: &mut Layer) -> candle_core::Result<Tensor> {
        let size = self.spec.size;
        let mut pooled = Tensor::cat(&[background, foreground], 1)?;
        let (_, channels, height, width) = pooled.dims4()?;
        if (channels, height, width) != (self.spec.inputs.channels(), size.height, size.width) {
            candle_core::bail!(
                "generator: background {:?} and foreground {:?}, expected {} channels of {}×{}",
                background.shape(),
                foreground.shape(),
                self.spec.inputs.channels(),
                size.height,
                size.width
            );
        }
        let mut features = pooled.clone();
        for (weight, bias) in &self.convolutions {
            features = layer(&features, (weight, bias))?;
            pooled = halve(&pooled)?;
            features = Tensor::cat(&[&features, &pooled], 1)?;
        }
        features.flatten_from(1)
    }

    /// The update [B, 8] for the inputs [B, features] of the first linear layer.
    ///
    /// # Errors
    /// Shapes that do not match the generator's.
    pub fn head(&self, features: &Tensor) -> candle_core::Result<Tensor> {
        let [(w1, b1), (w2, b2)] = &self.linear;
        let hidden = features.matmul(&w1.t()?)?.broadcast_add(b1)?;
        ops::leaky_relu(&hidden, 0.0)?.matmul(&w2.t()?)?.broadcast_add(b2)
    }
}

/// 2×2 average pooling of [B, C, H, W]. Odd sizes are first padded by one zero on the right and at
/// the bottom, because candle's backward pass is wrong for odd sizes.
///
/// # Errors
/// A tensor that is not four-dimensional.
fn halve(x: &Tensor) -> candle_core::Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    x.pad_with_zeros(2, 0, height % 2)?.pad_with_zeros(3, 0, width % 2)?.avg_pool2d(2)
}
