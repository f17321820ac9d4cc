//! What the documents tell people to type: queries of logs name fields that logs have, commands are understood and do what is
//! said of them, and files are where it is said that they are.

mod commands;
mod installation;
mod one_machine;
mod operators;
mod organization;
mod play;
mod recording;
mod shell;
mod table;

use crate::{
    outside,
    scene::{Scene, execution},
};
use fake_aws::Fault;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Every document for people, by its path.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(ROOT);
    let mut files = vec![
        root.join("README.md"),
        root.join("ARCHITECTURE.md"),
        root.join("CHANGELOG.md"),
        root.join("SECURITY.md"),
    ];
    for folder in ["docs", "docs/design"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What stands between backticks, and the lines of code blocks.
fn code(text: &str) -> Vec<String> {
    let inline = text.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " "));
    // A line that ends with a backslash goes on.
    let joined = text.replace("\\\n", " ");
    let blocks = joined.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
    inline.chain(blocks).collect()
}

/// The paths of a line of a log, as CloudWatch Logs Insights has them.
fn paths(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                paths(&path, value, found);
            }
        }
        _ => {
            found.insert(prefix.to_owned());
        }
    }
}

/// The fields that a query names: words with a dot, outside of texts and patterns.
fn fields(query: &str) -> BTreeSet<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "._@".contains(c);
    query.split(|c| !is_word(c)).filter(|word| word.len() > 1 && word.contains('.')).collect()
}

#[tokio::test]
async fn queries_name_fields_that_logs_have() {
    let mut scene = Scene::new().await;
    scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), usize::MAX);
    scene.runs(&execution("e1", "12:00")).await;
    scene.finish().await;
    let mut known = BTreeSet::new();
    for line in scene.cloud.logs().unwrap().values().flat_map(|log| log.lines()) {
        paths("", &serde_json::from_str(line).unwrap(), &mut known);
    }
    let mut queries = 0;
    for (path, text) in documents() {
        for query in
            code(&text).iter().filter(|code| code.contains("stats count") || code.starts_with("filter "))
        {
            queries += 1;
            for field in fields(query) {
                assert!(known.contains(field), "{}: no log has {field}: {query}\n{known:?}", path.display());
            }
        }
    }
    assert!(queries > 0);
}

/// Every command of the documents, with the document. What leaves something out, or stands for several, is none.
fn every_command(program: &str) -> Vec<(String, Vec<String>)> {
    let mut commands = BTreeSet::new();
    for (path, text) in documents() {
        let of = shell::commands(&text).into_iter().filter(|words| words[0] == program);
        let whole = of.filter(|words| !words.iter().any(|word| word.contains('…') || word.starts_with('[')));
        commands.extend(whole.map(|words| (path.display().to_string(), words)));
    }
    commands.into_iter().collect()
}

#[test]
fn commands_of_this_workspace() {
    let commands = every_command("cargo");
    assert!(commands.len() > 30, "{commands:?}");
    for (path, words) in commands {
        if let Some(problem) = commands::of_cargo(&words) {
            panic!("{path}: {}: {problem}", words.join(" "));
        }
    }
}

/// A command that runs some tests names tests that there are.
#[test]
fn tests_that_commands_name() {
    let own = std::env::current_exe().unwrap();
    let listed = Command::new(own).arg("--list").output().unwrap();
    let tests = String::from_utf8(listed.stdout).unwrap();
    let commands = every_command("cargo");
    let names: Vec<&String> =
        commands.iter().flat_map(|(_, words)| words).filter(|word| word.contains("::")).collect();
    assert!(!names.is_empty(), "{commands:?}");
    for name in names {
        assert!(tests.lines().any(|test| test.contains(name.as_str())), "there is no test {name}");
    }
}

/// The workflows of a public forge: each is YAML, and runs commands that this workspace has.
#[test]
fn commands_of_workflows() {
    let mut commands = 0;
    for entry in fs::read_dir(Path::new(ROOT).join(".github/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let workflow: Value = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let jobs = workflow["jobs"].as_object().unwrap().values();
        let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
        let lines = steps.filter_map(|step| step["run"].as_str()).flat_map(str::lines);
        for line in lines.map(str::trim).filter(|line| line.starts_with("cargo ")) {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            if matches!(words[1].as_str(), "xtask" | "dora") {
                commands += 1;
                // What a variable stands for, the matrix says.
                let words =
                    words.iter().map(|word| word.replace("\"$ARCHITECTURE\"", "arm64")).collect::<Vec<_>>();
                let problem = commands::of_cargo(&words);
                assert_eq!(problem, None, "{}: {line}", path.display());
            }
        }
    }
    assert!(commands >= 3, "{commands}");
}

#[test]
fn commands_of_aws() {
    let commands = every_command("aws");
    assert!(commands.len() > 15, "{commands:?}");
    let words: Vec<&[String]> = commands.iter().map(|(_, words)| words.as_slice()).collect();
    let Some(problems) = outside::or_skip("commands_of_aws", commands::of_aws(&words)) else { return };
    let wrong: Vec<_> = commands.iter().zip(&problems).filter(|(_, problem)| !problem.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is found wrong, so that what is found right means something.
#[test]
fn wrong_commands() {
    let words = |command: &str| -> Vec<String> {
        let found = shell::commands(&format!("`{command}`"));
        assert_eq!(found.len(), 1, "{command}");
        found.into_iter().next().unwrap()
    };
    let contains = |command: &str, problem: &str, expected: &str| {
        assert!(problem.contains(expected), "{command}: {problem:?}");
    };
    for (command, expected) in [
        ("cargo dora docter", "unrecognized subcommand 'docter'"),
        ("cargo dora doctor --output -", "unexpected argument '--output'"),
        ("cargo xtask pack", "unrecognized subcommand 'pack'"),
        ("cargo run --quiet --package program -- tooling-template leadTime=maybe", "leadTime is \"maybe\""),
    ] {
        contains(command, &commands::of_cargo(&words(command)).unwrap_or_default(), expected);
    }
    let wrong = [
        ("aws sqs purge", "sqs has no operation purge"),
        ("aws sqss purge-queue", "sqss is no service"),
        ("aws sqs purge-queue --queue a", "purge-queue has no option --queue"),
        ("aws ssm get-ops-item --ops-item-arn a", "--ops-item-id is missing"),
        ("aws ssm get-ops-item oi-1", "oi-1 belongs to no option"),
        ("aws ssm get-ops-item --ops-item-id --region a", "--ops-item-id takes a value"),
        (
            "aws cloudformation create-stack-set --stack-set-name a --permission-model SERVICES",
            "can't be SERVICES",
        ),
        ("aws cloudformation create-stack-set --stack-set-name a --parameters Key=a", "has no member Key"),
        (
            "aws cloudformation create-stack-set --stack-set-name a --auto-deployment Enabled=yes",
            "neither true nor false",
        ),
        (
            "aws cloudformation create-stack-instances --stack-set-name a --deployment-targets Units=a",
            "has no member Units",
        ),
    ];
    let commands: Vec<Vec<String>> = wrong.iter().map(|(command, _)| words(command)).collect();
    let commands: Vec<&[String]> = commands.iter().map(Vec::as_slice).collect();
    let Some(problems) = outside::or_skip("wrong_commands", commands::of_aws(&commands)) else { return };
    for ((command, expected), problem) in wrong.iter().zip(&problems) {
        contains(command, problem, expected);
    }
}

/// Links lead to files, and to headings in them.
#[test]
fn links_lead_somewhere() {
    let anchor = |heading: &str| -> String {
        let kept = heading.trim().to_lowercase();
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    let mut links = 0;
    for (path, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") || link.contains(char::is_whitespace) {
                continue;
            }
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let known =
                    headings.map(|line| anchor(line.trim_start_matches('#'))).any(|known| known == heading);
                assert!(known, "{}: no heading for {link}", path.display());
            }
        }
    }
    assert!(links > 10, "{links}");
}
