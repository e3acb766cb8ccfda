//! The spatial transformer (Jaderberg et al. 2015): parameters → transform → grid → sampler, each differentiable.
//!
//! ```text
//!     θ ──> transform ──> grid [B, H, W, 2] ──┐
//!                                             ├──> sampler ──> output [B, C, H, W]
//!     U [B, C, h, w] ─────────────────────────┘
//! ```
//!
//! The output looks up the input: a grid holds, for every output pixel, the point of the input that it shows. Where the
//! transform is a homography and the sampler bilinear, [`warp`] does grid and sampler in one piece.

mod transform;

pub use crate::ops::{Interpolation, affine_grid, grid_sample, homography_grid};
pub use transform::homography;

use candle_core::{Result, Tensor};

/// Warps `image` [B, C, h, w] by the homographies H = exp(A(p)) of `params` [B, 8] to [B, C, height, width], bilinear and
/// zero outside. H maps output points to input points, both in canonical coordinates.
pub fn warp(image: &Tensor, params: &Tensor, (height, width): (usize, usize)) -> Result<Tensor> {
    crate::ops::warp(image, &homography(params)?, (height, width))
}
