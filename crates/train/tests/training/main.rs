//! Tests of data sets, training and evaluation. They are one program, which links once.

mod common {
    pub(crate) mod locate;
    pub(crate) mod runs;
}

mod data;
mod evaluate;
mod faces;
mod locate;
mod report;
mod track;
mod train;
mod train_locator;
