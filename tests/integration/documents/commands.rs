//! What is wrong with a command, as the program itself says or, for the AWS CLI, as the models that it is made of.

use crate::{
    engine::Engine,
    outside::{self, Outside},
    scene::binaries,
};
use serde_json::json;
use std::{collections::BTreeSet, process::Command};

/// What is wrong with commands of the AWS CLI, an empty text where nothing is. moto brings botocore.
pub(super) fn of_aws(commands: &[&[String]]) -> Outside<Vec<String>> {
    let python = outside::python("dynamodb", "dynamodb/requirements.txt")?;
    let output = outside::ask(&python, "documents/aws.py", &json!({"commands": commands}));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// What is wrong with a command of Pulumi: its help says what it takes, and refuses options that it does not know.
pub(super) fn of_pulumi(engine: &Engine, words: &[String]) -> Option<String> {
    let output = engine.pulumi().args(&words[1..]).arg("--help").output().unwrap();
    if !output.status.success() {
        return Some(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let after =
        |heading: &str| help.lines().skip_while(|line| *line != heading).nth(1).unwrap_or_default().trim();
    let (usage, aliases) = (after("Usage:"), after("Aliases:"));
    let (mut path, mut required, mut optional) = (Vec::new(), 0_usize, 0);
    for word in usage.split_whitespace() {
        match word {
            "[flags]" | "[--]" | "[command]" => {}
            _ if word.contains("...") => optional = usize::MAX,
            _ if word.starts_with('<') => required += 1,
            _ if word.starts_with('[') => optional += 1,
            word => path.push(word),
        }
    }
    let is = |(word, named): (&String, &&str)| {
        word == named || (path.last() == Some(named) && aliases.split(", ").any(|alias| alias == word))
    };
    if words.len() < path.len() || !words.iter().zip(&path).all(is) {
        return Some(format!("this is understood as {usage}"));
    }
    let given = arguments(&help, &words[path.len()..]);
    let is_mention = words.len() == path.len();
    let fits = (required..=required.saturating_add(optional)).contains(&given);
    (!fits && !is_mention).then(|| format!("{given} arguments, where {usage} is meant"))
}

/// How many words are neither options nor values of options.
fn arguments(help: &str, words: &[String]) -> usize {
    let with_value: BTreeSet<&str> = help.lines().flat_map(options_with_value).collect();
    let mut given = 0;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            None => given += 1,
            Some(_) if with_value.contains(word.as_str()) => drop(words.next()),
            Some(_) => {}
        }
    }
    given
}

/// The spellings of an option that takes a value, if a line of help is about one: `-s, --stack string   The name`.
fn options_with_value(line: &str) -> Vec<&str> {
    let Some((options, _)) = line.trim_start().split_once("  ") else { return Vec::new() };
    let words: Vec<&str> = options.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words.split_last() {
        Some((value, options))
            if !value.starts_with('-') && options.iter().all(|word| word.starts_with('-')) =>
        {
            options.to_vec()
        }
        _ => Vec::new(),
    }
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
