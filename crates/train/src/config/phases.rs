//! The tables of the phases.

use crate::data::augment::Perturbation;
use serde::{Deserialize, Deserializer, Serialize};
use stgan::model::DiscriminatorSpec;

/// The settings of Adam, and the schedule of its learning rate: linear warm-up, then cosine decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimiserSettings {
    /// The peak learning rate.
    pub learning_rate: f64,
    /// Iterations of linear warm-up. Default: 0.
    #[serde(default)]
    pub warmup: usize,
    /// The share of the peak that remains at the end of the phase; 1 keeps the rate constant.
    /// Default: 1.
    #[serde(default = "one")]
    pub floor: f64,
    /// The decay rates of the two moments. Default: 0.9 and 0.999.
    #[serde(default = "betas")]
    pub betas: [f64; 2],
}

fn one() -> f64 {
    1.0
}

fn betas() -> [f64; 2] {
    [0.9, 0.999]
}

impl OptimiserSettings {
    /// The learning rate of iteration `iteration` (from 0) of `iterations`.
    pub fn rate(&self, iteration: usize, iterations: usize) -> f64 {
        if iteration < self.warmup {
            return self.learning_rate * (iteration + 1) as f64 / self.warmup as f64;
        }
        let along = (iteration - self.warmup) as f64 / iterations.saturating_sub(self.warmup).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * along.min(1.0)).cos());
        self.learning_rate * (self.floor + (1.0 - self.floor) * cosine)
    }
}

/// `[regression]`: generators are trained on landmarks, stage after stage.
///
/// The loss is the distance between the landmarks of glasses and face under exp(p + Δp).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegressionSettings {
    /// Iterations of each stage; 0 leaves the stage unchanged.
    pub iterations: Vec<usize>,
    /// Examples per iteration.
    pub batch: usize,
    /// The loss. Default: `"squared"`.
    #[serde(default)]
    pub loss: LandmarkLoss,
    /// Whether people with glasses are used too. Default: `false`.
    #[serde(default)]
    pub with_glasses: bool,
    /// The weight λ of ‖Δp‖².
    pub update_penalty: f64,
    /// The decay of the running average of the weights, which is validated and exported; 0 for no
    /// average. Default: 0.
    #[serde(default)]
    pub ema_decay: f64,
    /// Whether convolutions are followed by batch normalisation in training. Afterwards it is
    /// folded into the weights. Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub batch_norm: bool,
    /// The optimisers of the first stage and of the later stages.
    pub optimiser: [OptimiserSettings; 2],
    /// The perturbation of the examples.
    pub perturbation: Perturbation,
}

/// How the distances between landmarks enter the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LandmarkLoss {
    /// The mean squared distance. Examples with large errors dominate.
    #[default]
    Squared,
    /// The mean distance, as in the landmark error.
    Distance,
}

/// `[discriminator]`: architecture, loss and real images of the discriminator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscriminatorSettings {
    /// The output channels of each convolution.
    pub channels: Vec<usize>,
    /// The adversarial loss. Default: `"wgan-gp"`.
    #[serde(default)]
    pub loss: AdversarialLoss,
    /// The weight λ of the gradient penalty, which is taken between real images and composites
    /// (`wgan-gp`) or at real images (`logistic-r1`). Default: 10.
    #[serde(default = "ten")]
    pub penalty: f64,
    /// The real images.
    #[serde(default)]
    pub reals: Reals,
}

impl DiscriminatorSettings {
    /// The architecture.
    pub(crate) fn spec(&self) -> DiscriminatorSpec {
        DiscriminatorSpec { channels: self.channels.clone() }
    }
}

fn ten() -> f64 {
    10.0
}

/// The adversarial loss of generators and discriminator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdversarialLoss {
    /// The Wasserstein loss with gradient penalty (Gulrajani et al. 2017), which ST-GAN uses.
    #[default]
    WganGp,
    /// The non-saturating logistic loss with a gradient penalty at real images (R1, Mescheder et
    /// al. 2018).
    LogisticR1,
}

/// `[discriminator.reals]`: the discriminator's real images. Of the task `glasses` these are photos
/// of people with glasses and composites at the landmark pose, of `room` the rooms with their
/// furniture, of other examples and of the composites' own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reals {
    /// The share of the real images that show the example of a composite with the foreground in its
    /// right place. Of the task `glasses` these are composites at the landmark pose. 0 as in ST-GAN
    /// for glasses, 1 for furniture. Default: 0.
    pub composite_share: f64,
    /// Whether such an image is rendered if the task can: a room with its furniture, as in ST-GAN.
    /// It has the shadow of the piece and shows the side that faces the camera. Otherwise it is a
    /// composite at the right place, which differs from others in nothing but the place. Default:
    /// true.
    pub rendered: bool,
    /// The share of the people that the discriminator sees composites of, if there are composites.
    /// Generators are trained on the other people only, so no landmark of a face influences the
    /// generator that is trained on it. Default: 0.5.
    pub identity_share: f64,
}

impl Default for Reals {
    fn default() -> Self {
        Self { composite_share: 0.0, rendered: true, identity_share: 0.5 }
    }
}

/// `[discriminator_pretraining]`: the discriminator is trained alone, on glasses that are perturbed
/// and not corrected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscriminatorPretraining {
    /// The maximum number of iterations.
    pub iterations: usize,
    /// Examples per iteration.
    pub batch: usize,
    /// The phase ends when the discriminator prefers the correct placement to a perturbed one in
    /// this share of the held-out cases. Without a value, or with a value above 1, all iterations
    /// are run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reachable")]
    pub stop_at: Option<f64>,
    /// The share of the composites with the landmark pose of another face of the batch. Without
    /// such composites, the discriminator can detect a wrong pose without looking at the face.
    /// Needs landmarks. Default: 0.
    #[serde(default)]
    pub mismatched_share: f64,
    /// The optimiser.
    pub optimiser: OptimiserSettings,
    /// The perturbation of the examples.
    pub perturbation: Perturbation,
}

fn reachable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let share = f64::deserialize(from)?;
    // NaN is kept, so that validation rejects it.
    Ok(if share > 1.0 { None } else { Some(share) })
}

/// `[adversarial]`: generators are trained against the discriminator, stage after stage.
///
/// Earlier stages are frozen; the discriminator continues from stage to stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdversarialSettings {
    /// Iterations of each stage; 0 leaves the stage unchanged.
    pub iterations: Vec<usize>,
    /// Examples per iteration.
    pub batch: usize,
    /// Iterations of the discriminator for each iteration of the generator.
    pub discriminator_iterations: usize,
    /// The weight λ of ‖Δp‖².
    pub update_penalty: f64,
    /// The weight of the regression loss, added to the adversarial loss; 0 uses no landmarks.
    /// Default: 0.
    #[serde(default)]
    pub landmark_weight: f64,
    /// The run ends with an error if the mean ‖Δp‖ of an interval exceeds this: the glasses have
    /// left the image. Default: 2.
    #[serde(default = "max_update_norm")]
    pub max_update_norm: f64,
    /// The decay of the running average of the generators' weights, which is validated and
    /// exported; 0 for no average. Default: 0.
    #[serde(default)]
    pub ema_decay: f64,
    /// Composites that are shown again.
    #[serde(default)]
    pub history: HistorySettings,
    /// The optimiser of the generators.
    pub generator: OptimiserSettings,
    /// The optimiser of the discriminator.
    pub discriminator: OptimiserSettings,
    /// The perturbation of the examples.
    pub perturbation: Perturbation,
}

fn max_update_norm() -> f64 {
    2.0
}

/// `[adversarial.history]`: composites of earlier generators that the discriminator is shown again
/// (Shrivastava et al. 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HistorySettings {
    /// The number of stored composites. Default: 10 000.
    pub size: usize,
    /// The share of the discriminator's composites that is sampled from the history. Default: 0.5.
    pub share: f64,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { size: 10_000, share: 0.5 }
    }
}

/// `[end_to_end]`: all stages are trained together against the discriminator. Everything else is
/// read from [`AdversarialSettings`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndToEndSettings {
    /// Iterations of the phase.
    pub iterations: usize,
    /// The optimiser of the generators.
    pub generator: OptimiserSettings,
    /// The optimiser of the discriminator.
    pub discriminator: OptimiserSettings,
}
