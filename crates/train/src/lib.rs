//! Training and evaluation of the networks of `stgan`: data sets, phases, the optimiser,
//! checkpoints, reports, and how good weights are.
//!
//! [`train_generators`] and [`train_locator`] do whole runs: a configuration from [`config`], a
//! data set from [`data`], a folder to write to, and a callback that hears of progress.
//! [`evaluate`] measures weights, from anywhere.

mod address;
pub mod config;
mod cutout;
pub mod data;
mod error;
pub mod evaluate;
mod files;
mod generators;
mod locator;
mod optimiser;
pub mod report;
mod runner;

pub use config::{Config, CutoutConfig, LocatorConfig};
pub use cutout::train_cutout;
pub use error::{Error, Result};
pub use files::write_atomically;
pub use generators::{RunStart, train_generators};
pub use locator::train_locator;
pub use optimiser::Adam;
pub use runner::{CutoutMetrics, Event, Folder, LandmarkErrors, LocatorMetrics, PhaseKind, ValidationMetrics};
