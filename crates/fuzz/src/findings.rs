//! Runs one input and judges the outcome.

use crate::fuzzer::MAX_TIME;
use crate::{Memory, Target};
use cpu_time::ThreadTime;
use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// What is wrong with the outcome of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A panic, with its message and place.
    Panic(String),
    /// More CPU time than [`MAX_TIME`].
    Slow(Duration),
    /// More memory than the target's limit, in bytes.
    Memory {
        /// The largest amount at one time.
        peak: u64,
        /// The limit.
        limit: u64,
    },
}

impl Flaw {
    /// A text that is equal for inputs with the same cause.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Panic(message) => crate::fuzzer::without_values(message),
            Self::Slow(_) => "slow".into(),
            Self::Memory { .. } => "memory".into(),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(message) => write!(f, "panic: {message}"),
            Self::Slow(time) => write!(f, "{time:?} of CPU time, more than {MAX_TIME:?}"),
            Self::Memory { peak, limit } => write!(f, "{peak} bytes of memory, more than {limit}"),
        }
    }
}

/// An input with a flaw.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The input.
    pub input: Vec<u8>,
    /// Its flaw.
    pub flaw: Flaw,
}

thread_local! {
    /// The message of the last panic of this thread.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Lets panics of all threads be caught silently.
pub(crate) fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
}

/// Runs an input. Returns the outcome, or the flaw.
pub(crate) fn run(target: &Target, input: &[u8]) -> Result<String, Flaw> {
    let Target { run, memory, .. } = *target;
    let started = ThreadTime::now();
    let mut outcome = Ok(String::new());
    let allocated = allocation_counter::measure(|| {
        outcome = std::panic::catch_unwind(AssertUnwindSafe(|| run(input))).map_err(|_| Flaw::Panic(PANIC.take()));
    });
    let time = started.elapsed();
    judged(outcome?, time, allocated.bytes_max, memory, input.len())
}

fn judged(outcome: String, time: Duration, peak: u64, memory: Memory, length: usize) -> Result<String, Flaw> {
    let limit = memory.limit(length);
    if peak > limit {
        return Err(Flaw::Memory { peak, limit });
    }
    if time > MAX_TIME {
        return Err(Flaw::Slow(time));
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(run: fn(&[u8]) -> String) -> Target {
        let memory = Memory { fixed: 1000, per_byte: 10 };
        Target { name: "test", seeds: Vec::new, words: &[], memory, run }
    }

    #[test]
    fn flaws_are_detected() {
        catch_panics();
        assert_eq!(run(&target(|input| input.len().to_string()), b"abc"), Ok("3".into()));
        let panic = run(&target(|input| input[5].to_string()), b"abc");
        assert!(matches!(&panic, Err(Flaw::Panic(message)) if message.contains("index out of bounds")), "{panic:?}");
        let greedy = run(&target(|_| std::hint::black_box(vec![1u8; 2000]).len().to_string()), b"abc");
        assert!(matches!(greedy, Err(Flaw::Memory { limit: 1030, .. })), "{greedy:?}");
        let slow = judged(String::new(), 2 * MAX_TIME, 0, Memory { fixed: 0, per_byte: 0 }, 0);
        assert_eq!(slow, Err(Flaw::Slow(2 * MAX_TIME)));
    }
}
