//! The command line. Each command has a module.

use crate::{clip, evaluate, export, fit, gallery, glasses, heads, init, inspect, rooms, track, train};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Virtual try-on of glasses with spatial transformer GANs
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  stgan fit photo.jpg glasses.png -o fitted.jpg
  stgan train --out runs/first
  stgan export runs/first -o mine.safetensors

`stgan help COMMAND` describes a command."
)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Fit(fit::Arguments),
    Glasses(glasses::Arguments),
    Inspect(inspect::Arguments),
    Gallery(gallery::Arguments),
    Clip(clip::Arguments),
    Track(track::Arguments),
    Heads(heads::Arguments),
    Rooms(rooms::Arguments),
    Train(train::Arguments),
    Evaluate(evaluate::Arguments),
    Export(export::Arguments),
    Init(init::Arguments),
}

pub(crate) fn main() -> ExitCode {
    limit_candle_threads();
    let result = match Program::parse().command {
        Command::Fit(arguments) => fit::run(&arguments),
        Command::Glasses(arguments) => glasses::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Gallery(arguments) => gallery::run(&arguments),
        Command::Clip(arguments) => clip::run(&arguments),
        Command::Track(arguments) => track::run(&arguments),
        Command::Heads(arguments) => heads::run(&arguments),
        Command::Rooms(arguments) => rooms::run(&arguments),
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

/// Limits candle to one thread, unless the environment sets another number.
///
/// candle runs elementwise operations on threads that busy-wait for each other. On a machine under
/// load this takes far longer than the operations. Expensive operations run on rayon instead.
fn limit_candle_threads() {
    const THREADS: &str = "CANDLE_NUM_THREADS";
    if std::env::var_os(THREADS).is_none() {
        #[allow(unsafe_code)]
        // SAFETY: this runs first, so no other thread reads the environment.
        unsafe {
            std::env::set_var(THREADS, "1")
        };
    }
}
