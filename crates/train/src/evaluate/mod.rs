//! How well frames end up where they should: anchor errors over faces, frames and random placements.

mod fits;
mod groups;
pub mod live;
mod locate;
mod pictures;
mod spread;
mod trials;
mod trust;

pub use fits::{Errors, Measured, measure};
pub use groups::{Subset, groups};
pub use locate::{Alarms, Group, LocateReport, Threshold, located};
pub use pictures::{Pair, Shown, pairs, worst};
pub use spread::{Spread, Start};
pub use trials::{Situation, Trial, trials};
pub use trust::{FOUND, Logistic, Outcomes, Settling, Trust, trust};

use serde::Serialize;

/// Mean, median and 95th percentile of the anchor error, in eye distances.
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
    fn of_some(values: Vec<f64>) -> Option<Self> {
        (!values.is_empty()).then(|| Self::of(values))
    }

    /// Of at least one value.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Self { mean: values.iter().sum::<f64>() / values.len() as f64, median: at(0.5), p95: at(0.95) }
    }
}
