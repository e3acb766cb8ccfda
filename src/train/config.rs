//! What a training run is told: one TOML file, in which unknown keys are errors.

use crate::data::augment::Perturbation;
use crate::model::{GeneratorSpec, Inputs};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Everything random in the run follows from it.
    pub seed: u64,
    pub model: Model,
    pub frames: Frames,
    pub regression: Regression,
}

/// The sizes of the generators; see [`GeneratorSpec`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub size: usize,
    pub channels: Vec<usize>,
    pub hidden: usize,
    /// `"rgba"` or `"rgba+pose"`.
    pub inputs: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frames {
    /// How many random frames are drawn.
    pub count: usize,
}

/// The phase that trains generators by regression on landmarks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// Iterations of each stage; its length is the number of stages.
    pub iterations: Vec<usize>,
    pub batch: usize,
    /// The peak of the first stage's learning rate, and of the later ones'.
    pub learning_rate: [f64; 2],
    /// Iterations over which the rate rises.
    pub warmup: usize,
    /// λ of ‖Δp‖².
    pub update_penalty: f64,
    /// Degrees of yaw beyond which a face is left out.
    pub largest_yaw: f64,
    /// Share of the examples drawn by pose, so that rare poses count; see [`crate::data::augment::Sampler`].
    pub balance: f64,
    pub splits: Vec<String>,
    pub validation: String,
    pub perturbation: Perturbation,
}

impl Config {
    /// Reads and checks a TOML text; `path` is for the message.
    ///
    /// # Errors
    /// [`Error::Data`] for a syntax error, an unknown or missing key, or a value that makes no sense, naming it.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        let error = |reason: String| Error::Data { path: path.to_owned(), reason };
        let config: Self = toml::from_str(text).map_err(|e| error(e.to_string()))?;
        config.check().map_err(|reason| error(reason.to_string()))?;
        Ok(config)
    }

    /// The whole of it as TOML.
    ///
    /// # Errors
    /// [`Error::Data`] where a value cannot be written.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self).map_err(|e| Error::Data { path: "config".into(), reason: e.to_string() })
    }

    /// The sizes of one stage.
    ///
    /// # Errors
    /// [`Error::Argument`] as [`GeneratorSpec::validate`], or for unknown inputs.
    pub fn generator(&self) -> Result<GeneratorSpec> {
        let Model { size, channels, hidden, inputs } = &self.model;
        let inputs = Inputs::from_name(inputs).ok_or_else(|| Error::Argument {
            name: "inputs",
            value: inputs.clone(),
            expected: "\"rgba\" or \"rgba+pose\"".into(),
        })?;
        let spec = GeneratorSpec { size: *size, channels: channels.clone(), hidden: *hidden, inputs };
        spec.validate()?;
        Ok(spec)
    }

    fn check(&self) -> Result<()> {
        self.generator()?;
        let r = &self.regression;
        let p = &r.perturbation;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let spread = |x: f64| x.is_finite() && x >= 0.0;
        let rules = [
            ("frames.count", self.frames.count > 0, "at least 1"),
            ("regression.iterations", !r.iterations.is_empty() && !r.iterations.contains(&0), "1 or more a stage"),
            ("regression.batch", (1..=4096).contains(&r.batch), "1 to 4096"),
            ("regression.learning_rate", r.learning_rate.iter().all(|&x| positive(x)), "above 0"),
            ("regression.update_penalty", spread(r.update_penalty), "0 or above"),
            ("regression.balance", (0.0..=1.0).contains(&r.balance), "0 to 1"),
            ("regression.largest_yaw", positive(r.largest_yaw), "above 0"),
            (
                "regression.perturbation",
                [p.translation, p.scale, p.rotation, p.shape, p.warp].iter().all(|&x| spread(x)),
                "deviations of 0 or above",
            ),
            (
                "regression.perturbation",
                [p.far, p.warped].iter().all(|x| (0.0..=1.0).contains(x)),
                "shares between 0 and 1",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, expected)) => {
                Err(Error::Argument { name, value: "out of range".into(), expected: expected.into() })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../configs/compact-glasses.toml");

    #[test]
    fn the_shipped_configuration_reads_and_survives_a_round_trip() {
        let config = Config::parse(TEXT, "compact").unwrap();
        assert_eq!(Config::parse(&config.to_toml().unwrap(), "again").unwrap(), config);
    }

    #[test]
    fn unknown_keys_and_senseless_values_are_named() {
        for (from, to, named) in [
            ("batch = 16", "batch = 16\nbatches = 3", "batches"),
            ("batch = 16", "batch = 0", "regression.batch"),
            ("size = 72", "size = 3", "size"),
            ("\"rgba+pose\"", "\"rgb\"", "inputs"),
            ("seed = 20181", "", "seed"),
        ] {
            assert!(TEXT.contains(from));
            let error = Config::parse(&TEXT.replace(from, to), "file.toml").unwrap_err();
            let message = error.to_string();
            assert!(message.contains(named) && message.contains("file.toml"), "{message}");
        }
    }
}
