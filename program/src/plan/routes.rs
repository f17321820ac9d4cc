//! Which events go where: the rules, the buses with their policies, and the queue of each metric.

use super::{Bus, PolicyStatement, Queue, Rule};
use crate::{naming::Names, settings::Settings};
use jiff::SignedDuration;
use metrics_lib::lead_time::MEASURED_AFTER;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The source of CodePipeline's events.
pub(super) const CODEPIPELINE: &str = "aws.codepipeline";
const EXECUTION: &str = "CodePipeline Pipeline Execution State Change";
/// The source of Systems Manager's events.
pub(super) const SSM: &str = "aws.ssm";
const OPS_ITEM_CREATE: &str = "OpsItem Create";
const OPS_ITEM_UPDATE: &str = "OpsItem Update";

/// The longest delivery delay of an SQS queue.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// A metric's place: the name of its bus, and the events that it is made of.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) name: &'static str,
    /// What its function does.
    pub(super) description: &'static str,
    executions: bool,
    pub(super) incidents: Incidents,
    /// How long its messages wait before they are delivered, if that does not follow from the attribution delay.
    delay: SignedDuration,
}

/// Which `OpsItem` events a metric is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Incidents {
    No,
    Raised,
    RaisedAndResolved,
}

/// The metric of production deployments.
pub(super) const DEPLOYMENT_FREQUENCY: &str = "deployment-frequency";
/// The metric of failed deployments.
pub(super) const CHANGE_FAILURE_RATE: &str = "change-failure-rate";
/// The metric of restored service.
pub(super) const TIME_TO_RESTORE: &str = "time-to-restore";
/// The metric that is made from GitHub's data.
pub(super) const LEAD_TIME: &str = "lead-time-for-changes";

const ROUTES: [Route; 4] = [
    Route {
        name: DEPLOYMENT_FREQUENCY,
        description: "Counts production deployments, rework and rollbacks",
        executions: true,
        incidents: Incidents::No,
        delay: SignedDuration::ZERO,
    },
    // Rollbacks make failures too, and only the API tells a rollback from a deployment.
    Route {
        name: CHANGE_FAILURE_RATE,
        description: "Counts failed deployments",
        executions: true,
        incidents: Incidents::Raised,
        delay: SignedDuration::ZERO,
    },
    Route {
        name: TIME_TO_RESTORE,
        description: "Measures the time to restore service",
        executions: true,
        incidents: Incidents::RaisedAndResolved,
        delay: SignedDuration::ZERO,
    },
    // Pushes and pull requests are late too, and gathered on their way to the lake: a query at once would come too early.
    Route {
        name: LEAD_TIME,
        description: "Measures the lead time of changes",
        executions: true,
        incidents: Incidents::No,
        delay: MEASURED_AFTER,
    },
];

/// The routes of the metrics that are measured.
pub(super) fn measured(lead_time: bool) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| lead_time || route.name != LEAD_TIME)
}

/// The rules on a default bus: they forward only what a metric uses, to the buses of the metrics that use it. Pipelines
/// run in tooling accounts only.
pub(super) fn forwarding_rules(names: &Names, lead_time: bool, executions: bool) -> Vec<Rule> {
    let rule = |name: &str, description, pattern: Value, uses: fn(&Route) -> bool| Rule {
        name: names.of(name),
        description,
        pattern,
        targets: measured(lead_time).filter(|route| uses(route)).map(|route| names.bus(route.name)).collect(),
    };
    let mut rules = Vec::new();
    if executions {
        let succeeded = "Pipeline executions that succeeded";
        rules.push(rule("executions", succeeded, execution_pattern(), |route| route.executions));
    }
    rules.push(rule("incidents-raised", "Incidents that were raised", raised_pattern(), |route| {
        route.incidents != Incidents::No
    }));
    rules.push(rule("incidents-resolved", "Incidents that were resolved", resolved_pattern(), |route| {
        route.incidents == Incidents::RaisedAndResolved
    }));
    rules
}

fn execution_pattern() -> Value {
    json!({"source": [CODEPIPELINE], "detail-type": [EXECUTION], "detail": {"state": ["SUCCEEDED"]}})
}

/// Events of `OpsItem`s without a type, or with null for it, pass: the functions ask the API for the type.
fn of_issues() -> Value {
    json!(["/aws/issue", null, {"exists": false}])
}

fn raised_pattern() -> Value {
    json!({"source": [SSM], "detail-type": [OPS_ITEM_CREATE], "detail": {"ops-item-type": of_issues()}})
}

fn resolved_pattern() -> Value {
    let detail = json!({"ops-item-type": of_issues(), "status": ["Resolved", "Closed"]});
    json!({"source": [SSM], "detail-type": [OPS_ITEM_UPDATE], "detail": detail})
}

/// Every bus. The one of a metric that is not measured stands ready, and nobody may put anything on it.
pub(super) fn buses(names: &Names, settings: &Settings) -> Vec<Bus> {
    let bus = |route: &Route| match measured(settings.lead_time).any(|measured| measured.name == route.name) {
        true => bus(route, names, settings),
        false => Bus { name: names.bus(route.name), policy: Vec::new(), rules: Vec::new() },
    };
    ROUTES.iter().map(bus).collect()
}

fn bus(route: &Route, names: &Names, settings: &Settings) -> Bus {
    let tooling = settings.tooling_account_ids();
    let everywhere: BTreeSet<_> = tooling.iter().chain([&settings.ops_account]).cloned().collect();
    let everywhere: Vec<String> = everywhere.into_iter().collect();
    let mut policy = Vec::new();
    let mut rules = Vec::new();
    let mut add = |name: &str, description, accounts: &[String], mut pattern: Value| {
        pattern["account"] = json!(accounts);
        let targets = vec![names.queue(route.name)];
        rules.push(Rule { name: names.of(&format!("{}-{name}", route.name)), description, pattern, targets });
    };
    if route.executions {
        add("executions", "Executions that succeeded in tooling accounts", &tooling, execution_pattern());
        policy.push(PolicyStatement {
            accounts: tooling.clone(),
            source: CODEPIPELINE,
            detail_types: vec![EXECUTION],
        });
    }
    let mut detail_types = Vec::new();
    if route.incidents != Incidents::No {
        add("incidents-raised", "Incidents that were raised", &everywhere, raised_pattern());
        detail_types.push(OPS_ITEM_CREATE);
    }
    if route.incidents == Incidents::RaisedAndResolved {
        add("incidents-resolved", "Incidents that were resolved", &everywhere, resolved_pattern());
        detail_types.push(OPS_ITEM_UPDATE);
    }
    if !detail_types.is_empty() {
        policy.push(PolicyStatement { accounts: everywhere, source: SSM, detail_types });
    }
    Bus { name: names.bus(route.name), policy, rules }
}

/// The queue of a metric, whose function may take as long as `timeout`.
pub(super) fn queue(route: &Route, names: &Names, settings: &Settings, timeout: SignedDuration) -> Queue {
    // AWS's advice for queues in front of functions: six times the function's timeout.
    let visibility_timeout = timeout * 6;
    // What can't be decided before the attribution delay is over waits in rounds of the visibility timeout, which count
    // as receives. The failure rate does nothing before, so its messages are delivered that much later; time to
    // restore takes note of every deployment at once, because an earlier one may still turn up.
    let (delay, wait) = match route.incidents {
        Incidents::No => (route.delay, SignedDuration::ZERO),
        Incidents::Raised => {
            let delay = settings.attribution_delay.min(MAX_DELAY);
            (delay, settings.attribution_delay - delay)
        }
        Incidents::RaisedAndResolved => {
            let measured_after = if settings.lead_time { MEASURED_AFTER } else { SignedDuration::ZERO };
            (SignedDuration::ZERO, settings.attribution_delay.max(measured_after))
        }
    };
    let rounds = u32::try_from(wait.as_secs() / visibility_timeout.as_secs() + 1).unwrap_or(u32::MAX);
    Queue {
        name: names.queue(route.name),
        delay,
        visibility_timeout,
        max_receive_count: 20 + rounds,
        dead_letter_queue: names.dead_letters(route.name),
        retention: SignedDuration::from_hours(14 * 24),
        batch_size: 10,
        maximum_concurrency: 10,
    }
}
