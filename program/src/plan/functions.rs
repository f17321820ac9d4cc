//! The functions, once: what starts each, what it may do, how long it may take, and its memory.
//!
//! A new function behind a queue is an entry of [`CONSUMERS`] and its binary in the crate `functions`.

use super::{
    CommitIngestion, DeliveryStream, Function, ReadRole, Scheduled,
    gate::gate,
    rights::{self, Right},
};
use crate::{
    naming::{Names, service_domain},
    settings::{self, Settings},
    variable::variable,
};
use jiff::SignedDuration;
use metrics_lib::{
    contract::{Namespace, env},
    lake,
};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// A function, and what starts it.
#[derive(Debug)]
pub(super) struct Entry<T> {
    /// Its name, which is that of its binary.
    pub(super) name: &'static str,
    /// What it does.
    description: &'static str,
    /// What starts it.
    pub(super) trigger: T,
    /// How long an invocation may take.
    pub(super) timeout: SignedDuration,
    /// Its memory, in MiB.
    memory: u32,
    /// What it may do beside logging.
    rights: &'static [Right],
    /// The values that it is configured with.
    variables: Variables,
}

/// A queue.
#[derive(Debug)]
pub(super) struct Events {
    /// What it gets.
    pub(super) takes: Takes,
    /// How many invocations work off the queue at once at the most: the APIs of the tooling accounts have quotas.
    pub(super) maximum_concurrency: u32,
}

/// What a function's queue gets, beside probes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Takes {
    /// The events of executions and stages.
    Executions,
    /// The events of `OpsItem`s that were created or changed.
    Incidents,
    /// Deployments, which the function that takes executions hands on.
    Deployments,
}

/// The values that a function is configured with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Variables {
    Metrics,
    Webhook,
    Widget,
    None,
}

/// A minute: Athena needs seconds, and sometimes many.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The function that measures lead times, from GitHub's data.
pub(super) const LEAD_TIME: &str = "lead-time-for-changes";

/// The function that shows on dashboards what the figures are made of.
pub(crate) const DASHBOARD_WIDGET: &str = "dashboard-widget";

/// The functions that work off a queue. An execution is resolved by one of them; what follows from it without its commits,
/// that function publishes, and it hands deployments on to the one that waits for commits.
///
/// What is decided for good is decided on all that has ended, so pipelines are listed.
pub(super) const CONSUMERS: [Entry<Events>; 3] = [
    // A rollback fails what it took back, and a deployment may restore service.
    Entry {
        name: "deployments",
        description: "Counts production deployments, rework and rollbacks",
        trigger: Events { takes: Takes::Executions, maximum_concurrency: 10 },
        timeout: MINUTE,
        memory: 256,
        rights: &[
            Right::TakeMessages,
            Right::UseLedger { by_time: false },
            Right::PutMetrics(&Namespace::ALL),
            Right::ReadAccounts { lists_pipelines: true, ops_items: true },
            Right::HandOn { to: LEAD_TIME },
        ],
        variables: Variables::Metrics,
    },
    Entry {
        name: "incidents",
        description: "Counts failed deployments, and measures the time to restore service",
        trigger: Events { takes: Takes::Incidents, maximum_concurrency: 10 },
        timeout: MINUTE,
        memory: 256,
        rights: &[
            Right::TakeMessages,
            Right::UseLedger { by_time: true },
            Right::PutMetrics(&Namespace::ALL),
            Right::ReadAccounts { lists_pipelines: true, ops_items: true },
        ],
        variables: Variables::Metrics,
    },
    // A pipeline's first deployment follows the repository's latest, in whatever pipeline.
    Entry {
        name: LEAD_TIME,
        description: "Measures the lead time of changes",
        trigger: Events { takes: Takes::Deployments, maximum_concurrency: 10 },
        timeout: MINUTE,
        memory: 256,
        rights: &[
            Right::TakeMessages,
            Right::UseLedger { by_time: true },
            Right::PutMetrics(&Namespace::ALL),
            Right::ReadAccounts { lists_pipelines: true, ops_items: true },
            Right::ReadLake,
        ],
        variables: Variables::Metrics,
    },
];

/// The function that finds what no event has brought. A decision that many pipelines have to be listed for waits for it; what a
/// run does not finish, the next goes on with.
pub(super) const RECONCILER: Entry<Every> = Entry {
    name: "reconciler",
    description: "Finds what no event has brought, and compares the ledger with CloudWatch",
    trigger: Every(SignedDuration::from_mins(15)),
    timeout: SignedDuration::from_mins(10),
    memory: 512,
    rights: &[
        Right::UseLedger { by_time: true },
        Right::PutMetrics(&Namespace::ALL),
        Right::ReadMetrics,
        Right::ReadAccounts { lists_pipelines: true, ops_items: true },
        Right::ListOpsItems,
        Right::CountUndelivered,
        Right::ReadLake,
    ],
    variables: Variables::Metrics,
};

/// The function that takes GitHub's deliveries. API Gateway waits no longer than its timeout.
const WEBHOOK: Entry<Api> = Entry {
    name: "github-webhook",
    description: "Takes GitHub's webhooks, checks their signatures, and puts them on the way to the lake",
    trigger: Api,
    timeout: SignedDuration::from_secs(29),
    memory: 256,
    rights: &[Right::TakeDeliveries],
    variables: Variables::Webhook,
};

/// The function that checks what goes to the lake.
const TRANSFORM: Entry<Records> = Entry {
    name: "commit-transform",
    description: "Checks the records on their way to the lake",
    trigger: Records,
    timeout: SignedDuration::from_mins(1),
    memory: 256,
    rights: &[],
    variables: Variables::None,
};

/// CloudWatch calls the widget's function as whoever looks, who waits for it: with this memory it has a whole processor.
/// Source: Lambda developer guide, "Configure Lambda function memory".
pub(super) const WIDGET: Entry<Viewer> = Entry {
    name: DASHBOARD_WIDGET,
    description: "Shows on dashboards what the figures are made of",
    trigger: Viewer,
    timeout: SignedDuration::from_secs(30),
    memory: 1769,
    rights: &[Right::ReadLedger],
    variables: Variables::Widget,
};

/// Somebody who looks at a dashboard.
#[derive(Debug)]
pub(super) struct Viewer;

/// A schedule: how often it runs.
#[derive(Debug)]
pub(super) struct Every(SignedDuration);

/// API Gateway, with GitHub's deliveries.
#[derive(Debug)]
struct Api;

/// Firehose, with records on their way to the lake.
#[derive(Debug)]
struct Records;

impl<T> Entry<T> {
    pub(super) fn function(&self, names: &Names, settings: &Settings, read_role: &ReadRole) -> Function {
        Function {
            name: self.name,
            resource: names.function(self.name),
            description: self.description,
            log_group: names.log_group(self.name),
            timeout: self.timeout,
            memory: self.memory,
            environment: match self.variables {
                Variables::Metrics => metrics_variables(names, settings, read_role),
                Variables::Webhook => webhook_variables(names, settings),
                Variables::Widget => widget_variables(names, settings),
                Variables::None => BTreeMap::new(),
            },
            permissions: rights::statements(
                self.rights,
                self.variables != Variables::None,
                self.name,
                names,
                settings,
            ),
        }
    }
}

impl Entry<Events> {
    /// The function, with what it needs to hand deployments on, if it does.
    pub(super) fn consumer(&self, names: &Names, settings: &Settings, read_role: &ReadRole) -> Function {
        let mut function = self.function(names, settings, read_role);
        let handed_on_to = self.rights.iter().find_map(|right| match right {
            Right::HandOn { to } if settings.lead_time => Some(to),
            _ => None,
        });
        if let Some(to) = handed_on_to {
            let (account, queue) = (names.ops_account(), names.queue(to));
            let url = format!("https://{}/{account}/{queue}", service_domain("sqs", names.region()));
            function.environment.insert(env::LEAD_TIME_QUEUE.to_owned(), url);
        }
        function
    }

    /// Whether it reads the `OpsItem`s of accounts.
    pub(super) fn reads_ops_items(&self) -> bool {
        self.rights.iter().any(|right| matches!(right, Right::ReadAccounts { ops_items: true, .. }))
    }
}

/// The function that finds what no event has brought, and its schedule.
pub(super) fn reconciler(names: &Names, settings: &Settings, read_role: &ReadRole) -> Scheduled {
    let mut function = RECONCILER.function(names, settings, read_role);
    function.environment.insert(env::TOOLING_UNDELIVERED.to_owned(), names.tooling_undelivered());
    Scheduled {
        function,
        schedule: names.of(RECONCILER.name),
        every: RECONCILER.trigger.0,
        dead_letter_queue: names.dead_letters(RECONCILER.name),
    }
}

fn metrics_variables(names: &Names, settings: &Settings, read_role: &ReadRole) -> BTreeMap<String, String> {
    let mut environment = owned([
        (env::TOOLING_ACCOUNTS, variable(&json!(settings.tooling_accounts))),
        (env::OPS_ACCOUNT, settings.ops_account.clone()),
        (env::READ_ROLE_ARN, read_role.arn.clone()),
        (env::READ_ROLE_EXTERNAL_ID, read_role.external_id.clone()),
        (env::LEDGER_TABLE, names.table()),
        (env::PRODUCTION_RULE, variable(&json!(settings.production))),
        (env::TEAMS, variable(&json!(settings.teams))),
        (env::LEAD_TIME, settings.lead_time.to_string()),
        (env::ATHENA_WORKGROUP, names.workgroup()),
        (env::LAKE_DATABASE, names.database()),
    ]);
    environment.extend(settings.variables(settings::Functions::Metrics));
    environment.extend(unless_default(env::REWORK_RULE, &settings.rework));
    environment.extend(unless_default(env::INCIDENT_RULE, &settings.incidents));
    environment.extend(unless_default(env::ORGANIZATION, &settings.organization));
    environment.extend(unless_default(env::INCIDENT_ACCOUNTS, &settings.incident_places));
    environment.extend(unless_default(env::REPOSITORY_RULE, &settings.repositories));
    environment.extend(unless_default(env::REPOSITORY_METRICS, &settings.repository_metrics));
    environment
}

fn webhook_variables(names: &Names, settings: &Settings) -> BTreeMap<String, String> {
    let mut environment = owned([
        (env::WEBHOOK_SECRET, names.secret()),
        (env::DELIVERY_STREAM, names.stream()),
        (env::LEDGER_TABLE, names.table()),
    ]);
    environment.extend(settings.variables(settings::Functions::Webhook));
    environment.extend(unless_default(env::REWORK_RULE, &settings.rework));
    environment
}

fn widget_variables(names: &Names, settings: &Settings) -> BTreeMap<String, String> {
    owned([(env::LEDGER_TABLE, names.table()), (env::TEAMS, variable(&json!(settings.teams)))])
}

fn owned<const N: usize>(variables: [(&str, String); N]) -> BTreeMap<String, String> {
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A variable, unless the function would take the same without it.
fn unless_default<T: Default + PartialEq + Serialize>(name: &str, rule: &T) -> Option<(String, String)> {
    (*rule != T::default()).then(|| (name.to_owned(), variable(&json!(rule))))
}

/// How long Firehose gathers records.
const BUFFER_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// How much Firehose gathers: the least that it takes for a stream with dynamic partitioning.
const BUFFER_SIZE: usize = 64 * 1024 * 1024;

/// The way of GitHub's webhooks into the lake.
pub(super) fn commit_ingestion(names: &Names, settings: &Settings, read_role: &ReadRole) -> CommitIngestion {
    let (Api, Records) = (WEBHOOK.trigger, TRANSFORM.trigger);
    CommitIngestion {
        api: names.api(),
        gate: gate(&settings.operations),
        webhook: WEBHOOK.function(names, settings, read_role),
        secret: names.secret(),
        stream: DeliveryStream {
            name: names.stream(),
            buffer_interval: BUFFER_INTERVAL,
            buffer_size: BUFFER_SIZE,
            prefix: lake::PREFIX,
            error_prefix: lake::ERROR_PREFIX,
        },
        transform: TRANSFORM.function(names, settings, read_role),
        bucket: names.lake_bucket(),
        results_bucket: names.results_bucket(),
        workgroup: names.workgroup(),
        database: names.database(),
    }
}
