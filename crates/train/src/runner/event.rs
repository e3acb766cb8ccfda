//! Events that a run reports.

/// What a phase trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhaseKind {
    /// A generator, by regression on landmarks.
    Regression,
    /// The discriminator alone.
    DiscriminatorPretraining,
    /// A generator against the discriminator.
    Adversarial,
    /// All generators against the discriminator.
    EndToEnd,
    /// The locator's detector.
    Detector,
    /// The locator's refiner.
    Refiner,
    /// The network that labels product photos.
    Cutout,
}

impl PhaseKind {
    /// The name in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::DiscriminatorPretraining => "discriminator_pretraining",
            Self::Adversarial => "adversarial",
            Self::EndToEnd => "end_to_end",
            Self::Detector => "detector",
            Self::Refiner => "refiner",
            Self::Cutout => "cutout",
        }
    }

    /// Phase and stage for messages, as "regression stage 1"; the name alone for phases that have
    /// no stages.
    pub fn at_stage(self, stage: usize) -> String {
        match self {
            Self::Detector | Self::Refiner | Self::Cutout => self.name().to_owned(),
            Self::Regression | Self::DiscriminatorPretraining | Self::Adversarial | Self::EndToEnd => {
                format!("{} stage {stage}", self.name())
            }
        }
    }

    /// The name of the metric that the phase minimises.
    pub(super) fn loss(self) -> &'static str {
        match self {
            Self::Regression | Self::Detector | Self::Refiner | Self::Cutout => "loss",
            Self::DiscriminatorPretraining => "discriminator_loss",
            Self::Adversarial | Self::EndToEnd => "generator_loss",
        }
    }
}

/// An event of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The run is ready to train.
    Ready {
        /// Held-out faces or photos.
        validation: usize,
        /// Iterations of the whole run.
        iterations: usize,
        /// Iterations of the whole run that are done.
        done: usize,
    },
    /// An interval of `intervals.report` iterations is done.
    Progress {
        /// The phase.
        phase: PhaseKind,
        /// The stage, from 1.
        stage: usize,
        /// Iterations of the whole run that are done.
        done: usize,
        /// The mean loss since the last event.
        loss: f64,
    },
    /// A validation on held-out examples is done.
    Validated {
        /// The phase.
        phase: PhaseKind,
        /// The stage, from 1.
        stage: usize,
        /// Iterations done within this phase and stage.
        iteration: usize,
        /// The metrics.
        metrics: ValidationMetrics,
    },
    /// The discriminator's pretraining has ended.
    DiscriminatorPretrained {
        /// The share of the held-out cases in which the discriminator prefers the correct
        /// placement.
        preference: f64,
        /// Whether that share reached `discriminator_pretraining.stop_at`.
        reached: bool,
    },
}

/// The metrics of a validation.
#[derive(Clone, Debug)]
pub enum ValidationMetrics {
    /// The metrics of generators and discriminator.
    Cascade {
        /// The landmark errors, if there are generators and landmarks.
        errors: Option<LandmarkErrors>,
        /// The share of the held-out cases in which the discriminator prefers the correct
        /// placement, if there is a discriminator.
        preference: Option<f64>,
    },
    /// The metrics of a locator.
    Locator(LocatorMetrics),
    /// Metrics of the network that labels product photos.
    Cutout(CutoutMetrics),
}

/// Intersections over unions of the labels, over all pixels of the held-out product photos.
#[derive(Clone, Copy, Debug)]
pub struct CutoutMetrics {
    /// Rims, bridge and hinges.
    pub front: f64,
    /// Lenses.
    pub lens: f64,
    /// Temple arms and nose pads.
    pub arm: f64,
}

/// Landmark errors in inter-pupil distances: of the initial placement, and after each stage.
#[derive(Clone, Debug)]
pub struct LandmarkErrors {
    /// Medians.
    pub median: Vec<f64>,
    /// 95th percentiles.
    pub p95: Vec<f64>,
    /// The median error of a generator that ignores the view.
    pub baseline: f64,
}

/// The metrics of a locator.
#[derive(Clone, Copy, Debug)]
pub struct LocatorMetrics {
    /// The share of the photos with a face in which it is found at any score.
    pub found: f64,
    /// The median error of the found pupils, in inter-pupil distances.
    pub median: f64,
    /// The 95th percentile of that error.
    pub p95: f64,
    /// The detection threshold: the lowest score at which the false positive rate on faceless
    /// images is at most `locator.max_false_positive_rate`, limited by `locator.min_threshold`.
    pub threshold: f64,
    /// The share of the photos whose face is found at that threshold.
    pub recall: f64,
}
