//! What roles may do: exactly what the code that runs under them calls, on exactly what it calls it on.

use crate::{
    naming::{Names, arn, service_domain},
    settings::Settings,
    several::Several,
    sources::{SOURCES, Tells, codepipeline, opscenter},
    statement::{Resource, RoleStatement, on},
};
use metrics_lib::{
    contract::{
        Namespace,
        ledger::{KNOWN, TIMELINE_INDEX},
    },
    lake,
    place::Place,
};
use std::collections::BTreeSet;
use vec1::Vec1;

/// What every function does: it writes its log and its traces.
pub(super) fn every_function(names: &Names, function: &str) -> Vec<RoleStatement> {
    let streams = format!("{}:*", names.arn("logs", &format!("log-group:{}", names.log_group(function))));
    vec![
        on(
            "Log",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [Resource::Every { pattern: streams, reason: "Lambda makes up the names of log streams" }],
        ),
        on(
            "Trace",
            ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            [Resource::Every { pattern: "*".into(), reason: "X-Ray has no resources for these actions" }],
        ),
    ]
}

/// Taking messages from a queue, which Lambda does under the function's role.
pub(super) fn queue(names: &Names, metric: &str) -> RoleStatement {
    on(
        "Receive",
        ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        [Resource::Arn(names.arn("sqs", &names.queue(metric)))],
    )
}

/// Putting messages into the queue of another function. Who sends to an encrypted queue makes a data key. Source: Amazon SQS
/// developer guide, "Key management".
pub(super) fn hand_on(names: &Names, to: &str) -> [RoleStatement; 2] {
    let queue = Resource::Arn(names.arn("sqs", &names.queue(to)));
    [on("HandOn", ["sqs:SendMessage"], [queue]), encrypt(names, "sqs")]
}

/// Decrypting what services of the stack's region keep encrypted for the function.
pub(super) fn decrypt(names: &Names, services: impl Several<&'static str>) -> RoleStatement {
    on("Decrypt", ["kms:Decrypt"], [Resource::Key]).when(
        "StringEquals",
        "kms:ViaService",
        via(names, services),
    )
}

/// Encrypting what a service of the stack's region keeps for the function.
pub(super) fn encrypt(names: &Names, service: &'static str) -> RoleStatement {
    let via = via(names, [service]);
    on("Encrypt", ["kms:GenerateDataKey"], [Resource::Key]).when("StringEquals", "kms:ViaService", via)
}

fn via(names: &Names, services: impl Several<&'static str>) -> Vec1<String> {
    services.several().mapped(|service| service_domain(service, names.region()))
}

/// Using the ledger; in order of time, if its index is read, too.
pub(super) fn ledger(names: &Names, by_time: bool) -> Vec<RoleStatement> {
    let table = names.arn("dynamodb", &format!("table/{}", names.table()));
    let actions = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];
    let mut statements = vec![on("Ledger", actions, [Resource::Arn(table)])];
    if by_time {
        statements.push(ledger_timeline(names));
    }
    statements
}

/// Reading in order of time what the ledger lists.
pub(super) fn ledger_timeline(names: &Names) -> RoleStatement {
    let index = names.arn("dynamodb", &format!("table/{}/index/{TIMELINE_INDEX}", names.table()));
    on("LedgerTimeline", ["dynamodb:Query"], [Resource::Arn(index)])
}

/// Putting metrics.
pub(super) fn metrics(namespaces: impl Several<Namespace>) -> RoleStatement {
    let reason = "CloudWatch has no resources for this action; the condition limits the namespaces";
    on("PutMetrics", ["cloudwatch:PutMetricData"], [Resource::Every { pattern: "*".into(), reason }]).when(
        "StringEquals",
        "cloudwatch:namespace",
        namespaces.several().mapped(|namespace| namespace.name().to_owned()),
    )
}

/// Reading pipelines and, if a function asks for them, `OpsItem`s: in tooling accounts through their read roles, in the
/// operations account directly.
pub(super) fn readers(
    names: &Names,
    settings: &Settings,
    lists_pipelines: bool,
    ops_items: bool,
) -> Vec<RoleStatement> {
    let own = names.ops_account();
    let item_places = settings.ops_item_places().filter(|_| ops_items);
    let others: BTreeSet<Place> =
        settings.pipeline_places().chain(item_places).filter(|place| place.account != own).collect();
    let roles = others
        .into_iter()
        .map(|Place { account, region }| Resource::Arn(names.role_arn(&account, &names.read_role(&region))))
        .collect();
    let mut statements = Vec::new();
    if let Ok(roles) = Vec1::try_from_vec(roles) {
        statements.push(on("AssumeReadRoles", ["sts:AssumeRole"], roles));
    }
    if let Some(organization) = &settings.organization {
        let roles = Resource::Every {
            pattern: names.role_arn("*", &names.read_role("*")),
            reason: "which accounts the organisation has is learnt from their events; the condition limits them to it",
        };
        // Where STS does not say whose a role is, the role's own trust and its external id decide.
        let of_members = on("AssumeMembersReadRoles", ["sts:AssumeRole"], [roles]);
        let id = organization.id.as_str();
        statements.push(of_members.when("StringEqualsIfExists", "aws:ResourceOrgID", [id]));
    }
    if let Ok(own_regions) = Vec1::try_from_vec(Vec::from_iter(settings.own_pipeline_regions())) {
        let connections = settings.lead_time && lists_pipelines;
        statements.extend(codepipeline::readers(own, &own_regions, lists_pipelines, connections));
    }
    let every_item = |region| opscenter::every_ops_item(&Place::new(own, region));
    let items = settings.own_ops_item_regions().into_iter().map(every_item);
    if ops_items && let Ok(items) = Vec1::try_from_vec(items.collect()) {
        statements.push(on("ReadOpsItems", ["ssm:GetOpsItem"], items));
    }
    statements
}

/// Counting what rules of a tooling stack could not deliver.
fn undelivered_counter(queues: impl Several<Resource>) -> RoleStatement {
    on("CountUndelivered", ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], queues)
}

/// Counting what the rules of tooling stacks of the operations account itself could not deliver.
pub(super) fn own_undelivered_counter(names: &Names, settings: &Settings) -> Option<RoleStatement> {
    let (own, home) = (names.ops_account(), names.region());
    let pipelines = settings.own_pipeline_regions();
    let regions = settings.own_ops_item_regions().into_iter();
    let regions = regions.filter(|region| *region != home || pipelines.contains(region));
    let queue = |region| Resource::Arn(arn("sqs", region, own, &names.tooling_undelivered()));
    Vec1::try_from_vec(regions.map(queue).collect()).ok().map(undelivered_counter)
}

/// What the read role of a region of an account that has incidents only may do; `undelivered` is the name of the queue of
/// what its rules could not deliver.
pub fn incident_read_role(place: &Place, undelivered: &str) -> Vec<RoleStatement> {
    let mut statements = reads(Tells::Incidents, place);
    let queue = arn("sqs", &place.region, &place.account, undelivered);
    statements.push(undelivered_counter([Resource::Arn(queue)]));
    statements
}

/// What the read role of a region of a tooling account may do; `undelivered` is the name of the queue of what its rules
/// could not deliver.
pub fn read_role(place: &Place, undelivered: &str) -> Vec<RoleStatement> {
    let mut statements = reads(Tells::Deployments, place);
    statements.extend(incident_read_role(place, undelivered));
    statements
}

/// What the sources that tell of deployments, or incidents, need to be read in a region of an account.
fn reads(tells: Tells, place: &Place) -> Vec<RoleStatement> {
    let sources = SOURCES.into_iter().filter(|source| source.tells == tells);
    sources.flat_map(|source| (source.reads)(place)).collect()
}

/// Reading metrics.
pub(super) fn metric_reader() -> RoleStatement {
    let reason = "CloudWatch has no resources for this action";
    on("ReadMetrics", ["cloudwatch:GetMetricData"], [Resource::Every { pattern: "*".into(), reason }])
}

/// Forwarding events to the bus of the operations account.
pub fn forward(names: &Names) -> RoleStatement {
    let bus = names.arn("events", &format!("event-bus/{}", names.bus()));
    on("Forward", ["events:PutEvents"], [Resource::Arn(bus)])
}

/// Asking Athena, which reads the table and the lake, and writes the answer, under the function's role.
pub(super) fn lake_reader(names: &Names) -> Vec<RoleStatement> {
    let (lake, results) = (names.lake_bucket(), names.results_bucket());
    let glue = |resource: String| Resource::Arn(names.arn("glue", &resource));
    let database = names.database();
    let objects = |bucket: &str, prefix: &str, reason| Resource::Every {
        pattern: names.bucket_arn(&format!("{bucket}/{prefix}*")),
        reason,
    };
    let records = objects(&lake, &format!("{}/", lake::TABLE), "Firehose makes up the names of objects");
    let answers = objects(&results, "", "Athena makes up the names of objects");
    vec![
        on(
            "Query",
            [
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            [Resource::Arn(names.arn("athena", &format!("workgroup/{}", names.workgroup())))],
        ),
        // Athena asks for the database `default` too. Source: Athena user guide, "Configure AWS Glue access to your
        // catalog and database per AWS Region".
        on(
            "LakeDatabase",
            ["glue:GetDatabase"],
            [glue("catalog".into()), glue("database/default".into()), glue(format!("database/{database}"))],
        ),
        on(
            "LakeTable",
            ["glue:GetTable"],
            [
                glue("catalog".into()),
                glue(format!("database/{database}")),
                glue(format!("table/{database}/{}", lake::TABLE)),
            ],
        ),
        on("LakeObjects", ["s3:GetObject"], [records]),
        on("LakeList", ["s3:ListBucket"], [Resource::Arn(names.bucket_arn(&lake))]).when(
            "StringLike",
            "s3:prefix",
            [format!("{}/*", lake::TABLE)],
        ),
        on("ResultObjects", ["s3:GetObject", "s3:PutObject"], [answers]),
        // Athena writes the answer, encrypted, as whoever asks. Source: Athena user guide, "Encryption at rest",
        // "Permissions to encrypted data in Amazon S3".
        encrypt(names, "s3"),
        on("ResultBucket", ["s3:GetBucketLocation"], [Resource::Arn(names.bucket_arn(&results))]),
    ]
}

/// What the webhook does beside logging: it reads its secret, and puts records on the stream.
pub(super) fn webhook(names: &Names) -> Vec<RoleStatement> {
    let stream = names.arn("firehose", &format!("deliverystream/{}", names.stream()));
    vec![
        on("Secret", ["secretsmanager:GetSecretValue"], [Resource::Secret]),
        on("Stream", ["firehose:PutRecordBatch"], [Resource::Arn(stream)]),
        on(
            "Names",
            ["dynamodb:PutItem"],
            [Resource::Arn(names.arn("dynamodb", &format!("table/{}", names.table())))],
        )
        .when("StringEquals", "dynamodb:LeadingKeys", [KNOWN]),
        metrics([Namespace::DataQuality]),
    ]
}
