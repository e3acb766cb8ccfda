//! Configurations of training runs: TOML files in which unknown keys are errors.
//!
//! A run is a sequence of phases, each of which is optional: regression of the generators,
//! pretraining of the discriminator, adversarial training stage by stage, adversarial training of
//! all stages end to end.

mod checks;
mod cutout;
mod locator;
mod phases;
mod text;
mod validate;

pub use cutout::{CutoutConfig, CutoutSettings};
pub(crate) use locator::MAX_THRESHOLD;
pub use locator::{DetectorSettings, LocatorConfig, LocatorSettings, RefinerSettings};

pub use phases::{
    AdversarialLoss, AdversarialSettings, DiscriminatorPretraining, DiscriminatorSettings, EndToEndSettings,
    HistorySettings, LandmarkLoss, OptimiserSettings, Reals, RegressionSettings,
};

use crate::data;
use crate::data::augment::Perturbation;
use crate::rooms::RoomSettings;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use stgan::model::{DiscriminatorSpec, GeneratorSpec, ImageSize, Inputs, Task};

/// The configuration of a run that trains generators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The seed of all random numbers of the run.
    pub seed: u64,
    /// The architecture of the generators.
    pub model: ModelSettings,
    /// How examples are sampled.
    #[serde(default)]
    pub examples: ExampleSettings,
    /// How often the run reports, validates and saves.
    #[serde(default)]
    pub intervals: Intervals,
    /// The data set.
    #[serde(default)]
    pub data: data::DataSettings,
    /// The samples of the task `room`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<RoomSettings>,
    /// The validation.
    #[serde(default)]
    pub validation: ValidationSettings,
    /// Regression of the generators on landmarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regression: Option<RegressionSettings>,
    /// The discriminator. Required by the phases below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<DiscriminatorSettings>,
    /// Training of the discriminator alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator_pretraining: Option<DiscriminatorPretraining>,
    /// Training of the generators against the discriminator, stage by stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<AdversarialSettings>,
    /// Training of all stages together. Requires `[adversarial]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_to_end: Option<EndToEndSettings>,
}

/// `[model]`: the architecture of the generators; see [`GeneratorSpec`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// The task: `"glasses"` or `"room"`. Default: `"glasses"`.
    #[serde(default = "glasses", skip_serializing_if = "is_glasses")]
    pub task: String,
    /// The height of the input, in pixels.
    pub size: usize,
    /// The width of the input, in pixels. Default: the height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// The output channels of each convolution.
    pub channels: Vec<usize>,
    /// The width of the hidden fully connected layer.
    pub hidden: usize,
    /// The inputs: `"rgba"` or `"rgba+pose"`.
    pub inputs: String,
    /// The number of stages, which is the number of generators in the cascade.
    pub stages: usize,
    /// Whether the first stage starts with layers whose outputs have mean 0 and deviation 1 on a
    /// batch of examples (Mishkin & Matas 2016). Default: `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub normalise: bool,
}

fn glasses() -> String {
    Task::glasses().name
}

fn is_glasses(name: &str) -> bool {
    name == glasses()
}

/// `[examples]`: how examples are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleSettings {
    /// The number of random glasses. Default: 4000.
    pub glasses: usize,
    /// The share of the examples that is sampled evenly over head turn and face size; see
    /// [`crate::data::augment::BalancedSampler`]. Default: 0.
    pub balance: f64,
    /// The weight of the mean horizontal offset of an example in losses and errors. Below 1 for
    /// tasks whose foreground may stand anywhere along a line. Default: 1.
    #[serde(skip_serializing_if = "is_one")]
    pub horizontal_weight: f64,
}

fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

impl Default for ExampleSettings {
    fn default() -> Self {
        Self { glasses: 4000, balance: 0.0, horizontal_weight: 1.0 }
    }
}

/// `[intervals]`: how often the run reports, validates and saves, in iterations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intervals {
    /// Iterations between lines of metrics. Default: 50.
    pub report: usize,
    /// Iterations between validations, which also draw plots and image grids. Default: 500.
    pub validate: usize,
    /// Iterations between checkpoints. Default: 1000.
    pub checkpoint: usize,
    /// The number of checkpoints that are kept. Default: 3.
    pub keep: usize,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { report: 50, validate: 500, checkpoint: 1000, keep: 3 }
    }
}

/// `[validation]`: the measurement on people and glasses that are not used for training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationSettings {
    /// Random crops of each face. Default: 4.
    pub crops: usize,
    /// The maximum number of faces. Default: 256.
    pub faces: usize,
    /// The perturbation of crops and glasses. Default: [`Perturbation::DROPPED`].
    pub perturbation: Perturbation,
}

impl Default for ValidationSettings {
    fn default() -> Self {
        Self { crops: 4, faces: 256, perturbation: Perturbation::DROPPED }
    }
}

impl Config {
    /// Parses and validates a TOML text. `path` is the name of the file in error messages.
    ///
    /// # Errors
    /// [`Error::Config`] for a syntax error, an unknown or missing key, or an invalid value. Its
    /// source names the key.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        Self::parse_with(text, path, &[])
    }

    /// Parses a configuration and replaces some of its values.
    ///
    /// Each change is `key=value` with a dotted key (`adversarial.batch=8`). The value is parsed as
    /// TOML, or taken as a string if it is not TOML.
    ///
    /// # Errors
    /// Those of [`Config::parse`], and [`Error::Config`] for a change without `=` or with a key
    /// through a value that is not a table.
    pub fn parse_with(text: &str, path: &str, changes: &[String]) -> Result<Self> {
        text::parse(text, path, changes, Self::validate)
    }

    /// The configuration as TOML, with all defaults written out.
    ///
    /// # Errors
    /// [`Error::Config`] if a value has no TOML representation.
    pub fn to_toml(&self) -> Result<String> {
        text::write(self)
    }

    /// The architecture of one stage.
    ///
    /// # Errors
    /// Those of [`GeneratorSpec::validate`], and [`Error::Argument`] for unknown inputs.
    pub fn generator(&self) -> Result<GeneratorSpec> {
        let ModelSettings { task, size, width, channels, hidden, inputs, .. } = &self.model;
        let inputs = Inputs::from_name(inputs).ok_or_else(|| Error::Argument {
            name: "model.inputs",
            value: format!("{inputs:?}"),
            expected: "\"rgba\" or \"rgba+pose\"".into(),
        })?;
        let task = Task::from_name(task).ok_or_else(|| Error::Argument {
            name: "model.task",
            value: format!("{task:?}"),
            expected: "\"glasses\" or \"room\"".into(),
        })?;
        let size = ImageSize { height: *size, width: width.unwrap_or(*size) };
        let spec = GeneratorSpec { size, channels: channels.clone(), hidden: *hidden, inputs, task };
        spec.validate()?;
        Ok(spec)
    }

    /// The architecture of the discriminator, if the run has one.
    pub(crate) fn discriminator_spec(&self) -> Option<DiscriminatorSpec> {
        self.discriminator.as_ref().map(DiscriminatorSettings::spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;
    use crate::generators::plan;

    const FILES: [&str; 8] = [
        include_str!("../../../../configs/compact-glasses.toml"),
        include_str!("../../../../configs/tune-glasses.toml"),
        include_str!("../../../../configs/paper-glasses.toml"),
        include_str!("../../../../configs/adversarial-glasses.toml"),
        include_str!("../../../../configs/synthetic.toml"),
        include_str!("../../../../configs/room.toml"),
        include_str!("../../../../configs/paper-room.toml"),
        include_str!("../../../../configs/adversarial-room.toml"),
    ];

    #[test]
    fn shipped_configurations_survive_a_round_trip() {
        for text in FILES {
            let config = Config::parse(text, "file").unwrap();
            assert_eq!(Config::parse(&config.to_toml().unwrap(), "again").unwrap(), config);
        }
    }

    #[test]
    fn the_paper_configuration_has_the_settings_of_the_paper() {
        let config = Config::parse(FILES[2], "paper").unwrap();
        assert_eq!(config.generator().unwrap(), GeneratorSpec::paper());
        let adversarial = config.adversarial.as_ref().unwrap();
        assert_eq!(
            (adversarial.iterations.as_slice(), adversarial.batch, adversarial.discriminator_iterations),
            ([50_000; 5].as_slice(), 20, 2)
        );
        assert_eq!(
            (adversarial.generator.rate(0, 50_000), adversarial.discriminator.rate(49_999, 50_000)),
            (1e-5, 1e-5)
        );
        let discriminator = config.discriminator.as_ref().unwrap();
        assert_eq!((discriminator.loss, discriminator.penalty), (AdversarialLoss::WganGp, 10.0));
        assert_eq!(plan(&config).unwrap().len(), 6);
    }

    #[test]
    fn the_task_gives_the_size_of_the_view_and_the_canonical_pose() {
        let room = Config::parse(FILES[5], "room").unwrap();
        let spec = room.generator().unwrap();
        assert_eq!((spec.task, spec.size), (Task::room(), ImageSize { height: 60, width: 80 }));
        let paper = Config::parse(FILES[6], "paper-room").unwrap();
        assert_eq!(paper.generator().unwrap().size, ImageSize { height: 120, width: 160 });
        assert_eq!(plan(&paper).unwrap().len(), 7);
        let glasses = Config::parse(FILES[3], "glasses").unwrap().generator().unwrap();
        assert_eq!((glasses.task, glasses.size), (Task::glasses(), 72.into()));
        for (from, to, named) in [
            ("\"room\"", "\"hat\"", "model.task"),
            ("turn = [8.0, 30.0]", "turn = [30.0, 8.0]", "rooms.turn"),
            ("task = \"room\"", "", "rooms"),
            ("horizontal_weight = 0.25", "horizontal_weight = 2.0", "horizontal_weight"),
        ] {
            assert!(FILES[5].contains(from), "{from}");
            let message = chain(&Config::parse(&FILES[5].replacen(from, to, 1), "file.toml").unwrap_err());
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn errors_name_unknown_keys_and_invalid_values() {
        for (from, to, named) in [
            ("batch = 16", "batch = 16\nbatches = 3", "batches"),
            ("batch = 16", "batch = 0", "discriminator_pretraining.batch"),
            ("size = 72", "size = 3", "size"),
            ("\"rgba+pose\"", "\"rgb\"", "inputs"),
            ("seed = 3", "", "seed"),
            ("stages = 1", "stages = 2", "adversarial.iterations"),
            ("\"logistic-r1\"", "\"hinge\"", "hinge"),
            ("learning_rate = 5e-4 }", "learning_rate = nan }", "discriminator_pretraining.optimiser"),
            ("share = 0.25", "share = 1.5", "history.share"),
            ("[examples]", "[exemples]", "exemples"),
        ] {
            assert!(FILES[3].contains(from), "{from}");
            let message = chain(&Config::parse(&FILES[3].replace(from, to), "file.toml").unwrap_err());
            assert!(message.contains(named) && message.contains("file.toml"), "{message}");
        }
    }

    #[test]
    fn changes_replace_values() {
        let changed = |changes: &[&str]| {
            Config::parse_with(FILES[3], "file.toml", &changes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
        };
        let config = changed(&[
            "discriminator.loss=wgan-gp",
            "discriminator_pretraining.batch = 8",
            "adversarial.iterations=[0]",
        ])
        .unwrap();
        assert_eq!(config.discriminator.as_ref().unwrap().loss, AdversarialLoss::WganGp);
        assert_eq!(config.discriminator_pretraining.as_ref().unwrap().batch, 8);
        assert_eq!(plan(&config).unwrap().len(), 1);
        for (wrong, named) in [
            ("discriminator_pretraining.batch", "key=value"),
            ("discriminator_pretraining.bach=8", "bach"),
            ("seed.x=1", "`seed` is not a table"),
        ] {
            let message = chain(&changed(&[wrong]).unwrap_err());
            assert!(message.contains(named) && message.contains("file.toml"), "{message}");
        }
    }

    #[test]
    fn stop_at_above_one_means_no_limit() {
        let with = |value: &str| {
            let text = FILES[3].replace("stop_at = 0.95\n", value);
            Config::parse(&text, "file.toml").map(|config| config.discriminator_pretraining.unwrap().stop_at)
        };
        assert_eq!(with("stop_at = 0.9\n").unwrap(), Some(0.9));
        assert_eq!(with("stop_at = 2.0\n").unwrap(), None);
        assert_eq!(with("").unwrap(), None);
        assert!(with("stop_at = nan\n").is_err() && with("stop_at = 0.5\n").is_err());
    }

    #[test]
    fn the_learning_rate_warms_up_and_decays() {
        let rate = OptimiserSettings { learning_rate: 1.0, warmup: 10, floor: 0.1, betas: [0.9, 0.999] };
        assert_eq!((rate.rate(0, 100), rate.rate(9, 100), rate.rate(10, 100)), (0.1, 1.0, 1.0));
        assert!((rate.rate(100, 100) - 0.1).abs() < 1e-12);
        assert!((10..100).all(|i| rate.rate(i, 100) > rate.rate(i + 1, 100)));
    }
}
