//! Errors of training and evaluation.

use std::path::{Path, PathBuf};

/// The result type of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// An error of training or evaluation. A message does not include its source: print the whole
/// chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data set or the folder of a run cannot be used.
    #[error("{path}: {reason}")]
    Data {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        reason: String,
        /// The error of the reader, if the file could not be parsed.
        source: Option<Source>,
    },
    /// A configuration is not valid TOML, has an unknown or missing key, or an invalid value.
    #[error("invalid configuration {path}")]
    Config {
        /// The file, and the changes that were made to it.
        path: String,
        /// The error, which names the key.
        source: Source,
    },
    /// An argument is out of range.
    #[error("{name} is {value}, expected {expected}")]
    Argument {
        /// The name of the argument.
        name: &'static str,
        /// Its value.
        value: String,
        /// What was expected.
        expected: String,
    },
    /// Training diverged: a loss or gradient is not finite, or a limit of the configuration is
    /// exceeded.
    #[error("training diverged at iteration {iteration}: {reason}")]
    Diverged {
        /// The iteration within the phase.
        iteration: usize,
        /// The phase, and the value that diverged.
        reason: String,
    },
    /// An I/O error.
    #[error("{} cannot be {action}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What failed, as a participle: "read", "written".
        action: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// An error of the `stgan` library.
    #[error(transparent)]
    Method(#[from] stgan::Error),
    /// A tensor operation failed. The message names the operation and the shapes.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// A short, stable, kebab-case code for the kind of error. For [`Error::Method`], the code of
    /// the library's error.
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

    /// A file or folder with invalid content.
    pub(crate) fn data(path: &Path, reason: impl Into<String>) -> Self {
        Self::Data { path: path.display().to_string(), reason: reason.into(), source: None }
    }

    /// A file that cannot be parsed.
    pub(crate) fn unreadable(path: &Path, reason: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::Data { path: path.display().to_string(), reason: reason.into(), source: Some(source.into()) }
    }

    pub(crate) fn config(path: &str, source: impl Into<Source>) -> Self {
        Self::Config { path: path.to_owned(), source: source.into() }
    }

    /// Converts an I/O error, for `map_err`.
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
    fn a_chain_contains_each_message_once() {
        let missing = Error::io(Path::new("a/b"), "read")(std::io::Error::other("gone"));
        assert_eq!(missing.to_string(), "a/b cannot be read");
        assert_eq!(chain(&missing), "a/b cannot be read: gone");
        let method = Error::from(stgan::Error::Degenerate("a line"));
        assert_eq!((method.to_string(), method.code()), (chain(&method), "degenerate"));
    }
}
