//! The spatial transformer (Jaderberg et al. 2015): a module for any candle network, and its
//! differentiable parts (transforms, sampling grids, samplers).
//!
//! ```text
//!     U [B, C, h, w] ──┬──> localisation net ──> θ [B, n] ──> grid [B, H, W, 2] ──┐
//!                      │                                                          ├──> sampler ──> V [B, C, H, W]
//!                      └──────────────────────────────────────────────────────────┘
//! ```
//!
//! A sampling grid holds the input point (x, y) of every output pixel, in canonical coordinates:
//! [−1, 1] over the image, x to the right, y down. If the transform is a matrix, [`Warp`] fuses
//! grid and sampler and stores no grid.
//!
//! # Example
//!
//! ```
//! use candle_core::{DType, Device, Module, Tensor};
//! use candle_nn::{VarBuilder, VarMap, linear};
//! use stgan::stn::{Family, SpatialTransformer, identity_layer};
//!
//! let variables = VarMap::new();
//! let vb = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
//! let localisation = candle_nn::seq()
//!     .add_fn(|u| u.flatten_from(1))
//!     .add(linear(28 * 28, 16, vb.pp("hidden"))?)
//!     .add_fn(|x| x.relu())
//!     .add(identity_layer(16, Family::Affine, vb.pp("theta"))?);
//! let transformer = SpatialTransformer::new(localisation, Family::Affine, (28, 28))?;
//!
//! let u = Tensor::rand(0f32, 1.0, (2, 1, 28, 28), &Device::Cpu)?;
//! let v = transformer.forward(&u)?;   // before training: u itself
//! assert!((u - v)?.abs()?.max_all()?.to_scalar::<f32>()? < 1e-5);
//! # Ok::<(), candle_core::Error>(())
//! ```

mod family;
mod matrix;
mod module;
mod spline;

pub use crate::ops::{Interpolation, Padding, Sampler, affine_grid, grid_sample, homography_grid};
pub use family::Family;
pub use matrix::{homography, homography_logarithm};
pub use module::{SpatialTransformer, Warp, identity_layer};
pub use spline::MAX_CONTROL_POINTS;

use candle_core::{Result, Tensor};

/// Warps `image` [B, C, h, w] by the homographies exp(A(p)) of `params` [B, 8] to
/// [B, C, height, width]; `size` is (height, width).
///
/// This is [`Warp`] for [`Family::Homography`] with the default sampler: bilinear, zero outside.
///
/// # Errors
/// See [`Warp::new`] and [`Warp::forward`].
pub fn warp(image: &Tensor, params: &Tensor, size: (usize, usize)) -> Result<Tensor> {
    Warp::new(Family::Homography, size)?.forward(image, params)
}
