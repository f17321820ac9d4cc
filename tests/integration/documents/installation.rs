//! An installation from its first command to its last, on the engine: a project with the repository's own files.

use super::{
    ROOT,
    play::{Filling, Play, printed},
    table::Part,
};
use crate::{
    engine::{Engine, Program, Project},
    outside::{self, Moto},
    stacks::write_archive,
};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const TOOLING: &str = "tooling-111111111111-eu-west-1";

/// The repository's project, in which nothing has been done yet.
pub(super) fn project<'a>(engine: &'a Engine) -> Project<'a> {
    let project = engine.project(Program::Compiler(""));
    for name in ["Pulumi.yaml", "Pulumi.ops.yaml", "Pulumi.tooling.yaml"] {
        project.write(name, fs::read(Path::new(ROOT).join(name)).unwrap());
    }
    project
}

/// Commands in a project, with moto in AWS's place.
pub(super) struct Typist<'a> {
    pub(super) play: &'a Play,
    pub(super) project: &'a Project<'a>,
    pub(super) moto: &'a Moto,
}

impl Typist<'_> {
    /// A line for the shell. Whoever is asked says yes.
    pub(super) fn shell(&self, line: &str) -> Command {
        let mut command = self.project.shell(line);
        command
            .env("PULUMI_SKIP_CONFIRMATIONS", "true")
            .env("AWS_ENDPOINT_URL", &self.moto.url)
            .env("AWS_ACCESS_KEY_ID", "key")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", "eu-west-1");
        self.play.equip(&mut command);
        command
    }

    /// Runs what a document prints, and returns what that prints.
    pub(super) fn run(&self, said: &str, filling: Filling<'_>) -> String {
        self.set_up(&self.play.line(said, filling))
    }

    /// Runs what a document prints, which tells people something.
    pub(super) fn tells(&self, said: &str, filling: Filling<'_>, parts: &[&str]) {
        let line = self.play.line(said, filling);
        let (out, err) = printed(&line, &self.shell(&line).output().unwrap());
        says(&(out + &err), parts);
    }

    /// Runs what a document prints, which is refused, and returns why.
    pub(super) fn refused(&self, said: &str, filling: Filling<'_>) -> String {
        let line = self.play.line(said, filling);
        let output = self.shell(&line).output().unwrap();
        assert!(!output.status.success(), "{line}");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
    }

    /// Runs what no document prints: the world in which the next command makes sense.
    pub(super) fn set_up(&self, line: &str) -> String {
        printed(line, &self.shell(line).output().unwrap()).0
    }
}

/// Parts of what is printed.
#[track_caller]
pub(super) fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// The URN of a resource, in the list that Pulumi prints.
fn urn(listed: &str, name: &str) -> String {
    let mut words = listed.split_whitespace();
    let urn = words.find(|word| word.starts_with("urn:") && word.ends_with(&format!("::{name}")));
    urn.unwrap_or_else(|| panic!("no {name}\n{listed}")).to_owned()
}

#[test]
fn commands_of_an_installation() {
    let test = "commands_of_an_installation";
    let Some(engine) = Engine::or_skip(test) else { return };
    let Some(play) = outside::or_skip(test, Play::new(Part::Installation)) else { return };
    let Some(moto) = outside::or_skip(test, Moto::start("999999999999")) else { return };
    let project = project(&engine);
    let typist = Typist { play: &play, project: &project, moto: &moto };
    install(&typist);
    people(&typist);
    work(&typist);
    give_lead_time_up_and_take_it_up(&typist);
    uninstall(&typist);
    play.finish();
}

/// OPERATIONS.md, "Install".
fn install(typist: &Typist<'_>) {
    let run = |said: &str, filling: Filling<'_>| typist.run(said, filling);
    let tells = |said: &str, filling: Filling<'_>, parts: &[&str]| typist.tells(said, filling, parts);
    tells("pulumi login", &[], &["Logged in"]);
    asks(typist);
    let first = "cargo dora init --ops-account 999999999999 --region eu-west-1 --tooling 111111111111:eu-west-1,us-east-1 \
                 --team payments=acme/shop,acme/till --set productionStage=Live";
    tells(first, &[], &["Pulumi.ops.yaml", "pulumi stack init ops", &format!("pulumi up --stack {TOOLING}")]);
    write_archive(typist.project);
    tells("pulumi stack init ops", &[], &["Created stack 'ops'"]);
    run("openssl rand -hex 32 | pulumi config set --secret webhookSecret --stack ops", &[]);
    // `cargo dora dashboard` takes what this prints.
    let printed: Value = serde_json::from_str(&run("pulumi config --json", &[])).unwrap();
    assert_eq!(printed["dora-metrics:opsAccount"]["value"], "999999999999", "{printed}");
    assert_eq!(printed["dora-metrics:webhookSecret"], json!({"secret": true}), "{printed}");
    tells("AWS_PROFILE=operations pulumi up --stack ops", &[], &["webhookUrl", "created"]);
    run(&format!("pulumi stack init {TOOLING}"), &[]);
    tells(&format!("AWS_PROFILE=tooling-111 pulumi up --stack {TOOLING}"), &[], &["created"]);
    assert!(run("pulumi stack output webhookUrl --stack ops", &[]).ends_with("/webhook\n"));
    let secret = run("pulumi config get webhookSecret --stack ops", &[]);
    assert_eq!((secret.trim().len(), secret.trim().bytes().all(|byte| byte.is_ascii_hexdigit())), (64, true));
    tells("pulumi preview --expect-no-changes --stack ops", &[], &["unchanged"]);
}

/// `init` asks on a terminal.
fn asks(typist: &Typist<'_>) {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(Path::new(ROOT).join("Pulumi.yaml"), folder.path().join("Pulumi.yaml")).unwrap();
    let shell = typist.shell("");
    let path = shell.get_envs().find_map(|(name, value)| (name == "PATH").then_some(value?)).unwrap();
    let line = typist.play.line("cargo dora init", &[]);
    let line = format!("cd {} && PATH={} {line}", folder.path().display(), path.display());
    let answers = ["999999999999", "eu-west-1", "111111111111:eu-west-1", "payments=acme/shop", "", "", "no"];
    let task = json!({"command": ["/bin/sh", "-c", line], "answers": answers});
    let output = outside::ask(&typist.play.python, "terminal/answer.py", &task);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["code"], 0, "{said}");
    assert!(folder.path().join(format!("Pulumi.{TOOLING}.yaml")).is_file(), "{said}");
}

/// OPERATIONS.md, "Who may do what".
fn people(typist: &Typist<'_>) {
    let policies = |said: &str| -> Value { serde_json::from_str(&typist.run(said, &[])).unwrap() };
    assert!(policies("cargo dora export-policy viewer")["dora-viewer"]["Statement"].is_array());
    assert!(policies("cargo dora export-policy operator")["dora-operator"]["Statement"].is_array());
    for stack in ["ops", TOOLING] {
        let files =
            typist.run(&format!("cargo dora export-policy deployer --stack {stack} --out policies"), &[]);
        says(&files, &[&format!("policies/dora-deployer-{stack}")]);
    }
    let created = typist.run(
        "aws iam create-policy --policy-name dora-deployer-ops-1 --policy-document file://policies/dora-deployer-ops-1.json",
        &[],
    );
    says(&created, &["\"arn:aws:iam::999999999999:policy/dora-deployer-ops-1\""]);
}

/// What is run while the installation works: other settings, another secret, accounts with incidents only.
fn work(typist: &Typist<'_>) {
    let run = |said: &str, filling: Filling<'_>| typist.run(said, filling);
    let tells = |said: &str, filling: Filling<'_>, parts: &[&str]| typist.tells(said, filling, parts);
    tells("pulumi up --refresh", &[], &["unchanged"]);
    let value = ("pulumi", "echo another | pulumi");
    run("pulumi config set --secret KEY", &[("KEY", "webhookSecret --stack ops"), value]);
    tells("pulumi up --stack ops", &[], &["webhook-secret-value"]);

    let incidents = "tooling-333333333333-eu-west-1";
    let account = r#"'{"333333333333": ["111111111111", "acme/shop"]}'"#;
    run(&format!("pulumi config set incidentAccounts {account} --stack ops"), &[]);
    tells("pulumi up --stack ops", &[], &["updated"]);
    run(&format!("pulumi stack init {incidents}"), &[]);
    run(
        &format!(
            "pulumi config set-all --stack {incidents} --plaintext stack=tooling --plaintext executions=false \
             --plaintext account=333333333333 --plaintext region=eu-west-1 --plaintext opsAccount=999999999999 \
             --plaintext opsRegion=eu-west-1"
        ),
        &[],
    );
    tells(&format!("pulumi up --stack {incidents}"), &[], &["incidents-rule"]);
    let made = typist.project.known_stack(incidents).export();
    assert!(!made.text.contains("executions-rule"), "it forwards executions");
}

/// OPERATIONS.md, "Stop to measure lead time, and begin again".
fn give_lead_time_up_and_take_it_up(typist: &Typist<'_>) {
    let run = |said: &str, filling: Filling<'_>| typist.run(said, filling);
    let tells = |said: &str, filling: Filling<'_>, parts: &[&str]| typist.tells(said, filling, parts);
    let listed = run("pulumi stack --show-urns --stack ops", &[]);
    let (lake, provider) = (urn(&listed, "lake"), urn(&listed, "aws"));
    let quoted = |urn: &str| format!("'{urn}'");
    run("pulumi config rm webhookSecret --stack ops", &[]);
    says(&typist.refused("pulumi up --stack ops", &[]), &["protect"]);
    tells("pulumi state unprotect URN --stack ops", &[("URN", &quoted(&lake))], &["unprotected"]);
    tells("pulumi up --stack ops", &[], &["deleted"]);
    run("openssl rand -hex 32 | pulumi config set --secret webhookSecret --stack ops", &[]);
    let import = "pulumi import aws:s3/bucket:Bucket lake PREFIX-lake-OPSACCOUNT-REGION --provider aws=URN_OF_PROVIDER \
                  --generate-code=false --stack ops";
    let bucket = ("PREFIX-lake-OPSACCOUNT-REGION", "dora-lake-999999999999-eu-west-1");
    tells(import, &[bucket, ("URN_OF_PROVIDER", &quoted(&provider))], &["imported"]);
    tells("pulumi up --stack ops", &[], &["created"]);
    tells("pulumi preview --expect-no-changes --stack ops", &[], &["unchanged"]);
}

/// OPERATIONS.md, "Uninstall".
fn uninstall(typist: &Typist<'_>) {
    let run = |said: &str, filling: Filling<'_>| typist.run(said, filling);
    let tells = |said: &str, filling: Filling<'_>, parts: &[&str]| typist.tells(said, filling, parts);
    tells("pulumi destroy --stack STACK", &[("STACK", TOOLING)], &["deleted"]);
    let ops = &[("STACK", "ops")];
    says(&typist.refused("pulumi destroy --stack STACK", ops), &["protected"]);
    let listed = run("pulumi stack --show-urns --stack ops", &[]);
    for name in ["ledger", "lake", "key"] {
        run("pulumi state unprotect URN --stack ops", &[("URN", &format!("'{}'", urn(&listed, name)))]);
    }
    tells("pulumi destroy --stack STACK", ops, &["deleted"]);

    typist.set_up(
        "aws dynamodb create-table --table-name dora-ledger --deletion-protection-enabled --billing-mode PAY_PER_REQUEST \
         --attribute-definitions AttributeName=pk,AttributeType=S --key-schema AttributeName=pk,KeyType=HASH",
    );
    let unprotect = "aws dynamodb update-table --table-name PREFIX-ledger --no-deletion-protection-enabled";
    tells(unprotect, &[("PREFIX", "dora")], &["\"DeletionProtectionEnabled\": false"]);

    let key: Value = serde_json::from_str(&typist.set_up("aws kms create-key")).unwrap();
    let id = key["KeyMetadata"]["KeyId"].as_str().unwrap();
    typist.set_up(&format!("aws kms schedule-key-deletion --key-id {id}"));
    let key = &[("KEY_ID", id)];
    tells("aws kms cancel-key-deletion --key-id KEY_ID", key, &[id]);
    let state = || {
        typist
            .set_up(&format!("aws kms describe-key --key-id {id} --query KeyMetadata.KeyState --output text"))
    };
    assert_eq!(state(), "Disabled\n");
    run("aws kms enable-key --key-id KEY_ID", key);
    assert_eq!(state(), "Enabled\n");
}
