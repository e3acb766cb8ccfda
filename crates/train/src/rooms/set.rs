//! A set of samples, in memory or in files.

use super::shards::{self, Shard};
use super::{RoomRecord, RoomSample};
use crate::Result;
use std::borrow::Cow;
use std::path::Path;

/// Samples in memory or in files. Images in files are read when they are needed, so that the size
/// of a data set is not limited by memory.
#[derive(Debug, Default)]
pub struct RoomSamples {
    parts: Vec<Part>,
    /// The number of samples up to the end of each part.
    ends: Vec<usize>,
}

#[derive(Debug)]
enum Part {
    Memory(Vec<RoomSample>),
    File(Shard),
}

impl From<Vec<RoomSample>> for RoomSamples {
    fn from(samples: Vec<RoomSample>) -> Self {
        let mut set = Self::default();
        set.push(samples.len(), Part::Memory(samples));
        set
    }
}

impl RoomSamples {
    /// The samples of a folder of `stgan rooms`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if a file cannot be read,
    /// [`Error::Data`](crate::Error::Data) if a shard is damaged or there is none.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut set = Self::default();
        for shard in shards::open(folder)? {
            set.push(shard.records().len(), Part::File(shard));
        }
        Ok(set)
    }

    fn push(&mut self, count: usize, part: Part) {
        self.ends.push(self.len() + count);
        self.parts.push(part);
    }

    /// Adds the samples of another set.
    pub fn extend(&mut self, other: Self) {
        let before = self.len();
        self.ends.extend(other.ends.into_iter().map(|end| before + end));
        self.parts.extend(other.parts);
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample `index`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if its file cannot be read.
    ///
    /// # Panics
    /// If there is no such sample.
    pub fn get(&self, index: usize) -> Result<Cow<'_, RoomSample>> {
        let (part, index) = self.position(index);
        match &self.parts[part] {
            Part::Memory(samples) => Ok(Cow::Borrowed(&samples[index])),
            Part::File(shard) => shard.sample(index).map(Cow::Owned),
        }
    }

    /// What is known about the samples, in order.
    pub fn records(&self) -> impl Iterator<Item = &RoomRecord> {
        (0..self.len()).map(|index| {
            let (part, index) = self.position(index);
            match &self.parts[part] {
                Part::Memory(samples) => &samples[index].record,
                Part::File(shard) => &shard.records()[index],
            }
        })
    }

    /// The part of a sample, and its index there.
    fn position(&self, index: usize) -> (usize, usize) {
        let part = self.ends.partition_point(|end| *end <= index);
        (part, index - part.checked_sub(1).map_or(0, |before| self.ends[before]))
    }
}
