//! The command line: one file a command.

use crate::{clip, evaluate, export, fit, gallery, init, inspect, track, train};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Virtual try-on with spatial transformer GANs: glasses onto faces, by warping alone.
#[derive(Parser)]
#[command(version, about)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Fit(fit::Arguments),
    Inspect(inspect::Arguments),
    Gallery(gallery::Arguments),
    Clip(clip::Arguments),
    Track(track::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Export(export::Arguments),
    Init(init::Arguments),
}

pub(crate) fn main() -> ExitCode {
    calm_candle();
    let result = match Program::parse().command {
        Command::Fit(arguments) => fit::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Gallery(arguments) => gallery::run(&arguments),
        Command::Clip(arguments) => clip::run(&arguments),
        Command::Track(arguments) => track::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stgan: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Candle spreads its elementwise operations over threads that spin while they wait for each other, which on a busy
/// machine takes far longer than the work. What is worth it runs on rayon here.
fn calm_candle() {
    const THREADS: &str = "CANDLE_NUM_THREADS";
    if std::env::var_os(THREADS).is_none() {
        #[allow(unsafe_code)]
        // SAFETY: this is the first thing that the program does; no other thread reads the environment.
        unsafe {
            std::env::set_var(THREADS, "1")
        };
    }
}
