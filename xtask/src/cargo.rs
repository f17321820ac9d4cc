//! Runs Cargo.

use crate::snapshots::root;
use anyhow::{Context, bail};
use std::{env, process::Command};

/// Cargo, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs Cargo, in the workspace's folder.
pub(crate) fn cargo_step(arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut command = cargo();
    command.args(arguments).envs(environment.iter().copied());
    let status = command.status().context("cargo can't be started")?;
    if !status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}
