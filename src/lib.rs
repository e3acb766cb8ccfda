//! Virtual try-on with ST-GAN (Lin et al., CVPR 2018): composites a foreground into a photo so that
//! it looks real by learning only *where and how it sits*. The shipped networks put glasses on faces.
//!
//! A generator sees the background and the warped foreground and predicts an update Δp of the
//! foreground's homography; the update is applied and the next generator looks again:
//!
//! ```text
//!     photo ────┐
//!               ├─> 72 or 144 pixel view ─> generator i ─> Δp ─> p + Δp ─> warp by H = exp(p) ─┐
//!     glasses ──┘                  ^                                                           │  N times
//!                                  └───────────────────────────────────────────────────────────┘
//! ```
//!
//! Only warp parameters come out, so they are found at low resolution and applied at the photo's
//! full size.
//!
//! # Examples
//!
//! Glasses on a portrait:
//!
#![cfg_attr(feature = "bundled-weights", doc = "```")]
#![cfg_attr(not(feature = "bundled-weights"), doc = "```ignore")]
//! use stgan::{Bitmap, Foreground, Locator, Placement, TryOn, compose};
//!
//! # let portrait = Bitmap::new(640, 480, vec![200; 640 * 480 * 4])?;
//! # let glasses = Bitmap::new(100, 40, vec![255; 100 * 40 * 4])?;
//! let (try_on, locator) = (TryOn::bundled()?, Locator::bundled()?);
//! let glasses = Foreground::new(glasses.as_ref())?;
//!
//! // The best face, or wherever the user dragged the glasses.
//! let faces = locator.locate(portrait.as_ref())?;
//! let dragged = Placement { x: 320.0, y: 200.0, width: 180.0, rotation: 0.0 };
//! let placement = faces.first().map_or(dragged, |face| face.placement());
//!
//! let fit = try_on.fit(portrait.as_ref(), &glasses, &placement, None)?;
//! let homography = fit.homography(fit.updates().len())?;    // pixels of the glasses to pixels of the photo
//! let result = compose::composite(portrait.as_ref(), &glasses, &homography)?;
//! assert_eq!((result.width(), result.height()), (640, 480));
//! # Ok::<(), stgan::Error>(())
//! ```
//!
//! A spatial transformer (Jaderberg et al., 2015) in front of any network:
//!
//! ```
//! use stgan::candle_core::{DType, Device, Module, Tensor};
//! use stgan::candle_nn::{VarBuilder, VarMap, linear, seq};
//! use stgan::stn::{Family, SpatialTransformer, identity_layer};
//!
//! let variables = VarMap::new();
//! let vb = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
//! let localisation = seq()
//!     .add_fn(|u| u.flatten_from(1))
//!     .add(linear(28 * 28, 16, vb.pp("hidden"))?)
//!     .add_fn(|x| x.relu())
//!     .add(identity_layer(16, Family::Affine, vb.pp("theta"))?);
//! let transformer = SpatialTransformer::new(localisation, Family::Affine, (28, 28))?;
//!
//! let images = Tensor::rand(0f32, 1.0, (2, 1, 28, 28), &Device::Cpu)?;
//! let straightened = transformer.forward(&images)?;   // the same size; the identity before training
//! assert_eq!(straightened.dims(), [2, 1, 28, 28]);
//! # Ok::<(), stgan::candle_core::Error>(())
//! ```
//!
//! # Modules
//!
//! - [`TryOn`], [`Locator`], [`Tracker`]: fit glasses to a photo, find faces, follow them through a video.
//! - [`compose`]: draws a foreground over a photo, given its homography.
//! - [`model`]: generator, discriminator, cascade, losses, the weights file.
//! - [`stn`]: the spatial transformer as a module for any candle network.
//! - [`ops`]: the differentiable operations that both are made of.
//!
//! Training, data sets and evaluation are other members of the repository's workspace.
//!
//! # Features
//!
//! - `bundled-weights`: the shipped weights (2.3 MB) become part of the library: `TryOn::bundled`, `Locator::bundled`.
//! - `cuda`: tensors on an NVIDIA GPU.
//!
//! The minimum supported Rust version is 1.88. On wasm32, build with `-C target-feature=+simd128`.
//!
//! # Conventions
//!
//! - Images are RGBA8 with straight alpha, rows top to bottom, as the browser's `ImageData`.
//! - Pixel coordinates are the canvas's: (0, 0) is the top-left corner, the first pixel's centre is (0.5, 0.5).
//! - A public homography maps pixels of the glasses to pixels of the photo, row-major, its last entry 1.
//! - Canonical coordinates, inside the networks, run over [−1, 1] from the first to the last pixel centre.

// Other members of the workspace use more of the private modules than the library itself does.
#![cfg_attr(not(feature = "internals"), allow(dead_code, unreachable_pub, unused_imports))]

mod bitmap;
pub mod compose;
mod error;
mod homography;
mod kernels;
mod locate;
pub mod model;
pub mod ops;
mod pose;
mod resample;
pub mod stn;
mod track;
mod tryon;

pub use bitmap::{Bitmap, BitmapRef, MAX_PIXELS, Rect};
pub use candle_core;
pub use candle_nn;
pub use compose::Foreground;
pub use error::{Error, Result};
pub use homography::Homography;
pub use locate::{LocatedFace, Locator, Photo};
pub use pose::Placement;
pub use track::{FaceDetector, MAX_PEOPLE, Smoothing, TrackSettings, TrackedFace, Tracker};
pub use tryon::{Fit, MAX_UPDATES, TryOn, Update, View};

/// What the other members of this workspace use beyond the public API. It changes without notice.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    pub mod homography {
        pub use crate::homography::*;
    }
    pub mod kernels {
        pub use crate::kernels::*;
    }
    pub mod locate {
        pub use crate::locate::*;
    }
    pub mod pose {
        pub use crate::pose::*;
    }
    pub mod resample {
        pub use crate::resample::*;
    }
    pub mod track {
        pub use crate::track::*;
    }
    pub mod tryon {
        pub use crate::tryon::*;
    }
}
