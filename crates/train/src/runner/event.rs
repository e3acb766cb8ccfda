//! What a run tells while it goes on.

/// What is being trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// A generator, by landmarks.
    Regression,
    /// The critic alone.
    Critic,
    /// A generator against the critic.
    Adversarial,
    /// All generators against the critic.
    EndToEnd,
    /// The locator's network that looks over whole photos.
    Detector,
    /// The locator's network that looks closer.
    Refiner,
}

impl Phase {
    /// The name in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Critic => "critic",
            Self::Adversarial => "adversarial",
            Self::EndToEnd => "end_to_end",
            Self::Detector => "detector",
            Self::Refiner => "refiner",
        }
    }

    /// Phase and stage in messages; a locator has no stages.
    pub fn at_stage(self, stage: usize) -> String {
        match self {
            Self::Detector | Self::Refiner => self.name().to_owned(),
            Self::Regression | Self::Critic | Self::Adversarial | Self::EndToEnd => {
                format!("{} stage {stage}", self.name())
            }
        }
    }

    /// The name of the figure that is minimised first.
    pub(super) fn loss(self) -> &'static str {
        match self {
            Self::Regression | Self::Detector | Self::Refiner => "loss",
            Self::Critic => "critic_loss",
            Self::Adversarial | Self::EndToEnd => "generator_loss",
        }
    }
}

/// What a run tells while it goes on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// Everything is there that the run needs. Iterations count over the whole run; `validation` is how many faces or photos
    /// are held out.
    Ready {
        /// Faces or photos that are held out.
        validation: usize,
        /// Iterations of the whole run.
        iterations: usize,
        /// Iterations of the whole run that are done.
        done: usize,
    },
    /// Some iterations more are done.
    Progress {
        /// The phase.
        phase: Phase,
        /// The stage, from 1.
        stage: usize,
        /// Iterations of the whole run that are done.
        done: usize,
        /// The mean loss since the last event.
        loss: f64,
    },
    /// Measured on people that training does not see. The iteration counts within phase and stage.
    Validated {
        /// The phase.
        phase: Phase,
        /// The stage, from 1.
        stage: usize,
        /// Iterations within phase and stage.
        iteration: usize,
        /// What was measured.
        measured: Measured,
    },
    /// The critic's phase has ended, with this preference; whether it reached what the configuration asks for.
    CriticDone {
        /// The share of the cases in which the discriminator prefers the right placement, if there is one.
        preference: f64,
        /// Whether it reached what the configuration asks for.
        reached: bool,
    },
}

/// What a validation measures.
#[derive(Clone, Debug)]
pub enum Measured {
    /// Of generators and critic: the anchor errors (none before there is a generator, or without landmarks), and the share
    /// of the cases in which the critic prefers the right placement (none while there is no critic).
    Cascade {
        /// The landmark errors, if there are a generator and landmarks.
        errors: Option<AnchorErrors>,
        /// The share of the cases in which the discriminator prefers the right placement, if there is one.
        preference: Option<f64>,
    },
    /// Of a locator.
    Locator(LocatorFigures),
}

/// Anchor errors in eye distances, as placed and after each stage.
#[derive(Clone, Debug)]
pub struct AnchorErrors {
    /// Medians.
    pub median: Vec<f64>,
    /// 95th percentiles.
    pub p95: Vec<f64>,
    /// The median of a generator that ignores the face.
    pub ignorant: f64,
}

/// How a locator fares.
#[derive(Clone, Copy, Debug)]
pub struct LocatorFigures {
    /// Of the photos with a face, the share in which it is found, whatever the score.
    pub found: f64,
    /// Median error of the pupils of those, in eye distances.
    pub median: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The lowest score from which on no more than the configured share of the faceless pictures raises an alarm.
    pub threshold: f64,
    /// The share of the photos whose face is found with that threshold.
    pub recall: f64,
}
