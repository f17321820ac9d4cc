//! The compiler of the Pulumi project: prints a stack as Pulumi YAML.
//!
//! Pulumi runs it twice in the project's folder: first without a stack, to learn which packages it needs, then with the
//! stack's name and configuration in the environment. Standard output takes the document and nothing else; standard error
//! is shown when the exit status is not 0.
//!
//! For people, it prints something else: `program tooling-template [KEY=VALUE …]` is the tooling stack as a CloudFormation
//! template for every account and region, with the keys of that stack's configuration that are not a place.

use program::{
    cloudformation::{ToolingTemplate, tooling_template},
    packages,
    settings::{InvalidSettings, StackSettings},
    stacks::{Stack, StackError},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    env,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

fn main() -> ExitCode {
    // In one piece: standard output is written line by line otherwise.
    let print = |document: Value| io::stdout().write_all(format!("{document:#}\n").as_bytes());
    let arguments: Vec<String> = env::args().skip(1).collect();
    let document = match arguments.split_first() {
        None => document(),
        Some((command, settings)) if command == "tooling-template" => self::template(settings),
        Some((other, _)) => Err(Error::Argument(other.clone())),
    };
    let printed = document.and_then(|document| Ok(print(document)?));
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
    #[error(transparent)]
    Template(#[from] ToolingTemplate),
    #[error(
        "{0} is no argument: `program tooling-template [KEY=VALUE …]` prints a template, without arguments Pulumi's compiler runs"
    )]
    Argument(String),
    #[error("the functions are not packaged ({0} is missing): run `cargo xtask package` first")]
    Archive(&'static str),
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
    let Stack { document, archive } = Stack::new(&settings)?;
    match archive.filter(|archive| !Path::new(archive).exists()) {
        None => Ok(document),
        Some(archive) => Err(Error::Archive(archive)),
    }
}

/// The template of the tooling stack. Where it is installed, it knows itself; a configuration has to name some place.
fn template(settings: &[String]) -> Result<Value, Error> {
    const PROJECT: &str = "tooling-template";
    let mut config = BTreeMap::from([
        (format!("{PROJECT}:stack"), "tooling"),
        (format!("{PROJECT}:account"), "000000000000"),
        (format!("{PROJECT}:region"), "us-east-1"),
        (format!("{PROJECT}:opsAccount"), "000000000000"),
        (format!("{PROJECT}:opsRegion"), "us-east-1"),
    ]);
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or_else(|| Error::Argument(setting.clone()))?;
        let key = format!("{PROJECT}:{key}");
        if config.insert(key, value).is_some() {
            return Err(Error::Argument(setting.clone()));
        }
    }
    let invalid = |invalid| Error::Settings { stack: PROJECT.into(), project: PROJECT.into(), invalid };
    match StackSettings::from_pulumi(&json!(config).to_string(), PROJECT).map_err(invalid)? {
        StackSettings::Tooling(settings) => Ok(tooling_template(&settings)?),
        StackSettings::Ops(_) => Err(Error::Argument("stack".into())),
    }
}

fn listed(project: &str, InvalidSettings(problems): &InvalidSettings) -> String {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {project}:{problem}")).collect();
    lines.join("\n")
}
