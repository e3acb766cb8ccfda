//! Batches as tensors.

use super::source::Sampled;
use crate::address::Address;
use crate::data::pairs::PointPairs;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use stgan::internals::homography::DIMENSION;
use stgan::model::{self, GeneratorSpec, ImageSize, composite};
use stgan::stn;

/// The tensors of one batch, on the device of the run.
pub(super) struct Batch {
    /// [B, 3, H, W].
    pub background: Tensor,
    /// The generators' input before it is warped: [B, 4 or 5, H, W].
    pub foreground: Tensor,
    /// The initial warp parameters [B, 8].
    pub params: Tensor,
    /// Points and their right places. None if an example has none.
    pub targets: Option<Vec<PointPairs>>,
    /// The views with the foregrounds in their right places [B, 3, H, W], if all examples have
    /// them.
    pub reals: Option<Tensor>,
    pub addresses: Vec<Address>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// The composites [B, 3, H, W] of backgrounds and foregrounds warped by `params`. Gradients
    /// pass to `params`.
    pub(super) fn composite(&self, params: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = self.background.dims4()?;
        let glasses = self.foreground.narrow(1, 0, 4)?.contiguous()?;
        Ok(composite(&self.background, &stn::warp(&glasses, params, (height, width))?)?)
    }

    /// The foregrounds warped by `params`: the generators' input.
    pub(super) fn warped(&self, params: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = self.background.dims4()?;
        Ok(stn::warp(&self.foreground, params, (height, width))?)
    }

    /// The parameters [B, 8] at which the foregrounds' points meet their right places.
    ///
    /// # Errors
    /// [`Error::Argument`] if an example has none.
    pub(super) fn landmark_params(&self) -> Result<Tensor> {
        let Some(targets) = &self.targets else {
            return Err(Error::Argument {
                name: "landmarks",
                value: "missing".into(),
                expected: "data with landmarks for composites at the landmark pose".into(),
            });
        };
        let solved: Vec<[f64; DIMENSION]> =
            targets.iter().map(PointPairs::right_params).collect::<stgan::Result<_>>()?;
        let values: Vec<f32> = solved.iter().flatten().map(|x| *x as f32).collect();
        Ok(Tensor::from_vec(values, (targets.len(), DIMENSION), self.params.device())?)
    }
}

/// The batch of one discriminator iteration.
pub(super) struct DiscriminatorBatch {
    /// Fresh examples, then those of remembered composites.
    pub examples: Batch,
    /// The parameters [h, 8] of the remembered composites, which are the last of `examples`.
    pub remembered: Option<Tensor>,
    /// Real images, as many as examples.
    pub reals: Tensor,
    /// The mixing weights of the gradient penalty: [B, 1, 1, 1].
    pub mix: Tensor,
}

/// The batches of one adversarial iteration.
pub(super) struct AdversarialBatch {
    pub generator: Batch,
    /// One for each discriminator iteration.
    pub discriminator: Vec<DiscriminatorBatch>,
}

/// Stacks examples into tensors.
pub(super) fn stack(
    examples: Vec<Sampled>,
    addresses: Vec<Address>,
    spec: &GeneratorSpec,
    device: &Device,
) -> Result<Batch> {
    let n = examples.len();
    let ImageSize { height, width } = spec.size;
    let background: Vec<f32> = examples.iter().flat_map(|e| e.background.iter().copied()).collect();
    let foreground: Vec<f32> = examples.iter().flat_map(|e| e.foreground.iter().copied()).collect();
    let params: Vec<f32> = examples.iter().flat_map(|e| e.params.map(|x| x as f32)).collect();
    let reals = examples.iter().map(|e| e.real.as_deref()).collect::<Option<Vec<&[f32]>>>();
    let reals = reals.filter(|reals| !reals.is_empty()).map(|reals| reals.concat());
    let foreground = Tensor::from_vec(foreground, (n, 4, height, width), device)?;
    Ok(Batch {
        background: Tensor::from_vec(background, (n, 3, height, width), device)?,
        foreground: model::foreground(&foreground, spec)?,
        params: Tensor::from_vec(params, (n, DIMENSION), device)?,
        reals: reals.map(|reals| Tensor::from_vec(reals, (n, 3, height, width), device)).transpose()?,
        targets: examples.into_iter().map(|e| e.target).collect(),
        addresses,
    })
}
