//! Training, native only: losses, the optimiser, the schedule, checkpoints.

pub mod losses;
