//! The progress of a batch on standard error: a bar on a terminal, otherwise a line now and then.

use anyhow::Result;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The time between two lines without a terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

pub(super) struct Progress {
    bar: ProgressBar,
    /// The time of the last line; `None` on a terminal.
    said: Option<Mutex<Instant>>,
}

impl Progress {
    pub(super) fn new(photos: usize) -> Result<Self> {
        let style = "{wide_bar} {pos}/{len} photos, {per_sec}, {elapsed_precise} elapsed, {eta_precise} left";
        let bar = ProgressBar::new(photos as u64).with_style(ProgressStyle::with_template(style)?);
        let said = (!std::io::stderr().is_terminal()).then(|| Mutex::new(Instant::now()));
        Ok(Self { bar, said })
    }

    /// Counts a photo.
    pub(super) fn count(&self) {
        self.bar.inc(1);
        let Some(said) = &self.said else { return };
        // Another thread that holds the lock prints the line.
        let Ok(mut said) = said.try_lock() else { return };
        if said.elapsed() >= BETWEEN_LINES {
            *said = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            eprintln!("{done} of {all} photos, about {} left", HumanDuration(self.bar.eta()));
        }
    }

    /// Prints a line above the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
