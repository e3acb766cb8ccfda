//! What can go wrong in training and evaluation.

use std::path::{Path, PathBuf};

/// What a fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong in this crate. A message does not repeat its source: to show an error, show the
/// whole chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set or the folder of a run that cannot be used.
    #[error("{path}: {reason}")]
    Data {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        reason: String,
        /// What the reader of the file said, if it was not read.
        source: Option<Source>,
    },
    /// A configuration that is not TOML, has an unknown key or lacks one, or has a value that makes no sense.
    #[error("{path}: this configuration cannot be used")]
    Config {
        /// The file, and what was changed in it.
        path: String,
        /// Names the key.
        source: Source,
    },
    /// An argument outside its range.
    #[error("{name} is {value}, expected {expected}")]
    Argument {
        /// Which argument.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// A run that left the finite numbers, or the bounds of its configuration.
    #[error("training diverged at iteration {iteration}: {reason}")]
    Diverged {
        /// Counted within the phase.
        iteration: usize,
        /// Which number it is, and of what phase.
        reason: String,
    },
    /// The file system refused.
    #[error("{}: it cannot be {action}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a participle: "read", "written".
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The library of the method refused.
    #[error(transparent)]
    Method(#[from] stgan::Error),
    /// A tensor operation failed; candle's message names it and the shapes.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// A short, stable, kebab-case name of the kind of error; that of the library's error if it is one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Data { .. } => "data",
            Self::Config { .. } => "config",
            Self::Argument { .. } => "argument",
            Self::Diverged { .. } => "diverged",
            Self::Io { .. } => "io",
            Self::Method(error) => error.code(),
            Self::Tensor(_) => "internal",
        }
    }

    /// A file or folder that holds what it should not.
    pub(crate) fn data(path: &Path, reason: impl Into<String>) -> Self {
        Self::Data { path: path.display().to_string(), reason: reason.into(), source: None }
    }

    /// A file that its reader, which says why, cannot make sense of.
    pub(crate) fn unreadable(path: &Path, reason: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::Data { path: path.display().to_string(), reason: reason.into(), source: Some(source.into()) }
    }

    pub(crate) fn config(path: &str, source: impl Into<Source>) -> Self {
        Self::Config { path: path.to_owned(), source: source.into() }
    }

    /// For `map_err` of what the file system does.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), action, source }
    }
}

/// An error and its sources in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |source| source.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_says_everything_once() {
        let missing = Error::io(Path::new("a/b"), "read")(std::io::Error::other("gone"));
        assert_eq!(missing.to_string(), "a/b: it cannot be read");
        assert_eq!(chain(&missing), "a/b: it cannot be read: gone");
        let method = Error::from(stgan::Error::Degenerate("a line"));
        assert_eq!((method.to_string(), method.code()), (chain(&method), "degenerate"));
    }
}
