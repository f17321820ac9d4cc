//! `cargo dora …`: DORA metrics on this machine, without an AWS account.

mod backfill;
mod credentials;
mod dashboard;
mod day;
mod demo;
mod doctor;
mod explain;
mod file;
mod init;
mod installation;
mod interruption;
mod output;
mod page;
mod played;
mod policy;
mod progress;
mod redrive;
mod replay;
mod shell;
mod stack_file;
mod summary;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use interruption::Interrupted;
use std::{
    io::Write,
    path::{Path, PathBuf},
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
    /// Write the configuration of a new installation, and say what to run next.
    ///
    /// The files are `Pulumi.STACK.yaml`, one for the operations account and one for each region of each account that runs
    /// pipelines. On a terminal, what no option says is asked. What the program would refuse is not written: exit code 2.
    Init(init::Arguments),
    /// Show the product at work: play a made-up quarter and compare the figures with the true ones.
    ///
    /// A seeded generator makes up what happened to three repositories: failures, hotfixes, rollbacks, retries,
    /// duplicate and out-of-order events. It knows the true figures. The events go through the real functions, and the
    /// command fails if any figure that comes out differs from the truth.
    Demo(demo::Arguments),
    /// Play a recorded world through the real functions and show the metrics that come of it.
    ///
    /// A world is a file of JSON lines: the configuration, what CodePipeline and OpsCenter know, and the events that
    /// they sent. docs/REPLAY.md describes the format and how to record a real account with the AWS CLI.
    Replay(replay::Arguments),
    /// Print the dashboards as one JSON object, a document by the dashboard's name; or one of them, or a file each.
    ///
    /// For CloudWatch they are what the stack installs; Grafana imports its own.
    Dashboard(dashboard::Arguments),
    /// Show what a figure is made of: deployments, commits and incidents, each with the evidence.
    ///
    /// The ledger is read, and compared with what CloudWatch has. Exit code 3 says that they differ.
    Explain(explain::Arguments),
    /// Check an installation from end to end, and say what to do: functions, rules, queues, permissions, events, the
    /// webhook, alarms.
    ///
    /// Exit code 3 says that a check failed.
    Doctor(doctor::Arguments),
    /// Fill the ledger from the history of CodePipeline and of OpsCenter.
    ///
    /// For a new installation, or after a time in which it did not work. CloudWatch gets what is not older than 14 days,
    /// the ledger everything. What is done already stays as it is, and a backfill that was interrupted goes on. Exit code
    /// 3 says that something failed.
    Backfill(backfill::Arguments),
    /// Print what people need to be allowed, as one JSON object, an IAM policy by its name.
    ///
    /// No policy is longer than IAM takes: where one is not enough, there are several, to be attached together.
    ExportPolicy(policy::Arguments),
    /// Print the JSON schema of the stacks' configuration, `Pulumi.STACK.yaml`: an editor completes and checks the file by it.
    ///
    /// docs/stack.schema.json is the same; a file's first line `# yaml-language-server: $schema=docs/stack.schema.json` names it.
    ExportSchema {
        /// The product's folder, with `Pulumi.yaml`.
        #[arg(long, default_value = ".")]
        folder: PathBuf,
    },
    /// Put dead letters back on their queues, when what kept the functions from finishing them is mended.
    ///
    /// Exit code 3 says that messages are left.
    Redrive(redrive::Arguments),
    /// Print what a shell completes commands and options by, for a function `dora` that calls `cargo dora`.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the page for `man`, or write a page for each command.
    Man(shell::Pages),
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let result = match command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Dashboard(arguments) => dashboard::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Backfill(arguments) => backfill::run(&arguments),
        Command::ExportPolicy(arguments) => policy::run(&arguments),
        Command::ExportSchema { folder } => export_schema(&folder),
        Command::Redrive(arguments) => redrive::run(&arguments),
        Command::Completions { shell } => shell::completions(Arguments::command(), shell),
        Command::Man(pages) => shell::pages(Arguments::command(), &pages),
    };
    match result {
        Ok(code) => code,
        Err(error) if output::is_unread(&error) => ExitCode::SUCCESS,
        Err(error) => match error.downcast() {
            Ok(Interrupted { exit_code }) => exit_code.into(),
            Err(error) => {
                // Where standard error is closed, nobody is left to tell.
                let _ = writeln!(output::stderr(), "error: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

fn export_schema(folder: &Path) -> anyhow::Result<ExitCode> {
    let project = stack_file::Project::find(folder)?;
    output::print_json(&program::settings::schema(&project.name))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
