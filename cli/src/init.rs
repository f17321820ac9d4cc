//! `cargo dora init`: writes the configuration of a new installation's stacks, and says what to run next.

mod choices;
mod dialogue;
mod files;
mod steps;

use crate::{
    output::{self, Words},
    stack_file::{self, Project},
};
use choices::{Choices, Installation};
use clap::Args;
use files::Written;
use functions::runtime::clock::Clock;
use jiff::tz::TimeZone;
use program::settings::InvalidSettings;
use serde::Serialize;
use std::{
    env,
    fmt::{self, Display, Formatter},
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};
use steps::Step;

/// The exit code of arguments that can't be used, which is also clap's.
const WRONG_ARGUMENTS: u8 = 2;

/// What the installation looks like.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choices: Choices,
    /// What the operations account's stack is to be called.
    #[arg(long, value_name = "STACK", default_value = "ops", value_parser = stack_file::stack_name)]
    ops_stack: String,
    /// The product's folder, with `Pulumi.yaml`; the files are written there.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Overwrite files that are there already. What Pulumi has encrypted in them stays.
    #[arg(long)]
    force: bool,
    /// Print one JSON object, and ask nothing.
    #[arg(long)]
    json: bool,
}

/// What was done, and what is to be done.
#[derive(Debug, Serialize)]
struct InitReport {
    files: Vec<Written>,
    next: Vec<Step>,
}

/// Writes the configuration.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(key) = arguments.choices.repeated() {
        writeln!(output::stderr(), "error: --set {} is given twice", Words(key))?;
        return Ok(ExitCode::from(WRONG_ARGUMENTS));
    }
    let project = Project::find(&arguments.folder)?;
    let mut config = arguments.choices.config();
    if arguments.choices.is_incomplete() && !arguments.json && output::can_ask() {
        dialogue::ask(&mut config, &mut io::stdin().lock(), &mut output::stderr())?;
    }
    let installation = match Installation::new(config, &project, &arguments.ops_stack)? {
        Ok(installation) => installation,
        Err(InvalidSettings(problems)) => {
            let mut stderr = output::stderr();
            writeln!(stderr, "error: nothing is written, since this can't be used:")?;
            for problem in problems {
                writeln!(stderr, "  {}", Words(&problem.to_string()))?;
            }
            writeln!(
                stderr,
                "`cargo dora init --help` says which option sets what; on a terminal, it asks."
            )?;
            return Ok(ExitCode::from(WRONG_ARGUMENTS));
        }
    };
    let now = Clock::from_environment(|name| env::var(name).ok()).now()?;
    let today = TimeZone::UTC.to_datetime(now).date();
    let files = files::write(&installation.stacks, &arguments.folder, arguments.force)?;
    output::print(&InitReport { files, next: steps::next(&installation, today) }, arguments.json, false)
}

impl Display for InitReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            writeln!(f, "{file}")?;
        }
        writeln!(f, "\nWhat to do next:")?;
        for (number, Step { what, commands }) in self.next.iter().enumerate() {
            writeln!(f, "\n{}. {}", number + 1, Words(what))?;
            for command in commands {
                writeln!(f, "     {}", Words(command))?;
            }
        }
        Ok(())
    }
}
