//! What shells and `man` learn of the commands.

use crate::output;
use anyhow::Context;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use clap_mangen::{Man, generate_to};
use std::{fs, io::Write, path::PathBuf, process::ExitCode};

/// Where the pages go.
#[derive(Args)]
pub(crate) struct Pages {
    /// Write a page for each command, `cargo-dora-COMMAND.1`, to a folder, which is made; files that are there are replaced.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Prints what a shell completes the words after `dora` by. A shell completes the words of a program, so `dora` has to be one,
/// or a function of the shell.
pub(crate) fn completions(mut commands: Command, shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    generate(shell, &mut commands, "dora", &mut script);
    output::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual's page, or writes it and one for each command. They are called as Cargo's own.
pub(crate) fn pages(commands: Command, Pages { out }: &Pages) -> anyhow::Result<ExitCode> {
    let commands = commands.name("cargo-dora").disable_help_subcommand(true);
    match out {
        None => Man::new(commands).render(&mut output::stdout())?,
        Some(folder) => fs::create_dir_all(folder)
            .and_then(|()| generate_to(commands, folder))
            .with_context(|| format!("{} can't be written", folder.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}
