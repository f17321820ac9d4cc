//! Answers on standard output.

use serde::Serialize;
use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

/// The exit code when a command has done its work, and found something that needs attention.
const FOUND_SOMETHING: u8 = 3;

/// Prints an answer for people, or as one JSON object. The exit code tells whether it needs attention.
pub(crate) fn print(
    answer: &(impl Serialize + Display),
    json: bool,
    needs_attention: bool,
) -> anyhow::Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut stdout, answer)?;
        writeln!(stdout)?;
    } else {
        write!(stdout, "{answer}")?;
    }
    Ok(if needs_attention { ExitCode::from(FOUND_SOMETHING) } else { ExitCode::SUCCESS })
}
