//! Lets things happen, and keeps the truth about them.

use super::{OPS, Sample, Truth};
use crate::shapes::{Execution, OpsItem, Source};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::Metric,
    event::{ExecutionKey, OpsItemKey},
};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

/// A repository, and the pipeline that deploys it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repository {
    pub(super) name: &'static str,
    pub(super) pipeline: &'static str,
    account: &'static str,
    region: &'static str,
    pub(super) branching: Branching,
}

/// How a repository gets to production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branching {
    TrunkBased,
    GitFlow,
    /// GitFlow, and its pipeline takes the code from one kind of source and then another.
    Mixed,
}

impl Repository {
    pub(super) const fn trunk_based(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self { name, pipeline, account, region, branching: Branching::TrunkBased }
    }

    pub(super) const fn git_flow(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self { name, pipeline, account, region, branching: Branching::GitFlow }
    }

    pub(super) const fn mixed(
        name: &'static str,
        pipeline: &'static str,
        account: &'static str,
        region: &'static str,
    ) -> Self {
        Self { name, pipeline, account, region, branching: Branching::Mixed }
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
    pub(super) truth: Truth,
}

impl Story {
    pub(super) fn new(start: Timestamp, config: Value, rng: ChaCha12Rng) -> Self {
        let lines = vec![(start, json!({"at": start, "config": config}).to_string())];
        Self { rng, lines, truth: Truth::default() }
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

    /// A run of a repository's pipeline from its main branch; nothing has happened yet.
    pub(super) fn run(&mut self, repository: &Repository, end: Timestamp) -> Execution {
        let key = self.execution_key(repository);
        let sources: &[Source] = match repository.branching {
            Branching::TrunkBased | Branching::GitFlow => &[Source::CodeStar],
            Branching::Mixed => &[Source::CodeStar, Source::GitHub, Source::Ecr, Source::S3],
        };
        let source = self.one_of(sources);
        let run = Execution::standard(key, end).source(source, repository.name, "main");
        // A base image beside the code: Git comes first, so the repository is still that of the code.
        let git = matches!(source, Source::CodeStar | Source::GitHub);
        if git && self.rng.random_bool(0.2) {
            run.another_source("BaseImage", Source::Ecr, "base", "")
        } else {
            run
        }
    }

    /// A run whose source is a commit on the main branch.
    pub(super) fn commit(&mut self, repository: &Repository, end: Timestamp, message: &str) -> Execution {
        let key = self.execution_key(repository);
        Execution::standard(key, end).source(Source::CodeStar, repository.name, "main").message(message)
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
    }

    pub(super) fn is_rework(&mut self, repository: &Repository, execution: &Execution) {
        self.truth.add(Metric::ReworkDeployments, repository.name, execution.end, 1.0);
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

    /// The `OpsItem` is created, and its event is sent so much later.
    pub(super) fn raise(&mut self, item: &OpsItem, later: SignedDuration) {
        let (account, region) = (&item.key.account, &item.key.region);
        let entry = json!({"account": account, "region": region, "item": item.item});
        self.line(item.created, "opsItem", entry);
        self.event(item.created + later, item.create_event());
    }

    /// The `OpsItem` is resolved.
    pub(super) fn resolve(&mut self, item: &OpsItem, at: Timestamp) {
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
