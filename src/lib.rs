pub mod bitmap;
pub mod error;
pub mod homography;
pub mod model;
pub mod ops;
pub mod stn;

pub use bitmap::{Bitmap, BitmapRef, Rect};
pub use error::{Error, Result};
pub use homography::Homography;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
