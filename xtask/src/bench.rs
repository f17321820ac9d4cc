//! `cargo xtask bench`: how long things take, and how many calls of AWS they cost. Of the times nothing is a test.

use crate::{
    cargo::{cargo, cargo_step},
    snapshots::root,
};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use simulator::binaries::Binaries;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How often the Pulumi program is run.
const RUNS: u32 = 20;

/// What is measured, and how.
#[derive(Args)]
pub(crate) struct Options {
    /// Measure only this; repeatable.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Run little of each part once, as `cargo build` has built it. Shows that it runs; the times mean nothing.
    #[arg(long)]
    quick: bool,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The Pulumi program: built from scratch, and printing a stack.
    Program,
    /// The webhook and the transformation of its records, beside their floors; the commits of a lead time.
    Webhook,
    /// Replays of 1,000 and 10,000 deployments: time an event, and memory.
    Replay,
    /// Much at once, with AWS's quotas, until every figure is right.
    Load,
    /// The dashboards' widget, of a year of 10,000 deployments.
    Widget,
    /// How many calls of AWS a push, a deployment, an incident and a run of the reconciler cost.
    Calls,
}

/// Measures each part, or those that are asked for.
pub(crate) fn run(Options { only, quick }: &Options) -> anyhow::Result<()> {
    for part in Part::value_variants().iter().filter(|part| only.is_empty() || only.contains(part)) {
        match part {
            Part::Program => program(*quick)?,
            Part::Webhook => benchmark("git_hub", *quick)?,
            Part::Replay => benchmark("replay", *quick)?,
            Part::Load => benchmark("load", *quick)?,
            Part::Widget => benchmark("widget", *quick)?,
            Part::Calls => benchmark("calls", *quick)?,
        }
    }
    Ok(())
}

/// Runs a benchmark. The whole workspace is chosen, as in tests: a package alone would need its dependencies with other features,
/// and so built once more.
fn benchmark(name: &str, quick: bool) -> anyhow::Result<()> {
    let mut arguments = vec!["bench", "--workspace", "--locked", "--bench", name];
    if quick {
        arguments.extend(["--quiet", "--profile", "dev", "--", "--quick"]);
    }
    cargo_step(&arguments, &[])
}

/// How long the Pulumi program takes to print a stack; and to build with nothing built before, unless it is to be quick.
fn program(quick: bool) -> anyhow::Result<()> {
    let mut out = io::stdout();
    let (program, runs) = if quick {
        let program = Binaries::build()?.path("program");
        (program.context("program: it is not built")?, 1)
    } else {
        let (program, took) = build_program()?;
        writeln!(out, "program: built from scratch in {:.1} s", took.as_secs_f64())?;
        (program, RUNS)
    };
    let begin = Instant::now();
    for _ in 0..runs {
        print_stack(&program)?;
    }
    let milliseconds = begin.elapsed().as_secs_f64() * 1000.0 / f64::from(runs);
    writeln!(out, "program: prints the stack of a tooling account in {milliseconds:.1} ms")?;
    Ok(())
}

/// Builds the program in a folder where nothing is built, and says how long that took.
fn build_program() -> anyhow::Result<(PathBuf, Duration)> {
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
    Ok((target.join("debug/program"), begin.elapsed()))
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
