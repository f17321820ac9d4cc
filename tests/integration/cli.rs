//! `dora` as people run it.

mod interruption;
mod shell;

use crate::scene::binaries;
use metrics_lib::text::is_harmful;
use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(binaries().path("dora").unwrap())
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

/// `dora … | head` ends when `head` has enough: that is no failure, and no message.
#[test]
fn output_that_nobody_reads() {
    for arguments in [
        &["replay", WORLD, "--quiet"][..],
        &["replay", WORLD, "--json", "-q"],
        &["export-schema", "--folder", ".."],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(binaries().path("dora").unwrap());
        command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdout(writer);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
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

/// What is made up can be played again, and its figures be asked for.
#[test]
fn demo_as_a_world() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.jsonl");
    let world = world.to_str().unwrap();
    let output = run(&["demo", "--days", "7", "--seed", "3", "--json", "--quiet", "--save-world", world]);
    let outcome = stdout(&output);
    let place = format!("world: {}\n", Path::new(world).canonicalize().unwrap().display());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), place);
    assert_eq!(stdout(&run(&["replay", world, "--json"])), outcome);
    let outcome: Value = serde_json::from_str(&outcome).unwrap();
    let facts = outcome["facts"].as_array().unwrap().iter();
    let deployments = facts.filter(|fact| fact["kind"] == "deployment").count();
    let explained: Value =
        serde_json::from_str(&stdout(&run(&["explain", "df", "--json", "--local", world]))).unwrap();
    assert_eq!(explained["value"], deployments as f64);
    let output = run(&["demo", "--save-world", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
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

/// Names that would clear a terminal, set its title, or turn text around: they are shown, and do nothing, and JSON has them
/// as they are.
#[test]
fn names_do_nothing_on_a_terminal_or_page() {
    let folder = tempfile::tempdir().unwrap();
    let world = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(WORLD)).unwrap();
    let name = "acme/\u{9b}2J\u{9d}0;x\u{9c}\u{202e}shop";
    let [file, page] = ["world\u{202e}.jsonl", "page.html"].map(|file| folder.path().join(file));
    std::fs::write(&file, world.replace("acme/shop", name)).unwrap();
    let [file, page] = [&file, &page].map(|path| path.to_str().unwrap());
    let summary = stdout(&run(&["replay", file, "--out", page]));
    assert!(summary.contains("acme/\\u009b2J\\u009d0;x\\u009c\\u202eshop"), "{summary}");
    let json = stdout(&run(&["replay", file, "--json"]));
    let outcome: Value = serde_json::from_str(&json).unwrap();
    assert!(outcome["facts"].as_array().unwrap().iter().any(|fact| fact["repository"] == name), "{json}");
    let explained = stdout(&run(&["explain", "deployment-frequency", "--local", file]));
    let page = std::fs::read_to_string(page).unwrap();
    // The page is called after its world, and has the repository.
    assert!(page.contains("world\u{fffd}.jsonl") && page.contains("acme/\u{fffd}2J\u{fffd}"), "{page}");
    for shown in [summary, json, explained, page] {
        assert!(!shown.contains(is_harmful), "{shown}");
    }
}

/// The page is one file that fetches nothing.
#[test]
fn page_of_a_world() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let output = run(&["replay", WORLD, "--json", "--out", file.to_str().unwrap()]);
    let outcome: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(outcome["metrics"].is_array());
    let place = format!("page: {}\n", file.canonicalize().unwrap().display());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.ends_with(&place), "{told}");
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains("\"acme/shop\""), "the repository was seen, so it can be chosen");
    for fetched in ["<script src", "<img", "url(", "@import", "<link rel=\"stylesheet", "fetch(", "import("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
}

/// It is told before anything is played, and nothing is left behind.
#[test]
fn page_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for file in ["no-such-folder/page.html", folder] {
        let output = run(&["replay", "no-such-world", "--out", file]);
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(&format!("error: {file} can't be written: ")), "{told}");
    }
    let output = run(&["replay", "no-such-world", "--out", &format!("{folder}/page.html")]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("no-such-world"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["replay", WORLD, "--serve", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("port {port} can't be served on: ")), "{told}");
    assert_eq!(run(&["replay", WORLD, "--port", &port]).status.code(), Some(2));
}

#[test]
fn page_at_an_address() {
    let mut process = Command::new(binaries().path("dora").unwrap())
        .args(["replay", WORLD, "--serve"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let address = lines.map(Result::unwrap).find_map(|line| {
        let (_, address) = line.split_once("page: http://")?;
        Some(address.split_once('/')?.0.to_owned())
    });
    let address: SocketAddr = address.unwrap().parse().unwrap();
    assert!(address.ip().is_loopback());
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: text/html; charset=utf-8"), "{answer}");
    assert!(answer.ends_with("</html>"), "{answer}");
}

fn names_of(printed: &str) -> Vec<String> {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(printed)
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

const DASHBOARDS: [&str; 3] = ["dora", "dora-repository", "dora-team"];

/// Whichever form the configuration has, the dashboards are the same.
#[test]
fn dashboards_of_a_configuration() {
    assert_eq!(names_of(&stdout(&run(&["dashboard"]))), DASHBOARDS);
    assert_eq!(names_of(&stdout(&run(&["dashboard", "--format", "grafana"]))), DASHBOARDS);
    let folder = tempfile::tempdir().unwrap();
    let dashboards = |file: &str, text: &str| {
        let file = folder.path().join(file);
        std::fs::write(&file, text).unwrap();
        stdout(&run(&["dashboard", "--config", file.to_str().unwrap()]))
    };
    let plain = dashboards(
        "config.json",
        r#"{"toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
            "opsAccount": "099999999999", "region": "eu-west-1", "teams": {"web": ["acme/web"]}, "webhookSecret": "hush"}"#,
    );
    assert_eq!(names_of(&plain), DASHBOARDS);
    let stack = "encryptionsalt: v1:salt
config:
  aws:region: eu-west-1
  dora-metrics:stack: ops
  dora-metrics:opsAccount: \"099999999999\"
  dora-metrics:region: eu-west-1
  dora-metrics:toolingAccounts:
    - account: \"111111111111\"
      regions: [eu-west-1]
  dora-metrics:teams: {web: [acme/web]}
  dora-metrics:webhookSecret:
    secure: v1:abc
";
    assert_eq!(dashboards("Pulumi.ops.yaml", stack), plain);
    let printed = r#"{
        "aws:region": {"value": "eu-west-1", "secret": false},
        "dora-metrics:stack": {"value": "ops", "secret": false},
        "dora-metrics:opsAccount": {"value": "099999999999", "secret": false},
        "dora-metrics:region": {"value": "eu-west-1", "secret": false},
        "dora-metrics:toolingAccounts": {
            "value": "[{\"account\":\"111111111111\",\"regions\":[\"eu-west-1\"]}]",
            "objectValue": [{"account": "111111111111", "regions": ["eu-west-1"]}],
            "secret": false
        },
        "dora-metrics:teams": {"value": "{\"web\":[\"acme/web\"]}", "objectValue": {"web": ["acme/web"]}, "secret": false},
        "dora-metrics:webhookSecret": {"secret": true}
    }"#;
    assert_eq!(dashboards("printed.json", printed), plain);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Pulumi.ops.yaml");
    assert_eq!(names_of(&stdout(&run(&["dashboard", "--config", example.to_str().unwrap()]))), ["dora"]);
}

#[test]
fn dashboards_by_name_and_as_files() {
    let all: serde_json::Value = serde_json::from_str(&stdout(&run(&["dashboard"]))).unwrap();
    let one = stdout(&run(&["dashboard", "--name", "dora-team"]));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&one).unwrap(), all["dora-team"]);

    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new/folder");
    let told = |arguments: &[&str]| {
        let output = run(&[&["dashboard", "--out", new.to_str().unwrap()], arguments].concat());
        assert_eq!(stdout(&output), "");
        String::from_utf8(output.stderr).unwrap()
    };
    let file = |name: &str| new.join(format!("{name}.json"));
    let expected: String =
        DASHBOARDS.iter().map(|name| format!("dashboard: {}\n", file(name).display())).collect();
    assert_eq!(told(&[]), expected);
    for name in DASHBOARDS {
        let written: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file(name)).unwrap()).unwrap();
        assert_eq!(written, all[name]);
    }
    let replaced = told(&["--format", "grafana", "--name", "dora"]);
    assert_eq!(replaced, format!("dashboard: {}\n", file("dora").display()));
    assert!(std::fs::read_to_string(file("dora")).unwrap().contains("schemaVersion"));
}

/// What is misspelt is refused, with what may have been meant.
#[test]
fn dashboards_of_nothing_known() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], expected: &str| {
        let output = run(&[&["dashboard"], arguments].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{told}");
        assert!(told.ends_with(&format!("{expected}\n")), "{told}");
    };
    refused(&["--name", "dora-tem"], "error: no dashboard is called dora-tem, the nearest is dora-team");
    let config = |text: &str, expected: &str| {
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        refused(&["--config", file.to_str().unwrap()], expected);
    };
    config(
        r#"{"toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
            "opsAccount": "999999999999", "region": "eu-west-1", "tems": {"web": ["acme/web"]}}"#,
        r#"tems is {"web":["acme/web"]}, allowed is nothing: no setting is called so, the nearest is teams"#,
    );
    config(
        "config:\n  dora-metrics:stack: ops\n  dora-metrics:opsAccount: \"999999999999\"\n  dora-metrics:region: eu-west-1\n  \
         dora-metrics:toolingAccounts: [{account: \"111111111111\", regions: [eu-west-1]}]\n  dora-metrics:mainBanch: x\n",
        r#"mainBanch is "x", allowed is nothing: no setting is called so, the nearest is mainBranch"#,
    );
    config("config:\n  dora-metrics:region: eu-west-1\n", "is of no stack: it has no key stack");
    config("{", "EOF while parsing an object at line 1 column 1");
}

/// The webhook of a world that is played is known: it is pinged, and a probe goes through it.
#[test]
fn webhook_of_a_world() {
    let told = stdout(&run(&["doctor", "--probe", "--local", "fixtures/worlds/push-deployment.jsonl"]));
    for expected in ["/github: answers a signed ping\n", "ok       probe to the lake, workgroup dora: passed"]
    {
        assert!(told.contains(expected), "{told}");
    }
    // Nothing of it is in AWS.
    assert!(!told.contains("pulumi"), "{told}");
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

/// What comes through a pipe can be read only once, and is played all the same.
#[test]
fn world_through_a_pipe() {
    let expected = stdout(&run(&["replay", WORLD]));
    let world = std::fs::read(format!("{}/{WORLD}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for name in ["-", "/dev/stdin"] {
        let mut child = Command::new(binaries().path("dora").unwrap())
            .args(["replay", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&world).unwrap();
        assert_eq!(stdout(&child.wait_with_output().unwrap()), expected, "{name}");
    }
}

#[test]
fn malformed_world_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.jsonl");
    std::fs::write(&world, "{\"at\": 5}").unwrap();
    let mut command = Command::new(binaries().path("dora").unwrap());
    let output = command.args(["replay", "-"]).stdin(File::open(world).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: standard input, line 1, at: "), "{error}");
}

/// The lines of a world, each of which `change` may change.
fn changed(world: &str, change: impl Fn(&mut Value)) -> String {
    let text = std::fs::read_to_string(format!("{}/{world}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        change(&mut line);
        line.to_string() + "\n"
    });
    lines.collect()
}

fn summary_of(world: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.jsonl");
    std::fs::write(&file, world).unwrap();
    stdout(&run(&["replay", file.to_str().unwrap()]))
}

/// A repository that CloudWatch can't have as a dimension counts in all, and the summary says so.
#[test]
fn summary_of_a_repository_without_dimension() {
    let world = changed(WORLD, |line| {
        let text = line.to_string().replace("acme/shop", "acme/b\u{fc}cher");
        *line = serde_json::from_str(&text).unwrap();
    });
    insta::assert_snapshot!(summary_of(&world));
}

/// The deployment before has the same revision: nothing new was deployed, which is no matter of age.
#[test]
fn summary_of_a_deployment_of_nothing_new() {
    let world = changed("fixtures/worlds/push-deployment.jsonl", |_| {});
    let again = changed("fixtures/worlds/push-deployment.jsonl", |line| {
        let text = line
            .to_string()
            .replace("2026-06-15T", "2026-06-16T")
            .replace("0a1b2c3d-0000-4000-8000-000000000001", "again");
        *line = serde_json::from_str(&text).unwrap();
    });
    let again = again.lines().filter(|line| line.contains("again")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(summary_of(&format!("{world}{again}")));
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
