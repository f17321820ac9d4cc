//! Compares the event pattern matcher with a file of known answers.

use anyhow::Context;
use event_pattern::cases::{self, Disagreement};
use std::{path::Path, process::ExitCode};

/// Prints each case in which the matcher disagrees with the file, then how many agree.
///
/// # Errors
/// When the file can't be read or one of its lines isn't a case.
#[expect(clippy::print_stdout, reason = "the report is this command's output")]
pub(crate) fn run(file: &Path) -> anyhow::Result<ExitCode> {
    let report = cases::run(file).context("could not compare the event patterns")?;
    for Disagreement { line, id, pattern, event, expected, actual } in &report.disagreements {
        println!("line {line}, id {id}: expected {expected}, got {actual}");
        println!("  pattern {pattern}");
        println!("  event   {event}");
    }
    println!("{} of {} agree", report.agreed(), report.total);
    Ok(if report.disagreements.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
