//! The regression loss: the distance between the landmarks of the face and those of the glasses.

use crate::config::LandmarkLoss;
use crate::data::landmarks::{self, Landmarks};
use candle_core::{Device, Result, Tensor};
use stgan::stn;

/// Added under the square root of a distance, whose gradient is undefined at 0: the square of a
/// thousandth of a canonical unit.
const EPSILON: f64 = 1e-6;

/// The distance between the face's landmarks mapped through exp(p) and the glasses' landmarks,
/// averaged over batch and landmarks.
///
/// `params` is [B, 8]. The result is a scalar in canonical units, or their square (see
/// [`LandmarkLoss`]).
pub(super) fn landmark_loss(loss: LandmarkLoss, params: &Tensor, targets: &[Landmarks]) -> Result<Tensor> {
    let points: Vec<f32> = targets.iter().flatten().flat_map(|[x, y]| [*x as f32, *y as f32, 1.0]).collect();
    let points = Tensor::from_vec(points, (targets.len(), 8, 3), params.device())?;
    let glasses: Vec<f32> = landmarks::GLASSES.iter().flatten().map(|x| *x as f32).collect();
    let glasses = Tensor::from_vec(glasses, (1, 8, 2), &Device::Cpu)?.to_device(params.device())?;
    let mapped = points.matmul(&stn::homography(params)?.transpose(1, 2)?.contiguous()?)?;
    let projected = mapped.narrow(2, 0, 2)?.broadcast_div(&mapped.narrow(2, 2, 1)?)?;
    let squared = projected.broadcast_sub(&glasses)?.sqr()?.sum(2)?;
    match loss {
        LandmarkLoss::Squared => squared.mean_all(),
        LandmarkLoss::Distance => (squared + EPSILON)?.sqrt()?.mean_all(),
    }
}
