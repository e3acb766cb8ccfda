//! Values that make no sense are refused before anything is read or trained.

use super::rules::Rules;
use super::{Adversarial, Config, Critic, DiscriminatorSettings, EndToEnd, Regression};
use crate::Result;

impl Config {
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) naming the first value that makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        self.generator()?;
        let mut r = Rules::new();
        let stages = self.model.stages;
        r.rule("model.stages", (1..=16).contains(&stages), stages, "1 to 16");
        r.rule("examples.frames", self.examples.frames > 0, self.examples.frames, "at least 1");
        r.share("examples.balance", self.examples.balance);
        r.intervals(&self.intervals);
        r.rule("validation.crops", self.validation.crops > 0, self.validation.crops, "at least 1");
        r.rule("validation.faces", self.validation.faces > 0, self.validation.faces, "at least 1");
        r.perturbation("validation.perturbation", &self.validation.perturbation);
        self.regression.iter().for_each(|table| table.check(stages, &mut r));
        self.discriminator.iter().for_each(|table| table.check(&mut r));
        self.critic.iter().for_each(|table| table.check(&mut r));
        self.adversarial.iter().for_each(|table| table.check(stages, &mut r));
        self.end_to_end.iter().for_each(|table| table.check(&mut r));
        r.rule(
            "end_to_end",
            self.end_to_end.is_none() || self.adversarial.is_some(),
            "alone",
            "an [adversarial] table beside it",
        );
        let needs = self.critic.is_some() || self.adversarial.is_some();
        r.rule("discriminator", !needs || self.discriminator.is_some(), "missing", "a table, for the critic's sake");
        let some = self.regression.is_some() || needs;
        r.rule("phases", some, "none", "at least one of regression, critic, adversarial");
        r.verdict()
    }
}

impl Regression {
    fn check(&self, stages: usize, r: &mut Rules) {
        r.rule("regression.iterations", self.iterations.len() == stages, &self.iterations, "one number a stage");
        r.batch("regression.batch", self.batch);
        r.weight("regression.update_penalty", self.update_penalty);
        r.decay("regression.average", self.average);
        self.optimiser.iter().for_each(|optimiser| r.optimiser("regression.optimiser", optimiser));
        r.perturbation("regression.perturbation", &self.perturbation);
    }
}

impl DiscriminatorSettings {
    fn check(&self, r: &mut Rules) {
        let channels = !self.channels.is_empty() && self.channels.len() <= 10 && !self.channels.contains(&0);
        r.rule("discriminator.channels", channels, &self.channels, "1 to 10 layers of at least one channel");
        r.weight("discriminator.penalty", self.penalty);
        r.share("discriminator.reals.composites", self.reals.composites);
        r.share("discriminator.reals.references", self.reals.references);
    }
}

impl Critic {
    fn check(&self, r: &mut Rules) {
        r.batch("critic.batch", self.batch);
        r.rule("critic.stop_at", self.stop_at.is_none_or(|share| share > 0.5), self.stop_at, "above 0.5");
        r.share("critic.strangers", self.strangers);
        r.optimiser("critic.optimiser", &self.optimiser);
        r.perturbation("critic.perturbation", &self.perturbation);
    }
}

impl Adversarial {
    fn check(&self, stages: usize, r: &mut Rules) {
        r.rule("adversarial.iterations", self.iterations.len() == stages, &self.iterations, "one number a stage");
        r.batch("adversarial.batch", self.batch);
        r.rule("adversarial.critic_steps", (1..=64).contains(&self.critic_steps), self.critic_steps, "1 to 64");
        r.weight("adversarial.update_penalty", self.update_penalty);
        r.weight("adversarial.landmark_weight", self.landmark_weight);
        r.rule("adversarial.largest_update", self.largest_update > 0.0, self.largest_update, "above 0");
        r.decay("adversarial.average", self.average);
        r.share("adversarial.history.share", self.history.share);
        r.rule("adversarial.history.size", self.history.size <= 1 << 24, self.history.size, "at most 16777216");
        r.optimiser("adversarial.generator", &self.generator);
        r.optimiser("adversarial.critic", &self.critic);
        r.perturbation("adversarial.perturbation", &self.perturbation);
    }
}

impl EndToEnd {
    fn check(&self, r: &mut Rules) {
        r.optimiser("end_to_end.generator", &self.generator);
        r.optimiser("end_to_end.critic", &self.critic);
    }
}
