//! An in-process fuzzer that needs no nightly compiler.
//!
//! A [`Target`] reads bytes and describes the outcome. [`Fuzzer`] mutates its seeds, and keeps
//! mutants with a new outcome as further seeds: the messages of errors take the place of the
//! coverage that instrumented fuzzers measure. A panic, more than [`MAX_TIME`] of CPU time, or more
//! memory than the target's [`Memory`] is a [`Finding`].

mod findings;
mod fuzzer;
mod mutate;
pub mod targets;

pub use findings::{Finding, Flaw};
pub use fuzzer::{Fuzzer, MAX_TIME};

/// A reader to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is also that of its folder in `regressions`.
    pub name: &'static str,
    /// Valid inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that valid inputs contain.
    pub words: &'static [&'static str],
    /// How much memory an input may take.
    pub memory: Memory,
    /// Reads an input and describes the outcome.
    pub run: fn(&[u8]) -> String,
}

/// The limit of the memory that a target may allocate at one time: `fixed + per_byte · length`
/// bytes for an input of `length` bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Bytes for any input.
    pub fixed: u64,
    /// Bytes for each byte of input.
    pub per_byte: u64,
}

impl Memory {
    /// The limit in bytes for an input of `length` bytes.
    pub fn limit(self, length: usize) -> u64 {
        self.fixed + self.per_byte * length as u64
    }
}
