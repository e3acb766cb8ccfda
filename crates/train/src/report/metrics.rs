//! A run's numbers: one JSON object a line.

use crate::files::write_atomically;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One line: where in the run it belongs, and the numbers of that moment.
///
/// Names that [`super::plot`] knows: `loss`, `generator_loss`, `critic_loss`, `penalty`, `wasserstein`, `gradient_norm`,
/// `update_norm` (‖Δp‖); of a validation `median` and `p95` (anchor errors in eye distances: as placed, then after each
/// stage), `ignorant` (the median error of a generator that does not look at the face) and `preference` (0 to 1). Others are
/// kept and not drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `regression`, `critic`, `adversarial`, `end_to_end`, `detector` or `refiner`.
    pub phase: String,
    /// The stage being trained, from 1.
    pub stage: usize,
    /// Iterations done of this phase and stage.
    pub iteration: usize,
    /// Iterations done of the whole run: never falls from one line to the next.
    pub step: usize,
    /// Everything else.
    #[serde(flatten)]
    pub values: Map<String, Value>,
}

impl Record {
    /// Makes one.
    pub fn new(phase: &str, stage: usize, iteration: usize, step: usize) -> Self {
        Self { phase: phase.to_owned(), stage, iteration, step, values: Map::new() }
    }

    /// The same with one value more: a number, or a list of numbers. What JSON cannot hold (NaN, infinities) becomes null.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// The number of this name; NaN where it is null, nothing where there is none.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.values.get(name).and_then(number)
    }

    /// The list of this name, or a number as a list of one; values that are null are NaN.
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

/// A file of records, open for more of them.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Opens the file, or makes it. What it holds stays, but for a last line that is not whole: the program was ended while
    /// it wrote that one.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Data`] for a file with lines that are no records.
    pub fn open(path: &Path) -> Result<Self> {
        let mut metrics = Self { path: path.to_owned(), file: append_to(path)? };
        metrics.keep(|_| true)?;
        Ok(metrics)
    }

    /// Adds one line, which is with the system when this returns. `record` is a [`Record`], or anything that serialises to
    /// one.
    ///
    /// # Errors
    /// [`Error::Argument`] for what is no record, [`Error::Io`].
    pub fn append(&mut self, record: &impl Serialize) -> Result<()> {
        let record = serde_json::to_value(record).and_then(Record::deserialize).map_err(|error| Error::Argument {
            name: "record",
            value: error.to_string(),
            expected: "an object with phase, stage, iteration and step".into(),
        })?;
        // One write for line and end: a reader sees all of it, or none.
        let line = line(&record)?;
        self.file.write_all(line.as_bytes()).map_err(Error::io(&self.path, "written"))
    }

    /// Cuts off the records of later steps, for a run that goes on from a checkpoint of `step`.
    ///
    /// # Errors
    /// As [`Metrics::open`].
    pub fn truncate_after(&mut self, step: usize) -> Result<()> {
        self.keep(|record| record.step <= step)
    }

    /// Rewrites the file where it holds anything but whole lines that are wanted.
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

/// All records of a file; a last line that is not whole is left out.
///
/// # Errors
/// [`Error::Io`]; [`Error::Data`] names the first line that is no record.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    let text = text(path)?;
    Ok(parse(path, &text)?.into_iter().map(|(_, record)| record).collect())
}

fn append_to(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).map_err(Error::io(path, "opened"))
}

/// Lossy: a line that was cut within a character is not whole anyway.
fn text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(record: &Record) -> Result<String> {
    match serde_json::to_string(record) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => {
            Err(Error::Argument { name: "record", value: error.to_string(), expected: "what JSON can hold".into() })
        }
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
                return Err(Error::unreadable(path, format!("line {} is no record of a run", at + 1), error));
            }
        }
    }
    Ok(records)
}
