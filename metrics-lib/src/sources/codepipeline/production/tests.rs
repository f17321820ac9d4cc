use super::*;
use crate::{place::Place, rules::Exception};
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
        owner: "AWS".into(),
        provider: "CloudFormation".into(),
        status: status.into(),
        started: at(minute - 1),
        updated: at(minute),
        configuration: BTreeMap::new(),
        configured: BTreeMap::new(),
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
    let [pipeline, execution_id] = ["p", "e"].map(str::to_owned);
    Execution {
        key: ExecutionKey { place: Place::new("1", "r"), pipeline, execution_id },
        status: ExecutionStatus::Succeeded,
        execution_type: ExecutionType::Standard,
        pipeline_version: None,
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
    outcome_by(execution, &rule(), Known::default())
}

fn outcome_by(execution: &Execution, rule: &ProductionRule, known: Known<'_>) -> String {
    let deployed = super::source(execution, None);
    match classify(execution, &deployed, rule, known) {
        Classification::Deployment(deployment) => {
            let SourceRevision { repository, reference, revision, message, .. } = deployment.source;
            let minute = deployment.time.as_second() / 60;
            let details: Vec<String> = [revision.unwrap_or_default(), message.unwrap_or_default()]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect();
            format!("{repository} {reference} at {minute} {}", details.join(" ")).trim_end().to_owned()
        }
        Classification::Rollback { time, target, .. } => {
            format!("rollback to {} at {}", target.unwrap_or_default(), time.as_second() / 60)
        }
        Classification::NotProduction(ignored) => format!("ignored: {}", ignored.reason),
        Classification::Running(running) => {
            format!("running {} since {}", running.repository, running.began.as_second() / 60)
        }
        Classification::Unfinished(reason) => format!("unfinished: {reason}"),
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
    check(&[branch("main"), production("InProgress", 9)], "running acme/shop since 8");
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
    check(r#"{"ref": "refs/tags/v1"}"#, "tag v1");
    check(r#"{"full-repository-name": "acme/Shop", "tag-name": "v1"}"#, "tag v1");
    check(r#"{"commit-id": "c1", "tag-name": "v1"}"#, "tag v1");
    // It tells of another source, or a person's words hold what looks like a tag.
    check(r#"{"full-repository-name": "acme/other", "tag-name": "v1"}"#, "branch main");
    check(r#"{"commit-id": "c2", "tag-name": "v1"}"#, "branch main");
    check(r#"{"commit-message": "Drop refs/tags/v1", "branch-name": "main"}"#, "branch main");
    check("https://example.com/refs/tags/v1 by someone", "branch main");
    check(r#"["tag-name"]"#, "branch main");
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

/// One source's tag is not another's.
#[test]
fn tag_of_one_of_several_sources() {
    let named = |name: &str, repository: &str| Action {
        name: name.into(),
        configuration: map(&[("FullRepositoryId", repository), ("BranchName", "main")]),
        output_variables: map(&[("FullRepositoryName", repository), ("BranchName", "main")]),
        ..branch("main")
    };
    let check = |detail: &str, expected: &str| {
        let production = action("Production", "Deploy", "Succeeded", 9);
        let mut execution = execution(vec![named("A", "acme/shop"), named("B", "acme/data"), production]);
        execution.trigger_detail = Some(detail.into());
        assert_eq!(outcome(&execution), format!("acme/shop {expected} at 9"));
    };
    check(r#"{"full-repository-name": "acme/data", "tag-name": "v1"}"#, "branch main");
    check(r#"{"full-repository-name": "acme/shop", "tag-name": "v1"}"#, "tag v1");
    check(r#"{"tag-name": "v1"}"#, "branch main");
    check("refs/tags/v1", "branch main");
}

/// A custom action is not believed, whatever its provider calls itself.
#[test]
fn source_actions_of_the_account_itself() {
    let production = action("Production", "Deploy", "Succeeded", 9);
    let custom = Action { owner: "Custom".into(), name: "Own".into(), ..branch("main") };
    let only = execution(vec![custom.clone(), production.clone()]);
    let reason = "ignored: source action Own is one of the account's own (CodeStarSourceConnection)";
    assert_eq!(outcome(&only), reason);
    let other = source("CodeCommit", &[("RepositoryName", "other"), ("BranchName", "main")], &[]);
    assert_eq!(outcome(&execution(vec![custom, other, production])), "other branch main at 9");
}

#[test]
fn objects_keep_their_configured_name() {
    let overridden = |configured: &[(&str, &str)]| Action {
        configured: map(configured),
        ..source(
            "S3",
            &[("S3Bucket", "b"), ("S3ObjectKey", "overridden.zip")],
            &[("BucketName", "b"), ("ObjectKey", "overridden.zip"), ("VersionId", "v")],
        )
    };
    let check = |source: Action, expected: &str| {
        let production = action("Production", "Deploy", "Succeeded", 9);
        assert_eq!(outcome(&execution(vec![source, production])), format!("{expected} no branch at 9 v"));
    };
    check(overridden(&[("S3Bucket", "b"), ("S3ObjectKey", "app.zip")]), "b/app.zip");
    check(overridden(&[("S3Bucket", "b"), ("S3ObjectKey", "#{variables.key}")]), "b/overridden.zip");
    check(overridden(&[]), "b/overridden.zip");
}

#[test]
fn hosts_of_connections() {
    fn check(summary: &str, expected: Option<&str>, is_delivered: bool) {
        let mut source = branch("main");
        source.output_artifacts.push("App".into());
        let mut execution = execution(vec![source]);
        let (name, revision) = ("App".into(), Some("c1".into()));
        execution.revisions.push(ArtifactRevision { name, revision, summary: Some(summary.into()) });
        let source = super::source(&execution, None).unwrap();
        assert_eq!((source.provider.as_deref(), source.may_be_delivered()), (expected, is_delivered));
    }
    check(r#"{"ProviderType":"Bitbucket","CommitMessage":"x"}"#, Some("Bitbucket"), false);
    check(r#"{"ProviderType":"GitLabSelfManaged"}"#, Some("GitLabSelfManaged"), false);
    check(r#"{"ProviderType":"GitHubEnterpriseServer"}"#, Some("GitHubEnterpriseServer"), true);
    check(r#"{"CommitMessage":"x"}"#, None, true);
    check("Bitbucket is down", None, true);
}

#[test]
fn statuses_and_types() {
    let actions = vec![branch("main"), action("Production", "Deploy", "Succeeded", 9)];
    let with = |status: ExecutionStatus, execution_type: ExecutionType| {
        outcome(&Execution { status, execution_type, ..execution(actions.clone()) })
    };
    // Whatever became of it after production.
    for status in ["Failed", "Stopped", "Superseded", "Cancelled"] {
        let ended = with(ExecutionStatus::Ended(status.into()), ExecutionType::Standard);
        assert_eq!(ended, "acme/shop branch main at 9 c1", "{status}");
    }
    // Whether another action comes in the stage is not known.
    assert_eq!(with(ExecutionStatus::InProgress, ExecutionType::Standard), "running acme/shop since 8");
    let rollback = || ExecutionType::Rollback { target: Some("e0".into()) };
    assert_eq!(with(ExecutionStatus::Succeeded, rollback()), "rollback to e0 at 9");
    let failed = with(ExecutionStatus::Ended("Failed".into()), rollback());
    assert_eq!(failed, "ignored: the rollback ended as Failed");
}

fn structure(stages: &[(&str, &[&str])]) -> Structure {
    let stage = |(name, actions): &(&str, &[&str])| Stage {
        name: (*name).into(),
        actions: actions.iter().map(|action| (*action).into()).collect(),
    };
    Structure { stages: stages.iter().map(stage).collect() }
}

/// What the pipeline's structure tells of executions that did not run through.
#[test]
fn structures() {
    let check = |status: ExecutionStatus, actions: &[Action], stages: &[(&str, &[&str])], expected: &str| {
        let execution = Execution { status, ..execution(actions.to_vec()) };
        let structure = structure(stages);
        let known = Known { structure: Some(&structure), ..Known::default() };
        assert_eq!(outcome_by(&execution, &rule(), known), expected);
    };
    let ended = |status: &str| ExecutionStatus::Ended(status.into());
    let production = action("Production", "Deploy", "Succeeded", 9);
    let run = [branch("main"), production.clone()];
    let one: &[(&str, &[&str])] = &[("Source", &["Source"]), ("Production", &["Deploy"])];
    let two: &[(&str, &[&str])] = &[("Source", &["Source"]), ("Production", &["Deploy", "Migrate"])];
    check(ended("Failed"), &run, one, "acme/shop branch main at 9 c1");
    // Stopped between two actions of the stage.
    check(ended("Stopped"), &run, two, "ignored: stage Production did not succeed: Migrate did not run");
    check(ExecutionStatus::InProgress, &run, two, "running acme/shop since 8");
    check(ExecutionStatus::InProgress, &run, one, "acme/shop branch main at 9 c1");
    // A run that left the production stage out.
    check(ExecutionStatus::Succeeded, &[branch("main")], one, "ignored: it did not run a stage Production");
    check(
        ExecutionStatus::Succeeded,
        &[branch("main")],
        &[("Source", &["Source"])],
        "acme/shop branch main at 1 c1",
    );
    check(ended("Failed"), &[branch("main")], one, "ignored: the execution ended as Failed");
    let develop = [branch("develop"), action("Production", "Deploy", "InProgress", 9)];
    check(ExecutionStatus::InProgress, &develop, one, "unfinished: stage Production is still in progress");
}

/// CodePipeline's own word on the stage decides where the structure is not known.
#[test]
fn succeeded_in_stage() {
    let check = |status: ExecutionStatus, says: bool, expected: &str| {
        let actions = vec![branch("main"), action("Production", "Deploy", "Succeeded", 9)];
        let execution = Execution { status, ..execution(actions) };
        let known = Known { succeeded_in_stage: Some(says), ..Known::default() };
        assert_eq!(outcome_by(&execution, &rule(), known), expected);
    };
    check(ExecutionStatus::InProgress, true, "acme/shop branch main at 9 c1");
    check(ExecutionStatus::InProgress, false, "running acme/shop since 8");
    let refused = "ignored: stage Production did not succeed: CodePipeline says so";
    check(ExecutionStatus::Ended("Stopped".into()), false, refused);
    check(ExecutionStatus::Ended("Stopped".into()), true, "acme/shop branch main at 9 c1");
}

#[test]
fn rollbacks_of_stages() {
    let check = |stage: &str, category: &str, stages: &[(&str, &[&str])], expected: &str| {
        let action = Action { category: category.into(), ..action(stage, "Act", "Succeeded", 9) };
        let execution_type = ExecutionType::Rollback { target: Some("e0".into()) };
        let execution = Execution { execution_type, ..execution(vec![action]) };
        let structure = structure(stages);
        let known = Known { structure: Some(&structure), ..Known::default() };
        assert_eq!(outcome_by(&execution, &rule(), known), expected);
    };
    let production: &[(&str, &[&str])] = &[("Staging", &["Act"]), ("Production", &["Act"])];
    let none: &[(&str, &[&str])] = &[("Staging", &["Act"]), ("Live", &["Act"])];
    check("Production", "Deploy", production, "rollback to e0 at 9");
    check("Staging", "Deploy", production, "ignored: it rolled back stage Staging, not Production");
    check("Live", "Deploy", none, "rollback to e0 at 9");
    check("Live", "Test", none, "ignored: it rolled back stage Live, which deploys nothing");
}

/// What some repositories and pipelines have otherwise.
#[test]
fn exceptions() {
    let exception = |branch: Option<&str>, stages: Option<&[&str]>| Exception {
        main_branch: branch.map(Into::into),
        production_stages: stages.map(|stages| stages.iter().map(|stage| (*stage).into()).collect()),
        source_action: None,
    };
    let rule = ProductionRule {
        repositories: [("acme/shop".into(), exception(Some("master"), None))].into(),
        pipelines: [
            ("p*".into(), exception(None, Some(&["Wave1", "Wave2"]))),
            ("*-live".into(), exception(Some("live"), None)),
        ]
        .into(),
        excluded_pipelines: ["*-dev".to_owned()].into(),
        ..rule()
    };
    let check = |pipeline: &str, actions: &[Action], expected: &str| {
        let mut execution = execution(actions.to_vec());
        execution.key.pipeline = pipeline.into();
        assert_eq!(outcome_by(&execution, &rule, Known::default()), expected, "{pipeline}");
    };
    let wave = |number: u8, minute| action(&format!("Wave{number}"), "Deploy", "Succeeded", minute);
    check("p", &[branch("master"), wave(1, 7), wave(2, 8)], "acme/shop branch master at 8 c1");
    check("p", &[branch("main"), wave(2, 8)], "ignored: branch main is not the main branch master");
    // The last wave that the pipeline has.
    check("p", &[branch("master"), wave(1, 7)], "acme/shop branch master at 7 c1");
    check("p-live", &[branch("live"), wave(1, 7)], "acme/shop branch live at 7 c1");
    check("p-dev", &[branch("master"), wave(1, 7)], "ignored: pipeline p-dev is excluded");
    let production = action("Production", "Deploy", "Succeeded", 9);
    check("other", &[branch("master"), production], "acme/shop branch master at 9 c1");
}

/// Of several source actions the configured one counts.
#[test]
fn configured_source_action() {
    let git = Action { name: "App".into(), ..branch("main") };
    let other = source("CodeCommit", &[("RepositoryName", "config"), ("BranchName", "main")], &[]);
    let other = Action { name: "A".into(), ..other };
    let execution = execution(vec![git, other]);
    let repository = |named: Option<&str>| super::source(&execution, named).unwrap().repository;
    assert_eq!(repository(None), "config");
    assert_eq!(repository(Some("App")), "acme/shop");
    // A pipeline that has no such action.
    assert_eq!(repository(Some("Other")), "config");
}
