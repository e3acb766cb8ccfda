//! Training, native only: phases, losses, the optimiser, checkpoints, reports.

mod adam;
mod address;
mod adversarial;
mod checkpoint;
pub mod config;
mod examples;
mod export;
mod history;
mod leg;
pub mod locator;
pub mod losses;
mod numbers;
mod plan;
mod players;
mod regression;
pub mod report;
mod run;
mod validation;

pub use adam::Adam;
pub use config::Config;
pub use plan::{Leg, Phase, plan};
pub use run::{Event, Folder, Measured, Start, run};
