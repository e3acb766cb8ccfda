//! What values of a configuration have to be.

use super::{Intervals, Optimiser};
use crate::data::augment::Perturbation;
use crate::{Error, Result};

/// Remembers the first rule that does not hold.
pub(super) struct Rules(Result<()>);

impl Rules {
    pub(super) fn new() -> Self {
        Self(Ok(()))
    }

    /// # Errors
    /// [`Error::Argument`] for the first rule that does not hold.
    pub(super) fn verdict(self) -> Result<()> {
        self.0
    }

    pub(super) fn rule(&mut self, name: &'static str, holds: bool, value: impl std::fmt::Debug, expected: &str) {
        if !holds && self.0.is_ok() {
            self.0 = Err(Error::Argument { name, value: format!("{value:?}"), expected: expected.to_owned() });
        }
    }

    pub(super) fn share(&mut self, name: &'static str, x: f64) {
        self.rule(name, (0.0..=1.0).contains(&x), x, "between 0 and 1");
    }

    pub(super) fn weight(&mut self, name: &'static str, x: f64) {
        self.rule(name, x.is_finite() && x >= 0.0, x, "0 or above");
    }

    pub(super) fn batch(&mut self, name: &'static str, x: usize) {
        self.rule(name, (1..=4096).contains(&x), x, "1 to 4096");
    }

    pub(super) fn optimiser(&mut self, name: &'static str, o: &Optimiser) {
        self.rule(name, o.learning_rate.is_finite() && o.learning_rate > 0.0, o, "a learning_rate above 0");
        self.rule(name, (0.0..=1.0).contains(&o.floor), o, "a floor between 0 and 1");
        self.rule(name, o.betas.iter().all(|b| (0.0..1.0).contains(b)), o, "betas from 0 to below 1");
    }

    pub(super) fn perturbation(&mut self, name: &'static str, p: &Perturbation) {
        let spreads = [p.translation, p.scale, p.rotation, p.shape, p.warp];
        self.rule(name, spreads.iter().all(|x| x.is_finite() && *x >= 0.0), p, "deviations of 0 or above");
        self.rule(name, [p.far, p.warped].iter().all(|x| (0.0..=1.0).contains(x)), p, "shares between 0 and 1");
    }

    /// The decay of a running average.
    pub(super) fn decay(&mut self, name: &'static str, x: f64) {
        self.rule(name, (0.0..1.0).contains(&x), x, "from 0 to below 1");
    }

    pub(super) fn intervals(&mut self, i: &Intervals) {
        let all = [i.report, i.validate, i.checkpoint, i.keep];
        self.rule("intervals", !all.contains(&0), i, "at least 1 each");
    }
}
