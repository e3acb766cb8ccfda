//! Validation of a configuration, before any data is read.

use super::checks::Checks;
use super::{
    AdversarialSettings, Config, DiscriminatorPretraining, DiscriminatorSettings, EndToEndSettings, RegressionSettings,
};
use crate::Result;
use crate::rooms::RoomSettings;

impl Config {
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) that names the first invalid value.
    pub(super) fn validate(&self) -> Result<()> {
        let room = self.generator()?.task == stgan::model::Task::room();
        self.rooms.iter().try_for_each(RoomSettings::validate)?;
        let mut c = Checks::new();
        let stages = self.model.stages;
        c.require("model.stages", (1..=16).contains(&stages), stages, "1 to 16");
        c.require("examples.glasses", self.examples.glasses > 0, self.examples.glasses, "at least 1");
        c.share("examples.balance", self.examples.balance);
        c.share("examples.horizontal_weight", self.examples.horizontal_weight);
        c.require("rooms", room || self.rooms.is_none(), &self.rooms, "no [rooms] table: model.task is not \"room\"");
        let mismatched = self.discriminator_pretraining.as_ref().map_or(0.0, |p| p.mismatched_share);
        c.require(
            "discriminator_pretraining.mismatched_share",
            !room || mismatched == 0.0,
            mismatched,
            "0: the right place of a piece depends on its own room",
        );
        c.intervals(&self.intervals);
        c.require("validation.crops", self.validation.crops > 0, self.validation.crops, "at least 1");
        c.require("validation.faces", self.validation.faces > 0, self.validation.faces, "at least 1");
        c.perturbation("validation.perturbation", &self.validation.perturbation);
        self.regression.iter().for_each(|table| table.check(stages, &mut c));
        self.discriminator.iter().for_each(|table| table.check(&mut c));
        self.discriminator_pretraining.iter().for_each(|table| table.check(&mut c));
        self.adversarial.iter().for_each(|table| table.check(stages, &mut c));
        self.end_to_end.iter().for_each(|table| table.check(&mut c));
        let supported = self.end_to_end.is_none() || self.adversarial.is_some();
        c.table("adversarial", supported, "an [adversarial] table, which [end_to_end] needs");
        let adversarial = self.discriminator_pretraining.is_some() || self.adversarial.is_some();
        c.table(
            "discriminator",
            !adversarial || self.discriminator.is_some(),
            "a [discriminator] table, which [discriminator_pretraining] and [adversarial] need",
        );
        c.table(
            "phase",
            adversarial || self.regression.is_some(),
            "at least one of the tables [regression], [discriminator_pretraining] and [adversarial]",
        );
        c.finish()
    }
}

impl RegressionSettings {
    fn check(&self, stages: usize, c: &mut Checks) {
        c.iterations("regression.iterations", &self.iterations, stages);
        c.batch("regression.batch", self.batch);
        c.weight("regression.update_penalty", self.update_penalty);
        c.decay("regression.ema_decay", self.ema_decay);
        self.optimiser.iter().for_each(|optimiser| c.optimiser("regression.optimiser", optimiser));
        c.perturbation("regression.perturbation", &self.perturbation);
    }
}

impl DiscriminatorSettings {
    fn check(&self, c: &mut Checks) {
        let channels = !self.channels.is_empty() && self.channels.len() <= 10 && !self.channels.contains(&0);
        c.require("discriminator.channels", channels, &self.channels, "1 to 10 layers of at least one channel");
        c.weight("discriminator.penalty", self.penalty);
        c.share("discriminator.reals.composite_share", self.reals.composite_share);
        c.share("discriminator.reals.identity_share", self.reals.identity_share);
    }
}

impl DiscriminatorPretraining {
    fn check(&self, c: &mut Checks) {
        c.batch("discriminator_pretraining.batch", self.batch);
        let reachable = self.stop_at.is_none_or(|share| share > 0.5);
        let stop_at = self.stop_at.unwrap_or(f64::INFINITY);
        c.require("discriminator_pretraining.stop_at", reachable, stop_at, "a number above 0.5, which is chance");
        c.share("discriminator_pretraining.mismatched_share", self.mismatched_share);
        c.optimiser("discriminator_pretraining.optimiser", &self.optimiser);
        c.perturbation("discriminator_pretraining.perturbation", &self.perturbation);
    }
}

impl AdversarialSettings {
    fn check(&self, stages: usize, c: &mut Checks) {
        c.iterations("adversarial.iterations", &self.iterations, stages);
        c.batch("adversarial.batch", self.batch);
        let n = self.discriminator_iterations;
        c.require("adversarial.discriminator_iterations", (1..=64).contains(&n), n, "1 to 64");
        c.weight("adversarial.update_penalty", self.update_penalty);
        c.weight("adversarial.landmark_weight", self.landmark_weight);
        c.require("adversarial.max_update_norm", self.max_update_norm > 0.0, self.max_update_norm, "a number above 0");
        c.decay("adversarial.ema_decay", self.ema_decay);
        c.share("adversarial.history.share", self.history.share);
        c.require("adversarial.history.size", self.history.size <= 1 << 24, self.history.size, "at most 16777216");
        c.optimiser("adversarial.generator", &self.generator);
        c.optimiser("adversarial.discriminator", &self.discriminator);
        c.perturbation("adversarial.perturbation", &self.perturbation);
    }
}

impl EndToEndSettings {
    fn check(&self, c: &mut Checks) {
        c.optimiser("end_to_end.generator", &self.generator);
        c.optimiser("end_to_end.discriminator", &self.discriminator);
    }
}
