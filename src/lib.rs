//! ST-GAN (Lin et al., CVPR 2018): a foreground is composited into a photo so that it looks real, by learning only where
//! and how it sits. Here: glasses onto faces.
//!
//! A generator looks at the background and at the frame as warped so far, and answers with an update Δp of the warp's
//! parameters; the update is applied, and the next generator looks again:
//!
//! ```text
//!     photo ──┐
//!             ├─> 72 or 144 pixel view ─> generator i ─> Δp ─> p + Δp ─> warp the frame by exp(p) ─┐
//!     frame ──┘                              ^                                                     │  N times
//!                                            └─────────────────────────────────────────────────────┘
//! ```
//!
//! Only parameters come out, so they are found on a small view and used at the photo's full size.
//!
//! # Example
//!
//! ```
//! use stgan::{Bitmap, compose::{self, Foreground}, tryon::{Placement, TryOn}};
//!
//! let tryon = TryOn::new(include_bytes!("../weights/glasses.safetensors"))?;
//! let photo = Bitmap::new(640, 480, vec![200; 640 * 480 * 4])?;
//! let frame = Foreground::new(Bitmap::new(100, 40, vec![255; 100 * 40 * 4])?.as_ref())?;
//!
//! let placement = Placement { x: 320.0, y: 200.0, width: 180.0, rotation: 0.0 };
//! let fit = tryon.fit(photo.as_ref(), &frame, &placement, None)?;
//! let last = fit.homography(fit.steps())?;          // frame pixels to photo pixels
//! let picture = compose::composite(photo.as_ref(), &frame, &last)?;
//! assert_eq!((picture.width(), picture.height()), (640, 480));
//! # Ok::<(), stgan::Error>(())
//! ```
//!
//! # Rooms
//!
//! [`homography`] → [`ops`] → [`stn`] → [`model`] → [`tryon`] → the program and the browser's face. [`locate`] finds the
//! faces that nobody has put a frame on, [`track`] follows them through a video. [`compose`] draws,
//! on [`homography`] and [`resample`] alone. `train`, `data`, `evaluate` and `gallery` are native only.
//!
//! # Conventions
//!
//! - Images are RGBA8 with straight alpha, rows top to bottom, as the browser's `ImageData`.
//! - Pixel coordinates are the canvas's: (0, 0) is the upper left corner, the first pixel's centre is (0.5, 0.5).
//! - A public homography maps frame pixels to photo pixels, row-major, its last entry 1.
//! - Canonical coordinates, inside of the networks, run over [−1, 1] from the first to the last pixel centre.

// On wasm32 the feature `decoder` builds another, smaller module in place of this one, and most rooms stay empty.
pub mod bitmap;
pub mod error;

pub mod compose;
#[cfg(not(target_arch = "wasm32"))]
pub mod data;
#[cfg(any(not(target_arch = "wasm32"), feature = "decoder"))]
pub mod decode;
#[cfg(all(target_arch = "wasm32", feature = "decoder"))]
mod decoder;
#[cfg(not(target_arch = "wasm32"))]
pub mod evaluate;
#[cfg(not(target_arch = "wasm32"))]
pub mod gallery;
pub mod homography;
pub mod kernels;
pub mod locate;
pub mod model;
pub mod ops;
pub mod resample;
pub mod stn;
pub mod track;
#[cfg(not(target_arch = "wasm32"))]
pub mod train;
pub mod tryon;
#[cfg(all(target_arch = "wasm32", not(feature = "decoder")))]
mod web;

pub use bitmap::{Bitmap, BitmapRef, Rect};
pub use error::{Error, Result};
pub use homography::Homography;
