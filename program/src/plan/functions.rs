//! The functions: their size, their environment, and what each may do.

use super::{
    CommitIngestion, Consumer, DeliveryStream, Function, ReadRole, Scheduled,
    gate::gate,
    permissions::{self, LedgerUse, Reads, Statement},
    routes::{self, CHANGE_FAILURE_RATE, LEAD_TIME, Route, TIME_TO_RESTORE},
};
use crate::{naming::Names, settings::Settings};
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::ZlibEncoder};
use jiff::SignedDuration;
use metrics_lib::{
    contract::{Namespace, env},
    lake,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Write};
use vec1::vec1;

/// How long Firehose gathers records.
const BUFFER_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// How much Firehose gathers: the least that it takes for a stream with dynamic partitioning.
const BUFFER_SIZE: usize = 64 * 1024 * 1024;
/// How long a function that works off a queue may take: Athena needs seconds, and sometimes many.
const CONSUMER_TIMEOUT: SignedDuration = SignedDuration::from_mins(1);

/// The function that finds what no event has brought.
pub(super) const RECONCILER: &str = "reconciler";
/// How often the reconciler runs: a decision that many pipelines have to be listed for waits for it.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How long a run of the reconciler may take. What it does not finish, the next goes on with.
const RECONCILER_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// The function of a metric, behind its queue.
pub(super) fn consumer(route: &Route, names: &Names, settings: &Settings, read_role: &ReadRole) -> Consumer {
    let queue = routes::queue(route, names, settings, CONSUMER_TIMEOUT);
    let mut environment = consumer_environment(names, settings, read_role);
    environment.insert(env::TRIES, queue.max_receive_count.to_string());
    Consumer {
        function: Function {
            name: route.name,
            resource: names.function(route.name),
            description: route.description,
            log_group: names.log_group(route.name),
            timeout: CONSUMER_TIMEOUT,
            memory: 256,
            environment,
            permissions: consumer_permissions(route.name, names, settings),
        },
        queue,
    }
}

/// All that is done with the ledger.
const ALL_OF_LEDGER: [&str; 3] = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];

fn consumer_permissions(metric: &str, names: &Names, settings: &Settings) -> Vec<Statement> {
    // Deployments are counted without looking at incidents, and only an incident is compared with deployments by time.
    // What is decided for good is decided on all that has ended, so pipelines are listed.
    let (index, reads) = match metric {
        CHANGE_FAILURE_RATE => (true, Reads { lists_pipelines: true, ops_items: true }),
        TIME_TO_RESTORE => (false, Reads { lists_pipelines: true, ops_items: true }),
        // A pipeline's first deployment follows the repository's latest, in whatever pipeline.
        LEAD_TIME => (true, Reads { lists_pipelines: true, ops_items: true }),
        _ => (false, Reads::default()),
    };
    let mut statements = permissions::every_function(names, metric);
    statements.push(permissions::queue(names, metric));
    statements.extend(permissions::ledger(names, LedgerUse { actions: ALL_OF_LEDGER, index }));
    statements.push(permissions::metrics(Namespace::ALL));
    statements.extend(permissions::readers(names, settings, reads));
    let mut encrypted = vec1!["dynamodb", "lambda", "sqs"];
    if metric == LEAD_TIME {
        statements.extend(permissions::lake_reader(names));
        encrypted.push("s3");
    }
    statements.push(permissions::decrypt(names, encrypted));
    statements
}

/// Lists that are longer are compressed: Lambda takes an environment of 4 KB.
const LONGEST_PLAIN: usize = 512;

/// A list or object as a variable: JSON, or, where that is long, base64 of zlib of it.
fn variable(value: &Value) -> String {
    let json = value.to_string();
    if json.len() <= LONGEST_PLAIN {
        return json;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; if it did, the plan would say that the environment is too long.
    match encoder.write_all(json.as_bytes()).and_then(|()| encoder.finish()) {
        Ok(compressed) => BASE64_STANDARD.encode(compressed),
        Err(_) => json,
    }
}

/// The function that finds what no event has brought, and its schedule.
pub(super) fn reconciler(names: &Names, settings: &Settings, read_role: &ReadRole) -> Scheduled {
    let mut environment = consumer_environment(names, settings, read_role);
    environment.insert(env::TOOLING_UNDELIVERED, names.tooling_undelivered());
    Scheduled {
        function: Function {
            name: RECONCILER,
            resource: names.function(RECONCILER),
            description: "Finds what no event has brought, and compares the ledger with CloudWatch",
            log_group: names.log_group(RECONCILER),
            timeout: RECONCILER_TIMEOUT,
            memory: 512,
            environment,
            permissions: reconciler_permissions(names, settings),
        },
        schedule: names.of(RECONCILER),
        every: RECONCILED_EVERY,
        dead_letter_queue: names.dead_letters(RECONCILER),
    }
}

fn reconciler_permissions(names: &Names, settings: &Settings) -> Vec<Statement> {
    let mut statements = permissions::every_function(names, RECONCILER);
    statements.extend(permissions::ledger(names, LedgerUse { actions: ALL_OF_LEDGER, index: true }));
    statements.push(permissions::metrics(Namespace::ALL));
    statements.push(permissions::metric_reader());
    statements.extend(permissions::readers(
        names,
        settings,
        Reads { lists_pipelines: true, ops_items: true },
    ));
    statements.push(permissions::ops_item_lister());
    statements.extend(permissions::own_undelivered_counter(names, settings));
    let mut encrypted = vec1!["dynamodb", "lambda"];
    if settings.lead_time {
        statements.extend(permissions::lake_reader(names));
        encrypted.push("s3");
    }
    statements.push(permissions::decrypt(names, encrypted));
    statements
}

fn consumer_environment(
    names: &Names,
    settings: &Settings,
    read_role: &ReadRole,
) -> BTreeMap<&'static str, String> {
    let mut environment = BTreeMap::from([
        (env::TOOLING_ACCOUNTS, variable(&json!(settings.tooling_accounts))),
        (env::OPS_ACCOUNT, settings.ops_account.clone()),
        (env::READ_ROLE_ARN, read_role.arn.clone()),
        (env::READ_ROLE_EXTERNAL_ID, read_role.external_id.clone()),
        (env::LEDGER_TABLE, names.table()),
        (env::PRODUCTION_RULE, variable(&json!(settings.production))),
        (env::TEAMS, variable(&json!(settings.teams))),
        (env::ATTRIBUTION_WINDOW, settings.attribution_window.to_string()),
        (env::ATTRIBUTION_DELAY, settings.attribution_delay.to_string()),
        (env::LEAD_TIME, settings.lead_time.to_string()),
        (env::LEAD_TIME_LOOKBACK, settings.lead_time_lookback.to_string()),
        (env::ATHENA_WORKGROUP, names.workgroup()),
        (env::LAKE_DATABASE, names.database()),
    ]);
    environment.extend(unless_default(env::REWORK_RULE, &settings.rework));
    environment.extend(unless_default(env::INCIDENT_RULE, &settings.incidents));
    environment.extend(unless_default(env::ORGANIZATION, &settings.organization));
    environment.extend(unless_default(env::INCIDENT_ACCOUNTS, &settings.incident_places));
    environment.extend(unless_default(env::REPOSITORY_RULE, &settings.repositories));
    environment
}

/// A variable, unless the function would take the same without it.
fn unless_default<T: Default + PartialEq + Serialize>(
    name: &'static str,
    rule: &T,
) -> Option<(&'static str, String)> {
    (*rule != T::default()).then(|| (name, variable(&json!(rule))))
}

/// The way of GitHub's webhooks into the lake.
pub(super) fn commit_ingestion(names: &Names, settings: &Settings) -> CommitIngestion {
    let mut webhook_permissions = permissions::every_function(names, "github-webhook");
    webhook_permissions.extend(permissions::webhook(names));
    CommitIngestion {
        api: names.api(),
        gate: gate(&settings.operations),
        webhook: Function {
            name: "github-webhook",
            resource: names.function("github-webhook"),
            description: "Takes GitHub's webhooks, checks their signatures, and puts them on the way to the lake",
            log_group: names.log_group("github-webhook"),
            // API Gateway waits no longer.
            timeout: SignedDuration::from_secs(29),
            memory: 256,
            environment: BTreeMap::from([
                (env::BOT_AUTHORS, variable(&json!(settings.bot_authors))),
                (env::WEBHOOK_SECRET, names.secret()),
                (env::WEBHOOK_SECRET_OVERLAP, settings.operations.webhook_secret_overlap.to_string()),
                (env::DELIVERY_STREAM, names.stream()),
                (env::LEDGER_TABLE, names.table()),
            ])
            .into_iter()
            .chain(unless_default(env::REWORK_RULE, &settings.rework))
            .collect(),
            permissions: webhook_permissions,
        },
        secret: names.secret(),
        stream: DeliveryStream {
            name: names.stream(),
            buffer_interval: BUFFER_INTERVAL,
            buffer_size: BUFFER_SIZE,
            prefix: lake::PREFIX,
            error_prefix: lake::ERROR_PREFIX,
        },
        transform: Function {
            name: "commit-transform",
            resource: names.function("commit-transform"),
            description: "Checks the records on their way to the lake",
            log_group: names.log_group("commit-transform"),
            timeout: SignedDuration::from_mins(1),
            memory: 256,
            environment: BTreeMap::new(),
            permissions: permissions::every_function(names, "commit-transform"),
        },
        bucket: names.lake_bucket(),
        results_bucket: names.results_bucket(),
        workgroup: names.workgroup(),
        database: names.database(),
    }
}
