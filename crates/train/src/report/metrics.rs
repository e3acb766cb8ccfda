//! The metrics of a run: one JSON object per line.

use crate::files::write_atomically;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One line of the file: a position in the run, and the metrics at that position.
///
/// [`super::plot`] draws these metrics:
///
/// - of training: `loss`, `generator_loss`, `discriminator_loss`, `penalty`, `wasserstein`,
///   `gradient_norm` and `update_norm` (‖Δp‖);
/// - of a validation: `median` and `p95` (landmark errors in inter-pupil distances: as placed, then
///   after each stage), `baseline` (the median error of a generator that ignores the view) and
///   `preference` (0 to 1).
///
/// Other metrics are stored but not drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `regression`, `discriminator_pretraining`, `adversarial`, `end_to_end`, `detector` or
    /// `refiner`.
    pub phase: String,
    /// The stage that is trained, from 1.
    pub stage: usize,
    /// The number of iterations done in this phase and stage.
    pub iteration: usize,
    /// The number of iterations done in the whole run. It never decreases from line to line.
    pub run_iteration: usize,
    /// The metrics: numbers, lists of numbers, or any other JSON value.
    #[serde(flatten)]
    pub values: Map<String, Value>,
}

impl Record {
    /// Creates a record without metrics.
    pub fn new(phase: &str, stage: usize, iteration: usize, run_iteration: usize) -> Self {
        Self { phase: phase.to_owned(), stage, iteration, run_iteration, values: Map::new() }
    }

    /// Adds a metric: a number or a list of numbers. NaN and infinities become `null`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// The number `name`: NaN for `null`, `None` if it is missing or not a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.values.get(name).and_then(number)
    }

    /// The list `name`, or the number `name` as a list of one. `null` becomes NaN.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        match self.values.get(name)? {
            Value::Array(values) => values.iter().map(number).collect(),
            value => number(value).map(|x| vec![x]),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(f64::NAN),
        value => value.as_f64(),
    }
}

/// A metrics file, open for appending records.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Opens or creates the file.
    ///
    /// Existing records stay. An incomplete last line, left by a killed run, is removed.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] if a line is not a record.
    pub fn open(path: &Path) -> Result<Self> {
        let mut metrics = Self { path: path.to_owned(), file: append_to(path)? };
        metrics.keep(|_| true)?;
        Ok(metrics)
    }

    /// Appends one line and passes it to the operating system.
    ///
    /// `record` is a [`Record`], or any value that serialises to one.
    ///
    /// # Errors
    /// [`Error::Argument`] if `record` does not serialise to a [`Record`]; [`Error::Io`].
    pub fn append(&mut self, record: &impl Serialize) -> Result<()> {
        let record = serde_json::to_value(record).and_then(Record::deserialize).map_err(|error| Error::Argument {
            name: "record",
            value: error.to_string(),
            expected: "an object with phase, stage, iteration and run_iteration".into(),
        })?;
        // A single write includes the line break, so that readers see whole lines.
        let line = line(&record)?;
        self.file.write_all(line.as_bytes()).map_err(Error::io(&self.path, "written"))
    }

    /// Removes the records after `run_iteration`, when a run resumes from a checkpoint.
    ///
    /// # Errors
    /// The errors of [`Metrics::open`].
    pub fn truncate_after(&mut self, run_iteration: usize) -> Result<()> {
        self.keep(|record| record.run_iteration <= run_iteration)
    }

    /// Keeps the `wanted` records. The file is rewritten only if it changes.
    fn keep(&mut self, wanted: impl Fn(&Record) -> bool) -> Result<()> {
        let text = text(&self.path)?;
        let kept = parse(&self.path, &text)?;
        let kept: String =
            kept.iter().filter(|(_, record)| wanted(record)).flat_map(|(line, _)| [line, "\n"]).collect();
        if kept != text {
            write_atomically(&self.path, kept.as_bytes())?;
            self.file = append_to(&self.path)?;
        }
        Ok(())
    }
}

/// Reads all records of a file. An incomplete last line is ignored.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] with the number of the first line that is not a record.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    let text = text(path)?;
    Ok(parse(path, &text)?.into_iter().map(|(_, record)| record).collect())
}

fn append_to(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).map_err(Error::io(path, "opened"))
}

/// Reads the file as UTF-8. Invalid bytes are replaced: they can only be in an incomplete last
/// line.
fn text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(record: &Record) -> Result<String> {
    match serde_json::to_string(record) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(Error::Argument {
            name: "record",
            value: error.to_string(),
            expected: "values that JSON supports".into(),
        }),
    }
}

fn parse<'t>(path: &Path, text: &'t str) -> Result<Vec<(&'t str, Record)>> {
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let mut records = Vec::with_capacity(lines.len());
    for (i, (at, line)) in lines.iter().enumerate() {
        match serde_json::from_str(line) {
            Ok(record) => records.push((*line, record)),
            Err(_) if i + 1 == lines.len() => {}
            Err(error) => {
                return Err(Error::unreadable(path, format!("line {} is not a metrics record", at + 1), error));
            }
        }
    }
    Ok(records)
}
