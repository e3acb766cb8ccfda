//! Native tests of the library, in one test program so that they link only once.

#[path = "../common/mod.rs"]
mod common;

mod compose;
mod compose_limits;
mod dependencies;
mod downscale;
mod golden;
mod gradients;
mod kernels;
mod resample;
mod stn;
mod tryon;
mod weights;
