//! The plan: bus, policy, rules, queues, functions and the ledger as typed data.
//!
//! One event of a tooling account crosses two buses: its own account's default bus, whose rules forward it to the bus of
//! the operations account, and there a rule that puts it on the queue of the function that takes it. `EventBridge` forwards an
//! event between accounts once, so there is no bus in between.

mod alarms;
mod functions;
mod gate;
mod permissions;
mod rights;
mod routes;

pub use crate::statement::{Condition, Resource, RoleStatement};
pub use alarms::{Alarm, Missing, Raised, Series, Share, Watched};
pub(crate) use functions::DASHBOARD_WIDGET;
pub use gate::{Firewall, Gate, Throttle};
pub use permissions::{forward, incident_read_role, read_role};
pub(crate) use routes::PROBE;

use crate::{
    naming::Names,
    settings::{Organization, Settings, ToolingAccount, ToolingSettings},
    sources::{EventSource, SOURCES},
};
use jiff::SignedDuration;
use metrics_lib::{
    contract::{ledger, probe::HEARTBEAT},
    place::Place,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use vec1::Vec1;

/// The longest that the environment of a Lambda function may be, in bytes.
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
    /// The organisation whose accounts run pipelines, beside the listed ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
    /// The accounts that run no pipelines but have incidents; of the rules, those about incidents are on their default buses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incident_accounts: Vec<ToolingAccount>,
    /// The rules on the default bus of each tooling account and region.
    pub tooling_rules: Vec<Rule>,
    /// The rules on the default bus of the operations account.
    pub ops_rules: Vec<Rule>,
    /// The bus of the operations account.
    pub bus: Bus,
    /// The functions that events feed, each behind its queue.
    pub consumers: Vec<Consumer>,
    /// What finds the facts that no event has brought.
    pub reconciler: Scheduled,
    /// What shows on dashboards what the figures are made of.
    pub widget: Function,
    /// The name of the queue of events that a rule of the operations account's stack could not deliver.
    pub undelivered: String,
    /// The name of the queue in each region of a tooling account of events that a rule there could not deliver.
    pub tooling_undelivered: String,
    /// The source of the events that show whether events come.
    pub probe_source: String,
    /// What puts such an event on the default bus of each place.
    pub heartbeat: Heartbeat,
    /// What GitHub's webhooks go through; none if lead time is not measured.
    pub commit_ingestion: Option<CommitIngestion>,
    /// The ledger's table.
    pub ledger: Table,
    /// The roles that the functions assume in the tooling accounts.
    pub read_role: ReadRole,
    /// The alarms.
    pub alarms: Vec<Alarm>,
}

/// A rule on a bus.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Which events it takes.
    pub description: &'static str,
    /// The pattern that an event must match.
    pub pattern: Value,
    /// Where matching events go: the name of the bus in the operations account, or of a queue beside the bus.
    pub targets: Vec<String>,
}

/// The bus of the operations account.
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
    /// Whom it allows.
    pub senders: Senders,
    /// The sources that it allows (condition key `events:source`).
    pub sources: Vec1<String>,
    /// The detail types that it allows (condition key `events:detail-type`).
    pub detail_types: Vec1<&'static str>,
}

/// Who may put events on a bus: the roles that forward events, and no others.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Senders {
    /// Those of accounts that are known.
    Listed {
        /// The accounts.
        accounts: Vec1<String>,
        /// The ARNs of the roles.
        roles: Vec1<String>,
    },
    /// Those of whichever accounts an organisation has.
    Members {
        /// The organisation.
        organization: Organization,
        /// The ARN of the roles, with `*` for what differs.
        roles: String,
    },
}

impl Senders {
    /// Whether they may be of an account; every account is taken for a member of the organisation.
    pub fn include(&self, account: &str) -> bool {
        match self {
            Self::Listed { accounts, .. } => accounts.iter().any(|listed| listed == account),
            Self::Members { .. } => true,
        }
    }
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
    /// How many invocations work off the queue at once at the most: the APIs of the tooling accounts have quotas.
    pub maximum_concurrency: u32,
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

/// A function that runs on a schedule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scheduled {
    /// The function.
    pub function: Function,
    /// The name of the schedule.
    pub schedule: String,
    /// How often it runs, in whole minutes.
    pub every: SignedDuration,
    /// The name of the queue of invocations that Lambda did not take.
    pub dead_letter_queue: String,
}

/// A schedule that puts an event on the default bus: that it comes shows that events do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// The name of the schedule.
    pub schedule: String,
    /// The name of its role.
    pub role: String,
    /// How often it puts one, in whole hours.
    pub every: SignedDuration,
}

/// The way of GitHub's webhooks into the lake.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitIngestion {
    /// The name of the API that GitHub calls.
    pub api: String,
    /// What comes through to the webhook.
    pub gate: Gate,
    /// Takes deliveries from API Gateway.
    pub webhook: Function,
    /// The name of the secret that GitHub signs with.
    pub secret: String,
    /// Brings records to the lake.
    pub stream: DeliveryStream,
    /// Checks the records on their way.
    pub transform: Function,
    /// The bucket of the lake.
    pub bucket: String,
    /// The bucket of what Athena answered.
    pub results_bucket: String,
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
    /// What it does; its binary is called so.
    pub name: &'static str,
    /// Its name in AWS.
    pub resource: String,
    /// What it is for.
    pub description: &'static str,
    /// Its log group.
    pub log_group: String,
    /// How long an invocation may take.
    pub timeout: SignedDuration,
    /// Its memory, in MiB.
    pub memory: u32,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// What its role may do.
    pub permissions: Vec<RoleStatement>,
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

/// The roles that the functions assume, one in each region of each tooling account.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadRole {
    /// Its ARN, with `{account}` and `{region}` in their places.
    pub arn: String,
    /// The external id that it asks for.
    pub external_id: String,
}

impl Heartbeat {
    /// That of a region.
    fn new(names: &Names, region: &str) -> Self {
        Self { schedule: names.heartbeat(), role: names.heartbeat_role(region), every: HEARTBEAT }
    }
}

/// Settings that no plan can be made for.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Lambda refuses the environment.
    #[error(
        "the environment of {function} has {bytes} bytes, Lambda takes {MAX_ENVIRONMENT}: name an organization in the \
         place of toolingAccounts, or shorten trunkBasedRepositories, teams, repositoryMetrics, botAuthors or what is said of single repositories, pipelines and accounts"
    )]
    Environment {
        /// The function.
        function: &'static str,
        /// Its environment's size.
        bytes: usize,
    },
}

impl ReadRole {
    /// The ARN of the role in a region of a tooling account.
    pub fn arn_in(&self, Place { account, region }: &Place) -> String {
        self.arn.replace("{account}", account).replace("{region}", region)
    }
}

impl Plan {
    /// Where the operations stack is.
    pub fn place(&self) -> Place {
        Place::new(&self.ops_account, &self.region)
    }

    /// The plan of an installation.
    ///
    /// # Errors
    /// [`PlanError::Environment`], when lists in the settings are too long for Lambda.
    pub fn new(settings: &Settings) -> Result<Self, PlanError> {
        Self::with_sources(settings, &SOURCES)
    }

    /// The plan of an installation that takes the events of some sources.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn with_sources(settings: &Settings, sources: &[&EventSource]) -> Result<Self, PlanError> {
        let names = &settings.names();
        let read_role = ReadRole {
            arn: names.role_arn("{account}", &names.read_role("{region}")),
            external_id: names.external_id(),
        };
        let forwarding =
            |forwarded| routes::forwarding_rules(names, sources, forwarded, &settings.incidents.types);
        let consumers: Vec<Consumer> = routes::measured(settings.lead_time)
            .map(|entry| routes::consumer(entry, names, settings, &read_role))
            .collect();
        let mut plan = Self {
            region: settings.region.clone(),
            ops_account: settings.ops_account.clone(),
            tooling_accounts: settings.tooling_accounts.clone(),
            organization: settings.organization.clone(),
            incident_accounts: settings.incident_places.clone(),
            tooling_rules: forwarding(Forwarded::ALL),
            ops_rules: forwarding(Forwarded { executions: false, incidents: true }),
            bus: routes::bus(names, settings, sources),
            consumers,
            reconciler: functions::reconciler(names, settings, &read_role),
            widget: functions::WIDGET.function(names, settings, &read_role),
            undelivered: names.undelivered(),
            tooling_undelivered: names.tooling_undelivered(),
            probe_source: names.probe_source(),
            heartbeat: Heartbeat::new(names, &settings.region),
            commit_ingestion: settings
                .lead_time
                .then(|| functions::commit_ingestion(names, settings, &read_role)),
            ledger: Table {
                name: names.table(),
                partition_key: ledger::PARTITION_KEY,
                sort_key: ledger::SORT_KEY,
                index: (ledger::TIMELINE_INDEX, ledger::TIMELINE_DAY, ledger::TIMELINE_TIME),
            },
            read_role,
            alarms: Vec::new(),
        };
        plan.alarms = alarms::alarms(names, settings, &plan);
        plan.functions().try_for_each(check_environment)?;
        Ok(plan)
    }

    /// Every function.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        let commit_ingestion = self
            .commit_ingestion
            .iter()
            .flat_map(|commit_ingestion| [&commit_ingestion.webhook, &commit_ingestion.transform]);
        let others = [&self.reconciler.function, &self.widget];
        self.consumers.iter().map(|consumer| &consumer.function).chain(others).chain(commit_ingestion)
    }
}

fn check_environment(function: &Function) -> Result<(), PlanError> {
    // Lambda counts the variables as it keeps them: as a JSON object.
    let bytes = serde_json::to_string(&function.environment).map_or(usize::MAX, |object| object.len());
    match bytes > MAX_ENVIRONMENT {
        true => Err(PlanError::Environment { function: function.name, bytes }),
        false => Ok(()),
    }
}

/// What an installation consists of in a region of a tooling account.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolingPlan {
    /// The rules on the default bus; their target is the bus of the operations account.
    pub rules: Vec<Rule>,
    /// What forwarding events needs.
    pub forward: RoleStatement,
    /// What puts heartbeats; none in the place of the operations account's stack, which does so itself.
    pub heartbeat: Option<Heartbeat>,
    /// The role that the functions assume to read; none in the operations account, which they read as themselves.
    pub read_role: Option<Read>,
}

/// A read role.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    /// What it may do.
    pub permissions: Vec<RoleStatement>,
    /// The ARNs of the roles that may assume it.
    pub readers: Vec1<String>,
}

/// What a stack forwards to the operations account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// Events of pipelines.
    pub executions: bool,
    /// Events of `OpsItem`s, and probes: what one stack of a place forwards.
    pub incidents: bool,
}

impl Forwarded {
    const ALL: Self = Self { executions: true, incidents: true };
}

impl ToolingPlan {
    /// The plan of a region of a tooling account.
    pub fn new(settings: &ToolingSettings) -> Self {
        let ToolingSettings { lead_time, executions, incident_types, .. } = settings;
        let (names, place) = (&settings.names(), &settings.place());
        // The operations account's own stack forwards the incidents and probes of its place.
        let incidents = *place != settings.ops_place();
        let forwarded = Forwarded { executions: *executions, incidents };
        let rules = routes::forwarding_rules(names, &SOURCES, forwarded, incident_types);
        let arn = |function| names.ops_role_arn(&names.function(function));
        let mut readers = Vec1::new(arn(functions::RECONCILER.name));
        let metrics = routes::measured(*lead_time).filter(|metric| *executions || metric.reads_ops_items());
        readers.extend(metrics.map(|metric| arn(metric.name)));
        let undelivered = names.tooling_undelivered();
        let permissions = match executions {
            true => read_role(place, &undelivered),
            false => incident_read_role(place, &undelivered),
        };
        Self {
            rules,
            forward: forward(names),
            heartbeat: incidents.then(|| Heartbeat::new(names, &place.region)),
            read_role: (place.account != settings.ops_account).then_some(Read { permissions, readers }),
        }
    }
}
