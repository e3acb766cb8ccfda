//! Configurations of cut-out runs: TOML files with a `[cutout]` table.

use super::checks::Checks;
use super::{Intervals, OptimiserSettings, text};
use crate::Result;
use serde::{Deserialize, Serialize};
use stgan::internals::cutout::CutoutSpec;

/// The configuration of a run that trains the network which labels product photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutoutConfig {
    /// The seed of all random numbers of the run.
    pub seed: u64,
    /// How often the run reports, validates and saves.
    #[serde(default)]
    pub intervals: Intervals,
    /// Network and training.
    pub cutout: CutoutSettings,
}

/// `[cutout]`: network and training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutoutSettings {
    /// The decay of the running average of the weights, which is validated and exported; 0 for no
    /// average.
    pub ema_decay: f64,
    /// Iterations of the run.
    pub iterations: usize,
    /// Product photos per iteration.
    pub batch: usize,
    /// Width and height of a product photo in pixels, multiples of the network's smallest cell.
    pub size: [usize; 2],
    /// Held-out product photos.
    pub validation: usize,
    /// Weights of the labels in the loss: background, front, lens, arm.
    pub label_weights: [f64; 4],
    /// The network.
    pub network: CutoutSpec,
    /// The optimiser.
    pub optimiser: OptimiserSettings,
}

impl CutoutConfig {
    /// Parses a configuration and replaces some of its values, as [`crate::Config::parse_with`]
    /// does.
    ///
    /// # Errors
    /// Those of [`crate::Config::parse_with`].
    pub fn parse_with(text: &str, path: &str, changes: &[String]) -> Result<Self> {
        text::parse(text, path, changes, Self::validate)
    }

    /// Whether a TOML text has a `[cutout]` table.
    pub fn is_cutout_config(text: &str) -> bool {
        toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("cutout"))
    }

    /// The configuration as TOML, with all defaults written out.
    ///
    /// # Errors
    /// Those of [`crate::Config::to_toml`].
    pub fn to_toml(&self) -> Result<String> {
        text::write(self)
    }

    fn validate(&self) -> Result<()> {
        let CutoutSettings { ema_decay, batch, size, validation, label_weights, network, optimiser, .. } = &self.cutout;
        network.validate()?;
        let mut c = Checks::new();
        c.decay("cutout.ema_decay", *ema_decay);
        c.batch("cutout.batch", *batch);
        let cell = network.multiple();
        let fits = size.iter().all(|side| (32..=1024).contains(side) && side.is_multiple_of(cell));
        c.require("cutout.size", fits, size, &format!("32 to 1024 pixels, multiples of {cell}"));
        c.require("cutout.validation", *validation > 0, validation, "at least 1");
        let positive = label_weights.iter().all(|weight| *weight > 0.0 && weight.is_finite());
        c.require("cutout.label_weights", positive, label_weights, "positive numbers");
        c.optimiser("cutout.optimiser", optimiser);
        c.intervals(&self.intervals);
        c.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;

    const FILE: &str = include_str!("../../../../configs/cutout.toml");

    #[test]
    fn the_shipped_configuration_survives_a_round_trip() {
        let config = CutoutConfig::parse_with(FILE, "file", &[]).unwrap();
        assert_eq!(CutoutConfig::parse_with(&config.to_toml().unwrap(), "again", &[]).unwrap(), config);
        assert!(CutoutConfig::is_cutout_config(FILE) && !crate::LocatorConfig::is_locator_config(FILE));
    }

    #[test]
    fn errors_name_invalid_values() {
        for change in ["cutout.ema_decay=1.5", "cutout.batch=0", "cutout.size=[200, 160]", "cutout.network.up=[3]"] {
            let error = chain(&CutoutConfig::parse_with(FILE, "file.toml", &[change.to_owned()]).unwrap_err());
            let name = change.split_once('=').unwrap().0.replace("network.", "");
            assert!(error.contains(&name), "{error}");
        }
    }
}
