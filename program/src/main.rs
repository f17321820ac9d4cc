//! The compiler of the Pulumi project: prints a stack as Pulumi YAML.
//!
//! Pulumi runs it twice in the project's folder: first without a stack, to learn which packages it needs, then with the
//! stack's name and configuration in the environment. Standard output takes the document and nothing else; standard error
//! is shown when the exit status is not 0.

use program::{
    packages,
    settings::{InvalidSettings, StackSettings},
    stacks::{Stack, StackError},
};
use serde_json::Value;
use std::{
    env,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

fn main() -> ExitCode {
    // In one piece: standard output is written line by line otherwise.
    let print = |document: Value| io::stdout().write_all(format!("{document:#}\n").as_bytes());
    let printed = document().and_then(|document| Ok(print(document)?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when standard error is closed too.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the configuration of stack {stack} can't be used:\n{}", listed(project, invalid))]
    Settings { stack: String, project: String, invalid: InvalidSettings },
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error("these archives of functions are missing: run `cargo xtask package` first\n  {}", .0.join("\n  "))]
    Archives(Vec<String>),
    #[error("the document can't be printed: {0}")]
    Print(#[from] io::Error),
}

fn document() -> Result<Value, Error> {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let (stack, project) = (variable("PULUMI_STACK"), variable("PULUMI_PROJECT"));
    if stack.is_empty() {
        return Ok(packages());
    }
    let settings = StackSettings::from_pulumi(&variable("PULUMI_CONFIG"), &project)
        .map_err(|invalid| Error::Settings { stack, project, invalid })?;
    let Stack { document, archives } = Stack::new(&settings)?;
    let missing: Vec<String> = archives.into_iter().filter(|archive| !Path::new(archive).exists()).collect();
    if missing.is_empty() { Ok(document) } else { Err(Error::Archives(missing)) }
}

fn listed(project: &str, InvalidSettings(problems): &InvalidSettings) -> String {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {project}:{problem}")).collect();
    lines.join("\n")
}
