//! Differentiable candle operations that candle lacks, or has slow: everything the networks do beside plain arithmetic.
//!
//! All of them take and give contiguous NCHW tensors in f32 or f64 on the CPU. A backward pass computes only the
//! gradients that are tracked.

mod activation;
mod bias;
mod conv;
mod sample;
mod storage;
mod warp;

pub use activation::{leaky_relu, leaky_relu_grad};
pub use bias::add_bias;
pub use conv::{ConvGeometry, conv2d, conv2d_input_grad, conv2d_weight_grad};
pub use sample::{Interpolation, grid_sample};
pub use warp::warp;
