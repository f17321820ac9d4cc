//! Lets things happen, and keeps the truth about them.

use super::{OPS, Sample, Truth, history::History};
use crate::shapes::{Delivery, Execution, OpsItem, PushedCommit, Source, merged_pull_request, push};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::Metric,
    event::{ExecutionKey, OpsItemKey},
    text,
};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A repository, and a pipeline that deploys it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repository {
    pub(super) name: &'static str,
    pub(super) pipeline: &'static str,
    account: &'static str,
    region: &'static str,
    pub(super) branching: Branching,
    /// Where the pipeline takes the code from.
    source: Source,
}

/// How a repository gets to production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branching {
    TrunkBased,
    GitFlow,
    /// GitFlow, with a pipeline for each of many kinds of sources.
    Mixed,
}

impl Repository {
    pub(super) const fn trunk_based(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self { name, pipeline, account, region, branching: Branching::TrunkBased, source: Source::CodeStar }
    }

    pub(super) const fn git_flow(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self { name, pipeline, account, region, branching: Branching::GitFlow, source: Source::CodeStar }
    }

    pub(super) const fn mixed(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self { name, pipeline, account, region, branching: Branching::Mixed, source: Source::CodeStar }
    }

    /// The repository with the pipeline of one of its kinds of sources.
    pub(super) fn with(self, source: Source) -> Self {
        let pipeline = match source {
            Source::CodeStar | Source::CodeCommit => self.pipeline,
            Source::GitHub => "billing-legacy",
            Source::Ecr => "billing-image",
            Source::S3 => "billing-archive",
        };
        Self { pipeline, source, ..self }
    }

    /// The kinds of sources that its pipelines have.
    pub(super) fn sources(&self) -> &'static [Source] {
        match self.branching {
            Branching::TrunkBased | Branching::GitFlow => &[Source::CodeStar],
            Branching::Mixed => &[Source::CodeStar, Source::GitHub, Source::Ecr, Source::S3],
        }
    }

    /// Whether its pipeline deploys commits.
    fn has_commits(&self) -> bool {
        matches!(self.source, Source::CodeStar | Source::GitHub)
    }

    /// The pipeline's ARN.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:codepipeline:{}:{}:{}", self.region, self.account, self.pipeline)
    }
}

/// The lines of a world as they come to be, and the truth.
pub(super) struct Story {
    rng: ChaCha12Rng,
    lines: Vec<(Timestamp, String)>,
    histories: BTreeMap<&'static str, History>,
    /// The executions that are rework.
    rework: BTreeSet<String>,
    pub(super) truth: Truth,
}

impl Story {
    pub(super) fn new(start: Timestamp, config: Value, rng: ChaCha12Rng) -> Self {
        let lines = vec![(start, json!({"at": start, "config": config}).to_string())];
        Self { rng, lines, histories: BTreeMap::new(), rework: BTreeSet::new(), truth: Truth::default() }
    }

    /// The world, in order of time.
    pub(super) fn finish(self) -> Sample {
        let Self { mut lines, truth, .. } = self;
        lines.sort_by_key(|(at, _)| *at);
        Sample { lines: lines.into_iter().map(|(_, line)| line).collect(), truth }
    }

    /// A length of time between two numbers of minutes, to the millisecond.
    pub(super) fn minutes(&mut self, from: i64, to: i64) -> SignedDuration {
        SignedDuration::from_millis(self.rng.random_range(from * 60_000..to * 60_000))
    }

    /// One of several.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.rng.random_range(0..all.len())]
    }

    /// A run of a repository's pipeline with something new on its main branch, or in its image or archive.
    pub(super) fn run(&mut self, repository: &Repository, end: Timestamp) -> Execution {
        if repository.has_commits() {
            let message =
                self.one_of(&["Add a thing", "Mend a thing (#6)", "Merge pull request #6 from acme/thing"]);
            let run = self.commit(repository, end, message);
            // A base image beside the code: Git comes first, so the repository is still that of the code.
            let and_image = self.rng.random_bool(0.2);
            return if and_image { run.another_source("BaseImage", Source::Ecr, "base", "") } else { run };
        }
        let key = self.execution_key(repository);
        Execution::standard(key, end).source(repository.source, repository.name, "main")
    }

    /// A run of a commit with a message on the main branch, which is pushed just before.
    pub(super) fn commit(&mut self, repository: &Repository, end: Timestamp, message: &str) -> Execution {
        let code = if repository.has_commits() { *repository } else { repository.with(Source::CodeStar) };
        let pushed = end - self.minutes(7, 9);
        let revision = self.push_to_main(code.name, pushed, message);
        let key = self.execution_key(&code);
        let run = Execution::standard(key, end).source(code.source, code.name, "main");
        run.message(message).revision(&revision)
    }

    /// A run of a commit on a branch of its own.
    pub(super) fn branch(&mut self, repository: &Repository, end: Timestamp, branch: &str) -> Execution {
        let pushed = end - self.minutes(7, 9);
        let commits = self.commits(pushed, "Mend it", 2);
        let revision = commits[commits.len() - 1].id.clone();
        self.history(repository.name).branched(&commits);
        self.delivered(pushed, [push(repository.name, branch, None, &commits, pushed)]);
        let run = Execution::standard(self.execution_key(repository), end);
        run.source(repository.source, repository.name, branch).message("Mend it").revision(&revision)
    }

    /// Pushes to the main branch in the way that a message tells: merged, squashed or as it is. Returns the new head.
    fn push_to_main(&mut self, repository: &'static str, at: Timestamp, message: &str) -> String {
        let before = self.history(repository).head.clone();
        if message.ends_with("(#6)") || message.ends_with("(#7)") {
            let branch = format!("feature-{}", at.as_second());
            let commits = self.commits(at - SignedDuration::from_mins(1), "Work on it", 3);
            let head = commits[commits.len() - 1].id.clone();
            let squashed = self.commits(at, message, 1);
            let revision = squashed[0].id.clone();
            let request = merged_pull_request(repository, &branch, &head, &revision, commits.len(), at);
            let to_branch = push(repository, &branch, None, &commits, at);
            let to_main = push(repository, "main", before.as_deref(), &squashed, at);
            self.delivered(at, [to_branch, request, to_main]);
            self.history(repository).pushed(&revision, commits.iter().map(|commit| commit.time));
            self.note_references(repository, &squashed);
            return revision;
        }
        let commits = self.commits(at, message, 3);
        let revision = commits[commits.len() - 1].id.clone();
        let request = text::merged_branch(message).map(|branch| {
            let merged = commits.len() - 1;
            merged_pull_request(repository, branch, &commits[merged - 1].id, &revision, merged, at)
        });
        let to_main = push(repository, "main", before.as_deref(), &commits, at);
        self.delivered(at, request.into_iter().chain([to_main]));
        let counted = commits.iter().filter(|commit| !commit.message.starts_with("Merge "));
        self.history(repository).pushed(&revision, counted.map(|commit| commit.time));
        self.note_references(repository, &commits);
        revision
    }

    fn note_references(&mut self, repository: &'static str, commits: &[PushedCommit]) {
        let referencing = |commit: &&PushedCommit| commit.message.to_lowercase().contains("oi-");
        if let Some(commit) = commits.iter().find(referencing) {
            self.history(repository).references(commit.time);
        }
    }

    /// Up to so many commits, two at least where more than one is wanted; the last has the message.
    fn commits(&mut self, until: Timestamp, message: &str, most: usize) -> Vec<PushedCommit> {
        let count = if most > 1 { self.rng.random_range(2..=most) } else { 1 };
        let commits = (1..=count).map(|number| {
            let ago = SignedDuration::from_secs(self.rng.random_range(60..200_000));
            let time = Timestamp::from_second((until - ago).as_second()).unwrap_or(until);
            let message = if number == count { message } else { "Work on it" };
            let id = format!("{:032x}{:08x}", self.rng.random::<u128>(), self.rng.random::<u32>());
            PushedCommit { id, time, message: message.to_owned() }
        });
        commits.collect()
    }

    fn history(&mut self, repository: &'static str) -> &mut History {
        self.histories.entry(repository).or_default()
    }

    /// GitHub delivers webhooks, some seconds later, and now and then not before the deployment is done.
    fn delivered(&mut self, at: Timestamp, deliveries: impl IntoIterator<Item = Delivery>) {
        let seconds = if self.rng.random_bool(0.05) { 600..3000 } else { 1..60 };
        let mut arrives = at + SignedDuration::from_secs(self.rng.random_range(seconds));
        for (headers, body) in deliveries {
            self.line(arrives, "github", json!({"headers": headers, "body": body}));
            arrives += SignedDuration::from_secs(1);
        }
    }

    /// A rollback of a repository's pipeline to an earlier execution.
    pub(super) fn rollback(
        &mut self,
        repository: &Repository,
        target: &Execution,
        end: Timestamp,
    ) -> Execution {
        Execution::rollback(self.execution_key(repository), &target.key.execution_id, end)
    }

    /// An `OpsItem` of the repository's account, or of the operations account.
    pub(super) fn ops_item(&mut self, repository: &Repository, created: Timestamp) -> OpsItem {
        let id = format!("oi-{:012x}", self.rng.random_range(0..1_u64 << 48));
        let (account, region) = self.one_of(&[(repository.account, repository.region), (OPS, "eu-west-1")]);
        // Twelve hexadecimal digits make an id.
        let Ok(ops_item_id) = id.parse() else { unreachable!("{id} is an OpsItem id") };
        let key = OpsItemKey { account: account.into(), region: region.into(), ops_item_id };
        OpsItem::new(key, created)
    }

    fn execution_key(&mut self, repository: &Repository) -> ExecutionKey {
        let digits: u128 = self.rng.random();
        let hex = format!("{digits:032x}");
        let parts = [&hex[..8], &hex[8..12], "4000", &hex[16..20], &hex[20..]];
        ExecutionKey {
            account: repository.account.into(),
            region: repository.region.into(),
            pipeline: repository.pipeline.into(),
            execution_id: parts.join("-"),
        }
    }

    /// CodePipeline knows the execution from its end on.
    pub(super) fn record(&mut self, execution: &Execution) {
        let recorded = execution.recorded();
        let (account, region) = (&recorded.key.account, &recorded.key.region);
        let (detail, actions) = (&recorded.detail, &recorded.actions);
        let entry = json!({"account": account, "region": region, "detail": detail, "actions": actions});
        self.line(execution.end, "execution", entry);
    }

    /// The execution succeeds, and its event is sent so much later.
    pub(super) fn succeed(&mut self, execution: &Execution, later: SignedDuration) {
        self.record(execution);
        self.event(execution.end + later, execution.event("SUCCEEDED"));
    }

    /// The execution succeeds, and is a production deployment.
    pub(super) fn deploy(&mut self, repository: &Repository, execution: &Execution) {
        let later = self.minutes(0, 2);
        self.succeed(execution, later);
        self.is_deployment(repository, execution);
    }

    pub(super) fn is_deployment(&mut self, repository: &Repository, execution: &Execution) {
        self.truth.add(Metric::Deployments, repository.name, execution.end, 1.0);
        let Some(revision) = execution.commit() else {
            self.truth.without_commits += 1;
            return;
        };
        // A repository's commits are deployed by the pipeline that the execution is of.
        let pipeline = repository.sources().iter().map(|source| repository.with(*source).pipeline);
        let pipeline = pipeline.into_iter().find(|name| *name == execution.key.pipeline).unwrap_or_default();
        let (commits, references) = self.history(repository.name).deploy(pipeline, revision, execution.end);
        if references {
            self.is_rework(repository, execution);
        }
        let since = |time: &Timestamp| execution.end.duration_since(*time).as_secs_f64();
        if let Some(first) = commits.iter().min() {
            self.truth.add(Metric::LeadTimeForChanges, repository.name, execution.end, since(first));
        }
        for time in &commits {
            self.truth.add(Metric::CommitLeadTime, repository.name, execution.end, since(time));
        }
    }

    pub(super) fn is_rework(&mut self, repository: &Repository, execution: &Execution) {
        if self.rework.insert(execution.key.execution_id.clone()) {
            self.truth.add(Metric::ReworkDeployments, repository.name, execution.end, 1.0);
        }
    }

    pub(super) fn has_failed(&mut self, repository: &Repository, execution: &Execution) {
        self.truth.add(Metric::FailedDeployments, repository.name, execution.end, 1.0);
    }

    pub(super) fn is_rollback(&mut self, repository: &Repository, execution: &Execution) {
        self.truth.add(Metric::Rollbacks, repository.name, execution.end, 1.0);
    }

    /// An execution restores service after an incident.
    pub(super) fn restores(&mut self, repository: &Repository, execution: &Execution, item: &OpsItem) {
        let seconds = execution.end.duration_since(item.created).as_secs_f64();
        self.truth.add(Metric::TimeToRestore, repository.name, execution.end, seconds);
    }

    /// Nothing restores service after an incident before somebody resolves it.
    pub(super) fn is_restored_by_hand(&mut self, repository: &Repository, item: &OpsItem, at: Timestamp) {
        let seconds = at.duration_since(item.created).as_secs_f64();
        self.truth.add(Metric::TimeToRestore, repository.name, at, seconds);
    }

    /// The `OpsItem` is created, and its event is sent so much later.
    pub(super) fn raise(&mut self, item: &OpsItem, later: SignedDuration) {
        let (account, region) = (&item.key.account, &item.key.region);
        let entry = json!({"account": account, "region": region, "item": item.item});
        self.line(item.created, "opsItem", entry);
        self.event(item.created + later, item.create_event());
    }

    /// The `OpsItem` is resolved.
    pub(super) fn resolve(&mut self, item: &OpsItem, at: Timestamp) {
        let (account, region) = (&item.key.account, &item.key.region);
        let resolved = item.clone().resolved(at);
        let entry = json!({"account": account, "region": region, "item": resolved.item});
        self.line(at, "opsItem", entry);
        self.event(at, item.update_event("Resolved", at));
    }

    /// An event that no rule or policy lets through.
    pub(super) fn refused(&mut self, at: Timestamp, event: Value) {
        self.event(at, event);
        self.truth.refused += 1;
    }

    /// An event is on the default bus of its account.
    pub(super) fn event(&mut self, at: Timestamp, mut event: Value) {
        event["id"] = json!(format!("{:032x}", self.rng.random::<u128>()));
        self.line(at, "event", event);
    }

    fn line(&mut self, at: Timestamp, kind: &str, entry: Value) {
        self.lines.push((at, json!({"at": at, kind: entry}).to_string()));
    }
}
