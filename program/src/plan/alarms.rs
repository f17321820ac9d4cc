//! The alarms: what somebody has to look at, because a figure may be missing or a repository needs attention.
//!
//! `CloudWatch` evaluates at most seven days at once. Source: Amazon CloudWatch user guide, "Evaluating an alarm".

use super::{Consumer, Plan, Scheduled};
use crate::{
    naming::Names,
    settings::{RepositoryAlarm, Settings},
};
use jiff::SignedDuration;
use metrics_lib::contract::{Metric, dimension};
use serde::Serialize;
use std::collections::BTreeMap;
use vec1::{Vec1, vec1};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
/// The longest that an alarm can look at.
const WEEK: u32 = 7 * DAY;

/// How old what Firehose has not delivered may get: three times what it gathers.
const STALE: SignedDuration = SignedDuration::from_mins(15);
/// How many deliveries of GitHub's in an hour may be refused: scanners find every address.
const REFUSALS: u32 = 20;
/// How many executions of a day, and how many percent of them, may be found without an event: one may be lost at any time.
const UNTOLD: u32 = 3;
const UNTOLD_SHARE: f64 = 50.0;

/// An alarm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What it is called in docs/OPERATIONS.md.
    pub kind: &'static str,
    /// What it means.
    pub description: String,
    /// What it looks at.
    pub watched: Watched,
    /// When it is raised.
    pub raised: Raised,
    /// How many periods in a row must be so.
    pub periods: u32,
    /// What no data means.
    pub missing: Missing,
}

/// What it means for an alarm that there are no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// Nothing happened, and all is well.
    Fine,
    /// Something should have happened: whoever gets alarms is told that there are no data any more. An alarm that takes no
    /// data for bad would be raised as soon as it is made.
    Told,
    /// Nothing: the alarm stays as it is. SQS tells nothing of a queue that nobody has used for six hours, whatever it holds.
    /// Source: SQS developer guide, "Monitoring Amazon SQS queues using CloudWatch".
    ProvesNothing,
}

/// What an alarm looks at.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Watched {
    /// A metric.
    Metric(Series),
    /// A part of a whole.
    Share(Share),
}

/// A hundred times a part over a whole, which is a sum.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The part.
    pub part: Series,
    /// What the whole is the sum of.
    pub whole: Vec1<Series>,
    /// How large the part must be to be looked at; a smaller one is none.
    pub least: u32,
}

/// A metric in periods.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// The namespace.
    pub namespace: &'static str,
    /// The metric's name.
    pub metric: &'static str,
    /// Its dimensions.
    pub dimensions: BTreeMap<&'static str, String>,
    /// What is made of a period's values: `Sum`, `Maximum`, `p90`.
    pub statistic: &'static str,
    /// The period's length in seconds.
    pub period: u32,
}

/// When an alarm is raised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Raised {
    /// Above a threshold.
    Above(f64),
    /// Below a threshold.
    Below(f64),
}

/// Every alarm of an installation.
pub(super) fn alarms(names: &Names, settings: &Settings, plan: &Plan) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for consumer in &plan.consumers {
        alarms.extend(queue(names, consumer));
    }
    alarms.push(failing(names));
    alarms.push(not_empty(names, "undelivered", &plan.undelivered, "events that a rule could not deliver"));
    for function in plan.functions() {
        alarms.extend(self::function(names, function.name, &function.resource));
    }
    if let Some(commit_ingestion) = &plan.commit_ingestion {
        alarms.extend(self::commit_ingestion(names, &commit_ingestion.stream.name));
    }
    alarms.push(silence(names, settings));
    alarms.push(heartbeats(names));
    alarms.push(untold(names));
    alarms.push(tooling_undelivered(names));
    alarms.extend(reconciler(names, &plan.reconciler));
    alarms.extend(settings.operations.repository_alarms.iter().flat_map(|alarm| repository(names, alarm)));
    alarms
}

/// A series of a metric with one dimension, as a sum.
fn series(
    namespace: &'static str,
    metric: &'static str,
    dimension: (&'static str, &str),
    statistic: &'static str,
    period: u32,
) -> Series {
    let (name, value) = dimension;
    Series { namespace, metric, dimensions: BTreeMap::from([(name, value.to_owned())]), statistic, period }
}

/// A series of a metric of ours without dimensions.
fn total(metric: Metric, statistic: &'static str, period: u32) -> Series {
    let dimensions = BTreeMap::new();
    Series { namespace: metric.namespace().name(), metric: metric.name(), dimensions, statistic, period }
}

fn alarm(
    names: &Names,
    kind: &'static str,
    subject: &str,
    description: String,
    series: Series,
    raised: Raised,
) -> Alarm {
    let name = if subject.is_empty() { names.of(kind) } else { names.of(&format!("{kind}-{subject}")) };
    Alarm {
        name,
        kind,
        description,
        watched: Watched::Metric(series),
        raised,
        periods: 1,
        missing: Missing::Fine,
    }
}

fn not_empty(names: &Names, subject: &str, queue: &str, what: &str) -> Alarm {
    let series =
        series("AWS/SQS", "ApproximateNumberOfMessagesVisible", ("QueueName", queue), "Maximum", 5 * MINUTE);
    let description = format!("{queue} holds {what}");
    let raised = Raised::Above(0.0);
    Alarm {
        missing: Missing::ProvesNothing,
        ..alarm(names, "dead-letters", subject, description, series, raised)
    }
}

fn queue(names: &Names, Consumer { function, queue }: &Consumer) -> [Alarm; 2] {
    let what = "messages that a function could not finish";
    // Half of the time after which a message is given up.
    let longest =
        queue.delay + queue.visibility_timeout * i32::try_from(queue.max_receive_count).unwrap_or(1);
    let old = longest / 2;
    let age =
        series("AWS/SQS", "ApproximateAgeOfOldestMessage", ("QueueName", &queue.name), "Maximum", 5 * MINUTE);
    // It sees what is not taken up; what fails again and again, the functions tell.
    let description = format!("a message waits in {} for more than {old:#}", queue.name);
    [
        not_empty(names, function.name, &queue.dead_letter_queue, what),
        alarm(names, "old-messages", function.name, description, age, Raised::Above(old.as_secs_f64())),
    ]
}

/// Messages that fail again and again: the functions tell, since SQS does not count their age after a few tries.
fn failing(names: &Names) -> Alarm {
    // Longer than a message is hidden between two tries.
    let series = total(Metric::MessagesAtRisk, "Sum", 15 * MINUTE);
    let description = "a message fails again and again, and has few tries left".to_owned();
    alarm(names, "failing-messages", "", description, series, Raised::Above(0.0))
}

fn function(names: &Names, function: &str, resource: &str) -> [Alarm; 2] {
    let of = |metric| series("AWS/Lambda", metric, ("FunctionName", resource), "Sum", 5 * MINUTE);
    let failed = format!("{resource} failed as a whole");
    let throttled = format!("{resource} was throttled three times in a row");
    [
        alarm(names, "function-errors", function, failed, of("Errors"), Raised::Above(0.0)),
        Alarm {
            periods: 3,
            ..alarm(names, "function-throttles", function, throttled, of("Throttles"), Raised::Above(0.0))
        },
    ]
}

fn commit_ingestion(names: &Names, stream: &str) -> [Alarm; 4] {
    let freshness = series(
        "AWS/Firehose",
        "DeliveryToS3.DataFreshness",
        ("DeliveryStreamName", stream),
        "Maximum",
        5 * MINUTE,
    );
    let stale = format!("{stream} has not delivered a record for more than {STALE:#}");
    let refusals = total(Metric::WebhookRejected, "Sum", HOUR);
    let oversized = total(Metric::OversizedDeliveries, "Sum", HOUR);
    let lost = "a delivery was too large for Lambda: its commits are missing for good".to_owned();
    let refused = format!("the webhook refused more than {REFUSALS} deliveries in an hour");
    let failures = series("AWS/ApiGateway", "5XXError", ("ApiName", &names.api()), "Sum", 5 * MINUTE);
    let failed = "the webhook failed, and GitHub shows a failed delivery".to_owned();
    [
        alarm(names, "stale-records", "", stale, freshness, Raised::Above(STALE.as_secs_f64())),
        alarm(names, "webhook-refusals", "", refused, refusals, Raised::Above(REFUSALS.into())),
        alarm(names, "webhook-failures", "", failed, failures, Raised::Above(0.0)),
        alarm(names, "oversized-deliveries", "", lost, oversized, Raised::Above(0.0)),
    ]
}

/// No event for some days, and nothing that shows that none happened: most likely a rule or policy in the way. The reconciler tells how long ago the last one
/// was, at first since when it looks; when it does not run, another alarm says so.
fn silence(names: &Names, settings: &Settings) -> Alarm {
    let days = settings.operations.alarm_silence_days;
    let since = total(Metric::SinceLastEvent, "Maximum", HOUR);
    let description = format!(
        "no event of a pipeline or OpsItem has come from any account for {days} days, and no heartbeat shows that there was none"
    );
    let raised = Raised::Above((days * DAY).into());
    Alarm { missing: Missing::ProvesNothing, ..alarm(names, "silence", "", description, since, raised) }
}

/// No heartbeat from an account and region for two days: no event would come from there either.
fn heartbeats(names: &Names) -> Alarm {
    let missed = total(Metric::MissedHeartbeats, "Maximum", HOUR);
    let description =
        "no heartbeat has come from an account and region for two days: no event may come from there"
            .to_owned();
    alarm(names, "heartbeats", "", description, missed, Raised::Above(0.0))
}

/// Events are lost, and the reconciler makes up for it, late: of a day's executions, it found most.
fn untold(names: &Names) -> Alarm {
    let sum = |metric| total(metric, "Sum", DAY);
    let part = sum(Metric::UntoldExecutions);
    // Each of them is stamped with when the execution ended, so the one is a part of the others.
    let whole = vec1![sum(Metric::Deployments), sum(Metric::Rollbacks), sum(Metric::IgnoredExecutions)];
    let description = format!(
        "more than {UNTOLD_SHARE:.0} % of a day's executions, and {UNTOLD} at the least, were told by no event until the \
         reconciler found them"
    );
    let raised = Raised::Above(UNTOLD_SHARE);
    let untold = alarm(names, "untold-executions", "", description, part.clone(), raised);
    Alarm { watched: Watched::Share(Share { part, whole, least: UNTOLD }), ..untold }
}

/// Events that a rule of a tooling account could not deliver: the reconciler tells how many are left there.
fn tooling_undelivered(names: &Names) -> Alarm {
    // Two runs.
    let left = total(Metric::UndeliveredEvents, "Maximum", 30 * MINUTE);
    let description = format!("{} of a tooling account holds events", names.tooling_undelivered());
    let raised = Raised::Above(0.0);
    let kind = "tooling-undelivered";
    Alarm { missing: Missing::ProvesNothing, ..alarm(names, kind, "", description, left, raised) }
}

/// The reconciler does not run, could not be started, or has found that CloudWatch has other values than the ledger.
fn reconciler(names: &Names, Scheduled { function, dead_letter_queue, .. }: &Scheduled) -> [Alarm; 4] {
    // As often as it runs.
    let invocations =
        series("AWS/Lambda", "Invocations", ("FunctionName", &function.resource), "Sum", 15 * MINUTE);
    let idle = format!("{} has not run for an hour: what no event brings is missing", function.resource);
    let idle = Alarm {
        periods: 4,
        missing: Missing::Told,
        ..alarm(names, "reconciler-idle", "", idle, invocations, Raised::Below(1.0))
    };
    let drift = total(Metric::LedgerDrift, "Maximum", DAY);
    let differs = "CloudWatch has other values than the ledger".to_owned();
    let aside = total(Metric::SetAside, "Maximum", HOUR);
    let lacks =
        "something can't be read or done, and nothing waits for it any more: figures may lack it".to_owned();
    [
        idle,
        not_empty(names, function.name, dead_letter_queue, "runs that could not be started"),
        alarm(names, "ledger-drift", "", differs, drift, Raised::Above(0.0)),
        alarm(names, "set-aside", "", lacks, aside, Raised::Above(0.0)),
    ]
}

/// The alarms that a repository's people have asked for.
fn repository(
    names: &Names,
    RepositoryAlarm { repository, failure_rate_above, lead_time_p90_above }: &RepositoryAlarm,
) -> Vec<Alarm> {
    // CloudWatch takes any character but control characters in an alarm's name, so no two repositories share one.
    let subject = repository;
    let of = |metric: Metric, statistic| {
        series(metric.namespace().name(), metric.name(), (dimension::REPOSITORY, repository), statistic, WEEK)
    };
    let mut alarms = Vec::new();
    if let Some(percent) = failure_rate_above {
        let deployments = of(Metric::Deployments, "Sum");
        let failed = of(Metric::FailedDeployments, "Sum");
        let description = format!("the change failure rate of {repository} is above {percent} % over a week");
        let raised = Raised::Above(*percent);
        let rate = alarm(names, "failure-rate", subject, description, failed.clone(), raised);
        let share = Share { part: failed, whole: vec1![deployments], least: 1 };
        alarms.push(Alarm { watched: Watched::Share(share), ..rate });
    }
    if let Some(longest) = lead_time_p90_above {
        let description =
            format!("the 90th percentile of the lead time of {repository} is above {longest:#} over a week");
        let series = of(Metric::LeadTimeForChanges, "p90");
        let raised = Raised::Above(longest.as_secs_f64());
        alarms.push(alarm(names, "lead-time", subject, description, series, raised));
    }
    alarms
}
