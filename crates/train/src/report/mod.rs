//! The report of a run: metrics as JSON lines ([`metrics`]), plots of them ([`plot`]), and example
//! images of the networks' output ([`grid`]). [`sheet`] draws contact sheets of product photos.
//!
//! Plots and images are replaced atomically, so a reader never sees a partial file during a run.

mod axis;
mod canvas;
mod chart;
mod curve;
pub mod grid;
pub mod metrics;
pub mod plot;
pub mod sheet;

pub use grid::GridImage;
pub use metrics::{Metrics, Record};
