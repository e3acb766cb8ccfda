//! Tests of the library on the machine that compiles it. They are one program, which links once.

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
