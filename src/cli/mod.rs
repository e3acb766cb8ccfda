//! The command line: one file a command.

mod train;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Virtual try-on with spatial transformer GANs.
#[derive(Parser)]
#[command(version, about)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Arguments),
}

pub fn main() -> ExitCode {
    let result = match Program::parse().command {
        Command::Train(arguments) => train::run(arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stgan: {error:#}");
            ExitCode::FAILURE
        }
    }
}
