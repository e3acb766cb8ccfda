//! Metrics of weights: landmark errors of fits, face location, tracking, confidence calibration,
//! and cut-outs of product photos.
//!
//! Landmark errors are normalised by the inter-pupil distance of the face.

mod bands;
mod calibration;
mod examples;
mod fits;
mod glasses;
mod groups;
mod locate;
mod spread;
pub mod tracking;
mod trials;

pub use bands::{YawBand, yaw_bands};
pub use calibration::{Calibration, Convergence, Logistic, MAX_FOUND_ERROR, Outcomes, calibration};
pub use examples::{Comparison, comparisons, worst};
pub use fits::{MeasuredFit, SpreadErrors, measure};
pub use glasses::{CutOutScores, InPlace, RenderedReport, ScoredPhoto, in_place, labelled_photos, rendered_photos};
pub use groups::{FaceGroup, groups};
pub use locate::{FalsePositives, ImageGroup, LocateReport, OperatingPoint, located};
pub use spread::{FitStart, Spread};
pub use trials::{Situation, Trial, trials};

use serde::Serialize;

/// Mean, median and 95th percentile of landmark errors, in inter-pupil distances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The mean.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// The 95th percentile.
    pub p95: f64,
}

impl Summary {
    /// Summarises `values`; `None` if there are none.
    fn of_some(values: Vec<f64>) -> Option<Self> {
        (!values.is_empty()).then(|| Self::of(values))
    }

    /// Summarises at least one value.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Self { mean: values.iter().sum::<f64>() / values.len() as f64, median: at(0.5), p95: at(0.95) }
    }
}
