//! Training and evaluation of the networks of `stgan`: data sets, phases, the optimiser, checkpoints, reports, and how good weights are.

mod adam;
mod address;
mod adversarial;
mod checkpoint;
pub mod config;
pub mod data;
pub mod evaluate;
mod examples;
mod export;
mod history;
mod landmark_loss;
mod leg;
pub mod locator;
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
