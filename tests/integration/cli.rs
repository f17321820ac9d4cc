//! `dora` as people run it.

use crate::scene::binaries;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(binaries().path("dora").unwrap())
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

const WORLD: &str = "fixtures/worlds/deployment-incident-hotfix.jsonl";

#[test]
fn demo() {
    let output = stdout(&run(&["demo", "--days", "7", "--seed", "3"]));
    assert!(output.contains("Every figure is true"), "{output}");
}

#[test]
fn summary_of_a_world() {
    insta::assert_snapshot!(stdout(&run(&["replay", WORLD])));
}

/// The delivery was recorded from a webhook without secret.
#[test]
fn summary_of_a_world_with_a_push() {
    insta::assert_snapshot!(stdout(&run(&["replay", "fixtures/worlds/push-deployment.jsonl"])));
}

#[test]
fn outcome_of_a_world_as_json() {
    insta::assert_snapshot!(stdout(&run(&["replay", WORLD, "--json"])));
}

#[test]
fn help() {
    insta::assert_snapshot!(stdout(&run(&["--help"])));
}

/// A malformed line stops the replay before anything is sent, and says where it is.
#[test]
fn malformed_world() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.jsonl");
    std::fs::write(&world, "{\"at\": \"2026-06-15T12:00:00Z\", \"opsItem\": {\"account\": \"1\"}}\n")
        .unwrap();
    let output = run(&["replay", world.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let expected = format!("error: {}, line 1, opsItem.account: ", world.display());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn missing_world() {
    let output = run(&["replay", "no-such-file"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: no-such-file can't be read: "), "{error}");
}

#[test]
fn unknown_command() {
    assert_eq!(run(&["replai"]).status.code(), Some(2));
}
