//! `cargo xtask bench`: how long things take. Nothing of it is a test.

use crate::{
    cargo::{cargo, cargo_step},
    snapshots::root,
};
use anyhow::{Context, bail};
use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How often the Pulumi program is run.
const RUNS: u32 = 20;

/// Measures the Pulumi program, the webhook beside its floor, replays, and load with AWS's quotas.
pub(crate) fn run() -> anyhow::Result<()> {
    program()?;
    cargo_step(&["bench", "--package", "functions", "--bench", "git_hub", "--locked"], &[])?;
    cargo_step(&["bench", "--package", "scenarios", "--bench", "replay", "--locked"], &[])?;
    cargo_step(&["bench", "--package", "scenarios", "--bench", "load", "--locked"], &[])
}

/// How long the Pulumi program takes to build with nothing built before, and to print a stack.
fn program() -> anyhow::Result<()> {
    let target = root().canonicalize()?.join("target/bench-program");
    match fs::remove_dir_all(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut build = cargo();
    build.args(["build", "--quiet", "--locked", "--package", "program", "--target-dir"]).arg(&target);
    let begin = Instant::now();
    if !build.status().context("cargo can't be started")?.success() {
        bail!("program: `cargo build --package program` failed");
    }
    let built = begin.elapsed();
    let begin = Instant::now();
    for _ in 0..RUNS {
        print_stack(&target.join("debug/program"))?;
    }
    let printed: Duration = begin.elapsed() / RUNS;
    writeln!(
        io::stdout(),
        "program: built from scratch in {:.1} s, prints the stack of a tooling account in {:.1} ms",
        built.as_secs_f64(),
        printed.as_secs_f64() * 1000.0
    )?;
    Ok(())
}

fn print_stack(program: &Path) -> anyhow::Result<()> {
    let config = r#"{"p:stack": "tooling", "p:account": "111111111111", "p:region": "eu-west-1",
        "p:opsAccount": "999999999999", "p:opsRegion": "eu-west-1"}"#;
    let environment = [("PULUMI_STACK", "tooling"), ("PULUMI_PROJECT", "p"), ("PULUMI_CONFIG", config)];
    let status = Command::new(program).envs(environment).stdout(Stdio::null()).status()?;
    if !status.success() {
        bail!("program: it prints no stack");
    }
    Ok(())
}
