//! The task `room`: samples of rooms and furniture, views of them, training examples, evaluation.

mod evaluate;
mod examples;
mod record;
mod samples;
mod settings;
mod shards;
mod sheet;
mod similarity;

pub use evaluate::{Protocol, RoomErrors, StageErrors, evaluate};
pub use record::RoomRecord;
pub use samples::{RoomSample, draw};
pub use settings::RoomSettings;
pub use shards::{read, write};
pub use sheet::{SHEET_COLUMNS, sheet_rows};

pub(crate) use examples::RoomExamples;
