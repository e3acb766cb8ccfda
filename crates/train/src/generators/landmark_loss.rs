//! The regression loss: the distance between points of the foreground and their right places.

use crate::config::LandmarkLoss;
use crate::data::pairs::PointPairs;
use candle_core::{Result, Tensor};
use stgan::stn;

/// Added under the square root of a distance, whose gradient is undefined at 0: the square of a
/// thousandth of a canonical unit.
const EPSILON: f64 = 1e-6;

/// The distance of the points of the foreground, mapped through exp(−p), from their right places,
/// averaged over batch and points.
///
/// It is measured in the view. Measured in the foreground, a place that is uncertain would make
/// large foregrounds cheaper.
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
        targets.iter().flat_map(|pairs| pairs.foreground).flat_map(|[x, y]| [x as f32, y as f32, 1.0]).collect();
    let points = Tensor::from_vec(points, (n, 8, 3), device)?;
    let places: Vec<f32> = targets.iter().flat_map(|pairs| pairs.view).flatten().map(|x| x as f32).collect();
    let places = Tensor::from_vec(places, (n, 8, 2), device)?;
    let mapped = points.matmul(&stn::homography(&params.neg()?)?.transpose(1, 2)?.contiguous()?)?;
    let projected = mapped.narrow(2, 0, 2)?.broadcast_div(&mapped.narrow(2, 2, 1)?)?;
    let mut offset = projected.sub(&places)?;
    if horizontal != 1.0 {
        let share = Tensor::new(&[1.0 - horizontal as f32, 0.0], device)?;
        offset = offset.broadcast_sub(&offset.mean_keepdim(1)?.broadcast_mul(&share)?)?;
    }
    let squared = offset.sqr()?.sum(2)?;
    match loss {
        LandmarkLoss::Squared => squared.mean_all(),
        LandmarkLoss::Distance => (squared + EPSILON)?.sqrt()?.mean_all(),
    }
}
