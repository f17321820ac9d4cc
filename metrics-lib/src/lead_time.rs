//! Lead time for changes: from the first commit of a change to its deployment.
//!
//! The change of a deployed revision is made up of the commits that can be reached from it, and from nothing that was live
//! before. GitHub's deliveries tell parts of the graph; what they don't prove is not measured.

mod change_query;
mod changed;
mod history;
mod live;
mod proof;
mod pull_requests;

pub use change_query::{ChangeQuery, ChangeSet, Changed, LATEST_DELIVERY, Live};

use self::{
    change_query::Problem,
    changed::{Found, Search},
    history::History,
    live::Before,
    proof::{Membership, Proof},
};
use crate::{
    contract::Metric,
    datum::DatumValue,
    event::{Deployment, DeploymentRef},
    fact::{Fact, FactId},
    lake::{Change, Commit},
    parts::{self, parts},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How long after a deployment its change is asked for: pushes and pull requests are on their way until then. What the
/// change references is not known before.
pub const MEASURED_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Finds what a deployment changed, from changes in any order and any number of times.
pub fn change(question: ChangeQuery<'_>, changes: &[Change]) -> ChangeSet {
    let ChangeQuery { revision, live, .. } = question;
    if live.first().is_some_and(|live| live.revision == *revision) {
        return ChangeSet::Nothing("the same revision was deployed before");
    }
    let history = history(&question, changes, &[]);
    let proof = Proof::new(&history, question.unread_before());
    let before = Before::new(&proof, live);
    let Some(node) = history.node(revision) else { return ChangeSet::Nothing("no commit is new") };
    if before.roots.iter().any(|(root, is_sure)| *is_sure && root.ancestors.contains(node)) {
        return ChangeSet::Nothing("an older revision was deployed again");
    }
    let found = Search::new(&proof, &question, &before).find(node);
    answer(&question, found)
}

fn history<'a>(question: &ChangeQuery<'a>, changes: &'a [Change], candidates: &'a [Live]) -> History<'a> {
    let live = question.live.iter().chain(candidates).map(|live| (&live.revision, live.time));
    History::new(changes, question.lines, live.chain([(question.revision, question.deployed)]))
}

fn answer(question: &ChangeQuery<'_>, found: Found) -> ChangeSet {
    let ChangeQuery { deployed, now, .. } = *question;
    let Found { changed, problems, .. } = found;
    let unread = question.unread_before();
    // What counted earlier instead of a commit was merged after that was made.
    let is_unread = changed.commits.iter().any(|commit| commit.time < unread);
    if unread > Timestamp::MIN && (is_unread || problems.iter().any(|problem| problem.further)) {
        return ChangeSet::Older;
    }
    let Some(Problem { happened, reason, .. }) = problems.into_iter().next_back() else {
        return match changed.commits.is_empty() {
            true => ChangeSet::Nothing("no commit is new"),
            false => ChangeSet::Changed(changed),
        };
    };
    ChangeSet::missing(reason, changed, happened.min(deployed), now)
}

/// Of revisions of earlier executions of the pipeline, of which it is not known whether they went live, those that matter:
/// which would take something away from the change if they had, or would have taken back what does. The candidates are the
/// latest first, each with its time; the answer are their places. To be asked again with what of them went live, until none of
/// the rest is concerned: what took something back makes the change larger.
pub fn concerned(question: ChangeQuery<'_>, changes: &[Change], candidates: &[Live]) -> Vec<usize> {
    let history = history(&question, changes, candidates);
    let proof = Proof::new(&history, question.unread_before());
    let before = Before::new(&proof, question.live);
    let Some(node) = history.node(question.revision) else { return Vec::new() };
    let found = Search::new(&proof, &question, &before).find(node);
    let roots = candidates.iter().enumerate().filter_map(|(place, candidate)| {
        let node = history.node(&candidate.revision)?;
        Some((place, proof.root(node, candidate.time)))
    });
    let roots: Vec<_> = roots.collect();
    let takes = |root: &proof::Root| {
        let mut new = found.nodes.iter();
        new.any(|(node, more)| proof.membership(*node, root, more) != Membership::Out)
    };
    let taking: Vec<&proof::Root> = roots.iter().map(|(_, root)| root).filter(|root| takes(root)).collect();
    let takes_back = |root: &proof::Root| {
        let mut live = before.roots.iter().map(|(root, _)| root).chain(taking.iter().copied());
        live.any(|older| {
            older.time < root.time
                && older.node != root.node
                && proof.membership(root.node, older, &BTreeSet::new()) != Membership::Out
        })
    };
    let is_concerned = |root: &proof::Root| {
        taking.iter().any(|taking| taking.node == root.node && taking.time == root.time) || takes_back(root)
    };
    roots.iter().filter(|(_, root)| is_concerned(root)).map(|(place, _)| *place).collect()
}

/// The fact of a lead time; without value when nothing is new, or when it can't be told.
pub fn fact(deployment: &Deployment, answer: &ChangeSet) -> Fact {
    let since = |commit: &Commit| DatumValue::seconds(deployment.time.duration_since(commit.time)).ok();
    let without = |count_metrics: Vec<Metric>, evidence: String| {
        lead_time_fact(deployment, Vec::new(), count_metrics, evidence)
    };
    match answer {
        ChangeSet::Changed(Changed { commits, pull_request, .. }) => {
            let first = commits.first().map(|commit| (commit, since(commit)));
            let lead_time = first.and_then(|(_, seconds)| Some((Metric::LeadTimeForChanges, seconds?)));
            let each = commits.iter().filter_map(|commit| Some((Metric::CommitLeadTime, since(commit)?)));
            let evidence = first.map_or_else(String::new, |(first, _)| {
                format!("first of {} commits is {} of {}", commits.len(), first.id, first.time)
            });
            let Deployment { actions, began, time, .. } = deployment;
            let parts = commits
                .first()
                .map(|first| parts(first.time, *pull_request, actions, *began, *time))
                .unwrap_or_default();
            let values = lead_time.into_iter().chain(each).chain(parts::by_metric(&parts)).collect();
            let fact = lead_time_fact(deployment, values, Vec::new(), evidence);
            Fact { commits: commits.clone(), parts, ..fact }
        }
        ChangeSet::Nothing(reason) => without(Vec::new(), (*reason).to_owned()),
        ChangeSet::Older => without(Vec::new(), "older changes were not read".to_owned()),
        ChangeSet::Awaited { reason, .. } => without(Vec::new(), reason.clone()),
        ChangeSet::Incomplete { reason, .. } => {
            let at_least = answer.lower_bound().map_or_else(String::new, |commit| {
                let minutes = deployment.time.duration_since(commit.time).as_mins();
                let (hours, minutes) = (minutes / 60, minutes % 60);
                format!("; at least {hours}h {minutes}m since commit {} of {}", commit.id, commit.time)
            });
            without(vec![Metric::IncompleteLeadTimes], format!("{reason}{at_least}"))
        }
    }
}

/// The fact that a deployment's source has no commits that could be known.
pub fn without_commits(deployment: &Deployment) -> Fact {
    let evidence = format!("the source of {} has no commits that GitHub tells", deployment.source.repository);
    lead_time_fact(deployment, Vec::new(), vec![Metric::DeploymentsWithoutCommits], evidence)
}

/// The fact that the lead time of a deployment can't be told, since its execution can't be read any more.
pub fn unreadable(deployed: &DeploymentRef, reason: &str) -> Fact {
    Fact {
        repository: Some(deployed.repository.clone()),
        count_metrics: vec![Metric::IncompleteLeadTimes],
        ..Fact::new(
            FactId::LeadTime(deployed.key.clone()),
            deployed.time,
            format!("the execution can't be read any more: {reason}"),
        )
    }
}

fn lead_time_fact(
    deployment: &Deployment,
    measured: Vec<(Metric, DatumValue)>,
    count_metrics: Vec<Metric>,
    evidence: String,
) -> Fact {
    Fact {
        repository: Some(deployment.source.repository.clone()),
        measured,
        count_metrics,
        ..Fact::new(FactId::LeadTime(deployment.key.clone()), deployment.time, evidence)
    }
}

#[cfg(test)]
mod tests;
