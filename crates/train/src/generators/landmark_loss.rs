//! The regression loss: the distance between points of the foreground and their right places.

use crate::config::LandmarkLoss;
use crate::data::pairs::PointPairs;
use candle_core::{D, Result, Tensor};
use stgan::stn;

/// Added under the square root of a distance, whose gradient is undefined at 0: the square of a
/// thousandth of a canonical unit.
const EPSILON: f64 = 1e-6;

/// The distance between the right places of points mapped through exp(p) and the points of the
/// foreground, averaged over batch and points.
///
/// `params` is [B, 8]. The mean horizontal offset of an example is multiplied by `horizontal`
/// before. The result is a scalar in canonical units, or their square (see [`LandmarkLoss`]).
pub(super) fn landmark_loss(
    loss: LandmarkLoss,
    horizontal: f64,
    params: &Tensor,
    targets: &[PointPairs],
) -> Result<Tensor> {
    let (n, device) = (targets.len(), params.device());
    let points: Vec<f32> =
        targets.iter().flat_map(|pairs| pairs.view).flat_map(|[x, y]| [x as f32, y as f32, 1.0]).collect();
    let points = Tensor::from_vec(points, (n, 8, 3), device)?;
    let foreground: Vec<f32> = targets.iter().flat_map(|pairs| pairs.foreground).flatten().map(|x| x as f32).collect();
    let foreground = Tensor::from_vec(foreground, (n, 8, 2), device)?;
    let mapped = points.matmul(&stn::homography(params)?.transpose(1, 2)?.contiguous()?)?;
    let projected = mapped.narrow(2, 0, 2)?.broadcast_div(&mapped.narrow(2, 2, 1)?)?;
    let mut offset = projected.sub(&foreground)?;
    if horizontal != 1.0 {
        let share = Tensor::new(&[1.0 - horizontal as f32, 0.0], device)?;
        offset = offset.broadcast_sub(&offset.mean_keepdim(1)?.broadcast_mul(&share)?)?;
    }
    let distance = |offset: &Tensor| (offset.sqr()?.sum(D::Minus1)? + EPSILON)?.sqrt()?.mean_all();
    match loss {
        LandmarkLoss::Squared => offset.sqr()?.sum(D::Minus1)?.mean_all(),
        LandmarkLoss::Distance => distance(&offset),
        LandmarkLoss::OffsetAndShape => {
            let mean = offset.mean_keepdim(1)?;
            distance(&mean)? + distance(&offset.broadcast_sub(&mean)?)?
        }
    }
}
