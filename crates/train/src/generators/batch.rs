//! Batches as tensors.

use crate::address::Address;
use crate::data::augment::Example;
use crate::data::landmarks::{self, Landmarks};
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use stgan::internals::homography::DIMENSION;
use stgan::model::{self, Inputs, composite};
use stgan::stn;

/// The tensors of one batch, on the device of the run.
pub(super) struct Batch {
    /// [B, 3, S, S].
    pub background: Tensor,
    /// The generators' input before it is warped: [B, 4 or 5, S, S].
    pub foreground: Tensor,
    /// The initial warp parameters of the glasses [B, 8].
    pub params: Tensor,
    /// The landmarks of the faces in canonical coordinates of the view. None if a face has no
    /// landmarks.
    pub targets: Option<Vec<Landmarks>>,
    pub addresses: Vec<Address>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// The composites [B, 3, S, S] of faces and glasses warped by `params`. Gradients pass to
    /// `params`.
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

    /// The parameters [B, 8] at which the glasses' landmarks meet the faces' landmarks.
    ///
    /// # Errors
    /// [`Error::Argument`] if a face has no landmarks.
    pub(super) fn landmark_params(&self) -> Result<Tensor> {
        let Some(targets) = &self.targets else {
            return Err(Error::Argument {
                name: "landmarks",
                value: "missing".into(),
                expected: "data with landmarks for composites at the landmark pose".into(),
            });
        };
        let solved: Vec<[f64; DIMENSION]> = targets.iter().map(landmarks::solve).collect::<stgan::Result<_>>()?;
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

/// Stacks examples, each with its glasses, into tensors.
pub(super) fn stack(
    examples: Vec<Example>,
    glasses: &[&[f32]],
    addresses: Vec<Address>,
    size: usize,
    inputs: Inputs,
    device: &Device,
) -> Result<Batch> {
    let n = examples.len();
    let background: Vec<f32> = examples.iter().flat_map(|e| e.background.iter().copied()).collect();
    let params: Vec<f32> = examples.iter().flat_map(|e| e.params.map(|x| x as f32)).collect();
    let glasses = Tensor::from_vec(glasses.concat(), (n, 4, size, size), device)?;
    Ok(Batch {
        background: Tensor::from_vec(background, (n, 3, size, size), device)?,
        foreground: model::foreground(&glasses, inputs)?,
        params: Tensor::from_vec(params, (n, DIMENSION), device)?,
        targets: examples.into_iter().map(|e| e.target).collect(),
        addresses,
    })
}
