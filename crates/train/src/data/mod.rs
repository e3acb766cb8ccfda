//! Data sets of faces, and training examples from them.
//!
//! [`open`] reads one of three kinds of data into the same [`Dataset`]: faces with and without
//! glasses for training, and both kinds of other people for validation. Photos of people with
//! glasses are the discriminator's real images.
//!
//! - **CelebA** in its original layout, see [`Source::Celeba`]: `img_align_celeba/`,
//!   `list_attr_celeba.txt`, `list_eval_partition.txt`.
//! - **A folder with a table**, see [`Source::Table`]: `labels.csv` and images.
//! - **Synthetic** faces, drawn on demand, in any number and with exact landmarks. This is the
//!   default if no folder is given.
//!
//! Every image is decoded once before training. Unusable images are listed by name, and skipped or
//! rejected.

pub mod augment;
mod celeba;
mod check;
pub(crate) mod glasses;
pub mod landmarks;
pub(crate) mod pairs;
mod plane;
mod pool;
mod sampler;
pub(crate) mod scenes;
mod settings;
mod synthetic;
mod table;

pub use pool::{Face, FullPhoto, Pool};
pub use scenes::SceneSettings;
pub use settings::{Broken, Crop, DataSettings, Source, SyntheticSettings, Target};

use crate::{Error, Result};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// A data set, divided into faces for training and faces for validation.
#[derive(Debug)]
pub struct Dataset {
    /// The name of the folder, or "synthetic".
    pub name: String,
    /// Faces without glasses for training.
    pub without_glasses: Pool,
    /// Faces with glasses for training.
    pub with_glasses: Pool,
    /// Faces without glasses for validation. No identity is shared with training.
    pub validation_without_glasses: Pool,
    /// Faces with glasses for validation. No identity is shared with training.
    pub validation_with_glasses: Pool,
    /// What was skipped, and why.
    pub problems: Vec<Problem>,
}

/// Something in a data set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, with the row if it is a table.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// The number of problems that a summary or an error lists.
const MAX_NAMED: usize = 5;

/// The first problems, and the number of the others.
fn list_first(problems: &[Problem]) -> String {
    let mut named: Vec<String> = problems.iter().take(MAX_NAMED).map(Problem::to_string).collect();
    if problems.len() > MAX_NAMED {
        named.push(format!("and {} more", problems.len() - MAX_NAMED));
    }
    named.join("; ")
}

impl Dataset {
    /// Adds the faces for training of `other`, and its problems. The faces for validation stay.
    ///
    /// Pools with fewer than `keep_in_memory_below` faces stay in memory, as in [`DataSettings`].
    ///
    /// # Errors
    /// [`Error::Data`] if a person of `other` is in the validation of this data set.
    pub fn extend_training(&mut self, other: Self, keep_in_memory_below: usize) -> Result<()> {
        let held_out = [&self.validation_without_glasses, &self.validation_with_glasses];
        let held_out: HashSet<&str> =
            held_out.into_iter().flat_map(Pool::faces).map(|face| face.person.as_str()).collect();
        let added = || other.without_glasses.faces().iter().chain(other.with_glasses.faces());
        if let Some(face) = added().find(|face| held_out.contains(face.person.as_str())) {
            let reason = format!("person {} of {} is in the validation of {}", face.person, other.name, self.name);
            return Err(Error::data(Path::new(&other.name), reason));
        }
        for (pool, more) in
            [(&mut self.without_glasses, &other.without_glasses), (&mut self.with_glasses, &other.with_glasses)]
        {
            *pool = Pool::new([pool.faces(), more.faces()].concat(), keep_in_memory_below);
        }
        self.name = format!("{} and {}", self.name, other.name);
        self.problems.extend(other.problems);
        Ok(())
    }

    /// One line with counts, and a second one that lists the first skipped files if there are any.
    pub fn summary(&self) -> String {
        let [without, with, held_without, held_with] = [
            &self.without_glasses,
            &self.with_glasses,
            &self.validation_without_glasses,
            &self.validation_with_glasses,
        ]
        .map(Pool::len);
        let mut text = format!(
            "{}: {without} faces without glasses, {with} with glasses; held out for validation: {held_without} and {held_with}",
            self.name
        );
        if !self.problems.is_empty() {
            text += &format!("\n{} skipped: {}", self.problems.len(), list_first(&self.problems));
        }
        text
    }
}

/// Opens a data set and decodes every image that it will use.
///
/// `folder` is of the kind that `settings` name, or is recognised by its content. Without a folder,
/// faces are drawn (see [`SyntheticSettings`]). `progress` is called with the number of checked
/// images and their total, from several threads: once for each number, but not in order.
///
/// # Errors
/// - [`Error::Argument`] for those of [`DataSettings::validate`], and if the source needs a folder
///   and none is given, or the reverse
/// - [`Error::Data`] and [`Error::Io`] if a table is missing, lacks a column, has an identity in
///   two splits, lacks a split that the settings use, or has no usable faces
/// - [`Error::Data`] for the first problem if [`DataSettings::broken`] is [`Broken::Refuse`]
pub fn open(
    folder: Option<&Path>,
    settings: &DataSettings,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Dataset> {
    settings.validate()?;
    let Some(folder) = folder else {
        return match settings.source {
            Source::Auto | Source::Synthetic => synthetic::open(settings),
            Source::Table | Source::Celeba => Err(Error::Argument {
                name: "data.source",
                value: settings.source.name().into(),
                expected: "a folder of data (--data)".into(),
            }),
        };
    };
    let listed = match settings.source {
        Source::Synthetic => {
            return Err(Error::Argument {
                name: "data.source",
                value: "synthetic".into(),
                expected: format!("another source, or no folder of data: {} is given", folder.display()),
            });
        }
        Source::Table => table::list(folder, settings)?,
        Source::Celeba => celeba::list(folder, settings)?,
        Source::Auto if folder.join(table::FILE).is_file() => table::list(folder, settings)?,
        Source::Auto if celeba::is_at(folder) => celeba::list(folder, settings)?,
        Source::Auto => {
            let reason = format!("the folder has neither {} nor CelebA's {}.txt", table::FILE, celeba::ATTRIBUTES);
            return Err(Error::data(folder, reason));
        }
    };
    check::dataset(folder, listed, settings, progress)
}
