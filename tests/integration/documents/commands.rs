//! What is wrong with a command, as the program itself says or, for the AWS CLI, as the models that it is made of.

use crate::{
    outside::{self, Outside},
    scene::binaries,
};
use serde_json::json;
use std::process::Command;

/// What is wrong with commands of the AWS CLI, an empty text where nothing is. moto brings botocore.
pub(super) fn of_aws(commands: &[&[String]]) -> Outside<Vec<String>> {
    let python = outside::python("dynamodb", "dynamodb/requirements.txt")?;
    let output = outside::ask(&python, "documents/aws.py", &json!({"commands": commands}));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// What is wrong with a command of this workspace: `cargo dora …`, `cargo xtask …`, or what prints a template.
pub(super) fn of_cargo(words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (binary, arguments, help) = match words.as_slice() {
        ["cargo", name @ ("dora" | "xtask"), arguments @ ..] => (*name, arguments, Some("--help")),
        // It does nothing but print.
        ["cargo", "run", "--quiet", "--package", "program", "--", arguments @ ..] => {
            ("program", arguments, None)
        }
        _ => return None,
    };
    let mut command = Command::new(binaries().path(binary).unwrap());
    let output = command.args(arguments).args(help).output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
