//! One stage: background and warped frame in, an update Δp of the warp parameters out.

use super::{GeneratorSpec, Parameters};
use crate::{Result, ops};
use candle_core::Tensor;

/// A generator stage of the released code (ST-GAN, section 3.2 and supplementary): convolutions 4×4 at stride 2 with ReLU,
/// each followed by the input, average-pooled to the same size, as extra channels; then two linear layers.
#[derive(Clone, Debug)]
pub struct Generator {
    spec: GeneratorSpec,
    convolutions: Vec<(Tensor, Tensor)>,
    linear: [(Tensor, Tensor); 2],
}

impl Generator {
    /// Takes the tensors of stage `stage` from `parameters`.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for impossible sizes, [`crate::Error::TensorMissing`] or [`crate::Error::TensorShape`] with the tensor's name.
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

    /// Weights [O, C, 4, 4] and biases \[O\], in order.
    pub fn convolutions(&self) -> &[(Tensor, Tensor)] {
        &self.convolutions
    }

    /// Weights [out, in] and biases \[out\] of the two linear layers.
    pub fn linear(&self) -> &[(Tensor, Tensor); 2] {
        &self.linear
    }

    /// The updates Δp [B, 8] for backgrounds [B, 3, S, S] and frames as warped so far [B, 4, S, S]
    /// ([B, 5, S, S] with a pose channel).
    pub fn forward(&self, background: &Tensor, foreground: &Tensor) -> candle_core::Result<Tensor> {
        let size = self.spec.size;
        let mut pooled = Tensor::cat(&[background, foreground], 1)?;
        let (_, channels, height, width) = pooled.dims4()?;
        if (channels, height, width) != (self.spec.inputs.channels(), size, size) {
            candle_core::bail!(
                "generator: background {:?} and foreground {:?}, expected {} channels of {size}×{size}",
                background.shape(),
                foreground.shape(),
                self.spec.inputs.channels()
            );
        }
        let mut features = pooled.clone();
        for (weight, bias) in &self.convolutions {
            features = ops::conv_layer(&features, weight, bias, 2, 0.0)?;
            pooled = halve(&pooled)?;
            features = Tensor::cat(&[&features, &pooled], 1)?;
        }
        let [(w1, b1), (w2, b2)] = &self.linear;
        let hidden = features.flatten_from(1)?.matmul(&w1.t()?)?.broadcast_add(b1)?;
        ops::leaky_relu(&hidden, 0.0)?.matmul(&w2.t()?)?.broadcast_add(b2)
    }
}

/// 2×2 average pooling, odd sizes first padded by one zero on the right and at the bottom (candle's own backward pass is
/// wrong on odd sizes).
fn halve(x: &Tensor) -> candle_core::Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    x.pad_with_zeros(2, 0, height % 2)?.pad_with_zeros(3, 0, width % 2)?.avg_pool2d(2)
}
