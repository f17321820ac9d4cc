//! `dora explain`, `backfill`, `doctor` and `redrive`, as people run them, on the single-machine cloud over HTTP.

mod backfill;
mod backlog;
mod credentials;
mod doctor;
mod explain;
mod formats;
mod probe;
mod redrive;
mod settings;

use crate::scene::{Scene, binaries, ops_item};
use metrics_lib::contract::env;
use simulator::cloud::Access;
use std::collections::BTreeSet;
use tokio::{process::Command, select};

/// The figures that `explain` is asked for.
const FIGURES: [&str; 7] = [
    "deployment-frequency",
    "lead-time-for-changes",
    "change-failure-rate",
    "time-to-restore",
    "rework-rate",
    "unattributed-incidents",
    "ignored-executions",
];
/// The day on which scenes play.
const DAY: [&str; 4] = ["--from", "2026-06-15", "--to", "2026-06-16"];

/// What a command said.
pub(crate) struct Said {
    code: i32,
    pub(crate) out: String,
    err: String,
}

impl Said {
    /// The whole of it, as a report.
    pub(crate) fn report(&self) -> String {
        let Self { code, out, err } = self;
        format!("exit code {code}\n{out}{err}")
    }

    /// What is not as it should be: the report without what is.
    fn failures(&self) -> String {
        let report = self.report();
        report.lines().filter(|line| !line.starts_with("ok ")).map(|line| format!("{line}\n")).collect()
    }
}

/// Runs `dora` with the operator's access, while the cloud is served.
pub(crate) async fn dora(scene: &mut Scene, arguments: &[&str]) -> Said {
    let Access { endpoint, access_key, secret, clock_file, .. } = scene.cloud.operator();
    let mut command = Command::new(binaries().path("dora").unwrap());
    command
        .args(arguments)
        // How far it is depends on this machine, and would get between what is compared.
        .arg("--quiet")
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_REGION", "eu-west-1")
        .env(env::CLOCK_FILE, clock_file)
        .env("AWS_MAX_ATTEMPTS", "1")
        .kill_on_drop(true);
    let output = select! {
        output = command.output() => output.unwrap(),
        served = scene.cloud.serve() => panic!("{served:?}"),
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// An installation that can't be found is told with what was tried, and what to do.
#[tokio::test]
async fn installation_that_is_not_there() {
    let mut scene = Scene::new().await;
    let mut check = async |arguments: &[&str], expected: &[&str]| {
        let said = dora(&mut scene, arguments).await;
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{arguments:?}");
        for expected in expected {
            assert!(said.err.contains(expected), "{arguments:?}: {}", said.err);
        }
    };
    check(
        &["doctor", "--prefix", "other"],
        &["function other-reconciler in eu-west-1", "--prefix", "AccessDeniedException"],
    )
    .await;
    check(&["explain", "deployments", "--endpoint-url", "http://127.0.0.1:1"], &["DispatchFailure"]).await;
    check(&["redrive", "--profile", "nobody"], &["nobody"]).await;
    check(
        &["explain", "deployments", "--from", "2026-06-02", "--to", "2026-06-02"],
        &["--from 2026-06-02 is not before --to 2026-06-02"],
    )
    .await;
    check(&["backfill", "--since", "2999-01-01"], &["--since 2999-01-01T00:00:00Z has not come yet"]).await;
    check(&["backfill", "--since", "2024-01-01"], &["the ledger keeps what happened within 455 days"]).await;
    check(
        &["explain", "deployments", "--from", "2024-01-01"],
        &["2024-01-01 to 2026-06-16 are 897 days, the ledger keeps 455"],
    )
    .await;
    check(
        &["redrive", "--function", "reconciler"],
        &["--function reconciler has no queue", "deployments, incidents"],
    )
    .await;
}

/// The error says how a day is written.
#[tokio::test]
async fn days_that_are_none() {
    let mut scene = Scene::new().await;
    for arguments in [
        &["backfill", "--since", "15.06.2026"][..],
        &["explain", "df", "--from", "yesterday"],
        &["explain", "df", "--to", "2026-02-30"],
    ] {
        let said = dora(&mut scene, arguments).await;
        assert_eq!(said.code, 2);
        assert!(said.err.contains(": a day is written YYYY-MM-DD, such as 2026-06-01 ("), "{}", said.err);
    }
}

/// What an operator has to be allowed is in docs/OPERATIONS.md, no more and no less.
#[tokio::test]
async fn permissions_of_operators() {
    let mut scene = Scene::with(crate::scene::with_webhook()).await;
    scene.raises(&ops_item(1, "01:00")).await;
    scene.services().faults.add(
        "ssm:GetOpsItem",
        fake_aws::Fault::Refused(fake_aws::AwsError::new("AccessDeniedException", "no")),
        1000,
    );
    scene.finish().await;
    let outputs = doctor::outputs(&scene);
    let outputs = outputs.path().to_str().unwrap();
    for arguments in [
        &["explain", "deployments"][..],
        &["backfill", "--since", "2026-06-14", "--rate", "0"],
        &["redrive"],
        &["doctor", "--outputs", outputs, "--probe"],
    ] {
        dora(&mut scene, arguments).await;
    }
    let asked = scene.services().permissions.asked_by_users().clone();
    let page = include_str!("../../docs/OPERATIONS.md");
    let section = page.split("## Commands for operators").nth(1).unwrap().split("\n## ").next().unwrap();
    let is_action = |text: &&str| {
        text.split_once(':').is_some_and(|(service, operation)| {
            service.bytes().all(|byte| byte.is_ascii_lowercase()) && operation.starts_with(char::is_uppercase)
        })
    };
    let documented: BTreeSet<String> = section.split('`').filter(is_action).map(str::to_owned).collect();
    assert_eq!(documented, asked);
    // The policy that is printed allows these and no others, or they would have been refused.
    let policy = program::access::operator(scene.cloud.plan());
    let allowed: BTreeSet<String> =
        policy.iter().flat_map(|statement| &statement.actions).map(|action| (*action).to_owned()).collect();
    assert_eq!(allowed, asked);
}
