pub mod bitmap;
pub mod compose;
#[cfg(not(target_arch = "wasm32"))]
pub mod data;
pub mod decode;
pub mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod evaluate;
#[cfg(not(target_arch = "wasm32"))]
pub mod gallery;
pub mod homography;
pub mod model;
pub mod ops;
pub mod resample;
pub mod stn;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
pub mod tryon;

pub use bitmap::{Bitmap, BitmapRef, Rect};
pub use error::{Error, Result};
pub use homography::Homography;
