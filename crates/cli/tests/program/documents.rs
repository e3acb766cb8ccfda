//! The commands in documents: subcommands and flags exist, and configurations accept the values
//! that `--set` gives them.

use super::stgan;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use stgan_train::{Config, CutoutConfig, LocatorConfig};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Documents, and the configurations, whose comments name commands.
fn documents() -> Vec<PathBuf> {
    let names =
        ["README.md", "CONTRIBUTING.md", "weights/MODEL_CARD.md", "pkg-templates/README.md", "research/README.md"];
    let mut paths: Vec<PathBuf> = names.iter().map(|name| project().join(name)).collect();
    for (folder, extension) in [("docs", "md"), ("configs", "toml")] {
        let entries = std::fs::read_dir(project().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        paths.extend(entries.filter(|path| path.extension().is_some_and(|found| found == extension)));
    }
    paths
}

/// A command of the program in a document.
#[derive(Debug)]
struct Command {
    /// The document and the line.
    place: String,
    /// The arguments of `stgan`.
    words: Vec<String>,
}

/// The arguments of `stgan` in a shell command, up to a comment, a pipe or the end of a loop body.
fn arguments(text: &str) -> Option<Vec<String>> {
    let text = text.trim_start_matches("for balance in 0.0 0.5; do ");
    let rest = match text.strip_prefix("stgan ") {
        Some(rest) => rest,
        None if text.starts_with("cargo run --release") => {
            let (cargo, rest) = text.split_once(" -- ")?;
            let other = ["--example", "--bin", "--package", "-p "].iter().any(|flag| cargo.contains(flag));
            (!other).then_some(rest)?
        }
        None => return None,
    };
    let rest = rest.split(" #").next()?.split([';', '|']).next()?;
    Some(rest.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect())
}

/// All commands of a document: in lines of their own, continued by a backslash, and in code spans.
fn commands(path: &Path) -> Vec<Command> {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut found = Vec::new();
    let mut add = |line: usize, text: &str| {
        if let Some(words) = arguments(text) {
            found.push(Command { place: format!("{name}:{line}"), words });
        }
    };
    let mut pending = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('#').trim();
        match line.strip_suffix('\\') {
            Some(start) => pending += start,
            None => {
                add(index + 1, &(std::mem::take(&mut pending) + line));
                line.split('`').skip(1).step_by(2).for_each(|span| add(index + 1, span));
            }
        }
    }
    found
}

/// The words of a help text that start like a flag.
fn flags(arguments: &[&str]) -> BTreeSet<String> {
    let output = stgan(arguments);
    assert!(output.status.success(), "stgan {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| word.starts_with('-'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn commands_in_documents_have_subcommands_and_flags_that_exist() {
    let all: Vec<Command> = documents().iter().flat_map(|path| commands(path)).collect();
    assert!(all.len() > 20, "only {} commands found", all.len());
    let mut help: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let overview = String::from_utf8(stgan(&["--help"]).stdout).unwrap();
    let mut wrong = Vec::new();
    for Command { place, words } in &all {
        let Some(subcommand) = words.first().filter(|word| !word.starts_with('-')) else { continue };
        if !overview.lines().any(|line| line.split_whitespace().next() == Some(subcommand)) {
            wrong.push(format!("{place}: there is no `stgan {subcommand}`"));
            continue;
        }
        let known = help.entry(subcommand.clone()).or_insert_with(|| flags(&[subcommand, "--help"]));
        for word in words.iter().filter(|word| word.starts_with('-') && word.len() > 1) {
            let flag = word.split('=').next().unwrap();
            if !known.contains(flag) {
                wrong.push(format!("{place}: `stgan {subcommand}` has no {flag}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn configurations_in_documents_exist_and_accept_the_changes() {
    let mut wrong = Vec::new();
    for Command { place, words } in documents().iter().flat_map(|path| commands(path)) {
        if words.first().is_none_or(|word| word != "train") {
            continue;
        }
        let value = |flag: &str| words.iter().position(|word| word == flag).and_then(|i| words.get(i + 1));
        let without = if value("--data").is_some() { "configs/compact-glasses.toml" } else { "configs/synthetic.toml" };
        let name = value("--config").map_or(without, String::as_str);
        let Ok(text) = std::fs::read_to_string(project().join(name)) else {
            wrong.push(format!("{place}: there is no {name}"));
            continue;
        };
        let pairs = words.windows(2).filter(|pair| pair[0] == "--set");
        // Values of shell variables are not known here.
        let changes: Vec<String> = pairs.map(|pair| pair[1].clone()).filter(|change| !change.contains('$')).collect();
        let outcome = if LocatorConfig::is_locator_config(&text) {
            LocatorConfig::parse_with(&text, name, &changes).map(drop)
        } else if CutoutConfig::is_cutout_config(&text) {
            CutoutConfig::parse_with(&text, name, &changes).map(drop)
        } else {
            Config::parse_with(&text, name, &changes).map(drop)
        };
        if let Err(error) = outcome {
            wrong.push(format!("{place}: {error:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
