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

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
/// The longest that an alarm can look at.
const WEEK: u32 = 7 * DAY;

/// How old what Firehose has not delivered may get: three times what it gathers.
const STALE: SignedDuration = SignedDuration::from_mins(15);
/// How many deliveries of GitHub's in an hour may be refused: scanners find every address.
const REFUSALS: u32 = 20;

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
    /// Something should have happened.
    Raises,
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
    /// A hundred times the sum of the first over the sum of the second.
    Percentage(Series, Series),
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
    if let Some(intake) = &plan.intake {
        alarms.extend(self::intake(names, &intake.stream.name));
    }
    alarms.push(silence(names, settings));
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
    let at_risk = Metric::MessagesAtRisk;
    let series = Series {
        namespace: at_risk.namespace().name(),
        metric: at_risk.name(),
        dimensions: BTreeMap::new(),
        statistic: "Sum",
        // Longer than a message is hidden between two tries.
        period: 15 * MINUTE,
    };
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

fn intake(names: &Names, stream: &str) -> [Alarm; 3] {
    let freshness = series(
        "AWS/Firehose",
        "DeliveryToS3.DataFreshness",
        ("DeliveryStreamName", stream),
        "Maximum",
        5 * MINUTE,
    );
    let stale = format!("{stream} has not delivered a record for more than {STALE:#}");
    let rejected = Metric::WebhookRejected;
    let refusals = Series {
        namespace: rejected.namespace().name(),
        metric: rejected.name(),
        dimensions: BTreeMap::new(),
        statistic: "Sum",
        period: HOUR,
    };
    let refused = format!("the webhook refused more than {REFUSALS} deliveries in an hour");
    let failures = series("AWS/ApiGateway", "5XXError", ("ApiName", &names.of("github")), "Sum", 5 * MINUTE);
    let failed = "the webhook failed, and GitHub shows a failed delivery".to_owned();
    [
        alarm(names, "stale-records", "", stale, freshness, Raised::Above(STALE.as_secs_f64())),
        alarm(names, "webhook-refusals", "", refused, refusals, Raised::Above(REFUSALS.into())),
        alarm(names, "webhook-failures", "", failed, failures, Raised::Above(0.0)),
    ]
}

/// No event at all for some days: most likely a rule or policy in the way.
fn silence(names: &Names, settings: &Settings) -> Alarm {
    let days = settings.operations.alarm_silence_days;
    let function = names.function(super::routes::DEPLOYMENT_FREQUENCY);
    let invocations = series("AWS/Lambda", "Invocations", ("FunctionName", &function), "Sum", DAY);
    let description = format!("no execution has succeeded in any tooling account for {days} days");
    Alarm {
        periods: days,
        missing: Missing::Raises,
        ..alarm(names, "silence", "", description, invocations, Raised::Below(1.0))
    }
}

/// The reconciler does not run, could not be started, or has found that CloudWatch has other values than the ledger.
fn reconciler(names: &Names, Scheduled { function, dead_letter_queue, .. }: &Scheduled) -> [Alarm; 4] {
    let invocations = series("AWS/Lambda", "Invocations", ("FunctionName", &function.resource), "Sum", HOUR);
    let idle = format!("{} has not run for an hour: what no event brings is missing", function.resource);
    let idle = Alarm {
        missing: Missing::Raises,
        ..alarm(names, "reconciler-idle", "", idle, invocations, Raised::Below(1.0))
    };
    let maximum = |metric: Metric, period| Series {
        namespace: metric.namespace().name(),
        metric: metric.name(),
        dimensions: BTreeMap::new(),
        statistic: "Maximum",
        period,
    };
    let drift = "CloudWatch has other values than the ledger".to_owned();
    let aside =
        "something can't be read or done, and nothing waits for it any more: figures may lack it".to_owned();
    [
        idle,
        not_empty(names, function.name, dead_letter_queue, "runs that could not be started"),
        alarm(names, "ledger-drift", "", drift, maximum(Metric::LedgerDrift, DAY), Raised::Above(0.0)),
        alarm(names, "set-aside", "", aside, maximum(Metric::SetAside, HOUR), Raised::Above(0.0)),
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
        alarms.push(Alarm { watched: Watched::Percentage(failed, deployments), ..rate });
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
