//! From GitHub's webhooks to lead time: the real functions, Firehose, the lake and Athena on the single-machine cloud.

use crate::scene::{
    Delivery, Execution, Scene, Source, at, commit, commit_id, execution, execution_of, ops_item, report,
    with_webhook,
};
use jiff::SignedDuration;
use metrics_lib::{
    fact::FactKind,
    parts::{HEADINGS, Heading},
};
use program::plan::{Consumer, Plan, Throttle};
use serde_json::json;
use simulator::{
    payload_builders::{delivery, merged_pull_request, pull_request, review},
    replay_result::ReplayedFact,
};

/// Deploys commit 1 at 12:00, lets things happen, deploys a commit at 16:00, and compares what is said of lead time.
async fn check(happens: impl AsyncFnOnce(&mut Scene), deployed: u32, expected: &[&str]) {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    happens(&mut scene).await;
    scene.runs(&execution("e2", "16:00").revision(&commit_id(deployed))).await;
    let report = report(&scene.finish().await);
    let about = |line: &&str| {
        line.contains("LeadTime") || line.starts_with("leadTime e2") || line.starts_with("dead")
    };
    let found: Vec<&str> = report.lines().filter(about).filter(|line| !line.contains(" 12:00 = ")).collect();
    assert_eq!(found, expected, "{report}");
}

#[tokio::test]
async fn several_pushes() {
    check(
        async |scene| {
            scene.pushes("13:00", "main", 1, &[commit(2, "12:30", "Add"), commit(3, "13:00", "Mend")]).await;
            scene.pushes("15:00", "main", 3, &[commit(4, "15:00", "Polish")]).await;
        },
        4,
        &[
            "CommitLeadTime acme/shop 16:00 = 3600 + 10800 + 12600",
            "LeadTimeForChanges acme/shop 16:00 = 12600",
            "leadTime e2 published: first of 3 commits is 0000000000000000000000000000000000000002 of \
             2026-06-15T12:30:00Z",
        ],
    )
    .await;
}

/// Checks the parts of the lead time of an execution that ended at 18:00 on the 18th, in hours.
async fn check_parts(steps: &[Delivery], execution: Execution, expected: &str) {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution_of("shop", "e1", "12:00").revision(&commit_id(1))).await;
    for step in steps {
        scene.delivers("16 11:30", step).await;
    }
    let merged = [commit(2, "16 06:00", "Add"), commit(3, "16 08:00", "Merge pull request #7 from acme/x")];
    scene.pushes("16 12:00", "main", 1, &merged).await;
    let request = merged_pull_request("acme/shop", "x", &commit_id(2), &commit_id(3), 1, at("16 12:00"));
    scene.delivers("16 12:00", &request).await;
    scene.runs(&execution.revision(&commit_id(3))).await;
    let outcome = scene.finish().await;
    let hours = |Heading { metric: part, .. }: Heading| {
        let mut all = outcome.metrics.iter().filter(|metric| metric.name == part.name());
        let total = all.find(|metric| metric.dimensions.is_empty())?;
        let point = total.points.iter().find(|point| point.timestamp == at("18 18:00"))?;
        Some(format!("{} {}", part.name(), point.values[0] / 3600.0))
    };
    let found: Vec<String> = HEADINGS.into_iter().filter_map(hours).collect();
    assert_eq!(found.join(", "), expected);
}

/// Where the time went: from the pull request's deliveries and the execution's actions. An approval of two days is two days.
#[tokio::test]
async fn parts_of_a_lead_time() {
    let opened = pull_request("acme/shop", 7, "opened", true, at("16 06:30"));
    let ready = pull_request("acme/shop", 7, "ready_for_review", false, at("16 07:00"));
    let reviewed = review("acme/shop", 7, "changes_requested", at("16 09:00"));
    let approved = review("acme/shop", 7, "approved", at("16 11:00"));
    let run = || execution("e2", "18 18:00");
    check_parts(
        &[opened, ready.clone(), reviewed, approved],
        run().approved_after(SignedDuration::from_hours(48)),
        "CodingTime 1, PickupTime 2, ReviewTime 2, MergeTime 1, QueueTime 5.9, PipelineTime 0.06666666666666667, \
         ApprovalWait 48.016666666666666, DeployTime 0.016666666666666666",
    )
    .await;
    // No review was delivered.
    check_parts(
        &[ready],
        run(),
        "CodingTime 1, UnknownTime 5, QueueTime 53.9, PipelineTime 0.08333333333333333, DeployTime 0.016666666666666666",
    )
    .await;
    // A stage that failed and was tried again an hour later.
    check_parts(
        &[],
        run().retried(at("18 17:30")),
        "UnknownTime 6, QueueTime 53.483333333333334, PipelineTime 0.48333333333333334, \
         DeployTime 0.03333333333333333",
    )
    .await;
}

/// A hotfix from a branch of its own lies between two deployments of the main branch that are further apart than the
/// lookback: what was pushed after the first of them counts.
#[tokio::test]
async fn hotfix_branch_after_the_lookback() {
    let mut config = with_webhook();
    config["leadTimeLookback"] = json!("1d");
    config["trunkBasedRepositories"] = json!(["acme/shop"]);
    let mut scene = Scene::with(config).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.pushes("16 12:00", "main", 1, &[commit(2, "16 12:00", "Add")]).await;
    // The branch is created on what is live, before anything is pushed to it.
    let created = json!({
        "ref": "refs/heads/hotfix", "before": "0".repeat(40), "after": commit_id(1), "created": true,
        "commits": [], "repository": {"full_name": "acme/shop"},
    });
    assert_eq!(scene.delivers("19 09:00", &delivery("push", &created)).await, 200);
    scene.pushes("19 10:00", "hotfix", 1, &[commit(9, "19 10:00", "Mend")]).await;
    let hotfix = execution("e2", "19 12:00").source(Source::CodeStar, "acme/shop", "hotfix");
    scene.runs(&hotfix.revision(&commit_id(9))).await;
    scene.pushes("20 10:00", "main", 2, &[commit(3, "20 10:00", "Go on")]).await;
    scene.runs(&execution("e3", "20 12:00").revision(&commit_id(3))).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("CommitLeadTime acme/shop 20 12:00 = 7200 + 345600\n"), "{report}");
    assert!(report.contains("LeadTimeForChanges acme/shop 20 12:00 = 345600\n"), "{report}");
    assert!(report.contains("LeadTimeForChanges acme/shop 19 12:00 = 7200\n"), "{report}");
    assert!(!report.contains("dead letter"), "{report}");
}

#[tokio::test]
async fn squashed_pull_request() {
    check(
        async |scene| {
            scene.pushes("12:10", "feature", 0, &[commit(2, "12:05", "Try")]).await;
            scene.pushes("14:00", "feature", 2, &[commit(3, "14:00", "Do")]).await;
            scene.pushes("15:00", "main", 1, &[commit(4, "15:00", "Feature (#7)")]).await;
            let at = crate::scene::at("15:00");
            let request = merged_pull_request("acme/shop", "feature", &commit_id(3), &commit_id(4), 2, at);
            assert_eq!(scene.delivers("15:00", &request).await, 200);
        },
        4,
        &[
            "CommitLeadTime acme/shop 16:00 = 7200 + 14100",
            "LeadTimeForChanges acme/shop 16:00 = 14100",
            "leadTime e2 published: first of 2 commits is 0000000000000000000000000000000000000002 of \
             2026-06-15T12:05:00Z",
        ],
    )
    .await;
}

/// A squashed pull request says nothing of its branch, which references an incident: the pull request does.
#[tokio::test]
async fn squashed_branch_that_references_an_incident() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.raises(&ops_item(1, "13:00")).await;
    let branch = "fix/oi-000000000001";
    scene.pushes("13:30", branch, 0, &[commit(2, "13:30", "Mend")]).await;
    scene.pushes("14:00", "main", 1, &[commit(3, "14:00", "Mend login (#7)")]).await;
    let at = crate::scene::at("14:00");
    let request = merged_pull_request("acme/shop", branch, &commit_id(2), &commit_id(3), 1, at);
    assert_eq!(scene.delivers("14:00", &request).await, 200);
    scene.runs(&execution("e2", "15:00").revision(&commit_id(3)).message("Mend login (#7)")).await;
    let report = report(&scene.finish().await);
    for line in [
        "ReworkDeployments acme/shop 15:00 = 1\n",
        "TimeToRestore acme/shop 15:00 = 7200\n",
        "LeadTimeForChanges acme/shop 15:00 = 5400\n",
        "revision 0000000000000000000000000000000000000003; rework: references oi-000000000001\n",
    ] {
        assert!(report.contains(line), "{line}{report}");
    }
}

/// Bots' commits don't count.
#[tokio::test]
async fn bots() {
    let mut config = with_webhook();
    config["botAuthors"] = json!(["person"]);
    let mut scene = Scene::with(config).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Bump a thing")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("leadTime e1 unpublishable: no commit is new\n"), "{report}");
    assert!(!report.contains("LeadTime acme/shop") && !report.contains("dead letter"), "{report}");
}

/// The push arrives an hour after the deployment: the lead time is pending and settled later.
#[tokio::test]
async fn late_push() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.until("12:55").await;
    assert!(
        !report(&simulator::replay_result::ReplayResult::of(&scene.cloud).unwrap())
            .contains("LeadTimeForChanges")
    );
    scene.pushes("13:00", "main", 0, &[commit(1, "11:00", "Begin")]).await;
    scene.finish().await;
    scene.reconciles("18:00").await;
    scene
        .check(
            "CommitLeadTime acme/shop 12:00 = 3600
             Deployments acme/shop 12:00 = 1
             LeadTimeForChanges acme/shop 12:00 = 3600
             LedgerDrift - 18:00 = 0
             PendingLeadTimes acme/shop 12:15 = 1
             deployment e1 published: production deployment of acme/shop, branch main, \
             revision 0000000000000000000000000000000000000001
             leadTime e1 published: first of 1 commits is 0000000000000000000000000000000000000001 of \
             2026-06-15T11:00:00Z",
        )
        .await;
}

/// What has not arrived is a fact without value that says so, and no dead letter.
#[tokio::test]
async fn push_that_never_arrives() {
    check(
        async |_| {},
        2,
        &[
            "PendingLeadTimes acme/shop 16:15 = 1",
            "leadTime e2 pending: no push that brought revision 0000000000000000000000000000000000000002 has arrived",
        ],
    )
    .await;
}

/// The fix is not the last commit of the change: only the pushes tell that it was deployed.
#[tokio::test]
async fn hotfix_by_a_commit_within_the_change() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.raises(&crate::scene::ops_item(1, "12:30")).await;
    let fixed = [commit(2, "12:40", "Mend it (oi-000000000001)"), commit(3, "12:50", "Polish")];
    scene.pushes("12:50", "main", 1, &fixed).await;
    scene.runs(&execution("e2", "13:00").revision(&commit_id(3))).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("TimeToRestore acme/shop 13:00 = 1800\n"), "{report}");
    assert!(
        report.contains("restore e2 oi-000000000001 published: deployment e2 references the OpsItem"),
        "{report}"
    );
    assert!(!report.contains("dead letter"), "{report}");
}

/// However short the attribution delay is, a restore is not decided before it is known what earlier changes reference.
#[tokio::test]
async fn earlier_hotfix_by_a_commit_within_the_change() {
    let mut config = with_webhook();
    config["attributionDelay"] = json!("1min");
    let mut scene = Scene::with(config).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.raises(&ops_item(1, "12:30")).await;
    let fixed = [commit(2, "12:40", "Mend it (oi-000000000001)"), commit(3, "12:50", "Polish")];
    scene.pushes("12:50", "main", 1, &fixed).await;
    scene.runs(&execution("e2", "13:00").revision(&commit_id(3))).await;
    let message = "Mend it for good (oi-000000000001)";
    scene.pushes("13:01", "main", 3, &[commit(4, "13:01", message)]).await;
    scene.runs(&execution("e3", "13:05").revision(&commit_id(4)).message(message)).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("TimeToRestore acme/shop 13:00 = 1800\n"), "{report}");
    assert_eq!(report.matches("TimeToRestore").count(), 1, "{report}");
}

/// A query that fails is an error that names it; the message comes back.
#[tokio::test]
async fn failed_query() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    let garbage =
        format!("changes/bucket={}/day=2026-06-15/garbage", metrics_lib::lake::bucket(&"acme/shop".into()));
    scene.services().bucket.put(garbage.clone(), b"{").unwrap();
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.until("12:20").await;
    let logs = scene.cloud.logs().unwrap().remove("lead-time-for-changes").unwrap();
    assert!(
        logs.contains("\"error.code\":\"Query\"") && logs.contains("ended as FAILED: HIVE_CURSOR_ERROR"),
        "{logs}"
    );
    scene.services().bucket.delete(&garbage);
    let report = report(&scene.finish().await);
    assert!(report.contains("LeadTimeForChanges acme/shop 12:00 = 7200\n"), "{report}");
}

/// The functions have hardly more time than they need to begin: what is to be published takes 20 seconds at the most.
pub(crate) fn short_on_time(plan: &mut Plan) {
    let lead_time = |consumer: &&mut Consumer| consumer.function.name == "lead-time-for-changes";
    let consumer = plan.consumers.iter_mut().find(lead_time).unwrap();
    consumer.function.timeout = SignedDuration::from_secs(27);
    plan.reconciler.function.timeout = SignedDuration::from_secs(32);
}

#[tokio::test]
async fn query_that_takes_too_long() {
    let mut scene = Scene::planned(with_webhook(), short_on_time).await;
    scene.services().athena.stuck = true;
    scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    scene.until("12:16").await;
    let logs = scene.cloud.logs().unwrap().remove("lead-time-for-changes").unwrap();
    assert!(logs.contains("ended as stopped: it took too long"), "{logs}");
    assert_eq!(scene.calls("athena:StopQueryExecution"), 1);
    scene.services().athena.stuck = false;
    let report = report(&scene.finish().await);
    assert!(report.contains("LeadTimeForChanges acme/shop 12:00 = 7200\n"), "{report}");
}

/// Thousands of deliveries leave nothing behind in the function.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_of_the_webhook_stays_flat() {
    let mut scene = Scene::planned(with_webhook(), |plan| {
        plan.commit_ingestion.as_mut().unwrap().gate.throttle = Throttle { rate: 1, burst: 2000 };
    })
    .await;
    let commits: Vec<_> = (1..=20).map(|number| commit(number, "10:00", "Add a thing")).collect();
    let push =
        simulator::payload_builders::push("acme/shop", "main", None, &commits, crate::scene::at("11:00"));
    let mut memory = Vec::new();
    for _ in 0..4 {
        for _ in 0..500 {
            assert_eq!(scene.delivers("12:00", &push).await, 200);
        }
        let process = scene.cloud.webhook_process().unwrap();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim();
        memory.push(resident.trim_end_matches(" kB").parse::<u64>().unwrap());
    }
    // The first round warms up. What is kept of a delivery would be 8 KiB at least, so 8 MiB of a thousand.
    let (least, most) = (memory[1..].iter().min().unwrap(), memory[1..].iter().max().unwrap());
    assert!(most - least < 4096, "KiB after 500, 1000, 1500, 2000 deliveries: {memory:?}");
}

#[tokio::test]
async fn older_revision_deployed_again() {
    let mut scene = Scene::with(with_webhook()).await;
    let commits = [commit(1, "10:00", "Begin"), commit(2, "10:30", "Go on")];
    scene.pushes("11:00", "main", 0, &commits).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(2))).await;
    scene.runs(&execution("e2", "13:00").revision(&commit_id(1))).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("leadTime e2 unpublishable: an older revision was deployed again"), "{report}");
    assert!(!report.contains("LeadTimeForChanges acme/shop 13:00"), "{report}");
}

/// Sources whose commits GitHub does not tell are counted as such, and nothing fails.
#[tokio::test]
async fn sources_without_commits() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.runs(&execution_of("s3", "e1", "12:00").source(Source::S3, "bucket/app.zip", "")).await;
    scene.runs(&execution_of("ecr", "e2", "12:01").source(Source::Ecr, "image", "")).await;
    scene.runs(&execution_of("cc", "e3", "12:02").source(Source::CodeCommit, "billing", "main")).await;
    let report = report(&scene.finish().await);
    for line in [
        "DeploymentsWithoutCommits billing 12:02 = 1",
        "DeploymentsWithoutCommits bucket/app.zip 12:00 = 1",
        "DeploymentsWithoutCommits image 12:01 = 1",
    ] {
        assert!(report.contains(line), "{report}");
    }
    assert!(!report.contains("dead letter"), "{report}");
}

/// The status that GitHub gets, and what is counted; the firewall answers for some before the webhook could.
#[tokio::test]
async fn deliveries() {
    answers(true, 403).await;
    answers(false, 401).await;
}

async fn answers(firewall: bool, unsigned: u16) {
    let mut config = with_webhook();
    config["webhookFirewall"] = json!(firewall);
    let mut scene = Scene::with(config).await;
    let ping = delivery("ping", &json!({"zen": "Keep it logically awesome.", "hook_id": 1}));
    assert_eq!(scene.delivers("12:00", &ping).await, 200);
    assert_eq!(scene.delivers("12:00", &delivery("issues", &json!({"action": "opened"}))).await, 202);
    assert_eq!(scene.delivers("12:00", &delivery("push", &json!({"ref": 5}))).await, 400);
    let with = |name: &str, value: Option<&str>| {
        let (mut headers, body) = delivery("push", &json!({}));
        headers.remove(name);
        headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        (headers, body)
    };
    assert_eq!(scene.delivers("12:00", &with("X-Hub-Signature-256", None)).await, unsigned);
    assert_eq!(scene.delivers("12:00", &with("X-Hub-Signature-256", Some("sha256=beef"))).await, unsigned);
    assert_eq!(scene.delivers("12:00", &with("X-Hub-Signature-256", Some("sha1=beef"))).await, unsigned);
    let form = Some("application/x-www-form-urlencoded");
    assert_eq!(scene.delivers("12:00", &with("Content-Type", form)).await, 415);
    assert_eq!(scene.delivers("12:00", &with("X-GitHub-Event", None)).await, 400);
    let large = delivery("push", &json!({"padding": "x".repeat(6 * 1024 * 1024)}));
    assert_eq!(scene.delivers("12:00", &large).await, 413);
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(metrics_lib::contract::Metric::WebhookRejected), 7.0);
    assert_eq!(outcome.refused.len(), 7);
    let logs: String = scene.cloud.logs().unwrap().into_values().collect();
    assert!(!logs.contains("awesome") && !logs.contains("beef") && !logs.contains("secret of"), "{logs}");
}

/// A lead time that lacks a push for good says how many deliveries were too large in the time of its change.
#[tokio::test]
async fn push_that_was_too_large() {
    async fn check(padding: usize, agent: &str, expected: &str) {
        let mut scene = Scene::with(with_webhook()).await;
        scene.pushes("09:00", "main", 0, &[commit(1, "08:00", "First")]).await;
        scene.runs(&execution("e1", "10:00").revision(&commit_id(1))).await;
        let body = json!({"ref": "refs/heads/main", "padding": "x".repeat(padding)});
        let (mut headers, body) = delivery("push", &body);
        headers.insert("User-Agent".to_owned(), agent.to_owned());
        scene.delivers("11:00", &(headers, body)).await;
        scene.runs(&execution("e2", "12:00").revision(&commit_id(2))).await;
        scene.reconciles("20 00:00").await;
        let outcome = scene.finish().await;
        let is_of_it = |fact: &&ReplayedFact| {
            fact.kind == FactKind::LeadTime && fact.execution_id.as_deref() == Some("e2")
        };
        let evidence = &outcome.facts.iter().find(is_of_it).unwrap().evidence;
        assert_eq!(evidence.split_once("; ").map_or("", |(_, told)| told), expected, "{evidence}");
    }
    const LARGE: usize = 6 * 1024 * 1024;
    let told = "a push is missing, and 1 delivery was too large since 2026-06-15T10:00:00Z";
    check(LARGE, "GitHub-Hookshot/044aadd", told).await;
    check(10, "GitHub-Hookshot/044aadd", "").await;
    check(LARGE, "somebody", "").await;
}

/// While Firehose or the secret can't be reached, GitHub shows a failed delivery.
#[tokio::test]
async fn unavailable() {
    for operation in ["secretsmanager:GetSecretValue", "firehose:PutRecordBatch"] {
        let mut scene = Scene::with(with_webhook()).await;
        scene.fails(operation, fake_aws::Fault::throttled(), 1);
        let push = simulator::payload_builders::push(
            "acme/shop",
            "main",
            None,
            &[commit(1, "11:00", "x")],
            crate::scene::at("11:00"),
        );
        assert_eq!(scene.delivers("12:00", &push).await, 503, "{operation}");
        assert_eq!(scene.delivers("12:01", &push).await, 200, "{operation}");
    }
}

/// An earlier push may still arrive, so the lead time is awaited; that the change restored service is known all the same,
/// at once and not only when the incident was resolved.
#[tokio::test]
async fn hotfix_whose_lead_time_is_awaited() {
    let mut scene = Scene::with(with_webhook()).await;
    let incident = ops_item(1, "11:30");
    scene.raises(&incident).await;
    let mend = commit(2, "12:10", "Mend oi-000000000001");
    scene.pushes("12:20", "main", 1, &[mend, commit(3, "12:15", "Polish")]).await;
    scene.runs(&execution("e1", "12:30").revision(&commit_id(3))).await;
    scene.resolves(&incident, "14:00").await;
    let report = report(&scene.finish().await);
    for expected in [
        "TimeToRestore acme/shop 12:30 = 3600\n",
        "ReworkDeployments acme/shop 12:30 = 1\n",
        "leadTime e1 pending: commits were pushed before the webhook existed",
    ] {
        assert!(report.contains(expected), "{expected}: {report}");
    }
}

/// Who floods the webhook until CloudWatch throttles is refused all the same.
#[tokio::test]
async fn refusal_that_is_not_counted() {
    let mut scene = Scene::with(with_webhook()).await;
    scene.fails("cloudwatch:PutMetricData", fake_aws::Fault::throttled(), 1);
    for time in ["12:00", "12:01"] {
        assert_eq!(scene.delivers(time, &delivery("push", &json!({"ref": 5}))).await, 400);
    }
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(metrics_lib::contract::Metric::WebhookRejected), 1.0);
}

/// Athena's failures make the message come back.
#[tokio::test]
async fn athena_fails() {
    for operation in ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"] {
        let mut scene = Scene::with(with_webhook()).await;
        scene.fails(operation, fake_aws::Fault::internal_error(), 2);
        scene.pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin")]).await;
        scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
        let report = report(&scene.finish().await);
        assert!(report.contains("LeadTimeForChanges acme/shop 12:00 = 7200\n"), "{operation}: {report}");
    }
}
