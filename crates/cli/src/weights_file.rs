//! The output of commands that write a weights file: path, number format and summary.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use stgan::model::weights::{self, Storage, Weights};
use stgan_train::write_atomically;

/// The file to write.
#[derive(clap::Args)]
pub(crate) struct Output {
    /// Weights file to write, for example glasses.safetensors
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
}

impl Output {
    /// Checks that the file can be written. Commands call this before they read or compute
    /// anything.
    ///
    /// # Errors
    /// If the parent folder does not exist, if the path is a folder, or if the file exists and
    /// `--force` is not given.
    pub(crate) fn check(&self) -> Result<()> {
        let path = self.output.display();
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        ensure!(folder.is_dir(), "{path}: folder {} does not exist; create it first", folder.display());
        ensure!(!self.output.is_dir(), "{path} is a folder; --output needs the name of a file");
        ensure!(self.force || !self.output.exists(), "{path} already exists; pass --force to overwrite it");
        Ok(())
    }

    /// Writes `file` and returns a summary of two lines. `origin` is the source of the weights.
    ///
    /// # Errors
    /// - If the parameters do not match the network sizes, are not finite, or exceed the range of
    ///   `storage`.
    /// - If the number of updates in the metadata is invalid.
    /// - If the file can't be written.
    pub(crate) fn write(&self, file: &Weights, storage: Storage, origin: &str) -> Result<String> {
        // The reader rejects an invalid number of updates, so check it before writing.
        let updates = file.updates()?;
        let bytes = weights::write(file, storage).with_context(|| origin.to_owned())?;
        let summary = self.save(&bytes, storage, origin)?;
        let stages = if file.stages == 1 { "stage" } else { "stages" };
        let discriminator = if file.discriminator.is_some() { " and the discriminator" } else { "" };
        let count = if updates == 1 { "update" } else { "updates" };
        Ok(format!(
            "{summary}{} generator {stages}{discriminator}, crops of {width}×{height} pixels, inputs {}, {updates} {count} per fit\n",
            file.stages,
            file.spec.inputs.name(),
            width = file.spec.size.width,
            height = file.spec.size.height,
        ))
    }

    /// Writes the bytes of a weights file and returns a summary of one line.
    ///
    /// # Errors
    /// If the file can't be written.
    pub(crate) fn save(&self, bytes: &[u8], storage: Storage, origin: &str) -> Result<String> {
        write_atomically(&self.output, bytes)?;
        let megabytes = bytes.len() as f64 / 1e6;
        Ok(format!("{}: {megabytes:.2} MB, {storage:?}, from {origin}\n", self.output.display()))
    }
}

/// The number format of the weights in a file.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum StorageName {
    /// 32-bit floating point
    F32,
    /// 16-bit floating point
    F16,
    /// 8-bit integers with one scale per output channel
    I8,
}

impl From<StorageName> for Storage {
    fn from(name: StorageName) -> Self {
        match name {
            StorageName::F32 => Self::F32,
            StorageName::F16 => Self::F16,
            StorageName::I8 => Self::I8,
        }
    }
}
