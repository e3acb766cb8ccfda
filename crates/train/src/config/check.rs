//! Values that make no sense are refused before anything is read or trained.

use super::{Config, Optimiser};
use crate::data::augment::Perturbation;
use stgan::{Error, Result};

/// Collects the first rule that does not hold.
struct Rules(Result<()>);

impl Rules {
    fn rule(&mut self, name: &'static str, holds: bool, value: impl std::fmt::Debug, expected: &str) {
        if !holds && self.0.is_ok() {
            self.0 = Err(Error::Argument { name, value: format!("{value:?}"), expected: expected.to_owned() });
        }
    }

    fn share(&mut self, name: &'static str, x: f64) {
        self.rule(name, (0.0..=1.0).contains(&x), x, "between 0 and 1");
    }

    fn weight(&mut self, name: &'static str, x: f64) {
        self.rule(name, x.is_finite() && x >= 0.0, x, "0 or above");
    }

    fn batch(&mut self, name: &'static str, x: usize) {
        self.rule(name, (1..=4096).contains(&x), x, "1 to 4096");
    }

    fn optimiser(&mut self, name: &'static str, o: &Optimiser) {
        self.rule(name, o.learning_rate.is_finite() && o.learning_rate > 0.0, o, "a learning_rate above 0");
        self.rule(name, (0.0..=1.0).contains(&o.floor), o, "a floor between 0 and 1");
        self.rule(name, o.betas.iter().all(|b| (0.0..1.0).contains(b)), o, "betas from 0 to below 1");
    }

    fn perturbation(&mut self, name: &'static str, p: &Perturbation) {
        let spreads = [p.translation, p.scale, p.rotation, p.shape, p.warp];
        self.rule(name, spreads.iter().all(|x| x.is_finite() && *x >= 0.0), p, "deviations of 0 or above");
        self.rule(name, [p.far, p.warped].iter().all(|x| (0.0..=1.0).contains(x)), p, "shares between 0 and 1");
    }
}

impl Config {
    /// # Errors
    /// [`Error::Argument`] naming the first value that makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        self.generator()?;
        let mut r = Rules(Ok(()));
        let stages = self.model.stages;
        r.rule("model.stages", (1..=16).contains(&stages), stages, "1 to 16");
        r.rule("examples.frames", self.examples.frames > 0, self.examples.frames, "at least 1");
        r.share("examples.balance", self.examples.balance);
        let i = &self.intervals;
        let all = [i.report, i.validate, i.checkpoint, i.keep];
        r.rule("intervals", !all.contains(&0), i, "at least 1 each");
        r.rule("validation.crops", self.validation.crops > 0, self.validation.crops, "at least 1");
        r.rule("validation.faces", self.validation.faces > 0, self.validation.faces, "at least 1");
        r.perturbation("validation.perturbation", &self.validation.perturbation);
        if let Some(p) = &self.regression {
            r.rule("regression.iterations", p.iterations.len() == stages, &p.iterations, "one number a stage");
            r.batch("regression.batch", p.batch);
            r.weight("regression.update_penalty", p.update_penalty);
            r.rule("regression.average", (0.0..1.0).contains(&p.average), p.average, "from 0 to below 1");
            p.optimiser.iter().for_each(|o| r.optimiser("regression.optimiser", o));
            r.perturbation("regression.perturbation", &p.perturbation);
        }
        if let Some(d) = &self.discriminator {
            let channels = !d.channels.is_empty() && d.channels.len() <= 10 && !d.channels.contains(&0);
            r.rule("discriminator.channels", channels, &d.channels, "1 to 10 layers of at least one channel");
            r.weight("discriminator.penalty", d.penalty);
            r.share("discriminator.reals.composites", d.reals.composites);
            r.share("discriminator.reals.references", d.reals.references);
        }
        if let Some(c) = &self.critic {
            r.batch("critic.batch", c.batch);
            r.rule("critic.stop_at", c.stop_at > 0.5, c.stop_at, "above 0.5");
            r.share("critic.strangers", c.strangers);
            r.optimiser("critic.optimiser", &c.optimiser);
            r.perturbation("critic.perturbation", &c.perturbation);
        }
        if let Some(a) = &self.adversarial {
            r.rule("adversarial.iterations", a.iterations.len() == stages, &a.iterations, "one number a stage");
            r.batch("adversarial.batch", a.batch);
            r.rule("adversarial.critic_steps", (1..=64).contains(&a.critic_steps), a.critic_steps, "1 to 64");
            r.weight("adversarial.update_penalty", a.update_penalty);
            r.weight("adversarial.landmark_weight", a.landmark_weight);
            r.rule("adversarial.largest_update", a.largest_update > 0.0, a.largest_update, "above 0");
            r.rule("adversarial.average", (0.0..1.0).contains(&a.average), a.average, "from 0 to below 1");
            r.share("adversarial.history.share", a.history.share);
            r.rule("adversarial.history.size", a.history.size <= 1 << 24, a.history.size, "at most 16777216");
            r.optimiser("adversarial.generator", &a.generator);
            r.optimiser("adversarial.critic", &a.critic);
            r.perturbation("adversarial.perturbation", &a.perturbation);
        }
        if let Some(e) = &self.end_to_end {
            r.optimiser("end_to_end.generator", &e.generator);
            r.optimiser("end_to_end.critic", &e.critic);
            r.rule("end_to_end", self.adversarial.is_some(), "alone", "an [adversarial] table beside it");
        }
        let needs = self.critic.is_some() || self.adversarial.is_some();
        r.rule("discriminator", !needs || self.discriminator.is_some(), "missing", "a table, for the critic's sake");
        let some = self.regression.is_some() || needs;
        r.rule("phases", some, "none", "at least one of regression, critic, adversarial");
        r.0
    }
}
