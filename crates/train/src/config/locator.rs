//! Configurations of locator runs: TOML files with a `[locator]` table.

use super::checks::Checks;
use super::{Intervals, OptimiserSettings, text};
use crate::Result;
use crate::data;
use crate::data::scenes::SceneSettings;
use serde::{Deserialize, Serialize};
use stgan::internals::locate::LocatorSpec;

/// The configuration of a run that trains a locator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorConfig {
    /// The seed of all random numbers of the run.
    pub seed: u64,
    /// How often the run reports, validates and saves.
    #[serde(default)]
    pub intervals: Intervals,
    /// The data set.
    #[serde(default)]
    pub data: data::DataSettings,
    /// The locator.
    pub locator: LocatorSettings,
}

/// The maximum detection threshold.
pub(crate) const MAX_THRESHOLD: f64 = 0.99;

/// `[locator]`: networks and training of a locator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorSettings {
    /// The decay of the running average of the weights, which is validated and exported; 0 for no
    /// average.
    pub ema_decay: f64,
    /// The maximum share of held-out faceless images in which a face is detected. The detection
    /// threshold is the lowest that satisfies it, limited by `min_threshold`.
    pub max_false_positive_rate: f64,
    /// The minimum detection threshold, since the held-out images are few. Default: 0.3.
    #[serde(default = "min_threshold")]
    pub min_threshold: f64,
    /// The architecture of both networks.
    pub networks: LocatorSpec,
    /// The training scenes.
    #[serde(default)]
    pub scenes: SceneSettings,
    /// Training of the detector.
    pub detector: DetectorSettings,
    /// Training of the refiner.
    pub refiner: RefinerSettings,
}

fn min_threshold() -> f64 {
    0.3
}

/// `[locator.detector]`: training of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorSettings {
    /// Iterations of the phase.
    pub iterations: usize,
    /// Scenes per iteration.
    pub batch: usize,
    /// The side of a scene in pixels, a multiple of 8.
    pub size: usize,
    /// The optimiser.
    pub optimiser: OptimiserSettings,
}

/// `[locator.refiner]`: training of the refiner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefinerSettings {
    /// Iterations of the phase.
    pub iterations: usize,
    /// Scenes per iteration.
    pub batch: usize,
    /// Crops of each scene: proposals of the detector, perturbed faces, random places.
    pub views: usize,
    /// The optimiser.
    pub optimiser: OptimiserSettings,
}

impl LocatorConfig {
    /// Parses a configuration and replaces some of its values, as [`crate::Config::parse_with`]
    /// does.
    ///
    /// # Errors
    /// Those of [`crate::Config::parse_with`].
    pub fn parse_with(text: &str, path: &str, changes: &[String]) -> Result<Self> {
        text::parse(text, path, changes, Self::validate)
    }

    /// Whether a TOML text has a `[locator]` table.
    pub fn is_locator_config(text: &str) -> bool {
        toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("locator"))
    }

    /// The configuration as TOML, with all defaults written out.
    ///
    /// # Errors
    /// Those of [`crate::Config::to_toml`].
    pub fn to_toml(&self) -> Result<String> {
        text::write(self)
    }

    fn validate(&self) -> Result<()> {
        let LocatorSettings { ema_decay, max_false_positive_rate, min_threshold, networks, scenes, detector, refiner } =
            &self.locator;
        networks.validate()?;
        let mut c = Checks::new();
        c.decay("locator.ema_decay", *ema_decay);
        c.share("locator.max_false_positive_rate", *max_false_positive_rate);
        let reachable = (0.0..=MAX_THRESHOLD).contains(min_threshold);
        c.require("locator.min_threshold", reachable, min_threshold, "a score between 0 and 0.99");
        c.batch("locator.detector.batch", detector.batch);
        let cells = (64..=512).contains(&detector.size) && detector.size.is_multiple_of(8);
        c.require("locator.detector.size", cells, detector.size, "64 to 512 pixels, a multiple of 8");
        c.optimiser("locator.detector.optimiser", &detector.optimiser);
        c.batch("locator.refiner.batch", refiner.batch);
        c.require("locator.refiner.views", (1..=64).contains(&refiner.views), refiner.views, "1 to 64");
        c.optimiser("locator.refiner.optimiser", &refiner.optimiser);
        c.share("locator.scenes.photo_share", scenes.photo_share);
        c.share("locator.scenes.synthetic_share", scenes.synthetic_share);
        c.share("locator.scenes.glasses_share", scenes.glasses_share);
        c.weight("locator.scenes.tilt", scenes.tilt);
        c.require("locator.scenes.faceless", scenes.faceless > 0, scenes.faceless, "at least 1");
        c.intervals(&self.intervals);
        c.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;

    const FILE: &str = include_str!("../../../../configs/locator.toml");

    #[test]
    fn the_shipped_configuration_survives_a_round_trip() {
        let config = LocatorConfig::parse_with(FILE, "file", &[]).unwrap();
        assert_eq!(LocatorConfig::parse_with(&config.to_toml().unwrap(), "again", &[]).unwrap(), config);
        assert!(
            LocatorConfig::is_locator_config(FILE)
                && !LocatorConfig::is_locator_config(include_str!("../../../../configs/synthetic.toml"))
        );
    }

    #[test]
    fn errors_name_invalid_values() {
        for change in [
            "locator.ema_decay=1.5",
            "locator.detector.batch=0",
            "locator.networks.refiner.size=3",
            "locator.scenes.photo_share=2",
        ] {
            let error = chain(&LocatorConfig::parse_with(FILE, "file.toml", &[change.to_owned()]).unwrap_err());
            assert!(error.contains(change.rsplit_once('=').unwrap().0), "{error}");
        }
        assert!(LocatorConfig::parse_with(FILE, "file", &["locator.batch=3".into()]).is_err());
    }
}
