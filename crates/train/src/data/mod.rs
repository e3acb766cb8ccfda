//! Data sets of faces, and what training makes of them.
//!
//! [`open`] reads one of three kinds of data and gives the same [`Dataset`] for each: faces without glasses to learn from,
//! photos of people who wear glasses (the critic's real pictures), and both kinds again of people that training never
//! sees.
//!
//! - **CelebA** as it is distributed, see [`celeba`](Source::Celeba): `img_align_celeba/`, `list_attr_celeba.txt`,
//!   `list_eval_partition.txt`.
//! - **A folder with a table**, see [`table`](Source::Table): `labels.csv` and images.
//! - **Synthetic** faces, drawn on demand, unlimited and with known landmarks: the default where no folder is named.
//!
//! Every image is decoded once before anything is learned from it; what is broken is named, and skipped or refused.

pub mod augment;
mod celeba;
mod check;
pub(crate) mod glasses;
pub mod landmarks;
mod pool;
mod sampler;
pub(crate) mod scenes;
mod settings;
mod synthetic;
mod table;

pub use pool::{Face, FullPhoto, Pool};
pub use scenes::SceneSettings;
pub use settings::{Broken, Crop, DataSettings, Source, SyntheticSettings};

use crate::{Error, Result};
use std::fmt;
use std::path::Path;

/// Faces to learn from, and faces to measure on.
#[derive(Debug)]
pub struct Dataset {
    /// The folder's name, or "synthetic".
    pub name: String,
    /// Faces without glasses to learn from.
    pub without_glasses: Pool,
    /// Photos of people who wear glasses: what composites should look like.
    pub with_glasses: Pool,
    /// Faces without glasses of people that training never sees.
    pub validation_without_glasses: Pool,
    /// Wearers among the people that training never sees.
    pub validation_with_glasses: Pool,
    /// What was skipped, and why.
    pub problems: Vec<Problem>,
}

/// Something in the data that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, with the row where one of a table is meant.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// How many problems a summary or an error names.
const MAX_NAMED: usize = 5;

/// The first problems, and how many more there are.
fn list_first(problems: &[Problem]) -> String {
    let mut named: Vec<String> = problems.iter().take(MAX_NAMED).map(Problem::to_string).collect();
    if problems.len() > MAX_NAMED {
        named.push(format!("and {} more", problems.len() - MAX_NAMED));
    }
    named.join("; ")
}

impl Dataset {
    /// One line of counts, and one more where something was skipped, which names the first few.
    pub fn summary(&self) -> String {
        let [bare, with_glasses, held, held_wearers] = [
            &self.without_glasses,
            &self.with_glasses,
            &self.validation_without_glasses,
            &self.validation_with_glasses,
        ]
        .map(Pool::len);
        let mut text = format!(
            "{}: {bare} faces without glasses and {with_glasses} with; held out for validation: {held} and {held_wearers}",
            self.name
        );
        if !self.problems.is_empty() {
            text += &format!("\n{} skipped: {}", self.problems.len(), list_first(&self.problems));
        }
        text
    }
}

/// Opens a data set, and looks at every image that it will use. `folder` is what `settings` say it is, or what it looks
/// like; without one, faces are drawn (see [`Synthetic`]). `progress` hears how many images of how many are checked, from
/// several threads, each number once but not in order.
///
/// # Errors
/// [`Error::Argument`] as [`DataSettings::validate`], or where the source needs a folder and none is named, or the other way
/// round; [`Error::Data`] and [`Error::Io`] where a table is missing, has not the columns that it needs, puts a person
/// into two splits, lacks a split that is asked for, or leaves nothing to learn from; [`Error::Data`] for the first
/// problem where [`DataSettings::broken`] refuses.
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
                expected: "a folder to read it from".into(),
            }),
        };
    };
    let listed = match settings.source {
        Source::Synthetic => {
            return Err(Error::Argument {
                name: "data.source",
                value: "synthetic".into(),
                expected: format!("no folder, as faces are drawn; {} was named", folder.display()),
            });
        }
        Source::Table => table::list(folder, settings)?,
        Source::Celeba => celeba::list(folder, settings)?,
        Source::Auto if folder.join(table::FILE).is_file() => table::list(folder, settings)?,
        Source::Auto if celeba::is_at(folder) => celeba::list(folder, settings)?,
        Source::Auto => {
            let reason = format!("holds neither {} nor CelebA's {}.txt", table::FILE, celeba::ATTRIBUTES);
            return Err(Error::data(folder, reason));
        }
    };
    check::dataset(folder, listed, settings, progress)
}
