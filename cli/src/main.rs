//! `cargo dora …`: DORA metrics on this machine, without an AWS account.

mod replay;
mod summary;

use clap::{Parser, Subcommand};
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// DORA metrics for AWS CodePipeline, on this machine, without an AWS account.
#[derive(Parser)]
#[command(name = "cargo dora", bin_name = "cargo dora", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play a recorded world through the real functions and show the metrics that come of it.
    ///
    /// A world is a file of JSON lines: the configuration, what CodePipeline and OpsCenter know, and the events that
    /// they sent. docs/REPLAY.md describes the format and how to record a real account with the AWS CLI.
    Replay {
        /// The world, a file of JSON lines.
        world: PathBuf,
        /// Print one JSON object: metrics, facts, deadLetters, refused, ignored.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let result = match command {
        Command::Replay { world, json } => replay::run(world, json),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            // Where standard error is closed, nobody is left to tell.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
