//! Differentiable operations that candle lacks or implements slowly: convolutions, activations,
//! samplers and warps.
//!
//! All operations take and return f32 or f64 tensors; images are [B, C, H, W]. The backward pass
//! computes only the gradients of tracked operands. On the CPU the operations are kernels of this
//! crate; on other devices (CUDA) they are composed of candle's primitives.

mod activation;
mod batch_norm;
mod bias;
mod conv;
mod grid;
mod primitives;
mod sample;
mod storage;
mod warp;

pub use activation::{leaky_relu, leaky_relu_grad};
pub use batch_norm::{batch_norm_relu, batch_statistics};
pub use bias::add_bias;
pub use conv::{ConvGeometry, conv_layer, conv_layer_input_grad, conv2d, conv2d_input_grad, conv2d_weight_grad};
pub(crate) use grid::output_axis;
pub use grid::{affine_grid, homography_grid};
pub use sample::{Interpolation, Padding, Sampler, grid_sample};
pub use warp::{warp, warp_with};
