//! `cargo xtask test`: every check that CI runs, or some of them.

use crate::{cargo::cargo_step, dependencies, engine, snapshots, wasm};
use anyhow::Context;
use clap::Args;

/// A check, by its name.
struct Step {
    name: &'static str,
    /// What it checks, for `--help`.
    checks: &'static str,
    run: fn() -> anyhow::Result<()>,
}

/// Every check but the tests, in their order, the quick ones first; the tests come last.
const STEPS: [Step; 8] = [
    Step { name: "format", checks: "cargo fmt", run: || cargo_step(&["fmt", "--all", "--check"], &[]) },
    Step {
        name: "lints",
        checks: "clippy, without warnings",
        run: || {
            let lints = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
            cargo_step(&lints, &[])
        },
    },
    Step {
        name: "dependencies",
        checks: "licences, bans, sources and advisories (cargo-deny)",
        run: dependencies::deny,
    },
    Step {
        name: "unused",
        checks: "dependencies that nothing uses (cargo-machete)",
        run: dependencies::unused,
    },
    Step { name: "documentation", checks: "cargo doc, without warnings", run: || documentation(false) },
    Step { name: "wasm", checks: "metrics-lib builds where there is no operating system", run: wasm::check },
    Step {
        name: "binaries",
        checks: "what the tests start: a test build alone does not make it",
        run: || cargo_step(&["build", "--workspace", "--bins", "--locked"], &[]),
    },
    Step { name: "engine", checks: "the Pulumi engine, for tests of the stacks", run: engine::build },
];
/// The step that is the tests.
const TESTS: &str = "tests";

/// Which checks are run, and how.
#[derive(Args)]
#[command(after_help = steps())]
pub(crate) struct Options {
    /// Run only this step, or else the tests whose names contain this; repeatable.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Accept the snapshots, and write the parts of documents that follow from the code. Read the difference before you commit.
    #[arg(long)]
    bless: bool,
}

/// The steps, for `--help`.
fn steps() -> String {
    let line = |Step { name, checks, .. }: &Step| format!("  {name:<14} {checks}\n");
    let lines: String = STEPS.iter().map(line).collect();
    format!(
        "Steps:\n{lines}  {TESTS:<14} all tests; and that every snapshot is used\n\n\
         Examples:\n  cargo xtask test --only lints\n  cargo xtask test --only reconciler::pages\n  \
         cargo xtask test --only settings --bless"
    )
}

/// Runs checks; stops at the first that fails.
pub(crate) fn run(Options { only, bless }: &Options) -> anyhow::Result<()> {
    let is_step = |name: &str| name == TESTS || STEPS.iter().any(|step| step.name == name);
    let filters: Vec<&str> = only.iter().map(String::as_str).filter(|name| !is_step(name)).collect();
    let wants = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    let has_all_tests = wants(TESTS);
    for step in &STEPS {
        let is_needed = step.name == "binaries" && (!filters.is_empty() || has_all_tests);
        if wants(step.name) || is_needed {
            (step.run)().with_context(|| step.name)?;
        }
    }
    if has_all_tests {
        tests(&[], *bless)
    } else if !filters.is_empty() {
        tests(&filters, *bless)
    } else {
        Ok(())
    }
}

/// The tests whose names contain one of some texts, or all.
fn tests(filters: &[&str], bless: bool) -> anyhow::Result<()> {
    let references = snapshots::References::new()?;
    let mut arguments = vec!["test", "--workspace", "--locked"];
    let used = ("INSTA_SNAPSHOT_REFERENCES_FILE", references.path());
    let result = if bless {
        // What one test fails for, others may have to accept all the same.
        arguments.push("--no-fail-fast");
        with_filters(&mut arguments, filters);
        cargo_step(&arguments, &[("INSTA_UPDATE", "always"), used])
    } else {
        with_filters(&mut arguments, filters);
        cargo_step(&arguments, &[("INSTA_UPDATE", "no"), ("INSTA_REQUIRE_FULL_MATCH", "1"), used])
    };
    if bless {
        snapshots::forget_lines()?;
    }
    result.context(TESTS)?;
    // Which snapshots are unused, only all tests show.
    if filters.is_empty() { references.check() } else { Ok(()) }
}

fn with_filters<'a>(arguments: &mut Vec<&'a str>, filters: &[&'a str]) {
    if !filters.is_empty() {
        arguments.push("--");
        arguments.extend(filters);
    }
}

/// Builds the documentation of every item, private ones included; shows it in a browser if that is wanted.
pub(crate) fn documentation(open: bool) -> anyhow::Result<()> {
    let mut arguments = vec!["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    if open {
        arguments.push("--open");
    }
    cargo_step(&arguments, &[("RUSTDOCFLAGS", "-D warnings")])
}
