//! Virtual try-on with ST-GAN (Lin et al., CVPR 2018): fits a foreground into a photo realistically
//! by learning only its geometric warp. The shipped networks put glasses on faces.
//!
//! A generator takes the background and the warped foreground and predicts an update Δp of the
//! foreground's homography. The update is applied, and the next generator takes the result:
//!
//! ```text
//! photo ────┐
//!           ├─> 72 or 144 pixel view ─> generator i ─> Δp ─> p + Δp ─> warp by H = exp(p) ─┐
//! glasses ──┘                  ^                                                           │  N times
//!                              └───────────────────────────────────────────────────────────┘
//! ```
//!
//! The networks predict only warp parameters, so inference runs at low resolution and the warp is
//! applied at the photo's full resolution.
//!
//! # Examples
//!
//! Put glasses on a portrait:
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
//! // The face with the highest score, or the place that the user dragged the glasses to.
//! let faces = locator.locate(portrait.as_ref())?;
//! let dragged = Placement { x: 320.0, y: 200.0, width: 180.0, rotation: 0.0 };
//! let placement = faces.first().map_or(dragged, |face| face.placement());
//!
//! let fit = try_on.fit(portrait.as_ref(), &glasses, &placement, None)?;
//! // After the last update: maps pixels of the glasses to pixels of the photo.
//! let homography = fit.homography(fit.updates().len())?;
//! let result = compose::composite(portrait.as_ref(), &glasses, &homography)?;
//! assert_eq!((result.width(), result.height()), (640, 480));
//! # Ok::<(), stgan::Error>(())
//! ```
//!
//! Put a spatial transformer (Jaderberg et al. 2015) in front of any network:
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
//! let warped = transformer.forward(&images)?;   // before training: the identity
//! assert_eq!(warped.dims(), [2, 1, 28, 28]);
//! # Ok::<(), stgan::candle_core::Error>(())
//! ```
//!
//! # Modules
//!
//! - [`TryOn`] fits glasses to a photo, [`Locator`] detects faces, [`Tracker`] tracks them through
//!   a video.
//! - [`glasses`] prepares pictures of glasses: [`CutOut`] removes their background.
//! - [`compose`] draws a foreground over a photo, given its homography.
//! - [`model`]: generator, discriminator, cascade, losses and the weights file.
//! - [`stn`]: the spatial transformer as a module for any candle network.
//! - [`ops`]: the differentiable operations that `model` and `stn` are built on.
//!
//! Training, data sets and evaluation are separate crates in the repository's workspace.
//!
//! # Features
//!
//! - `bundled-weights` embeds the shipped weights (3.2 MB) in the library and adds
//!   `TryOn::bundled`, `TryOn::bundled_room` and `Locator::bundled`.
//! - `cuda` adds support for tensors on an NVIDIA GPU.
//!
//! The minimum supported Rust version is 1.88. On wasm32, build with `-C target-feature=+simd128`.
//!
//! # Conventions
//!
//! - Images are RGBA8 with straight alpha, rows from top to bottom, like the browser's `ImageData`.
//! - Pixel coordinates follow the HTML canvas: (0, 0) is the image's top-left corner, and the
//!   centre of the first pixel is (0.5, 0.5).
//! - A public homography maps pixels of the glasses to pixels of the photo. It is stored row by
//!   row, scaled so that its last entry is 1.
//! - The networks use canonical coordinates: [−1, 1] from the centre of the first pixel to the
//!   centre of the last.

// With `internals`, other members of the workspace use items that the library itself does not.
#![cfg_attr(not(feature = "internals"), allow(dead_code, unreachable_pub, unused_imports))]

mod bitmap;
pub mod compose;
mod cutout;
mod error;
pub mod furniture;
pub mod glasses;
mod homography;
mod image_size;
mod kernels;
mod locate;
pub mod model;
mod network_file;
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
pub use cutout::CutOut;
pub use error::{Error, Result};
pub use glasses::Glasses;
pub use homography::Homography;
pub use locate::{FaceAttributes, LocatedFace, Locator, Photo};
pub use pose::Placement;
pub use track::{FaceDetector, MAX_PEOPLE, Smoothing, TrackSettings, TrackedFace, Tracker};
pub use tryon::{Fit, MAX_UPDATES, TryOn, Update, View};

/// Items for the other members of this workspace. Not part of the public API; may change without
/// notice.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    pub mod cutout {
        pub use crate::cutout::*;
    }
    pub mod glasses {
        pub use crate::glasses::extract::{Extract, extract};
    }
    pub mod homography {
        pub use crate::homography::*;
    }
    pub mod kernels {
        pub use crate::kernels::*;
    }
    pub mod locate {
        pub use crate::locate::*;
    }
    pub mod model {
        pub use crate::model::generator::STRIDE;
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
