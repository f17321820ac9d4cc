//! Prints the plan of an installation, as JSON, for settings given as JSON on standard input.

use program::{plan::Plan, settings::Settings};
use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when standard error is closed too.
            let _ = writeln!(io::stderr(), "program: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let settings = Settings::from_json(&serde_json::from_str(&text)?)?;
    let plan = Plan::new(&settings)?;
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&plan)?)?;
    Ok(())
}
