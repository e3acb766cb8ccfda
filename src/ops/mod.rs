//! Differentiable candle operations that candle lacks, or has slow: everything the networks do beside plain arithmetic.
//!
//! All of them take and give NCHW tensors in f32 or f64. A backward pass computes only the gradients that are tracked. On
//! the CPU they are kernels of this crate; elsewhere (CUDA) the same is computed from candle's primitives.

mod activation;
mod bias;
mod conv;
mod grid;
mod primitives;
mod sample;
mod storage;
mod warp;

pub use activation::{leaky_relu, leaky_relu_grad};
pub use bias::add_bias;
pub use conv::{ConvGeometry, conv_layer, conv_layer_input_grad, conv2d, conv2d_input_grad, conv2d_weight_grad};
pub(crate) use grid::output_axis;
pub use grid::{affine_grid, homography_grid};
pub use sample::{Interpolation, Padding, Sampler, grid_sample};
pub use warp::{warp, warp_with};
