//! What a training run is told: one TOML file, in which unknown keys are errors.
//!
//! A run is a sequence of phases, each of which can be left out: regression of the generators, the critic alone, the
//! generators against the critic stage by stage, all stages end to end.

mod check;
mod locator;
mod phases;
mod rules;
mod text;

pub(crate) use locator::HIGHEST_THRESHOLD;
pub use locator::{Detector, LocatorConfig, LocatorSettings, Refiner};

pub use phases::{
    Adversarial, AdversarialLoss, Critic, DiscriminatorSettings, EndToEnd, History, LandmarkLoss, Optimiser, Reals,
    Regression,
};

use crate::data;
use crate::data::augment::Perturbation;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use stgan::model::{DiscriminatorSpec, GeneratorSpec, Inputs};

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Everything random in the run follows from it.
    pub seed: u64,
    /// The sizes of the generators.
    pub model: Model,
    /// How examples are made.
    #[serde(default)]
    pub examples: ExampleSettings,
    /// How often the run reports, validates and writes.
    #[serde(default)]
    pub intervals: Intervals,
    /// The data set.
    #[serde(default)]
    pub data: data::Settings,
    /// How validation is done.
    #[serde(default)]
    pub validation: Validation,
    /// Generators by landmarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regression: Option<Regression>,
    /// The discriminator, if a phase needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<DiscriminatorSettings>,
    /// The discriminator alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic: Option<Critic>,
    /// Generators against the discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<Adversarial>,
    /// All stages together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<EndToEnd>,
}

/// The sizes of the generators; see [`GeneratorSpec`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Pixels of the view, each way.
    pub size: usize,
    /// Channels of each convolution.
    pub channels: Vec<usize>,
    /// Width of the hidden layer.
    pub hidden: usize,
    /// `"rgba"` or `"rgba+pose"`.
    pub inputs: String,
    /// How many generators follow each other.
    pub stages: usize,
}

/// How examples are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleSettings {
    /// How many random frames there are.
    pub frames: usize,
    /// Share of the examples drawn by pose and size, so that rare ones count; see [`crate::data::augment::Sampler`].
    pub balance: f64,
}

impl Default for ExampleSettings {
    fn default() -> Self {
        Self { frames: 4000, balance: 0.0 }
    }
}

/// Iterations between two of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intervals {
    /// Lines of metrics.
    pub report: usize,
    /// Validations; plots and picture grids are drawn then too.
    pub validate: usize,
    /// Checkpoints.
    pub checkpoint: usize,
    /// How many checkpoints are kept, the newest ones.
    pub keep: usize,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { report: 50, validate: 500, checkpoint: 1000, keep: 3 }
    }
}

/// How progress is measured, on people and frames that training never sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validation {
    /// Crops of each face.
    pub crops: usize,
    /// At most this many faces.
    pub faces: usize,
    /// How far crops and frames stray.
    pub perturbation: Perturbation,
}

impl Default for Validation {
    fn default() -> Self {
        Self { crops: 4, faces: 256, perturbation: Perturbation::DROPPED }
    }
}

impl Config {
    /// Reads and checks a TOML text; `path` is for the message.
    ///
    /// # Errors
    /// [`Error::Config`] for a syntax error, an unknown or missing key, or a value that makes no sense; its source names
    /// the key.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        Self::parse_with(text, path, &[])
    }

    /// As [`Config::parse`], with some values replaced: each change is `key=value`, the key dotted (`critic.batch`), the value
    /// TOML's, or a string if it is nothing else.
    ///
    /// # Errors
    /// As [`Config::parse`], and for a change without `=`, or through a key that is no table.
    pub fn parse_with(text: &str, path: &str, changes: &[String]) -> Result<Self> {
        text::parse(text, path, changes, Self::check)
    }

    /// The whole of it as TOML, with every default written out.
    ///
    /// # Errors
    /// [`Error::Config`] if a value cannot be written.
    pub fn to_toml(&self) -> Result<String> {
        text::write(self)
    }

    /// The sizes of one stage.
    ///
    /// # Errors
    /// [`Error::Argument`] as [`GeneratorSpec::validate`], or for unknown inputs.
    pub fn generator(&self) -> Result<GeneratorSpec> {
        let Model { size, channels, hidden, inputs, .. } = &self.model;
        let inputs = Inputs::from_name(inputs).ok_or_else(|| Error::Argument {
            name: "model.inputs",
            value: inputs.clone(),
            expected: "\"rgba\" or \"rgba+pose\"".into(),
        })?;
        let spec = GeneratorSpec { size: *size, channels: channels.clone(), hidden: *hidden, inputs };
        spec.validate()?;
        Ok(spec)
    }

    /// The sizes of the critic, if the run has one.
    pub(crate) fn critic_spec(&self) -> Option<DiscriminatorSpec> {
        self.discriminator.as_ref().map(DiscriminatorSettings::spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;
    use crate::generators::plan;

    const FILES: [&str; 5] = [
        include_str!("../../../../configs/compact-glasses.toml"),
        include_str!("../../../../configs/tune-glasses.toml"),
        include_str!("../../../../configs/paper-glasses.toml"),
        include_str!("../../../../configs/adversarial-glasses.toml"),
        include_str!("../../../../configs/synthetic.toml"),
    ];

    #[test]
    fn the_configurations_read_and_survive_a_round_trip() {
        for text in FILES {
            let config = Config::parse(text, "file").unwrap();
            assert_eq!(Config::parse(&config.to_toml().unwrap(), "again").unwrap(), config);
        }
    }

    #[test]
    fn the_papers_configuration_is_the_papers() {
        let config = Config::parse(FILES[2], "paper").unwrap();
        assert_eq!(config.generator().unwrap(), GeneratorSpec::paper());
        let game = config.adversarial.as_ref().unwrap();
        assert_eq!((game.iterations.as_slice(), game.batch, game.critic_steps), ([50_000; 5].as_slice(), 20, 2));
        assert_eq!((game.generator.rate(0, 50_000), game.critic.rate(49_999, 50_000)), (1e-5, 1e-5));
        let critic = config.discriminator.as_ref().unwrap();
        assert_eq!((critic.loss, critic.penalty), (AdversarialLoss::WganGp, 10.0));
        assert_eq!(plan(&config).unwrap().len(), 6);
    }

    #[test]
    fn unknown_keys_and_senseless_values_are_named() {
        for (from, to, named) in [
            ("batch = 16", "batch = 16\nbatches = 3", "batches"),
            ("batch = 16", "batch = 0", "critic.batch"),
            ("size = 72", "size = 3", "size"),
            ("\"rgba+pose\"", "\"rgb\"", "inputs"),
            ("seed = 3", "", "seed"),
            ("stages = 1", "stages = 2", "adversarial.iterations"),
            ("\"logistic-r1\"", "\"hinge\"", "hinge"),
            ("learning_rate = 5e-4 }", "learning_rate = nan }", "critic.optimiser"),
            ("share = 0.25", "share = 1.5", "history.share"),
            ("[examples]", "[exemples]", "exemples"),
        ] {
            assert!(FILES[3].contains(from), "{from}");
            let message = chain(&Config::parse(&FILES[3].replace(from, to), "file.toml").unwrap_err());
            assert!(message.contains(named) && message.contains("file.toml"), "{message}");
        }
    }

    #[test]
    fn values_can_be_replaced() {
        let changed = |changes: &[&str]| {
            Config::parse_with(FILES[3], "file.toml", &changes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
        };
        let config =
            changed(&["discriminator.loss=wgan-gp", "critic.batch = 8", "adversarial.iterations=[0]"]).unwrap();
        assert_eq!(config.discriminator.as_ref().unwrap().loss, AdversarialLoss::WganGp);
        assert_eq!(config.critic.as_ref().unwrap().batch, 8);
        assert_eq!(plan(&config).unwrap().len(), 1);
        for (wrong, named) in
            [("critic.batch", "key=value"), ("critic.bach=8", "bach"), ("seed.x=1", "seed is no table")]
        {
            let message = chain(&changed(&[wrong]).unwrap_err());
            assert!(message.contains(named) && message.contains("file.toml"), "{message}");
        }
    }

    #[test]
    fn a_share_that_cannot_be_reached_is_none() {
        let with = |value: &str| {
            let text = FILES[3].replace("stop_at = 0.95\n", value);
            Config::parse(&text, "file.toml").map(|config| config.critic.unwrap().stop_at)
        };
        assert_eq!(with("stop_at = 0.9\n").unwrap(), Some(0.9));
        assert_eq!(with("stop_at = 2.0\n").unwrap(), None);
        assert_eq!(with("").unwrap(), None);
        assert!(with("stop_at = nan\n").is_err() && with("stop_at = 0.5\n").is_err());
    }

    #[test]
    fn a_rate_rises_and_falls() {
        let rate = Optimiser { learning_rate: 1.0, warmup: 10, floor: 0.1, betas: [0.9, 0.999] };
        assert_eq!((rate.rate(0, 100), rate.rate(9, 100), rate.rate(10, 100)), (0.1, 1.0, 1.0));
        assert!((rate.rate(100, 100) - 0.1).abs() < 1e-12);
        assert!((10..100).all(|i| rate.rate(i, 100) > rate.rate(i + 1, 100)));
    }
}
