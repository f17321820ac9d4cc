use super::*;
use std::collections::BTreeSet;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn action(stage: &str, name: &str, status: &str, minute: i64) -> Action {
    Action {
        stage: stage.into(),
        name: name.into(),
        category: "Deploy".into(),
        provider: "CloudFormation".into(),
        status: status.into(),
        started: at(minute - 1),
        updated: at(minute),
        configuration: BTreeMap::new(),
        output_variables: BTreeMap::new(),
        output_artifacts: Vec::new(),
        external_id: None,
        external_summary: None,
    }
}

fn source(provider: &str, configuration: &[(&str, &str)], variables: &[(&str, &str)]) -> Action {
    Action {
        category: "Source".into(),
        provider: provider.into(),
        configuration: map(configuration),
        output_variables: map(variables),
        ..action("Source", "Source", "Succeeded", 1)
    }
}

fn branch(name: &str) -> Action {
    let configuration = [("FullRepositoryId", "acme/shop"), ("BranchName", "configured")];
    let variables = [("FullRepositoryName", "acme/shop"), ("BranchName", name), ("CommitId", "c1")];
    source("CodeStarSourceConnection", &configuration, &variables)
}

fn execution(actions: Vec<Action>) -> Execution {
    let [account, region, pipeline, execution_id] = ["1", "r", "p", "e"].map(str::to_owned);
    Execution {
        key: ExecutionKey { account, region, pipeline, execution_id },
        status: ExecutionStatus::Succeeded,
        execution_type: ExecutionType::Standard,
        revisions: Vec::new(),
        trigger_detail: None,
        actions,
    }
}

fn rule() -> ProductionRule {
    ProductionRule {
        main_branch: "main".into(),
        production_stages: vec!["Production".into()],
        trunk_based: BTreeSet::from(["acme/trunk".to_owned()]),
        ..ProductionRule::default()
    }
}

fn outcome(execution: &Execution) -> String {
    match classify(execution, &rule()) {
        Outcome::Deployment(deployment) => {
            let Source { repository, reference, revision, message, .. } = deployment.source;
            let minute = deployment.time.as_second() / 60;
            let details: Vec<String> = [revision.unwrap_or_default(), message.unwrap_or_default()]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect();
            format!("{repository} {reference} at {minute} {}", details.join(" ")).trim_end().to_owned()
        }
        Outcome::Rollback { time, target, .. } => {
            format!("rollback to {} at {}", target.unwrap_or_default(), time.as_second() / 60)
        }
        Outcome::NotProduction(ignored) => format!("ignored: {}", ignored.reason),
        Outcome::Unfinished(reason) => format!("unfinished: {reason}"),
    }
}

#[test]
fn stages_and_branches() {
    fn check(actions: &[Action], expected: &str) {
        assert_eq!(outcome(&execution(actions.to_vec())), expected);
    }
    let production = |status: &str, minute| action("Production", "Deploy", status, minute);
    let build = action("Build", "Build", "Succeeded", 5);
    check(&[branch("main"), build.clone(), production("Succeeded", 9)], "acme/shop branch main at 9 c1");
    check(
        &[branch("develop"), production("Succeeded", 9)],
        "ignored: branch develop is not the main branch main",
    );
    check(&[branch("main"), build.clone()], "acme/shop branch main at 5 c1");
    check(
        &[branch("main"), production("Failed", 9)],
        "ignored: stage Production did not succeed: the last attempt of Deploy did not",
    );
    check(
        &[branch("main"), production("Succeeded", 8), production("Failed", 9)],
        "ignored: stage Production did not succeed: the last attempt of Deploy did not",
    );
    check(
        &[branch("main"), production("Failed", 8), production("Succeeded", 9)],
        "acme/shop branch main at 9 c1",
    );
    check(
        &[branch("main"), production("Succeeded", 9), production("Failed", 8)],
        "acme/shop branch main at 9 c1",
    );
    check(
        &[branch("main"), production("InProgress", 9)],
        "unfinished: stage Production is still in progress",
    );
    // Every action counts, and what runs after production does not.
    let migrate = action("Production", "Migrate", "Abandoned", 7);
    check(
        &[branch("main"), migrate, production("Succeeded", 9)],
        "ignored: stage Production did not succeed: the last attempt of Migrate did not",
    );
    let after = action("Notify", "Notify", "Succeeded", 20);
    check(&[branch("main"), production("Succeeded", 9), after], "acme/shop branch main at 9 c1");
    // Without a production stage the last of all actions gives the time, so it must have ended.
    let running = action("Build", "Build", "InProgress", 5);
    check(&[branch("main"), running], "unfinished: action Build is still in progress");
    check(&[], "unfinished: the API lists no action of the execution");
    check(&[build], "ignored: it ran no source action that tells the repository");

    let trunk = |branch: &str| {
        source("CodeStarSourceConnection", &[("FullRepositoryId", "acme/trunk"), ("BranchName", branch)], &[])
    };
    check(&[trunk("feature/x"), production("Succeeded", 9)], "acme/trunk branch feature/x at 9");
    check(&[trunk("main")], "ignored: it did not run a stage Production");
}

#[test]
fn sources() {
    fn check(source: Action, expected: &str) {
        let production = action("Production", "Deploy", "Succeeded", 9);
        assert_eq!(outcome(&execution(vec![source, production])), expected);
    }
    let git_hub = [("Owner", "acme"), ("Repo", "legacy"), ("Branch", "main")];
    check(source("GitHub", &git_hub, &[("CommitId", "c2")]), "acme/legacy branch main at 9 c2");
    check(
        source("CodeCommit", &[("RepositoryName", "billing"), ("BranchName", "main")], &[]),
        "billing branch main at 9",
    );
    check(
        source("ECR", &[("RepositoryName", "image")], &[("ImageDigest", "sha256:1")]),
        "image no branch at 9 sha256:1",
    );
    check(
        source("S3", &[("S3Bucket", "b"), ("S3ObjectKey", "k/app.zip")], &[]),
        "b/k/app.zip no branch at 9",
    );
    check(
        source("Jenkins", &[], &[]),
        "ignored: source action Source (provider Jenkins) names no repository",
    );
    check(
        source("GitHub", &[("Owner", "acme")], &[]),
        "ignored: source action Source (provider GitHub) names no repository",
    );
    // A connection that reports a commit but no branch has fetched a tag.
    let tag = [("FullRepositoryId", "acme/shop"), ("BranchName", "develop")];
    let fetched = [("FullRepositoryName", "acme/shop"), ("CommitId", "c3")];
    check(source("CodeStarSourceConnection", &tag, &fetched), "acme/shop a tag at 9 c3");
    check(branch("refs/tags/v1"), "acme/shop tag v1 at 9 c1");
    check(branch("refs/heads/main"), "acme/shop branch main at 9 c1");
}

#[test]
fn several_source_actions() {
    let named = |name: &str, action: Action| Action { name: name.into(), ..action };
    let s3 = named("A", source("S3", &[("S3Bucket", "b"), ("S3ObjectKey", "k")], &[]));
    let ecr = named("B", source("ECR", &[("RepositoryName", "image")], &[]));
    let git = named("Z", branch("main"));
    let other = named("Y", source("CodeCommit", &[("RepositoryName", "other"), ("BranchName", "main")], &[]));
    let check = |sources: &[&Action], expected: &str| {
        let production = action("Production", "Deploy", "Succeeded", 9);
        let actions: Vec<Action> = sources.iter().copied().cloned().chain([production]).collect();
        assert_eq!(outcome(&execution(actions)), expected);
    };
    check(&[&s3, &ecr, &git], "acme/shop branch main at 9 c1");
    check(&[&s3, &ecr], "image no branch at 9");
    check(&[&git, &other], "other branch main at 9");
}

/// A retried source action deployed what its latest attempt fetched, wherever the API lists it.
#[test]
fn retried_source_action() {
    let attempt = |revision: &str, minute: i64| Action {
        started: at(minute),
        updated: at(minute),
        output_variables: map(&[("BranchName", "main"), ("CommitId", revision)]),
        ..branch("main")
    };
    let check = |attempts: [Action; 2], expected: &str| {
        let production = action("Production", "Deploy", "Succeeded", 9);
        assert_eq!(outcome(&execution(attempts.into_iter().chain([production]).collect())), expected);
    };
    check([attempt("c1", 1), attempt("c2", 2)], "acme/shop branch main at 9 c2");
    check([attempt("c2", 2), attempt("c1", 1)], "acme/shop branch main at 9 c2");
}

#[test]
fn tags_told_by_the_trigger() {
    fn check(detail: &str, expected: &str) {
        let production = action("Production", "Deploy", "Succeeded", 9);
        let mut execution = execution(vec![branch("main"), production]);
        execution.trigger_detail = Some(detail.into());
        assert_eq!(outcome(&execution), format!("acme/shop {expected} at 9 c1"));
    }
    check(r#"{"tag-name": "v1"}"#, "tag v1");
    check("refs/tags/v1", "tag v1");
    check("https://example.com/refs/tags/v1 by someone", "tag v1");
    check(r#"{"branch-name": "main"}"#, "branch main");
    check("arn:aws:sts::111111111111:assumed-role/x", "branch main");
}

/// Connections wrap the commit message in JSON.
#[test]
fn commit_messages() {
    fn check(summary: &str, expected: &str) {
        let git_hub = [("Owner", "acme"), ("Repo", "shop"), ("Branch", "main")];
        let mut source = source("GitHub", &git_hub, &[]);
        source.output_artifacts.push("App".into());
        let mut execution = execution(vec![source, action("Production", "Deploy", "Succeeded", 9)]);
        let (name, revision) = ("App".into(), Some("c4".into()));
        execution.revisions.push(ArtifactRevision { name, revision, summary: Some(summary.into()) });
        assert_eq!(outcome(&execution), format!("acme/shop branch main at 9 c4 {expected}"));
    }
    check("Fix login", "Fix login");
    check(r#"{"ProviderType":"GitHub","CommitMessage":"Fix login"}"#, "Fix login");
    check(r#"{"odd": 1}"#, r#"{"odd": 1}"#);
}

#[test]
fn statuses_and_types() {
    let with = |status: ExecutionStatus, execution_type: ExecutionType| {
        let actions = vec![branch("main"), action("Production", "Deploy", "Succeeded", 9)];
        outcome(&Execution { status, execution_type, ..execution(actions) })
    };
    assert_eq!(
        with(ExecutionStatus::Ended("Failed".into()), ExecutionType::Standard),
        "ignored: the execution ended as Failed"
    );
    assert_eq!(
        with(ExecutionStatus::InProgress, ExecutionType::Standard),
        "unfinished: the execution is still in progress"
    );
    let rollback = ExecutionType::Rollback { target: Some("e0".into()) };
    assert_eq!(with(ExecutionStatus::Succeeded, rollback), "rollback to e0 at 9");
}
