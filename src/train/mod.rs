//! Training, native only: losses, the optimiser, the schedule, checkpoints.

mod adam;
mod checkpoint;
pub mod config;
pub mod losses;
pub mod regression;
pub mod report;

pub use adam::Adam;
pub use config::Config;
