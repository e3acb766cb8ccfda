//! The cascade of generators: each stage warps the glasses, predicts an update and adds it to the
//! warp parameters (ST-GAN, section 3.2).

use super::{Generator, GeneratorSpec, Inputs, Parameters};
use crate::pose::{EYE_Y, POSE_HALF_HEIGHT, TEMPLE_X};
use crate::stn::{Family, Warp};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};

/// A sequence of generator stages that update the parameters of one homography (ST-GAN, section
/// 3.2).
///
/// All images are square with side S = [`GeneratorSpec::size`] and values in [0, 1]. Parameters are
/// sl(3) coordinates of a homography (see [`crate::Homography::exp`]) that maps output points to
/// input points, both in canonical coordinates: [−1, 1] from the first to the last pixel centre.
#[derive(Clone, Debug)]
pub struct Cascade {
    spec: GeneratorSpec,
    stages: Vec<Generator>,
    warp: Warp,
}

impl Cascade {
    /// Builds a cascade of `stages` generators from named tensors.
    ///
    /// # Errors
    /// The errors of [`Generator::new`]; [`Error::Argument`] if `stages` is 0.
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

    /// The update Δp [B, 8] that stage `stage` predicts.
    ///
    /// `background` is [B, 3, S, S]. `foreground` is the glasses in canonical pose, [B, 4, S, S],
    /// or [B, 5, S, S] with a pose channel (see [`Cascade::foreground`]). `params` are the current
    /// parameters [B, 8].
    ///
    /// # Errors
    /// Shapes that do not match.
    ///
    /// # Panics
    /// If the cascade has no stage `stage`.
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

    /// Runs all stages, p ← p + Δp, and returns the parameters [B, 8] before the first stage and
    /// after each stage.
    ///
    /// The arguments are those of [`Cascade::update`].
    ///
    /// # Errors
    /// Shapes that do not match.
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

    /// The foreground that the stages take, from glasses in canonical pose [B, 4, S, S]; see
    /// [`foreground`].
    ///
    /// # Errors
    /// A tensor that is not four-dimensional.
    pub fn foreground(&self, glasses: &Tensor) -> candle_core::Result<Tensor> {
        foreground(glasses, self.spec.inputs)
    }
}

/// The foreground that generators with these inputs take: glasses in canonical pose [B, 4, S, S],
/// to which [`Inputs::RgbaPose`] adds the pose channel, [B, 5, S, S].
///
/// # Errors
/// A tensor that is not four-dimensional.
pub fn foreground(glasses: &Tensor, inputs: Inputs) -> candle_core::Result<Tensor> {
    match inputs {
        Inputs::Rgba => Ok(glasses.clone()),
        Inputs::RgbaPose => {
            let (batch, _, height, width) = glasses.dims4()?;
            let pose = pose_channel((height, width), glasses.dtype(), glasses.device())?;
            Tensor::cat(&[glasses, &pose.broadcast_as((batch, 1, height, width))?.contiguous()?], 1)
        }
    }
}

/// The pose channel as a tensor [1, 1, H, W]; see [`pose_values`].
fn pose_channel((height, width): (usize, usize), dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
    let pixels: Vec<f64> = pose_values((height, width)).collect();
    Tensor::from_vec(pixels, (1, 1, height, width), device)?.to_dtype(dtype)
}

/// The pixels of the pose channel, row by row: a vertical ramp inside the canonical bounding box of
/// the glasses, zero outside. When it is warped, it encodes scale, position, tilt and orientation.
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

/// Composites `foreground` [B, 4, H, W], RGBA with straight alpha, over `background` [B, 3, H, W].
///
/// # Errors
/// Shapes that do not match.
pub fn composite(background: &Tensor, foreground: &Tensor) -> candle_core::Result<Tensor> {
    let (colour, alpha) = (foreground.narrow(1, 0, 3)?, foreground.narrow(1, 3, 1)?);
    background + (colour - background)?.broadcast_mul(&alpha)?
}
