//! The `[rooms]` table of a configuration.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use stgan_synth::furniture::Models;
use stgan_synth::rooms::{Options, Split};

/// `[rooms]`: how samples of rooms are drawn. All keys are optional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoomSettings {
    /// The number of samples for training, if no folder of samples is given. They stay in memory,
    /// at 230 kB each. Default: 4000.
    pub samples: usize,
    /// The number of samples for validation, with furniture and rooms of other designs. Default:
    /// 300.
    pub held_out: usize,
    /// The least and greatest turn of the cut-out's view about the piece, in degrees. Default: 8 to
    /// 30.
    pub turn: [f32; 2],
    /// The least distance of the camera in metres. Default: 1.3.
    pub nearest: f32,
    /// Whether cut-outs come from the room's own camera, turned to the piece: the truth is then
    /// exact and has no perspective beyond that of the camera's turn. Default: `false`.
    pub same_camera: bool,
    /// The folder of the models that `make models` unpacks. Without a folder, furniture is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<PathBuf>,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self { samples: 4000, held_out: 300, turn: [8.0, 30.0], nearest: 1.3, same_camera: false, models: None }
    }
}

impl RoomSettings {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Argument`] for the first value out of range.
    pub fn validate(&self) -> Result<()> {
        let &Self { samples, held_out, turn: [least, most], nearest, .. } = self;
        let checks = [
            ("rooms.samples", samples > 0, samples.to_string(), "at least 1"),
            ("rooms.held_out", held_out > 0, held_out.to_string(), "at least 1"),
            (
                "rooms.turn",
                (0.0..=60.0).contains(&least) && (least..=60.0).contains(&most),
                format!("[{least}, {most}]"),
                "two angles from 0 to 60 degrees, the smaller one first",
            ),
            ("rooms.nearest", (0.8..=3.0).contains(&nearest), nearest.to_string(), "0.8 to 3 metres"),
        ];
        match checks.into_iter().find(|(_, holds, ..)| !holds) {
            Some((name, _, value, expected)) => Err(Error::Argument { name, value, expected: expected.into() }),
            None => Ok(()),
        }
    }

    /// The options of the renderer.
    ///
    /// # Errors
    /// Those of [`Models::open`].
    pub fn options(&self, split: Split) -> Result<Options> {
        let turn = (!self.same_camera).then_some(self.turn);
        let models = self.models.as_deref().map(Models::open).transpose()?;
        Ok(Options { turn, nearest: self.nearest, models: models.map(Arc::new), ..Options::new(split) })
    }
}
