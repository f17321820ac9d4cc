//! What the documents tell people to type: queries of logs name fields that logs have, commands are understood, and files are
//! where it is said that they are.

use crate::scene::{Scene, binaries, execution};
use local::aws::Fault;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Every document for people, by its path.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(ROOT);
    let mut files = vec![root.join("README.md"), root.join("ARCHITECTURE.md")];
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

/// `cargo dora …` with all its words, of whose values nothing is asked.
#[test]
fn commands_are_understood() {
    let mut commands = BTreeSet::new();
    for (path, text) in documents() {
        for code in code(&text) {
            let Some((_, command)) = code.split_once("cargo dora ") else { continue };
            let command = command.split(['#', '|', '>']).next().unwrap_or_default().trim().to_owned();
            if !command.contains(['…', '[']) {
                commands.insert((command, path.clone()));
            }
        }
    }
    assert!(commands.len() > 10, "{commands:?}");
    let dora = binaries().path("dora").unwrap();
    for (command, path) in commands {
        let output = Command::new(&dora).args(command.split_whitespace()).arg("--help").output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: cargo dora {command}: {error}", path.display());
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
