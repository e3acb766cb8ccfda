//! Batches as tensors.

use crate::address::Address;
use crate::data::anchors::{self, Anchors};
use crate::data::augment::Example;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use stgan::internals::homography::DIMENSION;
use stgan::model::{self, Inputs, composite};
use stgan::stn;

/// Tensors of one batch, on the run's device.
pub(super) struct Batch {
    /// [B, 3, S, S].
    pub background: Tensor,
    /// What generators take: [B, 4 or 5, S, S].
    pub foreground: Tensor,
    /// The frames' warps at the start [B, 8].
    pub params: Tensor,
    /// The faces' points in the view, if the data has landmarks for all of them.
    pub targets: Option<Vec<Anchors>>,
    pub addresses: Vec<Address>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// The pictures [B, 3, S, S] with the frames warped by `params`; gradients pass to `params`.
    pub(super) fn composite(&self, params: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = self.background.dims4()?;
        let frames = self.foreground.narrow(1, 0, 4)?.contiguous()?;
        Ok(composite(&self.background, &stn::warp(&frames, params, (height, width))?)?)
    }

    /// The foregrounds as warped so far, as generators look at them.
    pub(super) fn warped(&self, params: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = self.background.dims4()?;
        Ok(stn::warp(&self.foreground, params, (height, width))?)
    }

    /// Parameters [B, 8] at which the frames' anchors meet the faces' points.
    ///
    /// # Errors
    /// [`Error::Argument`] if there are no landmarks.
    pub(super) fn right(&self) -> Result<Tensor> {
        let Some(targets) = &self.targets else {
            return Err(Error::Argument {
                name: "landmarks",
                value: "missing".into(),
                expected: "data with landmarks, for composites at the landmark pose".into(),
            });
        };
        let solved: Vec<[f64; DIMENSION]> = targets.iter().map(anchors::solve).collect::<stgan::Result<_>>()?;
        let values: Vec<f32> = solved.iter().flatten().map(|x| *x as f32).collect();
        Ok(Tensor::from_vec(values, (targets.len(), DIMENSION), self.params.device())?)
    }
}

/// What one step of the critic looks at.
pub(super) struct CriticBatch {
    /// Fresh examples, then remembered ones.
    pub examples: Batch,
    /// The warps [h, 8] of the remembered ones, the last of `examples`.
    pub remembered: Option<Tensor>,
    /// Real pictures, as many as examples.
    pub reals: Tensor,
    /// Of the gradient penalty: [B, 1, 1, 1].
    pub mix: Tensor,
}

/// What one iteration of the game looks at.
pub(super) struct GameBatch {
    pub generator: Batch,
    /// One for each of the critic's steps.
    pub critic: Vec<CriticBatch>,
}

/// Stacks examples with a frame each into tensors.
pub(super) fn stack(
    examples: Vec<Example>,
    frames: &[&[f32]],
    addresses: Vec<Address>,
    size: usize,
    inputs: Inputs,
    device: &Device,
) -> Result<Batch> {
    let n = examples.len();
    let background: Vec<f32> = examples.iter().flat_map(|e| e.background.iter().copied()).collect();
    let params: Vec<f32> = examples.iter().flat_map(|e| e.params.map(|x| x as f32)).collect();
    let frames = Tensor::from_vec(frames.concat(), (n, 4, size, size), device)?;
    Ok(Batch {
        background: Tensor::from_vec(background, (n, 3, size, size), device)?,
        foreground: model::foreground(&frames, inputs)?,
        params: Tensor::from_vec(params, (n, DIMENSION), device)?,
        targets: examples.into_iter().map(|e| e.target).collect(),
        addresses,
    })
}
