//! `cargo xtask test`: every check that CI runs.

use crate::{engine, snapshots, wasm};
use anyhow::{Context, bail};
use std::{env, process::Command};

/// Runs every check; stops at the first that fails.
pub(crate) fn run() -> anyhow::Result<()> {
    let references = snapshots::References::new()?;
    step("format", &["fmt", "--all", "--check"], &[])?;
    step("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &[])?;
    // The tests start the functions' binaries, which a test build alone does not make.
    step("binaries", &["build", "--workspace", "--bins", "--locked"], &[])?;
    engine::build()?;
    let insta = [
        ("INSTA_UPDATE", "no"),
        ("INSTA_REQUIRE_FULL_MATCH", "1"),
        ("INSTA_SNAPSHOT_REFERENCES_FILE", references.path()),
    ];
    step("tests", &["test", "--workspace", "--locked"], &insta)?;
    step(
        "documentation",
        &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    wasm::check()?;
    references.check()
}

/// Cargo, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(snapshots::root());
    command
}

/// Runs Cargo, in the workspace's folder.
pub(crate) fn step(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut command = cargo();
    command.args(arguments).envs(environment.iter().copied());
    let status = command.status().with_context(|| format!("{name}: cargo can't be started"))?;
    if !status.success() {
        bail!("{name}: `cargo {}` failed", arguments.join(" "));
    }
    Ok(())
}
