//! What can happen to a repository in its part of a day, which is eight hours long; each takes less than seven.

use super::world_builder::{Branching, Repository, WorldBuilder};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use simulator::payload_builders::{Execution, OpsItem, Source};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    Deployment,
    /// Two executions end within minutes, and the event of the first comes last.
    WrongOrder,
    /// The event of a deployment comes again.
    DuplicateEvent,
    /// The production stage fails and is retried.
    RetriedDeployment,
    /// Runs that end in other ways.
    NoSuccess,
    /// A run that succeeds and is no production deployment.
    NotProduction,
    /// A tag is deployed.
    Tag,
    /// An incident that names what it is about in one of many ways, and the deployment that fixes it.
    Hotfix,
    /// Two incidents of one deployment, fixed by another.
    TwoIncidents,
    /// A rollback, and nobody had raised an incident.
    Rollback,
    /// An incident and a rollback of the same deployment.
    IncidentAndRollback,
    /// A deployment that takes back another.
    Revert,
    /// An incident that somebody resolves without a deployment.
    ResolvedByHand,
    /// An incident that names a repository which was never deployed.
    Unattributed,
    /// `OpsItem`s that are no incidents, and mere edits of one.
    NoIncident,
    /// Events from where nothing is configured.
    Foreign,
    /// The fix is deployed before the incident's event arrives.
    FixBeforeIncidentEvent,
    /// The incident's event arrives before that of the deployment which it is about.
    LateDeploymentEvent,
    /// A rollback of another stage than production.
    StagingRollback,
    /// Two rollbacks in a row, the second because of an incident after the first.
    TwoRollbacks,
    /// An incident that is resolved, opened again, and mended at last, or not.
    OpenedAgain,
    /// A run that goes on after its production stage, and ends in one of many ways.
    AfterProduction,
    /// An incident while the production stage of a run is in progress, which reaches production or does not.
    DuringDeployment,
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

impl Scenario {
    pub(super) const ALL: [Self; 23] = [
        Self::Deployment,
        Self::WrongOrder,
        Self::DuplicateEvent,
        Self::RetriedDeployment,
        Self::NoSuccess,
        Self::NotProduction,
        Self::Tag,
        Self::Hotfix,
        Self::TwoIncidents,
        Self::Rollback,
        Self::IncidentAndRollback,
        Self::Revert,
        Self::ResolvedByHand,
        Self::Unattributed,
        Self::NoIncident,
        Self::Foreign,
        Self::FixBeforeIncidentEvent,
        Self::LateDeploymentEvent,
        Self::StagingRollback,
        Self::TwoRollbacks,
        Self::OpenedAgain,
        Self::AfterProduction,
        Self::DuringDeployment,
    ];

    /// Lets it happen, from an instant on.
    pub(super) fn play(self, builder: &mut WorldBuilder, repository: &Repository, begin: Timestamp) {
        let time = begin + builder.minutes(30, 60);
        let repository = &repository.with(builder.one_of(repository.sources()));
        match self {
            Self::Deployment => drop(deployment(builder, repository, time)),
            Self::WrongOrder => {
                let (first, second) =
                    (builder.run(repository, time), builder.run(repository, time + minutes(1)));
                let (early, late) = (builder.minutes(0, 1), builder.minutes(5, 10));
                for (execution, later) in [(&first, late), (&second, early)] {
                    builder.succeed(execution, later);
                    builder.is_deployment(repository, execution);
                }
            }
            Self::DuplicateEvent => {
                let execution = deployment(builder, repository, time);
                let again = execution.end + builder.minutes(3, 300);
                builder.event(again, execution.event("SUCCEEDED"));
                builder.truth.duplicates += 1;
            }
            Self::RetriedDeployment => {
                let failed = time - minutes(20);
                let execution = builder.run(repository, time).retried(failed);
                builder.known(failed, &execution.when_failed());
                builder.event(failed, execution.event("FAILED"));
                builder.refused(failed + minutes(1), execution.event("RESUMED"));
                builder.deploy(repository, &execution);
            }
            Self::NoSuccess => {
                for (number, (status, state)) in
                    (0..).zip([("Failed", "FAILED"), ("Stopped", "STOPPED"), ("Superseded", "SUPERSEDED")])
                {
                    let execution = builder.run(repository, time + minutes(20 * number)).ended_as(status);
                    builder.record(&execution);
                    builder.refused(execution.end, execution.event("STARTED"));
                    builder.event(execution.end, execution.event(state));
                }
            }
            Self::NotProduction => not_production(builder, repository, time),
            Self::Tag => tag(builder, repository, time),
            Self::Hotfix => {
                let execution = deployment(builder, repository, time);
                let item = incident(builder, repository, &execution);
                builder.has_failed(repository, &execution);
                let fix = fix(builder, repository, &[&item]);
                let resolved = fix.end + builder.minutes(1, 60);
                builder.resolve(&item, resolved);
            }
            Self::TwoIncidents => {
                let execution = deployment(builder, repository, time);
                let items =
                    [incident(builder, repository, &execution), incident(builder, repository, &execution)];
                builder.has_failed(repository, &execution);
                fix(builder, repository, &[&items[0], &items[1]]);
            }
            Self::Rollback => {
                let (target, execution) = two_deployments(builder, repository, time);
                roll_back(builder, repository, &target, &execution, minutes(0));
            }
            Self::IncidentAndRollback => {
                let (target, execution) = two_deployments(builder, repository, time);
                let item = incident(builder, repository, &execution);
                let waits = item.created.duration_since(execution.end);
                let rollback = roll_back(builder, repository, &target, &execution, waits);
                builder.restores(repository, &rollback, &item);
            }
            Self::Revert => {
                deployment(builder, repository, time);
                let message = "Revert \"Add a thing\"\n\nThis reverts commit c0ffee.";
                let execution = builder.commit(repository, time + minutes(40), message);
                builder.deploy(repository, &execution);
                builder.is_rework(repository, &execution);
            }
            Self::ResolvedByHand => {
                let execution = deployment(builder, repository, time);
                let item = incident(builder, repository, &execution);
                builder.has_failed(repository, &execution);
                let resolved = item.created + builder.minutes(10, 120);
                builder.resolve(&item, resolved);
                builder.is_restored_by_hand(repository, &item, resolved);
            }
            Self::Unattributed => {
                deployment(builder, repository, time);
                let item =
                    builder.ops_item(repository, time + minutes(30)).data("dora/repository", "acme/unknown");
                builder.raise(&item, minutes(1));
                builder.truth.unattributed += 1;
            }
            Self::NoIncident => {
                deployment(builder, repository, time);
                let at = time + minutes(30);
                let item = builder.ops_item(repository, at);
                for kind in ["/aws/insight", "/aws/changerequest"] {
                    builder.refused(at, item.clone().of_type(kind).create_event());
                }
                builder.event(at, item.update_event("Open", at));
            }
            Self::Foreign => {
                let mut event = builder.run(repository, time).event("SUCCEEDED");
                event["region"] = json!("ap-southeast-2");
                builder.refused(time, event.clone());
                event["account"] = json!("333333333333");
                builder.refused(time, event);
            }
            Self::FixBeforeIncidentEvent => {
                let execution = deployment(builder, repository, time);
                let item = builder.ops_item(repository, time + minutes(30));
                builder.raise(&item, minutes(8));
                builder.has_failed(repository, &execution);
                let message = format!("Mend it ({})", item.key.ops_item_id);
                let fix = builder.commit(repository, item.created + minutes(5), &message);
                builder.succeed(&fix, minutes(0));
                builder.is_deployment(repository, &fix);
                builder.is_rework(repository, &fix);
                builder.restores(repository, &fix, &item);
            }
            Self::LateDeploymentEvent => {
                deployment(builder, repository, time);
                let execution = builder.run(repository, time + minutes(60));
                builder.succeed(&execution, minutes(9));
                builder.is_deployment(repository, &execution);
                let item = builder.ops_item(repository, execution.end + minutes(3));
                builder.raise(&item, minutes(1));
                builder.has_failed(repository, &execution);
            }
            Self::StagingRollback => {
                let (target, execution) = two_deployments(builder, repository, time);
                let end = execution.end + builder.minutes(5, 60);
                let rollback = builder.rollback(repository, &target, end).in_stage("Staging");
                builder.succeed(&rollback, minutes(0));
                builder.truth.ignored += 1;
            }
            Self::TwoRollbacks => {
                let (first, second) = two_deployments(builder, repository, time);
                let third = second.end + builder.minutes(30, 60);
                let third = deployment(builder, repository, third);
                let rollback = roll_back(builder, repository, &second, &third, minutes(0));
                let raised = rollback.end + builder.minutes(10, 30);
                let item = incident_at(builder, repository, &second, raised);
                let waits = raised.duration_since(second.end);
                let rollback = roll_back(builder, repository, &first, &second, waits);
                builder.restores(repository, &rollback, &item);
            }
            Self::OpenedAgain => opened_again(builder, repository, time),
            Self::AfterProduction => after_production(builder, repository, time),
            Self::DuringDeployment => during_deployment(builder, repository, time),
        }
    }
}

/// An incident that is resolved and opened again. Then a deployment fixes it, or somebody resolves it, or it stays open.
fn opened_again(builder: &mut WorldBuilder, repository: &Repository, time: Timestamp) {
    let execution = deployment(builder, repository, time);
    let item = incident(builder, repository, &execution);
    builder.has_failed(repository, &execution);
    let resolved = item.created + builder.minutes(10, 30);
    builder.resolve(&item, resolved);
    let opened = resolved + builder.minutes(10, 30);
    builder.open_again(&item, opened);
    match builder.one_of(&[0, 1, 2]) {
        0 => {
            let fix = fix_after(builder, repository, &[&item], opened);
            let resolved = fix.end + builder.minutes(1, 30);
            builder.resolve(&item, resolved);
        }
        1 => {
            let resolved = opened + builder.minutes(10, 120);
            builder.resolve(&item, resolved);
            builder.is_restored_by_hand(repository, &item, resolved);
        }
        _ => {}
    }
}

/// A run that goes on after its production stage, and ends in one of many ways. What is in production stays there, unless
/// it is rolled back.
fn after_production(builder: &mut WorldBuilder, repository: &Repository, time: Timestamp) {
    let target = deployment(builder, repository, time);
    let end = time + builder.minutes(30, 60);
    let execution = builder.run(repository, end);
    let goes_on = execution.clone().with_status("InProgress");
    let ended = end + builder.minutes(5, 20);
    let verified = |status: &str| execution.clone().then("Verify", status, ended);
    let (last, state) = match builder.one_of(&[0, 1, 2, 3]) {
        0 => (verified("Succeeded"), "SUCCEEDED"),
        1 => (verified("Failed").with_status("Failed"), "FAILED"),
        2 => (verified("Abandoned").with_status("Stopped"), "STOPPED"),
        // It waited before the next stage, for which a later run was taken.
        _ => (execution.clone().with_status("Superseded"), "SUPERSEDED"),
    };
    let now = if state == "SUPERSEDED" { goes_on } else { goes_on.then("Verify", "InProgress", end) };
    builder.known(end, &now);
    if state == "SUCCEEDED" || builder.one_of(&[true, false]) {
        for stage in ["Source", "Build", "Production"] {
            let later = builder.minutes(0, 2);
            builder.event(end + later, execution.stage_event(stage));
        }
    }
    builder.known(ended, &last);
    let later = builder.minutes(0, 2);
    builder.event(ended + later, execution.event(state));
    builder.is_deployment(repository, &execution);
    if state != "SUCCEEDED" && builder.one_of(&[true, false]) {
        roll_back(builder, repository, &target, &execution, ended.duration_since(end));
    }
}

/// An incident while the production stage of a run is in progress. The run is to blame if it reaches production, and is
/// fixed then; else what was in production is.
fn during_deployment(builder: &mut WorldBuilder, repository: &Repository, time: Timestamp) {
    let before = deployment(builder, repository, time);
    let begin = time + builder.minutes(20, 40);
    let end = begin + builder.minutes(10, 90);
    let execution = builder.run(repository, begin + minutes(1)).lasting(end);
    builder.known(begin, &execution.while_deploying());
    let raised = begin + builder.minutes(1, 9);
    if builder.one_of(&[true, true, false]) {
        builder.deploy(repository, &execution);
        let item = incident_at(builder, repository, &execution, raised);
        builder.has_failed(repository, &execution);
        fix_after(builder, repository, &[&item], end);
    } else {
        let execution = execution.ended_as("Failed");
        builder.record(&execution);
        builder.event(end, execution.event("FAILED"));
        incident_at(builder, repository, &before, raised);
        builder.has_failed(repository, &before);
    }
}

fn deployment(builder: &mut WorldBuilder, repository: &Repository, end: Timestamp) -> Execution {
    let execution = builder.run(repository, end);
    builder.deploy(repository, &execution);
    execution
}

fn two_deployments(
    builder: &mut WorldBuilder,
    repository: &Repository,
    time: Timestamp,
) -> (Execution, Execution) {
    let later = time + builder.minutes(30, 60);
    (deployment(builder, repository, time), deployment(builder, repository, later))
}

/// A run that succeeds without reaching production, in one of the ways of its repository.
fn not_production(builder: &mut WorldBuilder, repository: &Repository, time: Timestamp) {
    let branch = match repository.branching {
        Branching::TrunkBased => "main",
        Branching::GitFlow | Branching::Mixed => builder.one_of(&["develop", "release/1.2", "feature/main"]),
    };
    let run = if repository.branching == Branching::TrunkBased {
        builder.commit(repository, time, "Add a thing").without("Production")
    } else {
        builder.branch(&repository.with(Source::CodeStar), time, branch)
    };
    builder.succeed(&run, minutes(0));
    builder.truth.ignored += 1;
}

/// A tag that reaches production, and one that does not.
fn tag(builder: &mut WorldBuilder, repository: &Repository, time: Timestamp) {
    let tagged = |builder: &mut WorldBuilder, end: Timestamp| {
        let mut execution = builder.commit(repository, end, "Release 1.2.3");
        let variables = &mut execution.actions[0]["output"]["outputVariables"];
        variables["BranchName"] = json!("refs/tags/v1.2.3");
        execution
    };
    let execution = tagged(builder, time);
    builder.deploy(repository, &execution);
    let execution = tagged(builder, time + minutes(30)).without("Production");
    builder.succeed(&execution, minutes(0));
    builder.truth.ignored += 1;
}

/// An incident that is about a deployment, and says so in one of many ways.
fn incident(builder: &mut WorldBuilder, repository: &Repository, execution: &Execution) -> OpsItem {
    let created = execution.end + builder.minutes(20, 90);
    incident_at(builder, repository, execution, created)
}

/// The same, raised at an instant.
fn incident_at(
    builder: &mut WorldBuilder,
    repository: &Repository,
    execution: &Execution,
    created: Timestamp,
) -> OpsItem {
    let item = builder.ops_item(repository, created);
    let name = builder.spoken(repository, created);
    let item = match builder.one_of(&[0, 1, 2, 3, 4, 5]) {
        0 => item.data("dora/execution", &execution.key.execution_id),
        1 => item.data("dora/repository", name),
        2 => item.data("/aws/resources", &json!([{"arn": repository.arn()}]).to_string()),
        3 => item.title(&format!("Errors from {name}: customers can't pay")),
        4 => item.description(&format!("Since pipeline {} ran, nothing works.", repository.pipeline)),
        _ => item,
    };
    let later = builder.minutes(1, 8);
    builder.raise(&item, later);
    item
}

/// A deployment that fixes incidents, which it references in one of many ways.
fn fix(builder: &mut WorldBuilder, repository: &Repository, items: &[&OpsItem]) -> Execution {
    let last = items.iter().map(|item| item.created).max().unwrap_or_default();
    fix_after(builder, repository, items, last)
}

/// The same, some time after an instant.
fn fix_after(
    builder: &mut WorldBuilder,
    repository: &Repository,
    items: &[&OpsItem],
    since: Timestamp,
) -> Execution {
    let end = since + builder.minutes(30, 150);
    let ids: Vec<_> = items.iter().map(|item| item.key.ops_item_id.to_string()).collect();
    let ids = ids.join("-");
    let merge = format!("Merge pull request #7 from acme/hotfix/{ids}\n\nMend it");
    let squash = format!("Mend it ({}) (#7)", ids.replace("-oi", ", OI"));
    let by_branch = repository.branching == Branching::TrunkBased;
    let fix = match builder.one_of(&[0, 1, 2]) {
        0 if by_branch => {
            let branch = format!("hotfix/{ids}-mend-it");
            builder.branch(repository, end, &branch)
        }
        1 => builder.commit(repository, end, &squash),
        _ => builder.commit(repository, end, &merge),
    };
    builder.deploy(repository, &fix);
    builder.is_rework(repository, &fix);
    for item in items {
        builder.restores(repository, &fix, item);
    }
    fix
}

/// A rollback of a deployment to the one before, some time after.
fn roll_back(
    builder: &mut WorldBuilder,
    repository: &Repository,
    target: &Execution,
    execution: &Execution,
    waits: SignedDuration,
) -> Execution {
    let end = execution.end + waits + builder.minutes(5, 60);
    let rollback = builder.rollback(repository, target, end);
    let later = builder.minutes(0, 2);
    builder.succeed(&rollback, later);
    builder.is_rollback(repository, &rollback);
    builder.goes_back(repository, target);
    builder.has_failed(repository, execution);
    rollback
}
