//! Checks of the dependencies: `deny.toml` says what is allowed, and none is there that nothing uses.

use crate::tools::tool;
use anyhow::{Context, bail};
use std::{
    io::{self, Write},
    process::{Command, Stdio},
};

/// Checks licences, bans and sources, and, where the database of advisories can be fetched, advisories. Where the tool is
/// missing, says so.
pub(crate) fn deny() -> anyhow::Result<()> {
    let Some(mut command) =
        tool_or_skip("cargo-deny", "licences, bans, sources and advisories of dependencies")?
    else {
        return Ok(());
    };
    run(command.args(["--locked", "check", "licenses", "bans", "sources"]))?;
    let Some(mut fetch) = tool_or_skip("cargo-deny", "advisories")? else { return Ok(()) };
    let fetched = fetch.args(["fetch", "db"]).stderr(Stdio::null()).status().context("cargo-deny")?;
    if !fetched.success() {
        writeln!(io::stderr(), "not checked: advisories. Their database can't be fetched from GitHub")?;
        return Ok(());
    }
    let Some(mut advisories) = tool_or_skip("cargo-deny", "advisories")? else { return Ok(()) };
    run(advisories.args(["--locked", "check", "--disable-fetch", "advisories"]))
}

/// Checks that every dependency is used. Where the tool is missing, says so.
pub(crate) fn unused() -> anyhow::Result<()> {
    match tool_or_skip("cargo-machete", "dependencies that nothing uses")? {
        Some(mut command) => run(&mut command),
        None => Ok(()),
    }
}

fn tool_or_skip(name: &str, what: &str) -> anyhow::Result<Option<Command>> {
    match tool(name)? {
        Ok(command) => Ok(Some(command)),
        Err(reason) => {
            writeln!(io::stderr(), "not checked: {what}. {reason}")?;
            Ok(None)
        }
    }
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let words = words.join(" ");
    let status = command.status().with_context(|| words.clone())?;
    if !status.success() {
        bail!("`{words}` failed");
    }
    Ok(())
}
