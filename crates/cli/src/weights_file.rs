//! The weights file that a command writes: where to, in which storage, and what the command says of it.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use stgan::model::weights::{self, Storage, Weights};
use stgan_train::write_atomically;

/// The file to write.
#[derive(clap::Args)]
pub(crate) struct Output {
    /// The file to write, such as glasses.safetensors.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Overwrite the file if it exists.
    #[arg(long)]
    force: bool,
}

impl Output {
    /// Whether the file can be written. Commands ask before they read or compute anything.
    ///
    /// # Errors
    /// If its folder does not exist, if it is a folder itself, or if it exists and `--force` is not given.
    pub(crate) fn check(&self) -> Result<()> {
        let path = self.output.display();
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        ensure!(folder.is_dir(), "{path}: there is no folder {}", folder.display());
        ensure!(!self.output.is_dir(), "{path} is a folder: name a file");
        ensure!(self.force || !self.output.exists(), "{path} exists: --force overwrites it");
        Ok(())
    }

    /// Writes `file` and describes it in two lines; `origin` says where its numbers come from.
    ///
    /// # Errors
    /// If the parameters do not fit the sizes, are not finite, or need more range than the storage has; if the metadata
    /// names a number of updates that no fit has; if the file cannot be written.
    pub(crate) fn write(&self, file: &Weights, storage: Storage, origin: &str) -> Result<String> {
        // Nothing is written that could not be read.
        let updates = file.updates()?;
        let bytes = weights::write(file, storage).with_context(|| origin.to_owned())?;
        write_atomically(&self.output, &bytes)?;
        let stages = if file.stages == 1 { "stage" } else { "stages" };
        let critic = if file.discriminator.is_some() { " and the discriminator" } else { "" };
        Ok(format!(
            "{}: {:.2} MB, {storage:?}, from {origin}\n\
             {} generator {stages}{critic}, {size}×{size} pixels, inputs {}; a fit has {updates} updates\n",
            self.output.display(),
            bytes.len() as f64 / 1e6,
            file.stages,
            file.spec.inputs.name(),
            size = file.spec.size,
        ))
    }
}

/// How the numbers of a weights file are stored.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Stored {
    F32,
    /// Half the size
    F16,
    /// A quarter: integers of eight bits, with a scale for every output channel
    I8,
}

impl From<Stored> for Storage {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::F32 => Self::F32,
            Stored::F16 => Self::F16,
            Stored::I8 => Self::I8,
        }
    }
}
