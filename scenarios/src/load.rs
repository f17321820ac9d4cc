//! Load, with AWS's quotas: much at once, what it has to lead to, and how long that takes.
//!
//! A call that is throttled waits for the next second, as the functions' SDK would; everything else takes no time but what
//! [`Limit`] says of an invocation. So the times are those of the quotas, the queues and the schedule.

use crate::parts;
use fake_aws::Quotas;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{Metric, Namespace},
    fact::FactState,
    place::Place,
    sources::{
        codepipeline::ExecutionKey,
        opscenter::{OpsItemId, OpsItemKey},
    },
};
use program::{plan::Plan, settings::Settings};
use serde_json::{Value, json};
use simulator::{
    binaries::Binaries,
    cloud::{Cloud, CloudError},
    concurrency::Limit,
    payload_builders::{Execution, OpsItem, PushedCommit, Source, push},
    replay_result::ReplayResult,
    router::Envelope,
};
use std::{collections::BTreeMap, error::Error};

const OPS: &str = "999999999999";
const TOOLING: &str = "111111111111";
const REGIONS: [&str; 10] = [
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
];
/// How long an invocation with messages of a queue takes, and how many an account has at once.
const LIMIT: Limit = Limit { invocations: 1000, duration: SignedDuration::from_secs(2) };

/// Much at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A thousand deployments of 40 pipelines end within a minute, in one account and region.
    Deployments,
    /// 100 pipelines in 10 regions have 300 deployments that no event told; the reconciler runs once.
    Pipelines,
    /// A bot pushes 2,000 times in five minutes, a hundred at once, to 20 repositories, which are deployed then.
    Pushes,
    /// 40 incidents are raised at once, of as many repositories.
    Incidents,
}

/// What load has led to.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that CloudWatch and the ledger hold.
    pub outcome: ReplayResult,
    /// From when the load was over to the last value of a DORA metric.
    pub took: SignedDuration,
    /// How many calls were throttled, by quota.
    pub exceeded: BTreeMap<String, u64>,
    /// How many values there are of each DORA metric, and what they add up to.
    expected: BTreeMap<Metric, (usize, f64)>,
}

impl Loaded {
    /// How the outcome differs from what it has to be; not at all if nothing is lost, counted twice, or given up.
    pub fn differences(&self) -> Vec<String> {
        let mut differences = parts::that_do_not_add_up(&self.outcome);
        let found = |metric: Metric| {
            let total = self.outcome.metrics.iter().find(|other| {
                other.name == metric.name() && other.namespace == "DORA" && other.dimensions.is_empty()
            });
            let values = || total.iter().flat_map(|metric| &metric.points).flat_map(|point| &point.values);
            (values().count(), values().sum::<f64>())
        };
        let is_told =
            |metric: &Metric| metric.namespace() == Namespace::Dora && !metric.is_part_of_lead_time();
        for metric in Metric::ALL.into_iter().filter(is_told) {
            let found = found(metric);
            let expected = self.expected.get(&metric).copied().unwrap_or_default();
            if found != expected {
                differences.push(format!("{metric}: {found:?} and not {expected:?}"));
            }
        }
        let pending = self.outcome.count(|fact| fact.state == FactState::Pending);
        for (what, count) in [
            ("facts are pending", pending),
            ("dead letters", self.outcome.dead_letters.len()),
            ("executions are ignored", self.outcome.ignored.len()),
            ("events are refused", self.outcome.refused.len()),
        ] {
            if count > 0 {
                differences.push(format!("{count} {what}"));
            }
        }
        differences
    }
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 4] = [Self::Deployments, Self::Pipelines, Self::Pushes, Self::Incidents];

    /// What happens, in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployments => "1,000 deployments in a minute",
            Self::Pipelines => "100 pipelines in 10 regions, found by one run of the reconciler",
            Self::Pushes => "2,000 pushes in five minutes, then 20 deployments",
            Self::Incidents => "40 incidents at once",
        }
    }

    /// Lets it happen.
    ///
    /// # Errors
    /// What stops the cloud, and what can't be set up.
    pub async fn play(self, binaries: &Binaries) -> Result<Loaded, Box<dyn Error>> {
        let mut stage = Stage::new(self, binaries).await?;
        match self {
            Self::Deployments => stage.deployments().await?,
            Self::Pipelines => stage.pipelines().await?,
            Self::Pushes => stage.pushes().await?,
            Self::Incidents => stage.incidents().await?,
        }
        stage.loaded().await
    }
}

/// The cloud, and what has happened in it.
struct Stage {
    cloud: Cloud,
    noon: Timestamp,
    over: Timestamp,
    expected: BTreeMap<Metric, (usize, f64)>,
}

impl Stage {
    async fn new(scenario: Scenario, binaries: &Binaries) -> Result<Self, Box<dyn Error>> {
        let regions = if scenario == Scenario::Pipelines { &REGIONS[..] } else { &REGIONS[..1] };
        let mut config = json!({
            "toolingAccounts": [{"account": TOOLING, "regions": regions}],
            "opsAccount": OPS,
            "region": "eu-west-1",
        });
        if scenario == Scenario::Pushes {
            config["webhookSecret"] = json!("arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora");
        }
        let mut plan = Plan::new(&Settings::from_json(&config)?)?;
        // It runs when it is to.
        plan.reconciler.every = SignedDuration::from_hours(1000 * 24);
        let noon = "2026-06-15T12:00:00Z".parse()?;
        let mut cloud = Cloud::start(plan, binaries, noon).await?;
        cloud.server().services().quotas = Quotas::of_aws();
        cloud.limit(Some(LIMIT));
        Ok(Self { cloud, noon, over: noon, expected: BTreeMap::new() })
    }

    async fn deployments(&mut self) -> Result<(), CloudError> {
        for number in 0..1000 {
            let end = self.noon + SignedDuration::from_millis(number * 60);
            let deployment = deployment(REGIONS[0], number % 40, number, number % 20, end);
            self.happens(&deployment).await?;
        }
        Ok(())
    }

    async fn pipelines(&mut self) -> Result<(), CloudError> {
        let pipelines = (0..)
            .zip(REGIONS)
            .flat_map(|(number, region)| (0..10).map(move |pipeline| (region, number * 10 + pipeline)));
        for (region, pipeline) in pipelines {
            for run in 0..3 {
                let end = self.noon - SignedDuration::from_hours(run + 1);
                let deployment = deployment(region, pipeline, pipeline * 3 + run, pipeline, end);
                self.cloud.record_execution(deployment.recorded())?;
                self.expect(Metric::Deployments, 1.0);
            }
        }
        self.over = self.cloud.now();
        self.cloud.reconcile().await?;
        Ok(())
    }

    async fn pushes(&mut self) -> Result<(), CloudError> {
        const REPOSITORIES: usize = 20;
        const SECOND: SignedDuration = SignedDuration::from_secs(1);
        let commit = |repository: usize, number: usize, time| PushedCommit {
            id: format!("{repository:020x}{number:020x}"),
            time,
            message: "Update a dependency".into(),
        };
        let name = |repository: usize| format!("acme/service-{repository}");
        for repository in 0..REPOSITORIES {
            let first = commit(repository, 0, self.noon - SECOND);
            let (headers, body) = push(&name(repository), "main", None, &[first], self.noon);
            self.cloud.deliver(&headers, &body).await?;
        }
        self.deploys(0, self.noon + SECOND * 600, self.noon - SECOND, 1).await?;
        let start = self.cloud.now();
        for spike in 0..20_i32 {
            let now = start + SECOND * 15 * spike;
            self.cloud.advance_to(now).await?;
            for number in 0..100 {
                let (repository, pushed) =
                    (number % REPOSITORIES, spike as usize * 5 + number / REPOSITORIES);
                let before = commit(repository, pushed, now).id;
                let next = commit(repository, pushed + 1, start);
                let (headers, body) = push(&name(repository), "main", Some(&before), &[next], now);
                self.cloud.deliver(&headers, &body).await?;
            }
        }
        self.deploys(100, start + SECOND * 900, start, 100).await
    }

    /// All repositories are deployed, at a commit; the change has so many commits of a time.
    async fn deploys(
        &mut self,
        commit: usize,
        end: Timestamp,
        time: Timestamp,
        commits: usize,
    ) -> Result<(), CloudError> {
        for repository in 0..20 {
            let number = i64::try_from(commit).unwrap_or_default() + repository;
            let deployment = deployment(REGIONS[0], repository, number, repository, end);
            let deployment = deployment.revision(&format!("{repository:020x}{commit:020x}"));
            self.happens(&deployment).await?;
            let took = end.duration_since(time).as_secs_f64();
            self.expect(Metric::LeadTimeForChanges, took);
            (0..commits).for_each(|_| self.expect(Metric::CommitLeadTime, took));
        }
        Ok(())
    }

    async fn incidents(&mut self) -> Result<(), Box<dyn Error>> {
        for number in 0..40 {
            let end = self.noon + SignedDuration::from_secs(number);
            self.happens(&deployment(REGIONS[0], number, number, number, end)).await?;
        }
        let raised = self.noon + SignedDuration::from_hours(1);
        self.cloud.advance_to(raised).await?;
        for number in 0..40 {
            let ops_item_id: OpsItemId = format!("oi-{number:012x}").parse()?;
            let key = OpsItemKey { place: Place::new(TOOLING, REGIONS[0]), ops_item_id };
            let item = OpsItem::new(key, raised).title(&format!("acme/service-{number} is down"));
            self.cloud.record_ops_item(item.recorded())?;
            self.tells("aws.ssm", "OpsItem Create", REGIONS[0], &item.create_event())?;
            self.expect(Metric::FailedDeployments, 1.0);
        }
        Ok(())
    }

    /// A deployment ends, and its event is sent.
    async fn happens(&mut self, deployment: &Execution) -> Result<(), CloudError> {
        self.cloud.advance_to(deployment.end).await?;
        self.cloud.record_execution(deployment.recorded())?;
        self.expect(Metric::Deployments, 1.0);
        let event = deployment.event("SUCCEEDED");
        let kind = "CodePipeline Pipeline Execution State Change";
        self.tells("aws.codepipeline", kind, &deployment.key.place.region, &event)
    }

    fn tells(
        &mut self,
        source: &str,
        detail_type: &str,
        region: &str,
        event: &Value,
    ) -> Result<(), CloudError> {
        let [source, detail_type] = [source, detail_type].map(str::to_owned);
        let envelope = Envelope { place: Place::new(TOOLING, region), source, detail_type };
        self.over = self.cloud.now();
        self.cloud.send(envelope, None, &event.to_string())
    }

    fn expect(&mut self, metric: Metric, value: f64) {
        let (count, sum) = self.expected.entry(metric).or_default();
        (*count, *sum) = (*count + 1, *sum + value);
    }

    async fn loaded(mut self) -> Result<Loaded, Box<dyn Error>> {
        self.cloud.finish().await?;
        let outcome = ReplayResult::of(&self.cloud)?;
        let services = self.cloud.server().services();
        let latest = services.cloudwatch.latest.get(Namespace::Dora.name()).copied().unwrap_or(self.over);
        let (took, exceeded) = (latest.duration_since(self.over), services.quotas.exceeded.clone());
        Ok(Loaded { outcome, took, exceeded, expected: self.expected })
    }
}

/// A deployment, known by its number, of a numbered pipeline and repository.
fn deployment(region: &str, pipeline: i64, number: i64, repository: i64, end: Timestamp) -> Execution {
    let key = ExecutionKey {
        place: Place::new(TOOLING, region),
        pipeline: format!("pipeline-{pipeline}"),
        execution_id: format!("execution-{number}"),
    };
    Execution::standard(key, end).source(Source::CodeStar, &format!("acme/service-{repository}"), "main")
}
