//! What a researcher sees of a run: numbers as JSON lines ([`metrics`]), plots of them ([`plot`]) and pictures of what the
//! networks do ([`grid`]).
//!
//! All files are written beside their place and renamed, so that whoever looks at them while the run goes on sees whole ones.

mod canvas;
mod chart;
pub mod grid;
pub mod metrics;
pub mod plot;

pub use grid::Picture;
pub use metrics::{Metrics, Record};
