//! A first installation: `dora init` as people run it, and what Pulumi makes of the files that it writes.

use crate::{
    engine::{Engine, Program},
    outside,
    scene::binaries,
    stacks::write_archive,
};
use metrics_lib::contract::env::CLOCK_FILE;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// The least that has to be said.
const LEAST: [&str; 6] =
    ["--ops-account", "999999999999", "--region", "eu-west-1", "--tooling", "111111111111:eu-west-1"];

/// The product's folder, without anything of an installation.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Pulumi.yaml");
    fs::copy(project, folder.path().join("Pulumi.yaml")).unwrap();
    folder
}

fn init(folder: &Path, arguments: &[&str]) -> Output {
    let dora = binaries().path("dora").unwrap();
    let clock = tempfile::NamedTempFile::new().unwrap();
    fs::write(&clock, "2026-06-15T12:00:00Z").unwrap();
    let mut command = Command::new(dora);
    command.arg("init").args(arguments).current_dir(folder).env(CLOCK_FILE, clock.path()).output().unwrap()
}

/// The files of stacks, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let file =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()));
    let files = entries.map(file).filter(|(name, _)| name != "Pulumi.yaml");
    files.filter_map(|(name, text)| Some((name, text.ok()?))).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// With much that can be said.
const MOST: [&str; 20] = [
    "--ops-account=999999999999",
    "--region=eu-west-1",
    "--tooling=111111111111:eu-west-1,us-east-1",
    "--tooling=012345678901:eu-west-1",
    "--team=payments=acme/shop, acme/till",
    "--team=web=acme/web",
    "--team=payments=acme/pay",
    "--repository=acme/tools",
    "--alarm-email=dora@example.com",
    "--prefix=dora-test",
    "--ops-stack=production",
    "--no-lead-time",
    "--set=mainBranch=1",
    "--set=productionStage=[\"Wave1\", \"Wave2\"]",
    "--set=alarmSilenceDays=3",
    "--set=webhookFirewall=false",
    "--set=architecture=x86_64",
    "--set=incidentAccounts={\"333333333333\": [\"acme/shop\"]}",
    "--set=incidentTypes=[\"/aws/issue\", \"it's\"]",
    "--set=tags={\"cost-center\": \"42\"}",
];
/// For an organisation.
const ORGANIZATION: [&str; 7] = [
    "--ops-account=999999999999",
    "--region=eu-west-1",
    "--organization=o-a1b2c3d4e5",
    "--organization-region=eu-west-1",
    "--organization-region=us-east-1",
    "--organization-path=o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*",
    "--set=incidentTypes=[\"/aws/issue\", \"it's\"]",
];

/// Files that are written, with their names.
pub(crate) fn examples() -> Vec<(String, String)> {
    let written = |arguments: &[&str]| {
        let folder = folder();
        assert!(init(folder.path(), arguments).status.success(), "{arguments:?}");
        files(folder.path())
    };
    [&LEAST[..], &MOST, &ORGANIZATION].into_iter().flat_map(written).collect()
}

/// What is written, and what is said to be done next.
#[test]
fn installations() {
    let check = |name: &str, arguments: &[&str]| {
        let folder = folder();
        let output = init(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        let files: String =
            files(folder.path()).into_iter().map(|(name, text)| format!("# {name}\n{text}\n")).collect();
        insta::assert_snapshot!(name, text(&output.stdout) + "\n" + &files);
    };
    check("init_least", &LEAST);
    check("init_most", &MOST);
    check("init_organization", &ORGANIZATION);
}

/// What the program would refuse is not written, and every value is named.
#[test]
fn refusals() {
    let check = |arguments: &[&str], expected: &[&str]| {
        let folder = folder();
        let output = init(folder.path(), arguments);
        let error = text(&output.stderr);
        assert_eq!(
            (output.status.code(), text(&output.stdout).as_str()),
            (Some(2), ""),
            "{arguments:?}: {error}"
        );
        for expected in expected {
            assert!(error.contains(expected), "{arguments:?}: {error}");
        }
        assert_eq!(files(folder.path()), BTreeMap::new(), "{arguments:?}");
    };
    let with = |others: &[&'static str]| [&LEAST, others].concat();
    check(&[], &["opsAccount is missing", "region is missing", "toolingAccounts is missing", "it asks"]);
    check(&["--json"], &["opsAccount is missing"]);
    check(&with(&["--prefix", "Dora"]), &["prefix is \"Dora\", allowed is 1 to 16 lower-case letters"]);
    check(&with(&["--tooling", "222:eu-west-1"]), &["toolingAccounts[1].account is \"222\""]);
    check(&with(&["--tooling", "222222222222"]), &["ACCOUNT:REGION"]);
    check(&with(&["--tooling", "222222222222:"]), &["toolingAccounts[1].regions is []"]);
    check(&with(&["--organization", "o-a1b2c3d4e5"]), &["organization is"]);
    check(&with(&["--organization-region", "eu-west-1"]), &["--organization <ID>"]);
    check(&with(&["--team", "payments"]), &["it has no ="]);
    check(&with(&["--alarm-email", "nobody"]), &["alarmEmails is [\"nobody\"]"]);
    check(&with(&["--set", "maniBranch=main"]), &["maniBranch is \"main\"", "no setting is called so"]);
    check(&with(&["--set", "productionStage=[]"]), &["productionStage is []"]);
    check(&with(&["--set", "region=eu-west-1"]), &["--region sets it"]);
    check(&with(&["--set", "stack=tooling"]), &["cargo dora init sets it"]);
    check(&with(&["--set", "webhookSecret=hush"]), &["pulumi config set --secret webhookSecret"]);
    check(&with(&["--set", "mainBranch=a", "--set", "mainBranch=b"]), &["--set mainBranch is given twice"]);
    check(&with(&["--ops-stack", "../ops"]), &["a stack is called by"]);
}

/// What the stack would be refused for is an error, too, and so is a folder that is not the product's.
#[test]
fn what_can_not_be_done() {
    let check = |folder: &Path, arguments: &[String], expected: &str| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = init(folder, &arguments);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(expected), "{error}");
        assert_eq!(files(folder), BTreeMap::new());
    };
    let least = LEAST.map(str::to_owned);
    check(
        tempfile::tempdir().unwrap().path(),
        &least,
        "Pulumi.yaml can't be read: give the product's folder",
    );
    let same = ["--ops-stack", "tooling-111111111111-eu-west-1"].map(str::to_owned);
    check(folder().path(), &[least.as_slice(), &same].concat(), "two stacks would be called");
    let many = (0..60).map(|number| format!("--tooling=1111111111{number:02}:eu-west-1,us-east-1,us-west-2"));
    check(folder().path(), &least.into_iter().chain(many).collect::<Vec<_>>(), "AWS would refuse this stack");
}

/// Nothing is lost by running it twice.
#[test]
fn a_second_time() {
    let folder = folder();
    let folder = folder.path();
    let with = |others: &[&'static str]| [&LEAST, others].concat();
    let outcomes = |output: &Output| -> Value {
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["files"].as_array().unwrap().iter().map(|file| file["outcome"].clone()).collect()
    };
    // The repository's example is no installation.
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../Pulumi.ops.yaml"), folder.join("Pulumi.ops.yaml"))
        .unwrap();
    let first = init(folder, &with(&["--json"]));
    assert_eq!(outcomes(&first), json!(["replaced", "written"]));
    assert_eq!(outcomes(&init(folder, &with(&["--json"]))), json!(["unchanged", "unchanged"]));
    // As Pulumi writes it when a secret is set.
    let file = folder.join("Pulumi.ops.yaml");
    let written = fs::read_to_string(&file).unwrap();
    let secret =
        format!("encryptionsalt: v1:salt\n{written}  dora-metrics:webhookSecret:\n    secure: v1:abc\n");
    fs::write(&file, &secret).unwrap();
    assert_eq!(outcomes(&init(folder, &with(&["--json"]))), json!(["unchanged", "unchanged"]));
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
    let other = with(&["--json", "--team", "web=acme/web"]);
    let refused = init(folder, &other);
    assert_eq!(refused.status.code(), Some(1));
    let error = text(&refused.stderr);
    assert!(error.contains("nothing is written: ./Pulumi.ops.yaml says something else already"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
    let forced = init(folder, &[other.as_slice(), &["--force"]].concat());
    assert_eq!(outcomes(&forced), json!(["replaced", "unchanged"]));
    let kept = fs::read_to_string(&file).unwrap();
    for part in ["v1:salt", "v1:abc", "acme/web"] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
}

/// On a terminal, it asks, and says what it does not take.
#[test]
fn on_a_terminal() {
    let python = outside::run(Command::new("python3").arg("--version"));
    let Some(()) = outside::or_skip("on_a_terminal", python) else { return };
    let folder = folder();
    let dora = binaries().path("dora").unwrap();
    let answers =
        ["99", "999999999999", "eu-west-1", "111111111111:eu-west-1", "payments=acme/shop", "", "", "no"];
    let command = [dora.to_str().unwrap(), "init", "--folder", folder.path().to_str().unwrap()];
    let task = json!({"command": command, "answers": answers});
    let output = outside::ask(Path::new("python3"), "terminal/answer.py", &task);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = said["shown"].as_str().unwrap();
    assert_eq!(said["code"], 0, "{shown}");
    assert!(
        shown.contains("opsAccount is \"99\", allowed is") && shown.contains("What to do next"),
        "{shown}"
    );
    let files = files(folder.path());
    let ops = &files["Pulumi.ops.yaml"];
    assert!(ops.contains("999999999999") && ops.contains("acme/shop") && files.len() == 2, "{files:?}");
}

/// What is printed works as it stands, on the engine: both stacks come up, and the secret that Pulumi has encrypted outlives another `init`.
#[test]
fn files_are_what_pulumi_reads() {
    let Some(engine) = Engine::or_skip("files_are_what_pulumi_reads") else { return };
    let program = binaries().path("program").unwrap();
    let project = engine.project(Program::Compiler(program.to_str().unwrap()));
    write_archive(&project);
    let folder = project.folder();
    let others = ["--team", "payments=acme/shop", "--set", "mainBranch=1", "--set", "alarmSilenceDays=3"];
    let arguments = [LEAST.as_slice(), &others].concat();
    let written = init(&folder, &[arguments.as_slice(), &["--json"]].concat());
    assert!(written.status.success(), "{}", text(&written.stderr));
    let report: Value = serde_json::from_slice(&written.stdout).unwrap();
    let steps = report["next"].as_array().unwrap().iter();
    let commands = steps.flat_map(|step| step["commands"].as_array().unwrap());
    let dora = binaries().path("dora").unwrap();
    let mut done = 0;
    for command in commands.map(|command| command.as_str().unwrap()) {
        // Archives are there; what asks the installation wants AWS.
        if ["cargo xtask", "doctor", "backfill"].iter().any(|other| command.contains(other)) {
            continue;
        }
        let line =
            command.replace("cargo dora", dora.to_str().unwrap()).replace("pulumi up", "pulumi up --yes");
        let output = project.shell(&line).output().unwrap();
        assert!(output.status.success(), "{command}: {}{}", text(&output.stdout), text(&output.stderr));
        done += 1;
    }
    assert_eq!(done, 9);
    assert!(folder.join("policies/dora-deployer-ops-2.json").is_file());
    let [ops, tooling] = ["ops", "tooling-111111111111-eu-west-1"].map(|name| project.known_stack(name));
    assert!(ops.export().resources.len() > 100);
    assert_eq!((ops.preview().unwrap(), tooling.preview().unwrap()), (vec![], vec![]));
    let changed =
        init(&folder, &[arguments.as_slice(), &["--force", "--alarm-email", "dora@example.com"]].concat());
    assert!(changed.status.success(), "{}", text(&changed.stderr));
    let changes: Vec<String> = ops.preview().unwrap().iter().map(ToString::to_string).collect();
    assert!(changes.len() == 1 && changes[0].starts_with("create alarm"), "{changes:?}");
}

/// What `dora export-policy` prints is what IAM takes as it is, and what is refused.
#[test]
fn policies_of_people() {
    let folder = folder();
    let folder = folder.path();
    assert!(init(folder, &LEAST).status.success());
    let export = |arguments: &[&str]| {
        let dora = binaries().path("dora").unwrap();
        Command::new(dora).arg("export-policy").args(arguments).current_dir(folder).output().unwrap()
    };
    let printed = |arguments: &[&str]| -> BTreeMap<String, Value> {
        let output = export(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let names = |arguments: &[&str]| -> Vec<String> { printed(arguments).into_keys().collect() };
    assert_eq!(names(&["viewer"]), ["dora-viewer"]);
    assert_eq!(names(&["operator"]), ["dora-operator"]);
    let tooling = "tooling-111111111111-eu-west-1";
    assert_eq!(names(&["deployer", "--stack", tooling]), [format!("dora-deployer-{tooling}")]);
    // Without the secret, there is no lake to deploy.
    let note = text(&export(&["deployer"]).stderr);
    assert!(note.contains("note: without webhookSecret"), "{note}");
    assert!(!json!(printed(&["deployer"])).to_string().contains("firehose"));
    let file = folder.join("Pulumi.ops.yaml");
    let written = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{written}  dora-metrics:webhookSecret:\n    secure: v1:abc\n")).unwrap();
    assert_eq!(text(&export(&["deployer"]).stderr), "");
    let deployer = printed(&["deployer"]);
    assert_eq!(deployer.keys().collect::<Vec<_>>(), ["dora-deployer-ops-1", "dora-deployer-ops-2"]);
    let out = text(&export(&["deployer", "--out", "policies"]).stdout);
    assert_eq!(out, "policies/dora-deployer-ops-1.json\npolicies/dora-deployer-ops-2.json\n");
    let first: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("policies/dora-deployer-ops-1.json")).unwrap())
            .unwrap();
    assert_eq!(first, deployer["dora-deployer-ops-1"]);
    let reasons: Value = serde_json::from_slice(&export(&["viewer", "--reasons"]).stdout).unwrap();
    let patterns: Vec<&str> =
        reasons.as_array().unwrap().iter().map(|each| each["resource"].as_str().unwrap()).collect();
    let alarms = "arn:aws:cloudwatch:eu-west-1:999999999999:alarm:*";
    assert_eq!(patterns, ["arn:aws:cloudwatch::999999999999:dashboard/dora-*", "*", alarms]);

    let check = |arguments: &[&str], code: i32, expected: &str| {
        let output = export(arguments);
        let error = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(code), ""), "{error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    };
    check(&["admin"], 2, "possible values: viewer, operator, deployer");
    check(&["viewer", "--stack", "nowhere"], 1, "`cargo dora init` writes the stacks' configuration");
    check(&["operator", "--stack", tooling], 1, "is the stack of a tooling account");
    fs::write(folder.join("Pulumi.odd.yaml"), "config:\n  dora-metrics:stack: odd\n").unwrap();
    check(&["viewer", "--stack", "odd"], 1, "stack is \"odd\", allowed is \"ops\" or \"tooling\"");
}
