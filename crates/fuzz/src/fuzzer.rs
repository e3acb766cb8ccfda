//! The loop that mutates, runs and keeps inputs.

use crate::findings::{self, Finding};
use crate::{Target, mutate};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::time::Duration;

/// The largest CPU time for one input.
pub const MAX_TIME: Duration = Duration::from_secs(2);

/// The largest number of inputs that are kept.
const MAX_CORPUS: usize = 2000;

/// Fuzzes one target. Equal seeds give equal inputs.
#[derive(Debug)]
pub struct Fuzzer {
    target: Target,
    random: ChaCha8Rng,
    corpus: Vec<Vec<u8>>,
    /// The number of seeds at the start of `corpus`.
    seeds: usize,
    outcomes: HashSet<String>,
    /// The kinds of flaws that were reported.
    reported: HashSet<String>,
    executions: u64,
}

impl Fuzzer {
    /// Starts with the target's seeds. Panics of all threads are caught silently from now on.
    pub fn new(target: Target, seed: u64) -> Self {
        findings::catch_panics();
        let corpus = (target.seeds)();
        Self {
            target,
            random: ChaCha8Rng::seed_from_u64(seed),
            seeds: corpus.len(),
            corpus,
            outcomes: HashSet::new(),
            reported: HashSet::new(),
            executions: 0,
        }
    }

    /// The number of inputs that were run.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// The number of different outcomes.
    pub fn outcomes(&self) -> usize {
        self.outcomes.len()
    }

    /// The next input: first the seeds, then mutants.
    pub fn next_input(&mut self) -> Vec<u8> {
        let executed = usize::try_from(self.executions).unwrap_or(usize::MAX);
        if executed < self.seeds {
            return self.corpus[executed].clone();
        }
        let empty = Vec::new();
        let [input, other] = [0; 2].map(|_| {
            let count = self.corpus.len();
            if count == 0 { &empty } else { &self.corpus[self.random.random_range(0..count)] }
        });
        mutate::mutant(input, other, self.target.words, &mut self.random)
    }

    /// Runs an input. Returns its flaw if it has one of a new kind.
    pub fn run(&mut self, input: Vec<u8>) -> Option<Finding> {
        self.executions += 1;
        match findings::run(&self.target, &input) {
            Ok(outcome) => {
                let is_new = self.outcomes.insert(without_values(&outcome));
                if is_new && self.corpus.len() < MAX_CORPUS && !self.corpus.contains(&input) {
                    self.corpus.push(input);
                }
                None
            }
            Err(flaw) => self.reported.insert(flaw.kind()).then_some(Finding { input, flaw }),
        }
    }
}

/// A message without its numbers and quoted values, so that equal causes give equal texts.
pub(crate) fn without_values(text: &str) -> String {
    let mut result = String::new();
    let mut quoted = None;
    for c in text.chars() {
        match quoted {
            Some(quote) if c == quote => quoted = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quoted = Some(c),
            None if c.is_ascii_digit() => {}
            None => result.push(c),
        }
        if result.len() > 160 {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flaw, Memory};

    /// Panics for inputs that are two changes away from the seed; the outcomes lead there.
    fn run(input: &[u8]) -> String {
        match input {
            [b'a', b'x', b'y', ..] => panic!("found"),
            [b'a', b'x', ..] => "half".into(),
            [b'a', ..] => "start".into(),
            _ => "other".into(),
        }
    }

    #[test]
    fn outcomes_lead_to_a_flaw_that_is_reported_once() {
        let memory = Memory { fixed: 1 << 20, per_byte: 10 };
        let target = Target { name: "test", seeds: || vec![b"abc".to_vec()], words: &["x", "y"], memory, run };
        let mut fuzzer = Fuzzer::new(target, 1);
        let mut found = Vec::new();
        for _ in 0..20_000 {
            let input = fuzzer.next_input();
            found.extend(fuzzer.run(input));
        }
        assert_eq!(fuzzer.executions(), 20_000);
        assert!(matches!(found.as_slice(), [Finding { flaw: Flaw::Panic(_), .. }]), "{found:?}");
    }

    #[test]
    fn messages_lose_their_values() {
        assert_eq!(without_values("line 12: `x` is \"a\", expected 3 to 7"), "line :  is , expected  to ");
    }
}
