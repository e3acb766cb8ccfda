//! What a user of the library compiles: a small and known number of crates.

use std::collections::BTreeSet;
use std::process::Command;

/// The distinct crates of `cargo tree` for these packages and their normal dependencies.
fn crates(arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--edges=normal", "--prefix=none", "--format={p}"]).args(arguments);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = |line: &str| line.split(" (").next().unwrap_or(line).to_owned();
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(name).collect()
}

#[test]
fn the_library_brings_little_beside_candle() {
    let candle = crates(&["--package", "candle-core", "--package", "candle-nn"]);
    assert!(candle.len() > 20, "{candle:?}");
    for features in ["", "bundled-weights", "internals"] {
        let library = crates(&["--package", "stgan", "--features", features]);
        let more: Vec<_> = library.difference(&candle).collect();
        // The library itself is one of them.
        assert!(more.len() <= 13, "{features:?}: {} crates beside candle's: {more:?}", more.len());
    }
}

#[test]
fn nothing_of_the_program_reaches_the_library() {
    let library = crates(&["--package", "stgan"]);
    let of_the_program = ["clap", "image", "resvg", "plotters", "mimalloc", "indicatif", "ctrlc", "stgan-"];
    for name in library.iter().filter(|name| *name != "stgan") {
        assert!(!of_the_program.iter().any(|start| name.starts_with(start)), "{name}");
    }
}
