//! Lets things happen, and keeps the truth about them.

use super::{
    OPS, Sample, Truth, git_hub_id,
    history::{Brought, History, Requested, Way},
    stages,
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::Metric,
    place::Place,
    sources::{codepipeline::ExecutionKey, opscenter::OpsItemKey},
    text,
};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};
use simulator::payload_builders::{
    Delivery, Execution, OpsItem, PushedCommit, Source, merged_pull_request, pull_request, push, renamed,
    review, structure, with_id, with_number,
};
use std::collections::{BTreeMap, BTreeSet};

/// A repository, and a pipeline that deploys it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repository {
    pub(super) name: &'static str,
    pub(super) pipeline: &'static str,
    /// The pipeline of its code, whichever this one deploys.
    main_pipeline: &'static str,
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
        Self::new(name, pipeline, account, region, Branching::TrunkBased)
    }

    pub(super) const fn git_flow(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self::new(name, pipeline, account, region, Branching::GitFlow)
    }

    pub(super) const fn mixed(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self::new(name, pipeline, account, region, Branching::Mixed)
    }

    const fn new(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
        branching: Branching,
    ) -> Self {
        let (main_pipeline, source) = (pipeline, Source::CodeStar);
        Self { name, pipeline, main_pipeline, account, region, branching, source }
    }

    /// The repository with the pipeline of one of its kinds of sources.
    pub(super) fn with(self, source: Source) -> Self {
        let pipeline = match source {
            Source::CodeStar | Source::CodeCommit => self.main_pipeline,
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

    /// Its pipelines.
    fn pipelines(&self) -> impl Iterator<Item = &'static str> {
        self.sources().iter().map(|source| self.with(*source).pipeline)
    }

    /// The pipeline's ARN.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:codepipeline:{}:{}:{}", self.region, self.account, self.pipeline)
    }
}

/// A repository gets another name. GitHub delivers under that name from then on; pipelines and configuration keep the old
/// one, which GitHub redirects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Renaming {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) at: Timestamp,
}

/// How long people go on calling a renamed repository by its old name.
const CUSTOM: SignedDuration = SignedDuration::from_hours(24);

/// The lines of a world as they come to be, and the truth.
pub(super) struct WorldBuilder {
    rng: ChaCha12Rng,
    /// When deliveries begin.
    start: Timestamp,
    lines: Vec<(Timestamp, String)>,
    histories: BTreeMap<&'static str, History>,
    /// The executions that are rework.
    rework: BTreeSet<String>,
    renaming: Renaming,
    pub(super) truth: Truth,
}

impl WorldBuilder {
    pub(super) fn new(start: Timestamp, config: Value, renaming: Renaming, rng: ChaCha12Rng) -> Self {
        let lines = vec![(start, json!({"at": start, "config": config}).to_string())];
        let (histories, rework, truth) = (BTreeMap::new(), BTreeSet::new(), Truth::default());
        let mut builder = Self { rng, start, lines, histories, rework, renaming, truth };
        if builder.rng.random_bool(0.5) {
            // Not every webhook is told of this: then the id in other deliveries tells it.
            builder.delivered(renaming.from, renaming.at, [renamed(renaming.from, renaming.to)]);
        }
        builder
    }

    /// CodePipeline knows the structure of some of a repository's pipelines. That of others was deleted.
    pub(super) fn structures(&mut self, start: Timestamp, repository: &Repository) {
        for pipeline in repository.pipelines() {
            if self.rng.random_bool(0.5) {
                let (account, region) = (repository.account, repository.region);
                let entry = json!({"account": account, "region": region, "pipeline": structure(pipeline)});
                self.line(start, "pipeline", entry);
            }
        }
    }

    /// The world, in order of time.
    pub(super) fn finish(mut self) -> Sample {
        let Renaming { from, to, at } = self.renaming;
        let is_former = |(time, line): &(Timestamp, String)| {
            *time < at && line.contains(r#""github":"#) && line.contains(from)
        };
        if !self.lines.iter().any(is_former) {
            // No delivery told the id under the old name: nothing but this can join both names.
            self.delivered(from, at, [renamed(from, to)]);
        }
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

    /// What GitHub calls a repository at an instant.
    fn called(&self, repository: &'static str, at: Timestamp) -> &'static str {
        let Renaming { from, to, at: since } = self.renaming;
        if repository == from && at >= since { to } else { repository }
    }

    /// What somebody calls a repository at an instant.
    pub(super) fn spoken(&self, repository: &Repository, at: Timestamp) -> &'static str {
        self.called(repository.name, at - CUSTOM)
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
        let (at, wait) = (end - self.minutes(7, 9), self.minutes(1, 300));
        // Nobody pushes on a head that is not there yet.
        let earliest = self.history(code.name).next_push().max(self.start);
        let waits = self.rng.random_bool(0.3) && at - wait >= earliest;
        let pushed = if waits { at - wait } else { at.max(earliest) };
        let revision = self.push_to_main(code.name, pushed, message);
        let key = self.execution_key(&code);
        let run = Execution::standard(key, end).source(code.source, code.name, "main");
        let run = run.message(message).revision(&revision);
        if waits { run.approved_after(wait) } else { run }
    }

    /// A run of a commit on a branch of its own.
    pub(super) fn branch(&mut self, repository: &Repository, end: Timestamp, branch: &str) -> Execution {
        let pushed = end - self.minutes(7, 9);
        let commits = self.commits(pushed, "Mend it", 2);
        let revision = commits[commits.len() - 1].id.clone();
        self.history(repository.name).branched(&commits, second(pushed));
        let called = self.called(repository.name, pushed);
        self.delivered(repository.name, pushed, [push(called, branch, None, &commits, pushed)]);
        let run = Execution::standard(self.execution_key(repository), end);
        run.source(repository.source, repository.name, branch).message("Mend it").revision(&revision)
    }

    /// Pushes to the main branch in the way that a message tells: merged, squashed or as it is. Returns the new head.
    fn push_to_main(&mut self, repository: &'static str, at: Timestamp, message: &str) -> String {
        let before = self.history(repository).head.clone();
        let called = self.called(repository, at);
        if message.ends_with("(#6)") || message.ends_with("(#7)") {
            let branch = format!("feature-{}", at.as_second());
            let commits = self.commits(at - SignedDuration::from_mins(1), "Work on it", 3);
            let head = commits[commits.len() - 1].id.clone();
            let squashed = self.commits(at, message, 1);
            let revision = squashed[0].id.clone();
            let (number, way) = self.requested(repository, &commits, at);
            let request = merged_pull_request(called, &branch, &head, &revision, commits.len(), at);
            let request = with_number(request, number);
            let to_branch = push(called, &branch, None, &commits, at);
            let to_main = push(called, "main", before.as_deref(), &squashed, at);
            self.delivered(repository, at, [to_branch, request, to_main]);
            let brought = commits.iter().map(|commit| Brought { time: commit.time, way });
            self.history(repository).pushed(at, &revision, brought);
            self.note_rework(repository, &squashed);
            return revision;
        }
        let commits = self.commits(at, message, 3);
        let revision = commits[commits.len() - 1].id.clone();
        let mut way = Way::Pushed(second(at));
        let request = text::merged_branch(message).map(|branch| {
            let merged = commits.len() - 1;
            let (number, requested) = self.requested(repository, &commits[..merged], at);
            way = requested;
            let request = merged_pull_request(called, branch, &commits[merged - 1].id, &revision, merged, at);
            with_number(request, number)
        });
        let to_main = push(called, "main", before.as_deref(), &commits, at);
        self.delivered(repository, at, request.into_iter().chain([to_main]));
        let counted = commits.iter().filter(|commit| !commit.message.starts_with("Merge "));
        let brought = counted.map(|commit| Brought { time: commit.time, way });
        self.history(repository).pushed(at, &revision, brought);
        self.note_rework(repository, &commits);
        revision
    }

    /// A pull request of some commits that is merged at an instant, and which of its steps are delivered: its number, and
    /// how the commits came to the main branch.
    fn requested(
        &mut self,
        repository: &'static str,
        commits: &[PushedCommit],
        merged: Timestamp,
    ) -> (u64, Way) {
        let number = self.history(repository).next_request();
        let first = commits.iter().map(|commit| commit.time).min().unwrap_or(merged).max(self.start);
        let mut steps: Vec<Timestamp> = (0..4).map(|_| self.between(first, merged)).collect();
        steps.sort();
        let mut told = Requested { ready: None, reviewed: None, approved: None, merged };
        if self.rng.random_bool(0.9) {
            told.ready = Some(steps[0]);
            let action = self.one_of(&["opened", "ready_for_review"]);
            if action == "ready_for_review" {
                self.step(repository, first, |name| pull_request(name, number, "opened", true, first));
            }
            self.step(repository, steps[0], |name| pull_request(name, number, action, false, steps[0]));
        }
        if self.rng.random_bool(0.8) {
            let state = self.one_of(&["approved", "commented", "changes_requested"]);
            told.reviewed = Some(steps[1]);
            told.approved = (state == "approved").then_some(steps[1]);
            self.step(repository, steps[1], |name| review(name, number, state, steps[1]));
            if self.rng.random_bool(0.7) {
                told.approved = Some(steps[3]);
                for at in &steps[2..] {
                    self.step(repository, *at, |name| review(name, number, "approved", *at));
                }
            }
        }
        (number, Way::Requested(told))
    }

    /// An instant between two others, to the second.
    fn between(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        let (from, to) = (from.as_second(), to.as_second());
        Timestamp::from_second(self.rng.random_range(from..=to)).unwrap_or_default()
    }

    /// GitHub delivers a step of a pull request at once.
    fn step(&mut self, repository: &'static str, at: Timestamp, of: impl FnOnce(&str) -> Delivery) {
        let (headers, body) = with_id(of(self.called(repository, at)), git_hub_id(repository));
        self.line(at, "github", json!({"headers": headers, "body": body}));
    }

    /// Takes note of what makes each deployment rework that a commit is part of.
    fn note_rework(&mut self, repository: &'static str, commits: &[PushedCommit]) {
        let is_rework = |commit: &&PushedCommit| {
            commit.message.to_lowercase().contains("oi-") || commit.message.starts_with("Revert ")
        };
        if let Some(commit) = commits.iter().find(is_rework) {
            self.history(repository).is_rework(commit.time);
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
    fn delivered(&mut self, repository: &str, at: Timestamp, deliveries: impl IntoIterator<Item = Delivery>) {
        let seconds = if self.rng.random_bool(0.05) { 600..3000 } else { 1..60 };
        let mut arrives = at + SignedDuration::from_secs(self.rng.random_range(seconds));
        for delivery in deliveries {
            let (headers, body) = with_id(delivery, git_hub_id(repository));
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

    /// A rollback made a repository's pipeline go back to an earlier execution.
    pub(super) fn goes_back(&mut self, repository: &Repository, target: &Execution) {
        if let Some(revision) = target.commit() {
            self.history(repository.name).roll_back(repository.pipeline, revision);
        }
    }

    /// An `OpsItem` of the repository's account, or of the operations account.
    pub(super) fn ops_item(&mut self, repository: &Repository, created: Timestamp) -> OpsItem {
        let id = format!("oi-{:012x}", self.rng.random_range(0..1_u64 << 48));
        let (account, region) = self.one_of(&[(repository.account, repository.region), (OPS, "eu-west-1")]);
        // Twelve hexadecimal digits make an id.
        let Ok(ops_item_id) = id.parse() else { unreachable!("{id} is an OpsItem id") };
        let key = OpsItemKey { place: Place::new(account, region), ops_item_id };
        OpsItem::new(key, created)
    }

    fn execution_key(&mut self, repository: &Repository) -> ExecutionKey {
        let digits: u128 = self.rng.random();
        let hex = format!("{digits:032x}");
        let parts = [&hex[..8], &hex[8..12], "4000", &hex[16..20], &hex[20..]];
        ExecutionKey {
            place: Place::new(repository.account, repository.region),
            pipeline: repository.pipeline.into(),
            execution_id: parts.join("-"),
        }
    }

    /// CodePipeline knows the execution from its end on.
    pub(super) fn record(&mut self, execution: &Execution) {
        self.known(execution.end, execution);
    }

    /// CodePipeline knows the execution so from an instant on.
    pub(super) fn known(&mut self, at: Timestamp, execution: &Execution) {
        let recorded = execution.recorded();
        let Place { account, region } = &execution.key.place;
        let (detail, actions) = (&recorded.detail, &recorded.actions);
        let entry = json!({"account": account, "region": region, "detail": detail, "actions": actions});
        self.line(at, "execution", entry);
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
        let pipeline =
            repository.pipelines().find(|name| *name == execution.key.pipeline).unwrap_or_default();
        let (commits, is_rework) = self.history(repository.name).deploy(pipeline, revision, execution.end);
        if is_rework {
            self.is_rework(repository, execution);
        }
        let since = |commit: &Brought| execution.end.duration_since(commit.time).as_secs_f64();
        if let Some(first) = commits.iter().min() {
            self.truth.add(Metric::LeadTimeForChanges, repository.name, execution.end, since(first));
            for (metric, spent) in stages::of(*first, execution) {
                self.truth.add(metric, repository.name, execution.end, spent.as_secs_f64());
            }
        }
        for commit in &commits {
            self.truth.add(Metric::CommitLeadTime, repository.name, execution.end, since(commit));
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
        let Place { account, region } = &item.key.place;
        let entry = json!({"account": account, "region": region, "item": item.item});
        self.line(item.created, "opsItem", entry);
        self.event(item.created + later, item.create_event());
    }

    /// The `OpsItem` is resolved.
    pub(super) fn resolve(&mut self, item: &OpsItem, at: Timestamp) {
        self.change(&item.clone().resolved(at), "Resolved", at);
    }

    /// The `OpsItem` is opened again.
    pub(super) fn open_again(&mut self, item: &OpsItem, at: Timestamp) {
        self.change(&item.clone().opened_again(at), "Open", at);
    }

    fn change(&mut self, changed: &OpsItem, status: &str, at: Timestamp) {
        let Place { account, region } = &changed.key.place;
        let entry = json!({"account": account, "region": region, "item": changed.item});
        self.line(at, "opsItem", entry);
        self.event(at, changed.update_event(status, at));
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

/// GitHub tells the time of a push to the second.
fn second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
