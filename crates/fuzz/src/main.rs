//! Fuzzes all targets, or those that are named.
//!
//! Prints the executions of each target, and writes inputs with flaws to a folder.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stgan_fuzz::{Fuzzer, Target, targets};

/// Fuzz every reader of foreign bytes
#[derive(Parser)]
struct Arguments {
    /// Seconds for each target [default: 60, or no limit with --executions]
    #[arg(long)]
    seconds: Option<u64>,
    /// Stop a target after this number of executions
    #[arg(long)]
    executions: Option<u64>,
    /// Seed of the mutations
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for inputs with flaws
    #[arg(long, default_value = "target/fuzz")]
    out: PathBuf,
    /// Write each input before it is run, to find one that ends the process
    #[arg(long)]
    keep: bool,
    /// Targets [default: all]
    targets: Vec<String>,
}

/// The time for each target without a limit of executions.
const SECONDS: u64 = 60;

/// Ends the process if one input takes longer, in wall-clock time.
const HANGS: Duration = Duration::from_secs(120);

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    let known: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
    for name in &arguments.targets {
        ensure!(known.contains(&name.as_str()), "there is no target `{name}`; the targets are {}", known.join(", "));
    }
    let executions = Arc::new(AtomicU64::new(0));
    watch(executions.clone());
    let mut flaws = 0;
    for target in targets::ALL {
        if arguments.targets.is_empty() || arguments.targets.iter().any(|name| name == target.name) {
            flaws += fuzz(target, &arguments, &executions)?;
        }
    }
    Ok(if flaws == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fuzz(target: &Target, arguments: &Arguments, executions: &AtomicU64) -> Result<usize> {
    let mut fuzzer = Fuzzer::new(*target, arguments.seed);
    let (started, mut flaws) = (Instant::now(), 0);
    let limit = arguments.seconds.or_else(|| arguments.executions.is_none().then_some(SECONDS));
    let limit = limit.map_or(Duration::MAX, Duration::from_secs);
    while started.elapsed() < limit && arguments.executions.is_none_or(|most| fuzzer.executions() < most) {
        let input = fuzzer.next_input();
        executions.fetch_add(1, Ordering::Relaxed);
        if arguments.keep {
            write(&arguments.out.join("last-input"), &input)?;
        }
        if let Some(finding) = fuzzer.run(input) {
            flaws += 1;
            let path = arguments.out.join(format!("{}-{flaws}", target.name));
            write(&path, &finding.input)?;
            println!("{}: {} ({})", target.name, finding.flaw, path.display());
        }
    }
    let (count, seconds) = (fuzzer.executions(), started.elapsed().as_secs());
    println!("{}: {count} executions in {seconds} s, {} outcomes, {flaws} flaws", target.name, fuzzer.outcomes());
    Ok(flaws)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Aborts the process if the number of executions does not change.
fn watch(executions: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        loop {
            let before = executions.load(Ordering::Relaxed);
            std::thread::sleep(HANGS);
            if executions.load(Ordering::Relaxed) == before {
                eprintln!("an input hangs; run with --keep to write it to the folder");
                std::process::abort();
            }
        }
    });
}
