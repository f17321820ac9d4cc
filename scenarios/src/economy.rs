//! How many calls of AWS it costs that something happens once more, in an installation that has worked for a while.

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    place::Place,
    sources::{codepipeline::ExecutionKey, opscenter::OpsItemKey},
};
use program::{plan::Plan, settings::Settings};
use serde_json::{Value, json};
use simulator::{
    binaries::Binaries,
    cloud::Cloud,
    payload_builders::{Execution, OpsItem, PushedCommit, Source, delivery, push},
    replay_result::{Metric, ReplayResult},
    router::Envelope,
};
use std::{
    collections::BTreeMap,
    error::Error,
    fmt::{self, Display, Formatter},
};

const OPS: &str = "999999999999";
const TOOLING: &str = "111111111111";
const REGION: &str = "eu-west-1";
const REPOSITORY: &str = "acme/shop";

/// A push.
pub const PUSH: &str = "a push";
/// A deployment.
pub const DEPLOYMENT: &str = "a deployment, an hour after the last";
/// Several deployments, between which the functions stay warm.
pub const TEN_DEPLOYMENTS: &str = "ten deployments, five minutes apart, with a push each";
/// An execution that did not reach production.
pub const IGNORED: &str = "an execution that is ignored";
/// An incident.
pub const INCIDENT: &str = "an incident";
/// A rollback.
pub const ROLLBACK: &str = "a rollback that restores service";
/// What the reconciler does where events brought everything.
pub const RECONCILED: &str = "what the reconciler finds of all that";
/// What the reconciler costs that has nothing to do.
pub const RECONCILER: &str = "a run of the reconciler that finds nothing, with one pipeline";
/// The same once an hour.
pub const RECONCILER_OF_AN_HOUR: &str = "the first such run of an hour, which looks at all days";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Calls = BTreeMap<String, u64>;

/// What happened, and the calls that it led to.
#[derive(Debug)]
pub struct Measured {
    /// What happened.
    pub what: &'static str,
    /// How often each operation was called, as `service:Operation`.
    pub calls: BTreeMap<String, u64>,
}

impl Measured {
    /// The calls of a service, or of an operation.
    pub fn of(&self, prefix: &str) -> u64 {
        self.calls.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, calls)| calls).sum()
    }

    /// Those of CodePipeline, the ledger, CloudWatch, and queries of Athena.
    pub fn totals(&self) -> [u64; 4] {
        ["codepipeline:", "dynamodb:", "cloudwatch:", "athena:StartQueryExecution"]
            .map(|prefix| self.of(prefix))
    }
}

/// What one more of each leads to. Both events of an execution come.
#[derive(Debug)]
pub struct Economy {
    /// What happened, in order.
    pub measured: Vec<Measured>,
    /// How many metrics a run of the reconciler puts that finds nothing.
    pub gauges: usize,
}

impl Display for Economy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for one in &self.measured {
            let [pipelines, ledger, metrics, queries] = one.totals();
            writeln!(
                f,
                "{}: {pipelines} of CodePipeline, {ledger} of the ledger, {metrics} of CloudWatch, {queries} of Athena",
                one.what
            )?;
            for (name, calls) in &one.calls {
                writeln!(f, "    {name}: {calls}")?;
            }
        }
        writeln!(f, "metrics that each such run puts: {}", self.gauges)
    }
}

impl Economy {
    /// Lets a day pass, and counts.
    ///
    /// # Errors
    /// What stops the cloud, and what can't be set up.
    pub async fn measure(binaries: &Binaries) -> Outcome<Self> {
        let mut day = Day::begin(binaries).await?;
        day.morning().await?;
        for (what, until) in [
            (PUSH, "13:09"),
            (DEPLOYMENT, "14:00"),
            (TEN_DEPLOYMENTS, "15:10"),
            (IGNORED, "15:20"),
            (INCIDENT, "16:00"),
            (ROLLBACK, "17:00"),
            (RECONCILED, "17:10"),
            (RECONCILER, "17:20"),
            (RECONCILER_OF_AN_HOUR, "18:10"),
        ] {
            day.happens(what).await?;
            day.until(until).await?;
            day.tell(what);
        }
        day.cloud.finish().await?;
        let (outcome, last) = (ReplayResult::of(&day.cloud)?, at("17:15")?);
        let is_put = |metric: &&Metric| metric.points.iter().any(|point| point.timestamp >= last);
        Ok(Self { measured: day.measured, gauges: outcome.metrics.iter().filter(is_put).count() })
    }
}

/// A day in the cloud.
struct Day {
    cloud: Cloud,
    events: usize,
    before: Calls,
    measured: Vec<Measured>,
}

impl Day {
    async fn begin(binaries: &Binaries) -> Outcome<Self> {
        let config = json!({
            "toolingAccounts": [{"account": TOOLING, "regions": [REGION, "us-east-1"]}],
            "opsAccount": OPS,
            "region": REGION,
            "trunkBasedRepositories": ["acme/trunk"],
            "teams": {"payments": [REPOSITORY]},
            "webhookSecret": "arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora-webhook",
        });
        let mut plan = Plan::new(&Settings::from_json(&config)?)?;
        // The reconciler runs when it is to, and no heartbeat comes in between.
        plan.reconciler.every = SignedDuration::from_hours(1000 * 24);
        plan.heartbeat.every = plan.reconciler.every;
        let cloud = Cloud::start(plan, binaries, at("00:00")?).await?;
        Ok(Self { cloud, events: 0, before: Calls::new(), measured: Vec::new() })
    }

    /// What has happened before anything is counted.
    async fn morning(&mut self) -> Outcome {
        for (number, hour) in (1..).zip(9..12) {
            self.pushes(number, &format!("{hour:02}:00")).await?;
            let deployment = deployment(number, &format!("{hour:02}:10"))?;
            self.ends(&deployment).await?;
            self.sends(&deployment.event("SUCCEEDED"))?;
        }
        self.raises(1, "11:30").await?;
        self.reconciles("12:30").await?;
        self.until("13:00").await?;
        self.calls();
        Ok(())
    }

    async fn happens(&mut self, what: &str) -> Outcome {
        match what {
            PUSH => self.pushes(4, "13:00").await,
            DEPLOYMENT => self.deploys(4, "13:10").await,
            TEN_DEPLOYMENTS => {
                for (number, minute) in (5..).zip((0..50).step_by(5)) {
                    self.pushes(number, &format!("14:{minute:02}")).await?;
                    self.deploys(number, &format!("14:{:02}", minute + 4)).await?;
                }
                Ok(())
            }
            IGNORED => {
                let mut ignored = execution("i1", "15:11")?.revision(&commit_id(14));
                ignored.actions.retain(|action| action["stageName"] != "Production");
                self.ends(&ignored).await?;
                self.sends(&ignored.event("SUCCEEDED"))
            }
            INCIDENT => self.raises(2, "15:20").await,
            ROLLBACK => {
                let rollback = Execution::rollback(key("r1"), "e13", at("16:10")?);
                self.ends(&rollback).await?;
                self.sends(&rollback.event("SUCCEEDED"))
            }
            RECONCILED => self.reconciles("17:00").await,
            RECONCILER => self.reconciles("17:15").await,
            _ => self.reconciles("18:00").await,
        }
    }

    /// Keeps the calls since the last time.
    fn tell(&mut self, what: &'static str) {
        let calls = self.calls();
        self.measured.push(Measured { what, calls });
    }

    /// The calls since the last time.
    fn calls(&mut self) -> Calls {
        let now: Calls = self.cloud.server().services().calls.clone().into_iter().collect();
        let before = |name: &str| self.before.get(name).copied().unwrap_or_default();
        let since = now.iter().map(|(name, calls)| (name.clone(), calls - before(name)));
        let since = since.filter(|(_, calls)| *calls > 0).collect();
        self.before = now;
        since
    }

    async fn until(&mut self, time: &str) -> Outcome {
        Ok(self.cloud.advance_to(at(time)?).await?)
    }

    /// A commit is pushed onto the one before it. As GitHub does, the delivery tells the repository's id.
    async fn pushes(&mut self, number: u32, time: &str) -> Outcome {
        let before = (number > 1).then(|| commit_id(number - 1));
        let commit = PushedCommit { id: commit_id(number), time: at(time)?, message: "Go on".into() };
        let (_, body) = push(REPOSITORY, "main", before.as_deref(), &[commit], at(time)?);
        let mut body: Value = serde_json::from_str(&body)?;
        body["repository"]["id"] = json!(1_296_269);
        self.until(time).await?;
        let (headers, body) = delivery("push", &body);
        match self.cloud.deliver(&headers, &body).await? {
            200 => Ok(()),
            status => Err(format!("a push was answered with {status}").into()),
        }
    }

    /// A commit is deployed: both of the execution's events come.
    async fn deploys(&mut self, number: u32, ended: &str) -> Outcome {
        let deployment = deployment(number, ended)?;
        self.ends(&deployment).await?;
        let mut stage = deployment.event("SUCCEEDED");
        stage["detail-type"] = json!("CodePipeline Stage Execution State Change");
        stage["detail"]["stage"] = json!("Production");
        self.sends(&stage)?;
        self.sends(&deployment.event("SUCCEEDED"))
    }

    /// CodePipeline gets to know an execution, when it ends.
    async fn ends(&mut self, execution: &Execution) -> Outcome {
        self.cloud.advance_to(execution.end).await?;
        Ok(self.cloud.record_execution(execution.recorded())?)
    }

    async fn raises(&mut self, number: u32, time: &str) -> Outcome {
        let ops_item_id = format!("oi-{number:012x}").parse()?;
        let key = OpsItemKey { place: Place::new(TOOLING, REGION), ops_item_id };
        let item = OpsItem::new(key, at(time)?);
        self.until(time).await?;
        self.cloud.record_ops_item(item.recorded())?;
        self.sends(&item.create_event())
    }

    async fn reconciles(&mut self, time: &str) -> Outcome {
        self.until(time).await?;
        if self.cloud.reconcile().await? { Ok(()) } else { Err("the reconciler failed".into()) }
    }

    /// An event is on the default bus of its account, now.
    fn sends(&mut self, event: &Value) -> Outcome {
        self.events += 1;
        // EventBridge's ids are UUIDs.
        let id = format!("00000000-0000-4000-8000-{:012x}", self.events);
        let mut event = event.clone();
        event["id"] = json!(id);
        Ok(self.cloud.send(Envelope::of(&event), Some(id), &event.to_string())?)
    }
}

/// The instant of a clock time.
fn at(time: &str) -> Outcome<Timestamp> {
    Ok(format!("2026-06-15T{time}:00Z").parse()?)
}

fn commit_id(number: u32) -> String {
    format!("{number:040x}")
}

/// A deployment of a commit.
fn deployment(number: u32, ended: &str) -> Outcome<Execution> {
    Ok(execution(&format!("e{number}"), ended)?.revision(&commit_id(number)))
}

fn execution(id: &str, ended: &str) -> Outcome<Execution> {
    Ok(Execution::standard(key(id), at(ended)?).source(Source::CodeStar, REPOSITORY, "main"))
}

fn key(id: &str) -> ExecutionKey {
    ExecutionKey { place: Place::new(TOOLING, REGION), pipeline: "shop".into(), execution_id: id.into() }
}
