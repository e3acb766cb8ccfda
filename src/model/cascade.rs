//! The cascade of generators: each stage warps the glasses, predicts an update and adds it to the
//! warp parameters (ST-GAN, section 3.2).

use super::{CanonicalPose, Generator, GeneratorSpec, Inputs, Parameters};
use crate::stn::{Family, Warp};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};

/// A sequence of generator stages that update the parameters of one homography (ST-GAN, section
/// 3.2).
///
/// All images have the size H × W of [`GeneratorSpec::size`] and values in [0, 1]. Parameters are
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
        let warp = Warp::new(Family::Homography, (spec.size.height, spec.size.width))?;
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
    /// `background` is [B, 3, H, W]. `foreground` is in canonical pose, [B, 4, H, W], or [B, 5, H,
    /// W] with a pose channel (see [`Cascade::foreground`]). `params` are the current parameters
    /// [B, 8].
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

    /// The foreground that the stages take, from an image in canonical pose [B, 4, H, W]; see
    /// [`foreground`].
    ///
    /// # Errors
    /// A tensor that is not four-dimensional.
    pub fn foreground(&self, glasses: &Tensor) -> candle_core::Result<Tensor> {
        foreground(glasses, &self.spec)
    }
}

/// The foreground that generators of this kind take: an image in canonical pose [B, 4, H, W], to
/// which [`Inputs::RgbaPose`] adds the pose channel, [B, 5, H, W].
///
/// # Errors
/// A tensor that is not four-dimensional.
pub fn foreground(glasses: &Tensor, spec: &GeneratorSpec) -> candle_core::Result<Tensor> {
    match spec.inputs {
        Inputs::Rgba => Ok(glasses.clone()),
        Inputs::RgbaPose => {
            let (batch, _, height, width) = glasses.dims4()?;
            let pose = pose_channel(&spec.task.pose, (height, width), glasses.dtype(), glasses.device())?;
            Tensor::cat(&[glasses, &pose.broadcast_as((batch, 1, height, width))?.contiguous()?], 1)
        }
    }
}

/// The pose channel as a tensor [1, 1, H, W]; see [`pose_values`].
fn pose_channel(
    pose: &CanonicalPose,
    (height, width): (usize, usize),
    dtype: DType,
    device: &Device,
) -> candle_core::Result<Tensor> {
    let pixels: Vec<f64> = pose_values(pose, (height, width)).collect();
    Tensor::from_vec(pixels, (1, 1, height, width), device)?.to_dtype(dtype)
}

/// The pixels of the pose channel, row by row: a vertical ramp inside the box of the canonical
/// pose, zero outside. When it is warped, it encodes scale, position, tilt and orientation.
pub(super) fn pose_values(pose: &CanonicalPose, (height, width): (usize, usize)) -> impl Iterator<Item = f64> + use<> {
    let CanonicalPose { half_width, half_height, centre_y, .. } = *pose;
    let coordinate = |i: usize, size: usize| 2.0 * i as f64 / (size.max(2) - 1) as f64 - 1.0;
    let value = move |x: f64, y: f64| {
        let down = (y - centre_y) / half_height;
        if x.abs() <= half_width && down.abs() <= 1.0 { 0.6 + 0.4 * down } else { 0.0 }
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
