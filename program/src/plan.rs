//! The plan: buses, policies, rules, queues, functions and the ledger as typed data.
//!
//! One event of a tooling account crosses two buses: its own account's default bus, whose rules forward it to the
//! buses of the metrics that use it, and there a rule that puts it on the metric's queue. `EventBridge` forwards an
//! event between accounts once, so there is no bus in between.

use crate::settings::{Settings, ToolingAccount};
use jiff::SignedDuration;
use metrics_lib::{
    contract::{env, ledger},
    lake,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The name that every resource of the installation starts with.
const PREFIX: &str = "dora";
/// The longest delivery delay of an SQS queue.
const MAX_DELAY: SignedDuration = SignedDuration::from_mins(15);
/// The most that the environment of a Lambda function may hold, in bytes.
const MAX_ENVIRONMENT: usize = 4096;

/// Everything that an installation consists of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The region of the operations account's stack.
    pub region: String,
    /// The operations account.
    pub ops_account: String,
    /// The tooling accounts; each of their regions has the [`Self::tooling_rules`] on its default bus.
    pub tooling_accounts: Vec<ToolingAccount>,
    /// The rules on the default bus of each tooling account and region.
    pub tooling_rules: Vec<Rule>,
    /// The rules on the default bus of the operations account.
    pub ops_rules: Vec<Rule>,
    /// The buses of the operations account, one a metric.
    pub buses: Vec<Bus>,
    /// The functions that events feed, each behind its queue.
    pub consumers: Vec<Consumer>,
    /// What GitHub's webhooks go through; none if lead time is not measured.
    pub intake: Option<Intake>,
    /// The ledger's table.
    pub ledger: Table,
    /// The role that the functions assume in each tooling account.
    pub read_role: ReadRole,
}

/// A rule on a bus.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The pattern that an event must match.
    pub pattern: Value,
    /// Where matching events go: names of buses in the operations account, or the name of a queue beside the bus.
    pub targets: Vec<String>,
}

/// A bus of the operations account.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bus {
    /// Its name.
    pub name: String,
    /// Who may put which events on it; everybody else is refused.
    pub policy: Vec<PolicyStatement>,
    /// Its rules; their targets are queues.
    pub rules: Vec<Rule>,
}

/// A statement of a bus's resource policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatement {
    /// The accounts that it allows.
    pub accounts: Vec<String>,
    /// The source that it allows (condition key `events:source`).
    pub source: &'static str,
    /// The detail types that it allows (condition key `events:detail-type`).
    pub detail_types: Vec<&'static str>,
}

/// A queue in front of a function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How long a message waits before it is delivered for the first time.
    pub delay: SignedDuration,
    /// How long a message that was received stays hidden, and so when one that failed comes back.
    pub visibility_timeout: SignedDuration,
    /// How often a message is received before it goes to the dead-letter queue.
    pub max_receive_count: u32,
    /// The name of the dead-letter queue.
    pub dead_letter_queue: String,
    /// How long messages are kept.
    pub retention: SignedDuration,
    /// How many messages an invocation gets at the most.
    pub batch_size: usize,
}

/// A function behind its queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumer {
    /// The function.
    pub function: Function,
    /// The queue that feeds it.
    pub queue: Queue,
}

/// The way of GitHub's webhooks into the lake.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intake {
    /// Takes deliveries from API Gateway.
    pub webhook: Function,
    /// The ARN of the secret that GitHub signs with.
    pub secret: String,
    /// Brings records to the lake.
    pub stream: DeliveryStream,
    /// Checks the records on their way.
    pub transform: Function,
    /// The Athena workgroup that reads the lake.
    pub workgroup: String,
    /// The Glue database of the lake.
    pub database: String,
}

/// A Firehose delivery stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryStream {
    /// Its name.
    pub name: String,
    /// How long records are gathered at the most.
    pub buffer_interval: SignedDuration,
    /// How much is gathered at the most, in bytes.
    pub buffer_size: usize,
    /// Where objects lie, with the partition keys that the transformation gives.
    pub prefix: &'static str,
    /// Where what could not be delivered lies.
    pub error_prefix: &'static str,
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name; the binary is called so too.
    pub name: &'static str,
    /// How long an invocation may take.
    pub timeout: SignedDuration,
    /// Its memory, in MiB.
    pub memory: u32,
    /// Its environment.
    pub environment: BTreeMap<&'static str, String>,
}

/// A DynamoDB table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The attribute of the partition key, a string.
    pub partition_key: &'static str,
    /// The attribute of the sort key, a string.
    pub sort_key: &'static str,
    /// Its index, whose items have every attribute: name, partition key, sort key.
    pub index: (&'static str, &'static str, &'static str),
}

/// The role that the functions assume in each tooling account.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadRole {
    /// Its ARN, with `{account}` in the account's place.
    pub arn: String,
    /// The external id that it asks for.
    pub external_id: String,
}

/// Settings that no plan can be made for.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Lambda refuses the environment.
    #[error(
        "the environment of {function} has {bytes} bytes, Lambda takes {MAX_ENVIRONMENT}: shorten \
         trunkBasedRepositories or teams"
    )]
    Environment {
        /// The function.
        function: &'static str,
        /// Its environment's size.
        bytes: usize,
    },
}

const CODEPIPELINE: &str = "aws.codepipeline";
const EXECUTION: &str = "CodePipeline Pipeline Execution State Change";
const SSM: &str = "aws.ssm";
const OPS_ITEM_CREATE: &str = "OpsItem Create";
const OPS_ITEM_UPDATE: &str = "OpsItem Update";

/// A metric's place: the name of its bus, and the events that it is made of.
struct Route {
    name: &'static str,
    executions: bool,
    incidents: Incidents,
    /// How long its messages wait before they are delivered, if that does not follow from the attribution delay.
    delay: SignedDuration,
}

/// Which `OpsItem` events a metric is made of.
#[derive(Clone, Copy, PartialEq)]
enum Incidents {
    No,
    Raised,
    RaisedAndResolved,
}

const ROUTES: [Route; 4] = [
    Route {
        name: "deployment-frequency",
        executions: true,
        incidents: Incidents::No,
        delay: SignedDuration::ZERO,
    },
    // Rollbacks make failures too, and only the API tells a rollback from a deployment.
    Route {
        name: "change-failure-rate",
        executions: true,
        incidents: Incidents::Raised,
        delay: SignedDuration::ZERO,
    },
    Route {
        name: "time-to-restore",
        executions: true,
        incidents: Incidents::RaisedAndResolved,
        delay: SignedDuration::ZERO,
    },
    // Pushes and pull requests are late too, and gathered on their way to the lake: a query at once would come too early.
    Route { name: LEAD_TIME, executions: true, incidents: Incidents::No, delay: MAX_DELAY },
];
/// The metric that is made from GitHub's data.
const LEAD_TIME: &str = "lead-time-for-changes";
/// How long Firehose gathers records.
const BUFFER_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// How much Firehose gathers: the least that it takes for a stream with dynamic partitioning.
const BUFFER_SIZE: usize = 64 * 1024 * 1024;
/// The Athena workgroup that reads the lake.
const WORKGROUP: &str = "dora";
/// The Glue database of the lake.
const DATABASE: &str = "dora";

impl Plan {
    /// The plan of an installation.
    ///
    /// # Errors
    /// [`PlanError::Environment`], when lists in the settings are too long for Lambda.
    pub fn new(settings: &Settings) -> Result<Self, PlanError> {
        let partition = partition(&settings.region);
        let read_role = ReadRole {
            arn: format!("arn:{partition}:iam::{{account}}:role/{PREFIX}-read"),
            external_id: format!("{PREFIX}-{}", settings.ops_account),
        };
        let ledger = Table {
            name: format!("{PREFIX}-ledger"),
            partition_key: ledger::PARTITION_KEY,
            sort_key: ledger::SORT_KEY,
            index: (ledger::TIMELINE_INDEX, ledger::TIMELINE_DAY, ledger::TIMELINE_TIME),
        };
        let environment = environment(settings, &ledger, &read_role);
        let measured: Vec<&Route> = ROUTES
            .iter()
            .filter(|route| route.name != LEAD_TIME || settings.webhook_secret.is_some())
            .collect();
        let consumers = measured.iter().map(|route| consumer(route, settings, environment.clone()));
        // The bus of a metric that is not measured stands ready, and nobody may put anything on it.
        let bus = |route: &Route| match measured.iter().any(|measured| measured.name == route.name) {
            true => bus(route, settings),
            false => Bus { name: bus_name(route.name), policy: Vec::new(), rules: Vec::new() },
        };
        Ok(Self {
            region: settings.region.clone(),
            ops_account: settings.ops_account.clone(),
            tooling_accounts: settings.tooling_accounts.clone(),
            tooling_rules: forwarding_rules(&measured, true),
            ops_rules: forwarding_rules(&measured, false),
            buses: ROUTES.iter().map(bus).collect(),
            consumers: consumers.collect::<Result<_, _>>()?,
            intake: settings.webhook_secret.as_deref().map(intake),
            ledger,
            read_role,
        })
    }
}

/// The way of GitHub's webhooks into the lake.
fn intake(secret: &str) -> Intake {
    let stream = format!("{PREFIX}-changes");
    let webhook_environment =
        BTreeMap::from([(env::WEBHOOK_SECRET, secret.to_owned()), (env::DELIVERY_STREAM, stream.clone())]);
    Intake {
        webhook: Function {
            name: "github-webhook",
            // API Gateway waits no longer.
            timeout: SignedDuration::from_secs(29),
            memory: 256,
            environment: webhook_environment,
        },
        secret: secret.to_owned(),
        stream: DeliveryStream {
            name: stream,
            buffer_interval: BUFFER_INTERVAL,
            buffer_size: BUFFER_SIZE,
            prefix: lake::PREFIX,
            error_prefix: lake::ERROR_PREFIX,
        },
        transform: Function {
            name: "commit-transform",
            timeout: SignedDuration::from_mins(1),
            memory: 256,
            environment: BTreeMap::new(),
        },
        workgroup: WORKGROUP.to_owned(),
        database: DATABASE.to_owned(),
    }
}

/// The partition of a region, as ARNs begin with it.
fn partition(region: &str) -> &'static str {
    match region.split('-').take(2).collect::<Vec<_>>().as_slice() {
        ["cn", _] => "aws-cn",
        ["us", "gov"] => "aws-us-gov",
        ["us", "iso"] => "aws-iso",
        ["us", "isob"] => "aws-iso-b",
        _ => "aws",
    }
}

fn bus_name(metric: &str) -> String {
    format!("{PREFIX}-{metric}")
}

fn queue_name(metric: &str) -> String {
    format!("{PREFIX}-{metric}")
}

/// The rules on a default bus: they forward only what a metric uses, to the buses of the metrics that use it.
fn forwarding_rules(routes: &[&Route], executions: bool) -> Vec<Rule> {
    let buses = |uses: fn(&Route) -> bool| -> Vec<String> {
        routes.iter().filter(|route| uses(route)).map(|route| bus_name(route.name)).collect()
    };
    let rule = |name: &str, pattern: Value, targets: Vec<String>| Rule {
        name: format!("{PREFIX}-{name}"),
        pattern,
        targets,
    };
    let mut rules = Vec::new();
    if executions {
        rules.push(rule("executions", execution_pattern(), buses(|route| route.executions)));
    }
    let raised = buses(|route| route.incidents != Incidents::No);
    rules.push(rule("incidents-raised", raised_pattern(), raised));
    let resolved = buses(|route| route.incidents == Incidents::RaisedAndResolved);
    rules.push(rule("incidents-resolved", resolved_pattern(), resolved));
    rules
}

fn execution_pattern() -> Value {
    json!({"source": [CODEPIPELINE], "detail-type": [EXECUTION], "detail": {"state": ["SUCCEEDED"]}})
}

/// Events of `OpsItem`s without a type pass, the functions ask the API for the type.
fn raised_pattern() -> Value {
    let of_issues = json!(["/aws/issue", {"exists": false}]);
    json!({"source": [SSM], "detail-type": [OPS_ITEM_CREATE], "detail": {"ops-item-type": of_issues}})
}

fn resolved_pattern() -> Value {
    let of_issues = json!(["/aws/issue", {"exists": false}]);
    let detail = json!({"ops-item-type": of_issues, "status": ["Resolved", "Closed"]});
    json!({"source": [SSM], "detail-type": [OPS_ITEM_UPDATE], "detail": detail})
}

fn bus(route: &Route, settings: &Settings) -> Bus {
    let tooling = settings.tooling_account_ids();
    let everywhere: BTreeSet<_> = tooling.iter().chain([&settings.ops_account]).cloned().collect();
    let everywhere: Vec<String> = everywhere.into_iter().collect();
    let mut policy = Vec::new();
    let mut rules = Vec::new();
    let mut add = |name: &str, accounts: &[String], mut pattern: Value| {
        pattern["account"] = json!(accounts);
        let targets = vec![queue_name(route.name)];
        rules.push(Rule { name: format!("{PREFIX}-{}-{name}", route.name), pattern, targets });
    };
    if route.executions {
        add("executions", &tooling, execution_pattern());
        policy.push(PolicyStatement {
            accounts: tooling.clone(),
            source: CODEPIPELINE,
            detail_types: vec![EXECUTION],
        });
    }
    let mut detail_types = Vec::new();
    if route.incidents != Incidents::No {
        add("incidents-raised", &everywhere, raised_pattern());
        detail_types.push(OPS_ITEM_CREATE);
    }
    if route.incidents == Incidents::RaisedAndResolved {
        add("incidents-resolved", &everywhere, resolved_pattern());
        detail_types.push(OPS_ITEM_UPDATE);
    }
    if !detail_types.is_empty() {
        policy.push(PolicyStatement { accounts: everywhere, source: SSM, detail_types });
    }
    Bus { name: bus_name(route.name), policy, rules }
}

fn consumer(
    route: &Route,
    settings: &Settings,
    environment: BTreeMap<&'static str, String>,
) -> Result<Consumer, PlanError> {
    let bytes = environment.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_ENVIRONMENT {
        return Err(PlanError::Environment { function: route.name, bytes });
    }
    let timeout = SignedDuration::from_mins(1);
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
        Incidents::RaisedAndResolved => (SignedDuration::ZERO, settings.attribution_delay),
    };
    let rounds = u32::try_from(wait.as_secs() / visibility_timeout.as_secs() + 1).unwrap_or(u32::MAX);
    let queue = Queue {
        name: queue_name(route.name),
        delay,
        visibility_timeout,
        max_receive_count: 20 + rounds,
        dead_letter_queue: format!("{}-dead-letters", queue_name(route.name)),
        retention: SignedDuration::from_hours(14 * 24),
        batch_size: 10,
    };
    Ok(Consumer { function: Function { name: route.name, timeout, memory: 256, environment }, queue })
}

fn environment(settings: &Settings, ledger: &Table, read_role: &ReadRole) -> BTreeMap<&'static str, String> {
    let production = &settings.production;
    BTreeMap::from([
        (env::TOOLING_ACCOUNTS, json!(settings.tooling_accounts).to_string()),
        (env::OPS_ACCOUNT, settings.ops_account.clone()),
        (env::READ_ROLE_ARN, read_role.arn.clone()),
        (env::READ_ROLE_EXTERNAL_ID, read_role.external_id.clone()),
        (env::LEDGER_TABLE, ledger.name.clone()),
        (env::MAIN_BRANCH, production.main_branch.clone()),
        (env::PRODUCTION_STAGE, production.production_stage.clone()),
        (env::TRUNK_BASED_REPOSITORIES, json!(production.trunk_based).to_string()),
        (env::TEAMS, json!(settings.teams).to_string()),
        (env::ATTRIBUTION_WINDOW, settings.attribution_window.to_string()),
        (env::ATTRIBUTION_DELAY, settings.attribution_delay.to_string()),
        (env::LEAD_TIME_LOOKBACK, settings.lead_time_lookback.to_string()),
        (env::ATHENA_WORKGROUP, WORKGROUP.to_owned()),
        (env::LAKE_DATABASE, DATABASE.to_owned()),
    ])
}
