//! The loss of regression: how far the landmarks of a face are from those of the glasses.

use crate::config::LandmarkLoss;
use crate::data::anchors::{self, Anchors};
use candle_core::{Device, Result, Tensor};
use stgan::stn;

/// Under the root of an anchor's distance, which has no gradient at 0: a thousandth of a canonical unit, squared.
const NEAR: f64 = 1e-6;

/// How far the faces' points, looked up through exp(p), are from the frame's: canonical units, or their square.
pub(super) fn landmark_loss(loss: LandmarkLoss, params: &Tensor, targets: &[Anchors]) -> Result<Tensor> {
    let points: Vec<f32> = targets.iter().flatten().flat_map(|[x, y]| [*x as f32, *y as f32, 1.0]).collect();
    let points = Tensor::from_vec(points, (targets.len(), 8, 3), params.device())?;
    let frame: Vec<f32> = anchors::FRAME.iter().flatten().map(|x| *x as f32).collect();
    let frame = Tensor::from_vec(frame, (1, 8, 2), &Device::Cpu)?.to_device(params.device())?;
    let mapped = points.matmul(&stn::homography(params)?.transpose(1, 2)?.contiguous()?)?;
    let found = mapped.narrow(2, 0, 2)?.broadcast_div(&mapped.narrow(2, 2, 1)?)?;
    let squared = found.broadcast_sub(&frame)?.sqr()?.sum(2)?;
    match loss {
        LandmarkLoss::Squared => squared.mean_all(),
        LandmarkLoss::Distance => (squared + NEAR)?.sqrt()?.mean_all(),
    }
}
