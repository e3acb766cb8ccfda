//! Tests of data sets, training and evaluation, in one test program to save link time.

mod common {
    pub(crate) mod locate;
    pub(crate) mod runs;
}

/// Shapes of heads, which the crate of the renderer tests with too.
#[path = "../../../synth/src/heads/small_shapes.rs"]
mod small_shapes;

mod data;
mod evaluate;
mod faces;
mod faults;
mod glasses;
mod heads;
mod locate;
mod planes;
mod report;
mod stiff;
mod track;
mod train;
mod train_cutout;
mod train_locator;
mod train_rooms;
