//! Limits the number of crates that a user of the library compiles.

use std::collections::BTreeSet;
use std::process::Command;

/// The distinct crates that `cargo tree` lists for normal dependencies with these arguments.
fn crates(arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--edges=normal", "--prefix=none", "--format={p}"]).args(arguments);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = |line: &str| line.split(" (").next().unwrap_or(line).to_owned();
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(name).collect()
}

#[test]
fn library_adds_few_crates_to_those_of_candle() {
    let candle = crates(&["--package", "candle-core", "--package", "candle-nn"]);
    assert!(candle.len() > 20, "{candle:?}");
    for features in ["", "bundled-weights", "internals"] {
        let library = crates(&["--package", "stgan", "--features", features]);
        let added: Vec<_> = library.difference(&candle).collect();
        // The library itself counts as one.
        assert!(added.len() <= 13, "{features:?}: {} crates in addition to those of candle: {added:?}", added.len());
    }
}

#[test]
fn library_has_no_dependencies_program_crates() {
    let library = crates(&["--package", "stgan"]);
    let program_crates = ["clap", "image", "resvg", "plotters", "mimalloc", "indicatif", "ctrlc", "stgan-"];
    for name in library.iter().filter(|name| *name != "stgan") {
        assert!(!program_crates.iter().any(|start| name.starts_with(start)), "{name}");
    }
}
