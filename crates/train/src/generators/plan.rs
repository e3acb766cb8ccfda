//! The plan of a run: its phases in order, each with the stages and settings that it trains with.

use crate::config::{
    AdversarialSettings, Config, DiscriminatorPretraining, DiscriminatorSettings, OptimiserSettings, RegressionSettings,
};
use crate::runner::{Phase, PhaseKind};
use crate::{Error, Result};
use std::ops::Range;

/// One phase of the plan.
#[derive(Clone, Debug)]
pub(crate) struct PlannedPhase<'a> {
    pub phase: Phase,
    /// The stages whose generators are trained. Empty while only the discriminator is trained.
    pub stages: Range<usize>,
    pub objective: Objective<'a>,
}

/// What a phase optimises, with the tables of the configuration that it reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Objective<'a> {
    /// Generators on landmarks.
    Regression { settings: &'a RegressionSettings, optimiser: &'a OptimiserSettings },
    /// The discriminator alone.
    Pretraining { settings: &'a DiscriminatorPretraining, discriminator: &'a DiscriminatorSettings },
    /// Generators against the discriminator: one stage, or all stages end to end.
    Adversarial(AdversarialObjective<'a>),
}

/// The settings of an adversarial phase, with the optimisers of both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdversarialObjective<'a> {
    pub settings: &'a AdversarialSettings,
    pub discriminator: &'a DiscriminatorSettings,
    pub generator_optimiser: &'a OptimiserSettings,
    pub discriminator_optimiser: &'a OptimiserSettings,
}

impl<'a> Objective<'a> {
    /// The discriminator's table, if the phase trains a discriminator.
    pub(crate) fn discriminator(&self) -> Option<&'a DiscriminatorSettings> {
        match self {
            Self::Regression { .. } => None,
            Self::Pretraining { discriminator, .. } | Self::Adversarial(AdversarialObjective { discriminator, .. }) => {
                Some(discriminator)
            }
        }
    }
}

/// The phases of a run, in order. Phases without iterations are left out.
///
/// # Errors
/// [`Error::Argument`] if a phase needs a table that the configuration does not have.
pub(crate) fn plan(config: &Config) -> Result<Vec<PlannedPhase<'_>>> {
    let discriminator = || required("discriminator", config.discriminator.as_ref());
    let adversarial = || required("adversarial", config.adversarial.as_ref());
    let mut phases = Vec::new();
    if let Some(settings) = &config.regression {
        for (stage, &iterations) in settings.iterations.iter().enumerate() {
            let objective = Objective::Regression { settings, optimiser: &settings.optimiser[stage.min(1)] };
            phases.push(PlannedPhase::new(PhaseKind::Regression, stage..stage + 1, iterations, objective));
        }
    }
    if let Some(settings) = &config.discriminator_pretraining {
        let objective = Objective::Pretraining { settings, discriminator: discriminator()? };
        phases.push(PlannedPhase::new(PhaseKind::DiscriminatorPretraining, 0..0, settings.iterations, objective));
    }
    if let Some(settings) = &config.adversarial {
        let objective = Objective::Adversarial(AdversarialObjective {
            settings,
            discriminator: discriminator()?,
            generator_optimiser: &settings.generator,
            discriminator_optimiser: &settings.discriminator,
        });
        for (stage, &iterations) in settings.iterations.iter().enumerate() {
            phases.push(PlannedPhase::new(PhaseKind::Adversarial, stage..stage + 1, iterations, objective));
        }
    }
    if let Some(end_to_end) = &config.end_to_end {
        let objective = Objective::Adversarial(AdversarialObjective {
            settings: adversarial()?,
            discriminator: discriminator()?,
            generator_optimiser: &end_to_end.generator,
            discriminator_optimiser: &end_to_end.discriminator,
        });
        let stages = 0..config.model.stages;
        phases.push(PlannedPhase::new(PhaseKind::EndToEnd, stages, end_to_end.iterations, objective));
    }
    phases.retain(|planned| planned.phase.iterations > 0);
    Ok(phases)
}

impl<'a> PlannedPhase<'a> {
    fn new(kind: PhaseKind, stages: Range<usize>, iterations: usize, objective: Objective<'a>) -> Self {
        Self { phase: Phase { kind, stage: stages.start + 1, iterations }, stages, objective }
    }
}

fn required<'a, T>(name: &'static str, table: Option<&'a T>) -> Result<&'a T> {
    table.ok_or_else(|| Error::Argument {
        name,
        value: "missing".into(),
        expected: format!("a [{name}] table, which a phase of this run needs"),
    })
}
