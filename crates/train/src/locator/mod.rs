//! Training a locator: the finder first, then the pointer on what the finder takes for faces.

mod batches;
mod config;
mod run;
mod validation;

pub use config::{Config, Settings};
pub use run::{Event, run};
