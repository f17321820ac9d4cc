//! Lead time for changes: from the first commit of a change to its deployment.
//!
//! The change is what reached the branch after the revision of the previous production deployment of the same pipeline
//! and up to this one's. It is found by walking pushes back, from each one's old head to the push that made it.

use crate::{
    contract::Metric,
    datum::DatumValue,
    event::{Deployment, OpsItemId},
    fact::{Fact, FactId},
    lake::{Change, Commit, CommitId, PullRequest, Push},
    text,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
    fn new(mut commits: Vec<Commit>, branches: BTreeSet<String>, deployed: Timestamp) -> Self {
        let in_commits = commits.iter().flat_map(|commit| commit.ops_items.iter().cloned());
        let ops_items =
            in_commits.chain(branches.iter().flat_map(|branch| text::ops_item_ids(branch))).collect();
        commits.retain(|commit| !commit.merge && !commit.bot);
        for commit in &mut commits {
            // Whatever its date says, it was made before it was deployed.
            commit.time = commit.time.min(deployed);
        }
        commits.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Self { commits, ops_items, branches }
    }
}

/// Finds what a deployment changed, from changes in any order and any number of times.
pub fn change(question: Question<'_>, changes: &[Change]) -> Answer {
    let history = History::new(changes);
    let Question { revision, previous, branch, deployed, lookback } = question;
    if previous.first() == Some(revision) {
        return Answer::Nothing("the same revision was deployed before");
    }
    if !history.knows(revision, branch) {
        return Answer::Unknown(format!("no push that brought revision {revision} has arrived"));
    }
    if let Some(Way { pushes, .. }) = previous.iter().find_map(|to| history.way(revision, Some(to), branch)) {
        let Expanded { commits, branches, .. } = history.expand(&pushes, branch);
        let changed = Changed::new(commits.into_values().collect(), branches, deployed);
        return if changed.commits.is_empty() {
            Answer::Nothing("no commit is new")
        } else {
            Answer::Changed(changed)
        };
    }
    if previous.first().is_some_and(|latest| history.way(latest, Some(revision), branch).is_some()) {
        return Answer::Nothing("an older revision was deployed again");
    }
    match (history.way(revision, None, branch), previous.first()) {
        (Some(Way { began, .. }), Some(latest)) if !began => {
            Answer::Unknown(format!("no pushes that lead from revision {latest} to {revision} have arrived"))
        }
        (way, _) => {
            let pushes = way.map(|way| way.pushes).unwrap_or_default();
            let Expanded { mut commits, branches, .. } = history.expand(&pushes, branch);
            let oldest = deployed.checked_sub(lookback).unwrap_or(Timestamp::MIN);
            commits.retain(|_, commit| commit.time >= oldest);
            let changed = Changed::new(commits.into_values().collect(), branches, deployed);
            if changed.commits.is_empty() {
                return Answer::Nothing("no commit is new");
            }
            Answer::WholeBranch(changed)
        }
    }
}

/// The fact of a lead time; without value when nothing is new.
pub fn fact(deployment: &Deployment, answer: &Answer) -> Fact {
    let since = |commit: &Commit| DatumValue::seconds(deployment.time.duration_since(commit.time)).ok();
    let (values, evidence) = match answer {
        Answer::Changed(Changed { commits, .. }) | Answer::WholeBranch(Changed { commits, .. }) => {
            let first = commits.first().map(|commit| (commit, since(commit)));
            let lead_time = first.and_then(|(_, seconds)| Some((Metric::LeadTimeForChanges, seconds?)));
            let each = commits.iter().filter_map(|commit| Some((Metric::CommitLeadTime, since(commit)?)));
            let evidence = first.map_or_else(String::new, |(first, _)| {
                format!("first of {} commits is {} of {}", commits.len(), first.id, first.time)
            });
            (lead_time.into_iter().chain(each).collect(), evidence)
        }
        Answer::Nothing(reason) => (Vec::new(), (*reason).to_owned()),
        Answer::Unknown(reason) => (Vec::new(), reason.clone()),
    };
    lead_time_fact(deployment, values, Vec::new(), evidence)
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
        counted_by,
        evidence,
    }
}

/// The pushes, whole again and each once, and the pull requests.
struct History {
    /// By branch, old head and new head.
    pushes: BTreeMap<(String, Option<CommitId>, CommitId), Vec<Commit>>,
    requests: BTreeSet<PullRequest>,
}

/// A push on the way: its branch, its old head, and those of its commits that belong to it.
type Step<'a> = (&'a str, &'a Option<CommitId>, &'a [Commit]);

/// What pushes brought, with the commits of pull requests in place of what squashing or rebasing made of them.
#[derive(Default)]
struct Expanded<'a> {
    commits: BTreeMap<CommitId, Commit>,
    /// The branches that were merged by pull requests.
    branches: BTreeSet<String>,
    /// The pull requests whose commits are here in place of what was made of them.
    replaced: BTreeSet<&'a PullRequest>,
}

/// A way back, the latest push first.
struct Way<'a> {
    pushes: Vec<&'a [Commit]>,
    /// Whether it ends where the branch was created.
    began: bool,
}

impl History {
    fn new(changes: &[Change]) -> Self {
        let mut parts: BTreeMap<_, BTreeMap<u32, Vec<Commit>>> = BTreeMap::new();
        let mut requests = BTreeSet::new();
        for change in changes {
            match change {
                Change::PullRequest(request) => drop(requests.insert(request.clone())),
                Change::Push(push) => {
                    let key = (push.branch.clone(), push.old_head.clone(), push.new_head.clone());
                    let commits = push.commits.iter().map(|commit| believable(commit, push)).collect();
                    parts.entry(key).or_default().entry(push.part).or_insert(commits);
                }
            }
        }
        let whole = |parts: BTreeMap<u32, Vec<Commit>>| parts.into_values().flatten().collect();
        Self { pushes: parts.into_iter().map(|(key, parts)| (key, whole(parts))).collect(), requests }
    }

    /// The pushes that end with a commit, cut off behind it.
    fn bringing<'a>(
        &'a self,
        id: &'a CommitId,
        branch: Option<&'a str>,
    ) -> impl Iterator<Item = Step<'a>> + 'a {
        self.pushes.iter().filter_map(move |((on, old_head, new_head), commits)| {
            if branch.is_some_and(|branch| branch != on) {
                return None;
            }
            match commits.iter().position(|commit| commit.id == *id) {
                Some(index) => Some((on.as_str(), old_head, &commits[..=index])),
                None => (new_head == id).then_some((on.as_str(), old_head, commits.as_slice())),
            }
        })
    }

    fn knows(&self, id: &CommitId, branch: Option<&str>) -> bool {
        self.bringing(id, branch).next().is_some()
    }

    /// The shortest way back from a commit to another, which is left out; without another, the longest to where the
    /// branch began or nothing is known.
    fn way<'a>(
        &'a self,
        from: &'a CommitId,
        to: Option<&CommitId>,
        branch: Option<&'a str>,
    ) -> Option<Way<'a>> {
        let mut seen = BTreeSet::from([from]);
        let mut waiting: VecDeque<(Step<'_>, Vec<&[Commit]>)> =
            self.bringing(from, branch).map(|step| (step, Vec::new())).collect();
        let mut last: Option<Way<'_>> = None;
        while let Some(((on, old_head, commits), mut pushes)) = waiting.pop_front() {
            if let Some(index) = commits.iter().position(|commit| Some(&commit.id) == to) {
                pushes.push(&commits[index + 1..]);
                return Some(Way { pushes, began: false });
            }
            pushes.push(commits);
            if to.is_some() && old_head.as_ref() == to {
                return Some(Way { pushes, began: false });
            }
            if let Some(old_head) = old_head
                && seen.insert(old_head)
            {
                let before = self.bringing(old_head, Some(on));
                waiting.extend(before.map(|step| (step, pushes.clone())));
            }
            last = Some(Way { pushes, began: old_head.is_none() });
        }
        last.filter(|_| to.is_none())
    }

    /// What pushes brought.
    fn expand(&self, pushes: &[&[Commit]], branch: Option<&str>) -> Expanded<'_> {
        let mut expanded = Expanded::default();
        let reached: BTreeSet<&CommitId> =
            pushes.iter().copied().flatten().map(|commit| &commit.id).collect();
        for push in pushes {
            self.expand_push(push, branch, &reached, &mut expanded);
        }
        expanded
    }

    fn expand_push<'a>(
        &'a self,
        push: &[Commit],
        branch: Option<&str>,
        reached: &BTreeSet<&CommitId>,
        expanded: &mut Expanded<'a>,
    ) {
        let mut own: Vec<Option<&Commit>> = push.iter().map(Some).collect();
        for (index, commit) in push.iter().enumerate() {
            let merged = |request: &&PullRequest| {
                request.merge_commit == commit.id && branch.is_none_or(|branch| branch == request.branch)
            };
            let Some(request) = self.requests.iter().find(merged) else { continue };
            expanded.branches.insert(request.head_branch.clone());
            if reached.contains(&request.head_commit) {
                // Its commits are here themselves; this one only merges them.
                own[index] = None;
                continue;
            }
            let head = self.head_pushes(request);
            let count: usize = head.iter().map(Vec::len).sum();
            if count == 0 || !expanded.replaced.insert(request) {
                continue;
            }
            // A push of just as many commits was rebased, else one commit was squashed.
            let rebased = push.len() == count && index + 1 == push.len();
            own[if rebased { 0 } else { index }..=index].fill(None);
            let reached = head.iter().flatten().map(|commit| &commit.id).collect();
            for push in &head {
                self.expand_push(push, Some(&request.head_branch), &reached, expanded);
            }
        }
        expanded.commits.extend(own.into_iter().flatten().map(|commit| (commit.id.clone(), commit.clone())));
    }

    /// The pushes of a pull request's branch, the latest first: as many commits as it says, without what came from the
    /// branch that it was merged into. None where the branch was not pushed to this repository.
    fn head_pushes(&self, request: &PullRequest) -> Vec<Vec<Commit>> {
        let way = self.way(&request.head_commit, None, Some(&request.head_branch));
        let pushes = way.map(|way| way.pushes).unwrap_or_default();
        let base = self.pushes.iter().filter(|((on, ..), _)| *on == request.branch);
        let base: BTreeSet<&CommitId> =
            base.flat_map(|(_, commits)| commits).map(|commit| &commit.id).collect();
        let mut missing = request.commit_count as usize;
        let last_ones = pushes.into_iter().map(|push| {
            let own: Vec<&Commit> = push.iter().filter(|commit| !base.contains(&commit.id)).collect();
            let skipped = own.len().saturating_sub(missing);
            missing -= own.len() - skipped;
            own.into_iter().skip(skipped).cloned().collect()
        });
        last_ones.collect()
    }
}

/// A commit whose date can be: one that says to be older than its repository, or newer than its push, counts from the
/// push.
fn believable(commit: &Commit, push: &Push) -> Commit {
    let can_be =
        commit.time <= push.pushed && push.repository_created.is_none_or(|created| commit.time >= created);
    Commit { time: if can_be { commit.time } else { push.pushed }, ..commit.clone() }
}

#[cfg(test)]
mod tests;
