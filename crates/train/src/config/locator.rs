//! What a locator's run is told: a TOML file with a `[locator]` table.

use super::rules::Rules;
use super::{Intervals, Optimiser, text};
use crate::Result;
use crate::data;
use crate::data::scenes::SceneSettings;
use serde::{Deserialize, Serialize};
use stgan::internals::locate::LocatorSpec;

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorConfig {
    /// Everything random in the run follows from it.
    pub seed: u64,
    /// How often the run reports, validates and writes.
    #[serde(default)]
    pub intervals: Intervals,
    /// The data set.
    #[serde(default)]
    pub data: data::Settings,
    /// The locator.
    pub locator: LocatorSettings,
}

/// No threshold is higher: some face should be found.
pub(crate) const HIGHEST_THRESHOLD: f64 = 0.99;

/// The locator's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocatorSettings {
    /// Decay of the running average of the weights that is validated and exported.
    pub average: f64,
    /// The most of the held-out faceless pictures that may raise an alarm: the threshold is the lowest that keeps it, and at least
    /// `lowest_threshold`, for what few pictures do not show.
    pub false_alarms: f64,
    /// The lowest threshold that is set.
    #[serde(default = "lowest_threshold")]
    pub lowest_threshold: f64,
    /// The sizes of both networks.
    pub networks: LocatorSpec,
    /// What scenes are made of.
    #[serde(default)]
    pub scenes: SceneSettings,
    /// The detector's phase.
    pub detector: Detector,
    /// The refiner's phase.
    pub refiner: Refiner,
}

fn lowest_threshold() -> f64 {
    0.3
}

/// The detector's phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Iterations of the phase.
    pub iterations: usize,
    /// Scenes an iteration.
    pub batch: usize,
    /// Pixels of a scene's side.
    pub size: usize,
    /// Rate and momenta.
    pub optimiser: Optimiser,
}

/// The refiner's phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refiner {
    /// Iterations of the phase.
    pub iterations: usize,
    /// Scenes an iteration.
    pub batch: usize,
    /// Views of each scene: places that the detector names, faces slightly missed, anything else.
    pub views: usize,
    /// Rate and momenta.
    pub optimiser: Optimiser,
}

impl LocatorConfig {
    /// Reads and checks a TOML text in which some values are replaced, as [`crate::Config::parse_with`] does.
    ///
    /// # Errors
    /// The same as [`crate::Config::parse_with`].
    pub fn parse_with(text: &str, path: &str, changes: &[String]) -> Result<Self> {
        text::parse(text, path, changes, Self::check)
    }

    /// Whether a TOML text is the configuration of a locator.
    pub fn is_meant(text: &str) -> bool {
        toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("locator"))
    }

    /// # Errors
    /// As [`crate::Config::to_toml`].
    pub fn to_toml(&self) -> Result<String> {
        text::write(self)
    }

    fn check(&self) -> Result<()> {
        let LocatorSettings { average, false_alarms, lowest_threshold, networks, scenes, detector, refiner } =
            &self.locator;
        networks.validate()?;
        let mut r = Rules::new();
        r.decay("locator.average", *average);
        r.share("locator.false_alarms", *false_alarms);
        let reachable = (0.0..=HIGHEST_THRESHOLD).contains(lowest_threshold);
        r.rule("locator.lowest_threshold", reachable, lowest_threshold, "between 0 and 0.99");
        r.batch("locator.detector.batch", detector.batch);
        let cells = (64..=512).contains(&detector.size) && detector.size.is_multiple_of(8);
        r.rule("locator.detector.size", cells, detector.size, "64 to 512 pixels, a multiple of 8");
        r.optimiser("locator.detector.optimiser", &detector.optimiser);
        r.batch("locator.refiner.batch", refiner.batch);
        r.rule("locator.refiner.views", (1..=64).contains(&refiner.views), refiner.views, "1 to 64");
        r.optimiser("locator.refiner.optimiser", &refiner.optimiser);
        r.share("locator.scenes.photos", scenes.photos);
        r.share("locator.scenes.drawn", scenes.drawn);
        r.share("locator.scenes.glasses", scenes.glasses);
        r.weight("locator.scenes.tilt", scenes.tilt);
        r.rule("locator.scenes.faceless", scenes.faceless > 0, scenes.faceless, "at least 1");
        r.intervals(&self.intervals);
        r.verdict()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;

    const FILE: &str = include_str!("../../../../configs/locator.toml");

    #[test]
    fn the_configuration_reads_and_survives_a_round_trip() {
        let config = LocatorConfig::parse_with(FILE, "file", &[]).unwrap();
        assert_eq!(LocatorConfig::parse_with(&config.to_toml().unwrap(), "again", &[]).unwrap(), config);
        assert!(
            LocatorConfig::is_meant(FILE)
                && !LocatorConfig::is_meant(include_str!("../../../../configs/synthetic.toml"))
        );
    }

    #[test]
    fn senseless_values_are_named() {
        for change in [
            "locator.average=1.5",
            "locator.detector.batch=0",
            "locator.networks.refiner.size=3",
            "locator.scenes.photos=2",
        ] {
            let error = chain(&LocatorConfig::parse_with(FILE, "file.toml", &[change.to_owned()]).unwrap_err());
            assert!(error.contains(change.rsplit_once('=').unwrap().0), "{error}");
        }
        assert!(LocatorConfig::parse_with(FILE, "file", &["locator.batch=3".into()]).is_err());
    }
}
