//! Checks of single values of a configuration.

use super::{Intervals, OptimiserSettings};
use crate::data::augment::Perturbation;
use crate::{Error, Result};

/// A list of checks, of which the first failure is kept.
pub(super) struct Checks(Result<()>);

impl Checks {
    pub(super) fn new() -> Self {
        Self(Ok(()))
    }

    /// # Errors
    /// [`Error::Argument`] for the first check that failed.
    pub(super) fn finish(self) -> Result<()> {
        self.0
    }

    fn fail(&mut self, name: &'static str, value: String, expected: String) {
        if self.0.is_ok() {
            self.0 = Err(Error::Argument { name, value, expected });
        }
    }

    pub(super) fn require(&mut self, name: &'static str, holds: bool, value: impl std::fmt::Debug, expected: &str) {
        if !holds {
            self.fail(name, format!("{value:?}"), expected.to_owned());
        }
    }

    /// A table that has to be present.
    pub(super) fn table(&mut self, name: &'static str, present: bool, expected: &str) {
        if !present {
            self.fail(name, "missing".to_owned(), expected.to_owned());
        }
    }

    pub(super) fn share(&mut self, name: &'static str, x: f64) {
        self.require(name, (0.0..=1.0).contains(&x), x, "a share between 0 and 1");
    }

    pub(super) fn weight(&mut self, name: &'static str, x: f64) {
        self.require(name, x.is_finite() && x >= 0.0, x, "a finite number of at least 0");
    }

    pub(super) fn batch(&mut self, name: &'static str, x: usize) {
        self.require(name, (1..=4096).contains(&x), x, "1 to 4096");
    }

    /// Iterations by stage.
    pub(super) fn iterations(&mut self, name: &'static str, iterations: &[usize], stages: usize) {
        let matches = iterations.len() == stages;
        self.require(name, matches, iterations, &format!("one number for each of the {stages} stages (model.stages)"));
    }

    pub(super) fn optimiser(&mut self, name: &'static str, o: &OptimiserSettings) {
        self.require(name, o.learning_rate.is_finite() && o.learning_rate > 0.0, o, "a learning_rate above 0");
        self.require(name, (0.0..=1.0).contains(&o.floor), o, "a floor between 0 and 1");
        self.require(name, o.betas.iter().all(|b| (0.0..1.0).contains(b)), o, "betas of at least 0 and below 1");
    }

    pub(super) fn perturbation(&mut self, name: &'static str, p: &Perturbation) {
        let spreads = [p.translation, p.scale, p.rotation, p.shape, p.warp];
        self.require(name, spreads.iter().all(|x| x.is_finite() && *x >= 0.0), p, "finite deviations of at least 0");
        let shares = [p.far_share, p.warped_share];
        self.require(name, shares.iter().all(|x| (0.0..=1.0).contains(x)), p, "shares between 0 and 1");
    }

    /// The decay of a running average.
    pub(super) fn decay(&mut self, name: &'static str, x: f64) {
        self.require(name, (0.0..1.0).contains(&x), x, "a number of at least 0 and below 1");
    }

    pub(super) fn intervals(&mut self, i: &Intervals) {
        let all = [i.report, i.validate, i.checkpoint, i.keep];
        self.require("intervals", !all.contains(&0), i, "at least 1 for each key");
    }
}
