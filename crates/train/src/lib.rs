//! Training and evaluation of the networks of `stgan`: data sets, training phases, the optimiser,
//! checkpoints, metrics and plots.
//!
//! [`train_generators`] and [`train_locator`] run a whole training. They take a configuration from
//! [`config`], a data set from [`data`], an output folder, and a callback for progress events.
//! [`evaluate`] measures a weights file.

mod address;
pub mod config;
mod cutout;
pub mod data;
mod error;
pub mod evaluate;
mod files;
mod generators;
pub mod heads;
mod locator;
mod optimiser;
pub mod report;
pub mod rooms;
mod runner;

pub use config::{Config, CutoutConfig, LocatorConfig};
pub use cutout::train_cutout;
pub use error::{Error, Result};
pub use files::write_atomically;
pub use generators::{RoomData, train_generators, train_room_generators};
pub use locator::train_locator;
pub use optimiser::Adam;
pub use runner::{
    CutoutMetrics, Event, Folder, LandmarkErrors, LocatorMetrics, PhaseKind, RunStart, ValidationMetrics,
};

/// Items for the fuzzer. Not part of the public API.
#[doc(hidden)]
pub mod internals {
    pub use crate::runner::checkpoint_iteration;
}
