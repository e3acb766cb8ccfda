//! The order of a run: phases, and stages inside of them.

use super::Config;
use std::ops::Range;

/// What is being trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// A generator, by landmarks.
    Regression,
    /// The critic alone.
    Critic,
    /// A generator against the critic.
    Adversarial,
    /// All generators against the critic.
    EndToEnd,
}

impl Phase {
    /// The name in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Critic => "critic",
            Self::Adversarial => "adversarial",
            Self::EndToEnd => "end_to_end",
        }
    }

    /// Whether the critic takes part.
    pub fn has_critic(self) -> bool {
        self != Self::Regression
    }
}

/// A part of a run with one set of weights to train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    pub phase: Phase,
    /// The stages whose generators are trained; none while the critic is alone.
    pub stages: Range<usize>,
    pub iterations: usize,
}

/// The legs of a run, in order. What has no iterations is left out.
pub fn plan(config: &Config) -> Vec<Leg> {
    let each = |phase: Phase, iterations: &[usize]| -> Vec<Leg> {
        let leg = |(stage, &iterations): (usize, &usize)| Leg { phase, stages: stage..stage + 1, iterations };
        iterations.iter().enumerate().map(leg).collect()
    };
    let regression = config.regression.iter().flat_map(|r| each(Phase::Regression, &r.iterations));
    let critic = config.critic.iter().map(|c| Leg { phase: Phase::Critic, stages: 0..0, iterations: c.iterations });
    let adversarial = config.adversarial.iter().flat_map(|a| each(Phase::Adversarial, &a.iterations));
    let all = 0..config.model.stages;
    let end =
        config.end_to_end.iter().map(|e| Leg { phase: Phase::EndToEnd, stages: all.clone(), iterations: e.iterations });
    regression.chain(critic).chain(adversarial).chain(end).filter(|leg| leg.iterations > 0).collect()
}
