//! A short, deterministic run of all targets, and the inputs with which flaws were found.

use std::path::Path;
use stgan_fuzz::{Fuzzer, targets};

// Errors are returned, because the fuzzer catches the messages of panics.

/// Inputs for each target.
fn executions(name: &str) -> u64 {
    match name {
        "fit" | "track" | "locate" => 200,
        _ => 1000,
    }
}

#[test]
fn no_target_has_a_flaw() -> Result<(), String> {
    for target in targets::ALL {
        let mut fuzzer = Fuzzer::new(*target, 7);
        while fuzzer.executions() < executions(target.name) {
            let input = fuzzer.next_input();
            if let Some(finding) = fuzzer.run(input) {
                return Err(format!("{}: {} with {:?}", target.name, finding.flaw, finding.input));
            }
        }
        if fuzzer.outcomes() < 2 {
            return Err(format!("{} has one outcome only", target.name));
        }
    }
    Ok(())
}

#[test]
fn inputs_of_earlier_flaws_have_none() -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut count = 0;
    for target in targets::ALL {
        let Ok(files) = std::fs::read_dir(folder.join(target.name)) else { continue };
        for file in files {
            let path = file.map_err(|error| error.to_string())?.path();
            let input = std::fs::read(&path).map_err(|error| error.to_string())?;
            if let Some(finding) = Fuzzer::new(*target, 1).run(input) {
                return Err(format!("{}: {}", path.display(), finding.flaw));
            }
            count += 1;
        }
    }
    if count == 0 { Err(format!("there are no inputs in {}", folder.display())) } else { Ok(()) }
}
