//! `cargo xtask …`: the commands of those who work on the product.

mod bench;
mod cargo;
mod chaos;
mod checks;
mod dependencies;
mod engine;
mod package;
mod patterns;
mod rustc;
mod snapshots;
mod tools;
mod wasm;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// The commands of those who work on the product.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check that CI runs, or some of them.
    Test(checks::Options),
    /// Build the documentation of every item.
    Doc {
        /// Show it in a browser.
        #[arg(long)]
        open: bool,
    },
    /// Install the tools of tools.txt into target/tools, at their versions.
    Tools {
        /// Only these.
        names: Vec<String>,
    },
    /// Build the Pulumi engine for the tests, if it is not built yet.
    Engine,
    /// Measure the Pulumi program, the webhook beside its floor, the commits of a lead time, replays of 1,000 and 10,000
    /// deployments (time an event, and memory), load, and calls of AWS.
    Bench(bench::Options),
    /// Build the functions as they are deployed: target/lambda/FUNCTION.zip.
    Package(package::Options),
    /// Play sample worlds in which events are lost, late and repeated and AWS fails, and compare with the truth.
    Chaos {
        /// How many worlds.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// The seed of the first.
        #[arg(long, default_value_t = 1)]
        first: u64,
    },
    /// Run a file of event patterns and events against the pattern matcher and print each disagreement.
    Patterns {
        /// JSON lines: id, pattern, event, expected ("match", "no match" or "invalid").
        file: PathBuf,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Test(options) => checks::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Doc { open } => checks::documentation(open).map(|()| ExitCode::SUCCESS),
        Command::Tools { names } => tools::install(&names).map(|()| ExitCode::SUCCESS),
        Command::Engine => engine::build().map(|()| ExitCode::SUCCESS),
        Command::Bench(options) => bench::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Package(options) => package::run(&options),
        Command::Chaos { seeds, first } => chaos::run(first, seeds),
        Command::Patterns { file } => patterns::run(&file),
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
