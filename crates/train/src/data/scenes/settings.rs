//! The settings of scenes.

use serde::{Deserialize, Serialize};

/// `[locator.scenes]`: the composition of scenes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SceneSettings {
    /// The share of the scenes that show a part of a full photo. The others have a made-up
    /// background. Default: 0.35.
    pub photo_share: f64,
    /// The share of the pasted faces that are synthetic people. Default: 0.12.
    pub synthetic_share: f64,
    /// The share of the pasted faces without glasses that glasses are put on. Default: 0.3.
    pub glasses_share: f64,
    /// The number of synthetic people. Default: 400.
    pub people: usize,
    /// The number of random glasses. Default: 400.
    pub glasses: usize,
    /// The number of faceless images of each kind. Default: 150.
    pub faceless: usize,
    /// The standard deviation of the tilt, in degrees. A third of the faces has a uniform tilt of
    /// up to three times this value. Default: 14.
    pub tilt: f64,
}

impl Default for SceneSettings {
    fn default() -> Self {
        Self {
            photo_share: 0.35,
            synthetic_share: 0.12,
            glasses_share: 0.3,
            people: 400,
            glasses: 400,
            faceless: 150,
            tilt: 14.0,
        }
    }
}
