//! What a locator's run is told: a TOML file with a `[locator]` table.

use crate::config::{Intervals, Optimiser, bad, changed};
use crate::data;
use crate::data::scenes::SceneSettings;
use serde::{Deserialize, Serialize};
use stgan::internals::locate::LocatorSpec;
use stgan::{Error, Result};

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Everything random in the run follows from it.
    pub seed: u64,
    #[serde(default)]
    pub intervals: Intervals,
    #[serde(default)]
    pub data: data::Settings,
    pub locator: Settings,
}

/// No threshold is higher: some face should be found.
pub(super) const HIGHEST_THRESHOLD: f64 = 0.99;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Decay of the running average of the weights that is validated and exported.
    pub average: f64,
    /// The most of the held-out faceless pictures that may raise an alarm: the threshold is the lowest that keeps it, and at least
    /// `lowest_threshold`, for what few pictures do not show.
    pub false_alarms: f64,
    #[serde(default = "lowest_threshold")]
    pub lowest_threshold: f64,
    pub networks: LocatorSpec,
    #[serde(default)]
    pub scenes: SceneSettings,
    pub finder: Finder,
    pub pointer: Pointer,
}

fn lowest_threshold() -> f64 {
    0.3
}

/// The finder's phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finder {
    pub iterations: usize,
    /// Scenes an iteration.
    pub batch: usize,
    /// Pixels of a scene's side.
    pub size: usize,
    pub optimiser: Optimiser,
}

/// The pointer's phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    pub iterations: usize,
    /// Scenes an iteration.
    pub batch: usize,
    /// Views of each scene: places that the finder names, faces slightly missed, anything else.
    pub views: usize,
    pub optimiser: Optimiser,
}

impl Config {
    /// Reads and checks a TOML text in which some values are replaced, as [`crate::Config::parse_with`] does.
    ///
    /// # Errors
    /// As there.
    pub fn parse_with(text: &str, path: &str, changes: &[String]) -> Result<Self> {
        let (text, path) = changed(text, path, changes)?;
        let config: Self = toml::from_str(&text).map_err(|e| bad(&path, e.to_string()))?;
        config.check().map_err(|reason| bad(&path, reason.to_string()))?;
        Ok(config)
    }

    /// Whether a TOML text is the configuration of a locator.
    pub fn is_meant(text: &str) -> bool {
        toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("locator"))
    }

    /// # Errors
    /// As [`crate::Config::to_toml`].
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self).map_err(|e| bad("config", e.to_string()))
    }

    fn check(&self) -> Result<()> {
        let s = &self.locator;
        s.networks.validate()?;
        let scenes = &s.scenes;
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let rate = |o: &Optimiser| o.learning_rate.is_finite() && o.learning_rate > 0.0;
        let i = &self.intervals;
        let rules = [
            ("locator.average", (0.0..1.0).contains(&s.average), s.average.to_string(), "from 0 to below 1"),
            ("locator.false_alarms", share(s.false_alarms), s.false_alarms.to_string(), "between 0 and 1"),
            (
                "locator.lowest_threshold",
                (0.0..=HIGHEST_THRESHOLD).contains(&s.lowest_threshold),
                s.lowest_threshold.to_string(),
                "between 0 and 0.99",
            ),
            ("locator.finder.batch", (1..=4096).contains(&s.finder.batch), s.finder.batch.to_string(), "1 to 4096"),
            ("locator.pointer.batch", (1..=4096).contains(&s.pointer.batch), s.pointer.batch.to_string(), "1 to 4096"),
            ("locator.pointer.views", (1..=64).contains(&s.pointer.views), s.pointer.views.to_string(), "1 to 64"),
            (
                "locator.finder.size",
                (64..=512).contains(&s.finder.size) && s.finder.size.is_multiple_of(8),
                s.finder.size.to_string(),
                "64 to 512 pixels, a multiple of 8",
            ),
            (
                "locator.finder.optimiser",
                rate(&s.finder.optimiser),
                format!("{:?}", s.finder.optimiser),
                "a learning_rate above 0",
            ),
            (
                "locator.pointer.optimiser",
                rate(&s.pointer.optimiser),
                format!("{:?}", s.pointer.optimiser),
                "a learning_rate above 0",
            ),
            (
                "locator.scenes",
                share(scenes.photos)
                    && share(scenes.drawn)
                    && share(scenes.glasses)
                    && scenes.tilt.is_finite()
                    && scenes.tilt >= 0.0,
                format!("{scenes:?}"),
                "shares between 0 and 1, a tilt of 0 or above",
            ),
            ("locator.scenes.faceless", scenes.faceless > 0, scenes.faceless.to_string(), "at least 1"),
            (
                "intervals",
                ![i.report, i.validate, i.checkpoint, i.keep].contains(&0),
                format!("{i:?}"),
                "at least 1 each",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _, _)| !holds) {
            Some((name, _, value, expected)) => Err(Error::Argument { name, value, expected: expected.into() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../../configs/locator.toml");

    #[test]
    fn the_configuration_reads_and_survives_a_round_trip() {
        let config = Config::parse_with(FILE, "file", &[]).unwrap();
        assert_eq!(Config::parse_with(&config.to_toml().unwrap(), "again", &[]).unwrap(), config);
        assert!(Config::is_meant(FILE) && !Config::is_meant(include_str!("../../../../configs/synthetic.toml")));
    }

    #[test]
    fn senseless_values_are_named() {
        for change in [
            "locator.average=1.5",
            "locator.finder.batch=0",
            "locator.networks.pointer.size=3",
            "locator.scenes.photos=2",
        ] {
            let error = Config::parse_with(FILE, "file.toml", &[change.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(change.rsplit_once('=').unwrap().0), "{error}");
        }
        assert!(Config::parse_with(FILE, "file", &["locator.batch=3".into()]).is_err());
    }
}
