//! Answers on standard output.

use serde::Serialize;
use std::{
    fmt::Display,
    io::{self, Write},
};

/// Prints an answer for people, or as one JSON object.
pub(crate) fn print(answer: &(impl Serialize + Display), json: bool) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut stdout, answer)?;
        writeln!(stdout)?;
    } else {
        write!(stdout, "{answer}")?;
    }
    Ok(())
}
