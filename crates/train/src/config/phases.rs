//! The phases of a run, one table each.

use crate::data::augment::Perturbation;
use serde::{Deserialize, Deserializer, Serialize};
use stgan::model::DiscriminatorSpec;

/// Adam's rate and its course over a phase: a linear rise, then half a cosine down to a share of the peak.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimiser {
    /// The peak.
    pub learning_rate: f64,
    /// Iterations over which it rises.
    #[serde(default)]
    pub warmup: usize,
    /// The share of the peak that is left at the end; 1 keeps the rate constant.
    #[serde(default = "one")]
    pub floor: f64,
    /// Decay of the two moments.
    #[serde(default = "betas")]
    pub betas: [f64; 2],
}

fn one() -> f64 {
    1.0
}

fn betas() -> [f64; 2] {
    [0.9, 0.999]
}

impl Optimiser {
    /// The rate of iteration `iteration` (from 0) of `iterations`.
    pub fn rate(&self, iteration: usize, iterations: usize) -> f64 {
        if iteration < self.warmup {
            return self.learning_rate * (iteration + 1) as f64 / self.warmup as f64;
        }
        let along = (iteration - self.warmup) as f64 / iterations.saturating_sub(self.warmup).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * along.min(1.0)).cos());
        self.learning_rate * (self.floor + (1.0 - self.floor) * cosine)
    }
}

/// Generators by regression on landmarks: how far the frame's anchors are from the face's under exp(p + Δp).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// Iterations of each stage; 0 leaves a stage as it is.
    pub iterations: Vec<usize>,
    /// Examples an iteration.
    pub batch: usize,
    /// The loss.
    #[serde(default)]
    pub loss: LandmarkLoss,
    /// Whether people who wear glasses are learned on too, with a frame over their own.
    #[serde(default)]
    pub wearers: bool,
    /// λ of ‖Δp‖².
    pub update_penalty: f64,
    /// Decay of the running average of the generators' weights that is validated and exported; 0 averages nothing.
    #[serde(default)]
    pub average: f64,
    /// Of the first stage, and of the later ones, which start from the one before.
    pub optimiser: [Optimiser; 2],
    /// How far glasses are from the landmark pose.
    pub perturbation: Perturbation,
}

/// What is made of the anchors' distances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LandmarkLoss {
    /// The mean of their squares: the few that are far off decide.
    #[default]
    Squared,
    /// Their mean, as the anchor error is: all of them count alike.
    Distance,
}

/// What the critic is, and what it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscriminatorSettings {
    /// Channels of each convolution.
    pub channels: Vec<usize>,
    /// The loss.
    #[serde(default)]
    pub loss: AdversarialLoss,
    /// λ of the gradient penalty, between real and composed pictures (`wgan-gp`) or at the real ones (`logistic-r1`).
    #[serde(default = "ten")]
    pub penalty: f64,
    /// What the discriminator sees as real.
    #[serde(default)]
    pub reals: Reals,
}

impl DiscriminatorSettings {
    /// The sizes of the critic.
    pub(crate) fn spec(&self) -> DiscriminatorSpec {
        DiscriminatorSpec { channels: self.channels.clone() }
    }
}

fn ten() -> f64 {
    10.0
}

/// The two players' losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdversarialLoss {
    /// Wasserstein with gradient penalty (Gulrajani et al. 2017), the paper's.
    #[default]
    WganGp,
    /// The non-saturating logistic loss with a penalty on the critic's gradient at real pictures (Mescheder et al. 2018).
    LogisticR1,
}

/// The critic's real pictures: photos of people who wear glasses, and composites at the landmark pose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reals {
    /// Share of the real pictures that are composites: a random frame where a bare face's landmarks say it belongs. 0 is the paper.
    pub composites: f64,
    /// Where there are composites: the share of the people whom the critic sees them on. Generators learn on the others alone,
    /// so that no landmark of a face reaches the generator that looks at it.
    pub references: f64,
}

impl Default for Reals {
    fn default() -> Self {
        Self { composites: 0.0, references: 0.5 }
    }
}

/// The critic alone, against frames that are perturbed and not corrected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Critic {
    /// At most.
    pub iterations: usize,
    /// Examples an iteration.
    pub batch: usize,
    /// The phase ends once the critic prefers the right placement to a perturbed one in this share of the held-out cases.
    /// Without it, or with a share above 1, which cannot be reached, all iterations are done.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reachable")]
    pub stop_at: Option<f64>,
    /// Share of the composites whose frame stands where it would be right on another face of the batch. Poses then tell real
    /// and composed apart only together with the face, and the critic has to look at it. Needs landmarks.
    #[serde(default)]
    pub strangers: f64,
    /// Rate and momenta.
    pub optimiser: Optimiser,
    /// How far glasses are from the landmark pose.
    pub perturbation: Perturbation,
}

fn reachable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let share = f64::deserialize(from)?;
    // What is not a number stays, to be refused.
    Ok(if share > 1.0 { None } else { Some(share) })
}

/// The generators against the critic: stage after stage, earlier ones frozen, the critic carrying on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adversarial {
    /// Iterations of each stage; 0 leaves a stage as it is.
    pub iterations: Vec<usize>,
    /// Examples an iteration.
    pub batch: usize,
    /// Critic's steps for each of the generator's.
    pub critic_steps: usize,
    /// λ of ‖Δp‖².
    pub update_penalty: f64,
    /// Weight of the regression loss beside the critic's judgement; 0 uses no landmark.
    #[serde(default)]
    pub landmark_weight: f64,
    /// A mean ‖Δp‖ above this, over an interval of reports, ends the run: the generator has left the picture.
    #[serde(default = "largest_update")]
    pub largest_update: f64,
    /// Decay of the running average of the generators' weights that is validated and exported; 0 averages nothing.
    #[serde(default)]
    pub average: f64,
    /// Composites that are seen again.
    #[serde(default)]
    pub history: History,
    /// The generators' rate and momenta.
    pub generator: Optimiser,
    /// The discriminator alone.
    pub critic: Optimiser,
    /// How far glasses are from the landmark pose.
    pub perturbation: Perturbation,
}

fn largest_update() -> f64 {
    2.0
}

/// Composites of earlier generators that the critic is shown again (Shrivastava et al. 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    /// How many are remembered.
    pub size: usize,
    /// Share of the critic's composites that come from there.
    pub share: f64,
}

impl Default for History {
    fn default() -> Self {
        Self { size: 10_000, share: 0.5 }
    }
}

/// All stages at once against the critic; what is not here is as in [`Adversarial`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndToEnd {
    /// Iterations of the phase.
    pub iterations: usize,
    /// The generators' rate and momenta.
    pub generator: Optimiser,
    /// The discriminator alone.
    pub critic: Optimiser,
}
