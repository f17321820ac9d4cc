//! What can happen to a repository in its part of a day, which is eight hours long; each takes less than seven.

use super::story::{Branching, Repository, Story};
use crate::shapes::{Execution, OpsItem, Source};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

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
    pub(super) fn play(self, story: &mut Story, repository: &Repository, begin: Timestamp) {
        let time = begin + story.minutes(30, 60);
        let repository = &repository.with(story.one_of(repository.sources()));
        match self {
            Self::Deployment => drop(deployment(story, repository, time)),
            Self::WrongOrder => {
                let (first, second) = (story.run(repository, time), story.run(repository, time + minutes(1)));
                let (early, late) = (story.minutes(0, 1), story.minutes(5, 10));
                for (execution, later) in [(&first, late), (&second, early)] {
                    story.succeed(execution, later);
                    story.is_deployment(repository, execution);
                }
            }
            Self::DuplicateEvent => {
                let execution = deployment(story, repository, time);
                let again = execution.end + story.minutes(3, 300);
                story.event(again, execution.event("SUCCEEDED"));
                story.truth.duplicates += 1;
            }
            Self::RetriedDeployment => {
                let failed = time - minutes(20);
                let execution = story.run(repository, time).retried(failed);
                story.known(failed, &execution.when_failed());
                story.event(failed, execution.event("FAILED"));
                story.refused(failed + minutes(1), execution.event("RESUMED"));
                story.deploy(repository, &execution);
            }
            Self::NoSuccess => {
                for (number, (status, state)) in
                    (0..).zip([("Failed", "FAILED"), ("Stopped", "STOPPED"), ("Superseded", "SUPERSEDED")])
                {
                    let execution = story.run(repository, time + minutes(20 * number)).ended_as(status);
                    story.record(&execution);
                    story.refused(execution.end, execution.event("STARTED"));
                    story.event(execution.end, execution.event(state));
                }
            }
            Self::NotProduction => not_production(story, repository, time),
            Self::Tag => tag(story, repository, time),
            Self::Hotfix => {
                let execution = deployment(story, repository, time);
                let item = incident(story, repository, &execution);
                story.has_failed(repository, &execution);
                let fix = fix(story, repository, &[&item]);
                let resolved = fix.end + story.minutes(1, 60);
                story.resolve(&item, resolved);
            }
            Self::TwoIncidents => {
                let execution = deployment(story, repository, time);
                let items =
                    [incident(story, repository, &execution), incident(story, repository, &execution)];
                story.has_failed(repository, &execution);
                fix(story, repository, &[&items[0], &items[1]]);
            }
            Self::Rollback => {
                let (target, execution) = two_deployments(story, repository, time);
                roll_back(story, repository, &target, &execution, minutes(0));
            }
            Self::IncidentAndRollback => {
                let (target, execution) = two_deployments(story, repository, time);
                let item = incident(story, repository, &execution);
                let waits = item.created.duration_since(execution.end);
                let rollback = roll_back(story, repository, &target, &execution, waits);
                story.restores(repository, &rollback, &item);
            }
            Self::Revert => {
                deployment(story, repository, time);
                let message = "Revert \"Add a thing\"\n\nThis reverts commit c0ffee.";
                let execution = story.commit(repository, time + minutes(40), message);
                story.deploy(repository, &execution);
                story.is_rework(repository, &execution);
            }
            Self::ResolvedByHand => {
                let execution = deployment(story, repository, time);
                let item = incident(story, repository, &execution);
                story.has_failed(repository, &execution);
                let resolved = item.created + story.minutes(10, 120);
                story.resolve(&item, resolved);
                story.is_restored_by_hand(repository, &item, resolved);
            }
            Self::Unattributed => {
                deployment(story, repository, time);
                let item =
                    story.ops_item(repository, time + minutes(30)).data("dora/repository", "acme/unknown");
                story.raise(&item, minutes(1));
                story.truth.unattributed += 1;
            }
            Self::NoIncident => {
                deployment(story, repository, time);
                let at = time + minutes(30);
                let item = story.ops_item(repository, at);
                for kind in ["/aws/insight", "/aws/changerequest"] {
                    story.refused(at, item.clone().of_type(kind).create_event());
                }
                story.event(at, item.update_event("Open", at));
            }
            Self::Foreign => {
                let mut event = story.run(repository, time).event("SUCCEEDED");
                event["region"] = json!("ap-southeast-2");
                story.refused(time, event.clone());
                event["account"] = json!("333333333333");
                story.refused(time, event);
            }
            Self::FixBeforeIncidentEvent => {
                let execution = deployment(story, repository, time);
                let item = story.ops_item(repository, time + minutes(30));
                story.raise(&item, minutes(8));
                story.has_failed(repository, &execution);
                let message = format!("Mend it ({})", item.key.ops_item_id);
                let fix = story.commit(repository, item.created + minutes(5), &message);
                story.succeed(&fix, minutes(0));
                story.is_deployment(repository, &fix);
                story.is_rework(repository, &fix);
                story.restores(repository, &fix, &item);
            }
            Self::LateDeploymentEvent => {
                deployment(story, repository, time);
                let execution = story.run(repository, time + minutes(60));
                story.succeed(&execution, minutes(9));
                story.is_deployment(repository, &execution);
                let item = story.ops_item(repository, execution.end + minutes(3));
                story.raise(&item, minutes(1));
                story.has_failed(repository, &execution);
            }
            Self::StagingRollback => {
                let (target, execution) = two_deployments(story, repository, time);
                let end = execution.end + story.minutes(5, 60);
                let rollback = story.rollback(repository, &target, end).in_stage("Staging");
                story.succeed(&rollback, minutes(0));
                story.truth.ignored += 1;
            }
            Self::TwoRollbacks => {
                let (first, second) = two_deployments(story, repository, time);
                let third = second.end + story.minutes(30, 60);
                let third = deployment(story, repository, third);
                let rollback = roll_back(story, repository, &second, &third, minutes(0));
                let raised = rollback.end + story.minutes(10, 30);
                let item = incident_at(story, repository, &second, raised);
                let waits = raised.duration_since(second.end);
                let rollback = roll_back(story, repository, &first, &second, waits);
                story.restores(repository, &rollback, &item);
            }
            Self::OpenedAgain => opened_again(story, repository, time),
            Self::AfterProduction => after_production(story, repository, time),
            Self::DuringDeployment => during_deployment(story, repository, time),
        }
    }
}

/// An incident that is resolved and opened again. Then a deployment fixes it, or somebody resolves it, or it stays open.
fn opened_again(story: &mut Story, repository: &Repository, time: Timestamp) {
    let execution = deployment(story, repository, time);
    let item = incident(story, repository, &execution);
    story.has_failed(repository, &execution);
    let resolved = item.created + story.minutes(10, 30);
    story.resolve(&item, resolved);
    let opened = resolved + story.minutes(10, 30);
    story.open_again(&item, opened);
    match story.one_of(&[0, 1, 2]) {
        0 => {
            let fix = fix_after(story, repository, &[&item], opened);
            let resolved = fix.end + story.minutes(1, 30);
            story.resolve(&item, resolved);
        }
        1 => {
            let resolved = opened + story.minutes(10, 120);
            story.resolve(&item, resolved);
            story.is_restored_by_hand(repository, &item, resolved);
        }
        _ => {}
    }
}

/// A run that goes on after its production stage, and ends in one of many ways. What is in production stays there, unless
/// it is rolled back.
fn after_production(story: &mut Story, repository: &Repository, time: Timestamp) {
    let target = deployment(story, repository, time);
    let end = time + story.minutes(30, 60);
    let execution = story.run(repository, end);
    let goes_on = execution.clone().with_status("InProgress");
    let ended = end + story.minutes(5, 20);
    let verified = |status: &str| execution.clone().then("Verify", status, ended);
    let (last, state) = match story.one_of(&[0, 1, 2, 3]) {
        0 => (verified("Succeeded"), "SUCCEEDED"),
        1 => (verified("Failed").with_status("Failed"), "FAILED"),
        2 => (verified("Abandoned").with_status("Stopped"), "STOPPED"),
        // It waited before the next stage, for which a later run was taken.
        _ => (execution.clone().with_status("Superseded"), "SUPERSEDED"),
    };
    let now = if state == "SUPERSEDED" { goes_on } else { goes_on.then("Verify", "InProgress", end) };
    story.known(end, &now);
    if state == "SUCCEEDED" || story.one_of(&[true, false]) {
        for stage in ["Source", "Build", "Production"] {
            let later = story.minutes(0, 2);
            story.event(end + later, execution.stage_event(stage));
        }
    }
    story.known(ended, &last);
    let later = story.minutes(0, 2);
    story.event(ended + later, execution.event(state));
    story.is_deployment(repository, &execution);
    if state != "SUCCEEDED" && story.one_of(&[true, false]) {
        roll_back(story, repository, &target, &execution, ended.duration_since(end));
    }
}

/// An incident while the production stage of a run is in progress. The run is to blame if it reaches production, and is
/// fixed then; else what was in production is.
fn during_deployment(story: &mut Story, repository: &Repository, time: Timestamp) {
    let before = deployment(story, repository, time);
    let begin = time + story.minutes(20, 40);
    let end = begin + story.minutes(10, 90);
    let execution = story.run(repository, begin + minutes(1)).lasting(end);
    story.known(begin, &execution.while_deploying());
    let raised = begin + story.minutes(1, 9);
    if story.one_of(&[true, true, false]) {
        story.deploy(repository, &execution);
        let item = incident_at(story, repository, &execution, raised);
        story.has_failed(repository, &execution);
        fix_after(story, repository, &[&item], end);
    } else {
        let execution = execution.ended_as("Failed");
        story.record(&execution);
        story.event(end, execution.event("FAILED"));
        incident_at(story, repository, &before, raised);
        story.has_failed(repository, &before);
    }
}

fn deployment(story: &mut Story, repository: &Repository, end: Timestamp) -> Execution {
    let execution = story.run(repository, end);
    story.deploy(repository, &execution);
    execution
}

fn two_deployments(story: &mut Story, repository: &Repository, time: Timestamp) -> (Execution, Execution) {
    let later = time + story.minutes(30, 60);
    (deployment(story, repository, time), deployment(story, repository, later))
}

/// A run that succeeds without reaching production, in one of the ways of its repository.
fn not_production(story: &mut Story, repository: &Repository, time: Timestamp) {
    let branch = match repository.branching {
        Branching::TrunkBased => "main",
        Branching::GitFlow | Branching::Mixed => story.one_of(&["develop", "release/1.2", "feature/main"]),
    };
    let run = if repository.branching == Branching::TrunkBased {
        story.commit(repository, time, "Add a thing").without("Production")
    } else {
        story.branch(&repository.with(Source::CodeStar), time, branch)
    };
    story.succeed(&run, minutes(0));
    story.truth.ignored += 1;
}

/// A tag that reaches production, and one that does not.
fn tag(story: &mut Story, repository: &Repository, time: Timestamp) {
    let tagged = |story: &mut Story, end: Timestamp| {
        let mut execution = story.commit(repository, end, "Release 1.2.3");
        let variables = &mut execution.actions[0]["output"]["outputVariables"];
        variables["BranchName"] = json!("refs/tags/v1.2.3");
        execution
    };
    let execution = tagged(story, time);
    story.deploy(repository, &execution);
    let execution = tagged(story, time + minutes(30)).without("Production");
    story.succeed(&execution, minutes(0));
    story.truth.ignored += 1;
}

/// An incident that is about a deployment, and says so in one of many ways.
fn incident(story: &mut Story, repository: &Repository, execution: &Execution) -> OpsItem {
    let created = execution.end + story.minutes(20, 90);
    incident_at(story, repository, execution, created)
}

/// The same, raised at an instant.
fn incident_at(
    story: &mut Story,
    repository: &Repository,
    execution: &Execution,
    created: Timestamp,
) -> OpsItem {
    let item = story.ops_item(repository, created);
    let name = story.spoken(repository, created);
    let item = match story.one_of(&[0, 1, 2, 3, 4, 5]) {
        0 => item.data("dora/execution", &execution.key.execution_id),
        1 => item.data("dora/repository", name),
        2 => item.data("/aws/resources", &json!([{"arn": repository.arn()}]).to_string()),
        3 => item.title(&format!("Errors from {name}: customers can't pay")),
        4 => item.description(&format!("Since pipeline {} ran, nothing works.", repository.pipeline)),
        _ => item,
    };
    let later = story.minutes(1, 8);
    story.raise(&item, later);
    item
}

/// A deployment that fixes incidents, which it references in one of many ways.
fn fix(story: &mut Story, repository: &Repository, items: &[&OpsItem]) -> Execution {
    let last = items.iter().map(|item| item.created).max().unwrap_or_default();
    fix_after(story, repository, items, last)
}

/// The same, some time after an instant.
fn fix_after(story: &mut Story, repository: &Repository, items: &[&OpsItem], since: Timestamp) -> Execution {
    let end = since + story.minutes(30, 150);
    let ids: Vec<_> = items.iter().map(|item| item.key.ops_item_id.to_string()).collect();
    let ids = ids.join("-");
    let merge = format!("Merge pull request #7 from acme/hotfix/{ids}\n\nMend it");
    let squash = format!("Mend it ({}) (#7)", ids.replace("-oi", ", OI"));
    let by_branch = repository.branching == Branching::TrunkBased;
    let fix = match story.one_of(&[0, 1, 2]) {
        0 if by_branch => {
            let branch = format!("hotfix/{ids}-mend-it");
            story.branch(repository, end, &branch)
        }
        1 => story.commit(repository, end, &squash),
        _ => story.commit(repository, end, &merge),
    };
    story.deploy(repository, &fix);
    story.is_rework(repository, &fix);
    for item in items {
        story.restores(repository, &fix, item);
    }
    fix
}

/// A rollback of a deployment to the one before, some time after.
fn roll_back(
    story: &mut Story,
    repository: &Repository,
    target: &Execution,
    execution: &Execution,
    waits: SignedDuration,
) -> Execution {
    let end = execution.end + waits + story.minutes(5, 60);
    let rollback = story.rollback(repository, target, end);
    let later = story.minutes(0, 2);
    story.succeed(&rollback, later);
    story.is_rollback(repository, &rollback);
    story.goes_back(repository, target);
    story.has_failed(repository, execution);
    rollback
}
