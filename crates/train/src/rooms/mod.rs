//! The task `room`: samples of rooms and furniture, views of them, training examples, evaluation.

mod evaluate;
mod examples;
mod record;
mod samples;
mod set;
mod settings;
mod shards;
mod sheet;
mod upright;

pub use evaluate::{Places, Preference, Protocol, RoomErrors, StageErrors, evaluate, places, preference};
pub use record::RoomRecord;
pub use samples::{RoomSample, draw};
pub use set::RoomSamples;
pub use settings::RoomSettings;
pub use shards::{read, write};
pub use sheet::{FIT_COLUMNS, SHEET_COLUMNS, fit_rows, sheet_rows};

pub(crate) use examples::RoomExamples;
