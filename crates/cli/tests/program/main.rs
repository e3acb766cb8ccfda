//! End-to-end tests of the program `stgan`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

mod commands;
mod documents;
mod export;
#[cfg(unix)]
mod faults;
mod gallery;
mod glasses;
mod init;

const PROGRAM: &str = env!("CARGO_BIN_EXE_stgan");

fn stgan(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

/// Creates an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
