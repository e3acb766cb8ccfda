//! The iteration: warp the frame, ask the next generator, update the parameters, look again.

use super::{Generator, GeneratorSpec, Inputs, Parameters};
use crate::pose::{EYE_Y, POSE_HALF_HEIGHT, TEMPLE_X};
use crate::stn::{Family, Warp};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};

/// Generator stages, one after the other.
#[derive(Clone, Debug)]
pub struct Cascade {
    spec: GeneratorSpec,
    stages: Vec<Generator>,
    warp: Warp,
}

impl Cascade {
    /// Takes `stages` generators from `parameters`.
    ///
    /// # Errors
    /// As [`Generator::new`]; [`Error::Argument`] for no stages at all.
    pub fn new(spec: &GeneratorSpec, stages: usize, parameters: &Parameters) -> Result<Self> {
        if stages == 0 {
            return Err(Error::argument("stages", stages, "at least 1"));
        }
        let stages = (0..stages).map(|i| Generator::new(spec, i, parameters)).collect::<Result<_>>()?;
        let warp = Warp::new(Family::Homography, (spec.size, spec.size))?;
        Ok(Self { spec: spec.clone(), stages, warp })
    }

    /// The sizes of the generators.
    pub fn spec(&self) -> &GeneratorSpec {
        &self.spec
    }

    /// The generators, in order.
    pub fn stages(&self) -> &[Generator] {
        &self.stages
    }

    /// Δp [B, 8] of stage `stage` for backgrounds [B, 3, S, S], frames in canonical pose [B, 4, S, S] (see
    /// [`Cascade::foreground`]) and the parameters so far [B, 8].
    pub fn update(
        &self,
        stage: usize,
        background: &Tensor,
        foreground: &Tensor,
        params: &Tensor,
    ) -> candle_core::Result<Tensor> {
        let warped = self.warp.forward(foreground, params)?;
        self.stages[stage].forward(background, &warped)
    }

    /// The parameters after each of the stages, p ← p + Δp, the first entry being `params` itself.
    pub fn forward(
        &self,
        background: &Tensor,
        foreground: &Tensor,
        params: &Tensor,
    ) -> candle_core::Result<Vec<Tensor>> {
        let mut all = vec![params.clone()];
        for stage in 0..self.stages.len() {
            let params = &all[stage];
            all.push((params + self.update(stage, background, foreground, params)?)?);
        }
        Ok(all)
    }

    /// What the stages take as foreground: see [`foreground`].
    pub fn foreground(&self, frames: &Tensor) -> candle_core::Result<Tensor> {
        foreground(frames, self.spec.inputs)
    }
}

/// What generators with these inputs take as foreground: the frames in canonical pose [B, 4, S, S], with the pose channel
/// added where they look at one.
pub fn foreground(frames: &Tensor, inputs: Inputs) -> candle_core::Result<Tensor> {
    match inputs {
        Inputs::Rgba => Ok(frames.clone()),
        Inputs::RgbaPose => {
            let (batch, _, height, width) = frames.dims4()?;
            let pose = pose_channel((height, width), frames.dtype(), frames.device())?;
            Tensor::cat(&[frames, &pose.broadcast_as((batch, 1, height, width))?.contiguous()?], 1)
        }
    }
}

/// The frame's canonical box as a picture [1, 1, H, W]; see [`pose_values`].
fn pose_channel((height, width): (usize, usize), dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
    let pixels: Vec<f64> = pose_values((height, width)).collect();
    Tensor::from_vec(pixels, (1, 1, height, width), device)?.to_dtype(dtype)
}

/// The pixels of the frame's canonical box, row by row: a ramp from top to bottom inside of it, zero outside. It shows
/// scale, place, tilt and which way is up.
pub(super) fn pose_values((height, width): (usize, usize)) -> impl Iterator<Item = f64> {
    let coordinate = |i: usize, size: usize| 2.0 * i as f64 / (size.max(2) - 1) as f64 - 1.0;
    let value = |x: f64, y: f64| {
        let down = (y - EYE_Y) / POSE_HALF_HEIGHT;
        if x.abs() <= TEMPLE_X && down.abs() <= 1.0 { 0.6 + 0.4 * down } else { 0.0 }
    };
    (0..height)
        .flat_map(move |j| (0..width).map(move |i| (i, j)))
        .map(move |(i, j)| value(coordinate(i, width), coordinate(j, height)))
}

/// The frame over the background: `foreground` [B, 4, H, W] with straight alpha, `background` [B, 3, H, W].
pub fn composite(background: &Tensor, foreground: &Tensor) -> candle_core::Result<Tensor> {
    let (colour, alpha) = (foreground.narrow(1, 0, 3)?, foreground.narrow(1, 3, 1)?);
    background + (colour - background)?.broadcast_mul(&alpha)?
}
