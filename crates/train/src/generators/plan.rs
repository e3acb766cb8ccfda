//! The order of a run: phases, and stages inside of them, each with its own settings.

use crate::config::{Adversarial, Config, Critic, DiscriminatorSettings, Optimiser, Regression};
use crate::runner::{Leg, Phase};
use crate::{Error, Result};
use std::ops::Range;

/// A leg of the plan.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    pub leg: Leg,
    /// The stages whose generators are trained; none while the critic is alone.
    pub stages: Range<usize>,
    pub lesson: Lesson<'a>,
}

/// What is done in a leg, with the tables of the configuration that say how.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lesson<'a> {
    /// Generators by landmarks.
    Regression { settings: &'a Regression, optimiser: &'a Optimiser },
    /// The critic alone.
    Critic { settings: &'a Critic, discriminator: &'a DiscriminatorSettings },
    /// Generators against the critic: one stage, or all of them end to end.
    Game(Game<'a>),
}

/// The game's settings, with the optimisers of its two sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Game<'a> {
    pub settings: &'a Adversarial,
    pub discriminator: &'a DiscriminatorSettings,
    pub generator: &'a Optimiser,
    pub critic: &'a Optimiser,
}

impl<'a> Lesson<'a> {
    /// The critic's table, if a critic takes part.
    pub(crate) fn discriminator(&self) -> Option<&'a DiscriminatorSettings> {
        match self {
            Self::Regression { .. } => None,
            Self::Critic { discriminator, .. } | Self::Game(Game { discriminator, .. }) => Some(discriminator),
        }
    }
}

/// The legs of a run, in order. What has no iterations is left out.
///
/// # Errors
/// [`Error::Argument`] for a phase that needs a table which is not there.
pub(crate) fn plan(config: &Config) -> Result<Vec<Part<'_>>> {
    let discriminator = || needed("discriminator", config.discriminator.as_ref());
    let adversarial = || needed("adversarial", config.adversarial.as_ref());
    let mut parts = Vec::new();
    if let Some(settings) = &config.regression {
        for (stage, &iterations) in settings.iterations.iter().enumerate() {
            let lesson = Lesson::Regression { settings, optimiser: &settings.optimiser[stage.min(1)] };
            parts.push(Part::new(Phase::Regression, stage..stage + 1, iterations, lesson));
        }
    }
    if let Some(settings) = &config.critic {
        let lesson = Lesson::Critic { settings, discriminator: discriminator()? };
        parts.push(Part::new(Phase::Critic, 0..0, settings.iterations, lesson));
    }
    if let Some(settings) = &config.adversarial {
        let (generator, critic) = (&settings.generator, &settings.critic);
        let game = Game { settings, discriminator: discriminator()?, generator, critic };
        for (stage, &iterations) in settings.iterations.iter().enumerate() {
            parts.push(Part::new(Phase::Adversarial, stage..stage + 1, iterations, Lesson::Game(game)));
        }
    }
    if let Some(end) = &config.end_to_end {
        let (generator, critic) = (&end.generator, &end.critic);
        let game = Game { settings: adversarial()?, discriminator: discriminator()?, generator, critic };
        parts.push(Part::new(Phase::EndToEnd, 0..config.model.stages, end.iterations, Lesson::Game(game)));
    }
    parts.retain(|part| part.leg.iterations > 0);
    Ok(parts)
}

impl<'a> Part<'a> {
    fn new(phase: Phase, stages: Range<usize>, iterations: usize, lesson: Lesson<'a>) -> Self {
        Self { leg: Leg { phase, stage: stages.start + 1, iterations }, stages, lesson }
    }
}

fn needed<'a, T>(name: &'static str, table: Option<&'a T>) -> Result<&'a T> {
    table.ok_or_else(|| Error::Argument {
        name,
        value: "missing".into(),
        expected: "a table, for the phases that need it".into(),
    })
}
