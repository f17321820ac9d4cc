//! Lead time for changes: from the first commit of a change to its deployment.
//!
//! The change is what reached the branch after the revision of the previous production deployment of the same pipeline
//! and up to this one's. It is found by walking pushes back, from each one's old head to the push that made it, whatever
//! branch that was to.

mod history;
mod pull_requests;

use self::{
    history::{End, History, Walk},
    pull_requests::{Expanded, Missing, PullRequests, may_arrive},
};
use crate::{
    contract::Metric,
    datum::DatumValue,
    event::{Deployment, OpsItemId},
    fact::{Fact, FactId},
    lake::{Change, Commit, CommitId},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How long after something happened GitHub may deliver it: three days long it delivers again what failed, when somebody
/// asks for that; and then it is on its way.
pub const LATEST_DELIVERY: SignedDuration = SignedDuration::from_hours(4 * 24);

/// How long after a deployment its change is asked for: pushes and pull requests are on their way until then. What the
/// change references is not known before.
pub const MEASURED_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What lead time is made from, beside the pushes.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The revision that was deployed.
    pub revision: &'a CommitId,
    /// The revisions of production deployments before it, the latest first; none for the first ever. The first that lies
    /// on the way back counts: one that was deployed from another branch need not.
    pub previous: &'a [CommitId],
    /// The branch that was deployed; none for a tag.
    pub branch: Option<&'a str>,
    /// When the deployment ended.
    pub deployed: Timestamp,
    /// How far back the first deployment ever reaches.
    pub lookback: SignedDuration,
    /// The present.
    pub now: Timestamp,
}

/// What a deployment changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This.
    Changed(Changed),
    /// This, back to where the branch began: none of the revisions before lies on the way.
    WholeBranch(Changed),
    /// Nothing new.
    Nothing(&'static str),
    /// It can't be told from what has arrived.
    Unknown(String),
    /// Something may still arrive that adds to it; when that is over, what has arrived counts.
    Awaited {
        /// What may arrive.
        reason: String,
        /// What is new for certain. More may be, and other commits may count instead of some.
        known: Changed,
    },
}

/// What is new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The commits, without those that only merge and those of bots; the earliest first.
    pub commits: Vec<Commit>,
    /// The `OpsItem`s that any of its commits or merged branches references, merges and bots included.
    pub ops_items: BTreeSet<OpsItemId>,
    /// The branches that were merged by pull requests.
    pub branches: BTreeSet<String>,
}

impl Changed {
    /// What is new in commits, all of them, made before a deployment.
    fn new(expanded: Expanded<'_>, deployed: Timestamp) -> Self {
        let Expanded { commits, ops_items, branches, .. } = expanded;
        let counting = commits.into_values().filter(|commit| !commit.merge && !commit.bot);
        // Whatever its date says, it was made before it was deployed.
        let mut commits: Vec<Commit> =
            counting.map(|commit| Commit { time: commit.time.min(deployed), ..commit.clone() }).collect();
        commits.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Self { commits, ops_items, branches: branches.into_iter().map(str::to_owned).collect() }
    }
}

/// Finds what a deployment changed, from changes in any order and any number of times.
///
/// It is what can be reached from its revision and not from the one before. Where the way back does not lead there, since
/// that was deployed from another branch, it is what can't be reached from the one before that either, and so on.
pub fn change(question: Question<'_>, changes: &[Change]) -> Answer {
    let Question { revision, previous, branch, deployed, lookback, now } = question;
    if previous.first() == Some(revision) {
        return Answer::Nothing("the same revision was deployed before");
    }
    let history = History::new(changes);
    if !history.bringing(revision).any(|push| branch.is_none_or(|branch| branch == push.branch)) {
        return Answer::Unknown(format!("no push that brought revision {revision} has arrived"));
    }
    let pull_requests = PullRequests::new(&history, now);
    let torn = || Answer::Unknown(format!("a part of a push that leads to revision {revision} is missing"));
    let answer = |new: Expanded<'_>, complete: fn(Changed) -> Answer| match new.missing {
        Some(Missing::Part) => torn(),
        Some(Missing::Delivery) => Answer::Awaited {
            reason: format!(
                "a pull request that led to revision {revision}, or its branch, may still arrive"
            ),
            known: Changed::new(new, deployed),
        },
        None => {
            let changed = Changed::new(new, deployed);
            match changed.commits.is_empty() {
                true => Answer::Nothing("no commit is new"),
                false => complete(changed),
            }
        }
    };
    let mut before = Before::default();
    for latest in previous {
        let walk = history.walk(latest, |_| false);
        // What is missing further back was deployed long ago.
        if walk.end == End::Torn && walk.steps.is_empty() {
            return torn();
        }
        before.add(latest, walk);
        if before.reached.contains(revision) {
            return Answer::Nothing("an older revision was deployed again");
        }
        let walk = history.walk(revision, |id| before.reached.contains(id));
        if walk.end == End::Met {
            return answer(before.new_in(&pull_requests, &walk, Timestamp::MIN), Answer::Changed);
        }
    }
    let walk = history.walk(revision, |_| false);
    let oldest = deployed.checked_sub(lookback).unwrap_or(Timestamp::MIN);
    let new = before.new_in(&pull_requests, &walk, oldest);
    match (walk.end, previous.first()) {
        (End::Torn, _) => return torn(),
        (End::Unknown(_), Some(latest)) => {
            return Answer::Unknown(format!(
                "no pushes that lead from revision {latest} to {revision} have arrived"
            ));
        }
        (End::Unknown(before), None) if may_arrive(before.min(deployed), now) => {
            return Answer::Awaited {
                reason: format!("pushes before those that led to revision {revision} may still arrive"),
                known: Changed::new(new, deployed),
            };
        }
        _ => {}
    }
    answer(new, Answer::WholeBranch)
}

/// What was deployed before.
#[derive(Default)]
struct Before<'a> {
    reached: BTreeSet<&'a CommitId>,
    commits: BTreeMap<&'a CommitId, &'a Commit>,
}

impl<'a> Before<'a> {
    fn add(&mut self, revision: &'a CommitId, walk: Walk<'a>) {
        self.commits.extend(walk.commits().map(|commit| (&commit.id, commit)));
        self.reached.insert(revision);
        self.reached.extend(walk.reached);
    }

    /// What counts of a walk since a time and did not count before.
    fn new_in(&self, pull_requests: &PullRequests<'a>, walk: &Walk<'a>, since: Timestamp) -> Expanded<'a> {
        let counted = pull_requests.expand(self.commits.values().copied(), Timestamp::MIN, &BTreeSet::new());
        let without = self.reached.iter().copied().chain(counted.commits.into_keys()).collect();
        pull_requests.expand(walk.commits(), since, &without)
    }
}

/// The fact of a lead time; without value when nothing is new.
pub fn fact(deployment: &Deployment, answer: &Answer) -> Fact {
    let since = |commit: &Commit| DatumValue::seconds(deployment.time.duration_since(commit.time)).ok();
    let mut counted = Vec::new();
    let (values, evidence) = match answer {
        Answer::Changed(Changed { commits, .. }) | Answer::WholeBranch(Changed { commits, .. }) => {
            let first = commits.first().map(|commit| (commit, since(commit)));
            let lead_time = first.and_then(|(_, seconds)| Some((Metric::LeadTimeForChanges, seconds?)));
            let each = commits.iter().filter_map(|commit| Some((Metric::CommitLeadTime, since(commit)?)));
            let evidence = first.map_or_else(String::new, |(first, _)| {
                format!("first of {} commits is {} of {}", commits.len(), first.id, first.time)
            });
            counted.clone_from(commits);
            (lead_time.into_iter().chain(each).collect(), evidence)
        }
        Answer::Nothing(reason) => (Vec::new(), (*reason).to_owned()),
        Answer::Unknown(reason) | Answer::Awaited { reason, .. } => (Vec::new(), reason.clone()),
    };
    Fact { commits: counted, ..lead_time_fact(deployment, values, Vec::new(), evidence) }
}

/// The fact that a deployment's source has no commits that could be known.
pub fn without_commits(deployment: &Deployment) -> Fact {
    let evidence = format!("the source of {} has no commits that GitHub tells", deployment.source.repository);
    lead_time_fact(deployment, Vec::new(), vec![Metric::DeploymentsWithoutCommits], evidence)
}

fn lead_time_fact(
    deployment: &Deployment,
    measured: Vec<(Metric, DatumValue)>,
    counted_by: Vec<Metric>,
    evidence: String,
) -> Fact {
    Fact {
        id: FactId::LeadTime(deployment.key.clone()),
        time: deployment.time,
        repository: Some(deployment.source.repository.clone()),
        execution: Some(deployment.key.clone()),
        ops_item: None,
        measured,
        commits: Vec::new(),
        counted_by,
        evidence,
    }
}

#[cfg(test)]
mod tests;
