//! What roles may do: exactly what the code that runs under them calls, on exactly what it calls it on.

use crate::{
    naming::{Names, arn, service_domain},
    settings::Settings,
    several::Several,
};
use metrics_lib::{
    contract::{
        Namespace,
        ledger::{KNOWN, TIMELINE_INDEX},
    },
    lake,
};
use serde::Serialize;
use std::collections::BTreeSet;
use vec1::Vec1;

/// A statement of a role's policy; it allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// What it is for.
    pub sid: String,
    /// The actions, as IAM names them: `dynamodb:PutItem`.
    pub actions: Vec1<&'static str>,
    /// What they may be done on.
    pub resources: Vec1<Resource>,
    /// What must hold beside.
    pub conditions: Vec<Condition>,
}

/// What an action may be done on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Resource {
    /// One resource.
    Arn(String),
    /// Every resource that a pattern with `*` matches.
    Every {
        /// The pattern.
        pattern: String,
        /// Why it can't be more exact.
        reason: &'static str,
    },
    /// The installation's KMS key, whose id only AWS knows.
    Key,
    /// The webhook's secret, whose ARN ends with characters that only AWS knows.
    Secret,
}

/// A condition of a statement. How a key is compared that has several values, its rendering knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// How it compares: `StringEquals`.
    pub operator: &'static str,
    /// What it compares: `cloudwatch:namespace`.
    pub key: &'static str,
    /// What is allowed.
    pub values: Vec1<String>,
}

/// A statement on some resources, without conditions.
pub(crate) fn on(
    sid: impl Into<String>,
    actions: impl Several<&'static str>,
    resources: impl Several<Resource>,
) -> Statement {
    Statement {
        sid: sid.into(),
        actions: actions.several(),
        resources: resources.several(),
        conditions: Vec::new(),
    }
}

impl Resource {
    /// Every resource that a pattern with `*` matches, and why it can't be more exact.
    pub(crate) fn every(pattern: impl Into<String>, reason: &'static str) -> Self {
        Self::Every { pattern: pattern.into(), reason }
    }
}

impl Statement {
    /// Only under a condition.
    pub(crate) fn when(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl Several<String>,
    ) -> Self {
        self.conditions.push(Condition { operator, key, values: values.several() });
        self
    }
}

/// What every function does: it writes its log and its traces.
pub(super) fn every_function(names: &Names, function: &str) -> Vec<Statement> {
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
pub(super) fn queue(names: &Names, metric: &str) -> Statement {
    on(
        "Receive",
        ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        [Resource::Arn(names.arn("sqs", &names.queue(metric)))],
    )
}

/// Putting messages into the queue of another function. Who sends to an encrypted queue makes a data key. Source: Amazon SQS
/// developer guide, "Key management".
pub(super) fn hand_on(names: &Names, to: &str) -> [Statement; 2] {
    let queue = Resource::Arn(names.arn("sqs", &names.queue(to)));
    [on("HandOn", ["sqs:SendMessage"], [queue]), encrypt(names, "sqs")]
}

/// Decrypting what services of the stack's region keep encrypted for the function.
pub(super) fn decrypt(names: &Names, services: impl Several<&'static str>) -> Statement {
    on("Decrypt", ["kms:Decrypt"], [Resource::Key]).when(
        "StringEquals",
        "kms:ViaService",
        via(names, services),
    )
}

/// Encrypting what a service of the stack's region keeps for the function.
pub(super) fn encrypt(names: &Names, service: &'static str) -> Statement {
    let via = via(names, [service]);
    on("Encrypt", ["kms:GenerateDataKey"], [Resource::Key]).when("StringEquals", "kms:ViaService", via)
}

fn via(names: &Names, services: impl Several<&'static str>) -> Vec1<String> {
    services.several().mapped(|service| service_domain(service, names.region()))
}

/// Using the ledger; in order of time, if its index is read, too.
pub(super) fn ledger(names: &Names, by_time: bool) -> Vec<Statement> {
    let table = names.arn("dynamodb", &format!("table/{}", names.table()));
    let actions = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"];
    let mut statements = vec![on("Ledger", actions, [Resource::Arn(table.clone())])];
    if by_time {
        let index = Resource::Arn(format!("{table}/index/{TIMELINE_INDEX}"));
        statements.push(on("LedgerTimeline", ["dynamodb:Query"], [index]));
    }
    statements
}

/// Putting metrics.
pub(super) fn metrics(namespaces: impl Several<Namespace>) -> Statement {
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
) -> Vec<Statement> {
    let own = names.ops_account();
    let item_places = settings.ops_item_places().filter(|_| ops_items);
    let others: BTreeSet<(&str, &str)> =
        settings.pipeline_places().chain(item_places).filter(|(account, _)| *account != own).collect();
    let roles = others
        .into_iter()
        .map(|(account, region)| Resource::Arn(names.role_arn(account, &names.read_role(region))))
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
        let pipelines = own_regions.mapped_ref(|region| every_pipeline(own, region));
        statements.push(on("ReadPipelines", READ_PIPELINES, pipelines));
        statements.extend(lists_pipelines.then(pipeline_lister));
        if settings.lead_time && lists_pipelines {
            statements.extend(connection_readers(own, &own_regions));
        }
    }
    let items = settings.own_ops_item_regions().into_iter().map(|region| every_ops_item(own, region));
    if ops_items && let Ok(items) = Vec1::try_from_vec(items.collect()) {
        statements.push(on("ReadOpsItems", ["ssm:GetOpsItem"], items));
    }
    statements
}

/// What is read of a pipeline that is known.
const READ_PIPELINES: [&str; 4] = [
    "codepipeline:GetPipeline",
    "codepipeline:GetPipelineExecution",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
];

/// Listing pipelines.
fn pipeline_lister() -> Statement {
    let reason = "CodePipeline has no resources for this action";
    let every = Resource::Every { pattern: "*".into(), reason };
    on("ListPipelines", ["codepipeline:ListPipelines"], [every])
}

fn every_pipeline(account: &str, region: &str) -> Resource {
    let reason = "every pipeline may deploy to production; which does is known from its executions";
    Resource::Every { pattern: arn("codepipeline", region, account, "*"), reason }
}

fn every_ops_item(account: &str, region: &str) -> Resource {
    let reason = "OpsItems are known by the ids that events and commits name";
    Resource::Every { pattern: arn("ssm", region, account, "opsitem/*"), reason }
}

/// Reading which Git host a connection leads to. Connections of before July 2024 have the service's old name in their
/// ARNs, and IAM asks for the action of the same name. Source: Developer Tools console user guide, "Identity and access
/// management for AWS `CodeStar` Notifications and AWS `CodeConnections`".
fn connection_readers(account: &str, regions: &Vec1<&str>) -> [Statement; 2] {
    let reader = |sid, service: &str, action| {
        let reason = "connections are known by the ARNs that source actions name";
        let every = |region: &&str| Resource::Every {
            pattern: arn(service, region, account, "connection/*"),
            reason,
        };
        on(sid, [action], regions.mapped_ref(every))
    };
    [
        reader("ReadConnections", "codeconnections", "codeconnections:GetConnection"),
        reader("ReadOldConnections", "codestar-connections", "codestar-connections:GetConnection"),
    ]
}

/// Counting what rules of a tooling stack could not deliver.
fn undelivered_counter(queues: impl Several<Resource>) -> Statement {
    on("CountUndelivered", ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], queues)
}

/// Counting what the rules of tooling stacks of the operations account itself could not deliver.
pub(super) fn own_undelivered_counter(names: &Names, settings: &Settings) -> Option<Statement> {
    let (own, home) = (names.ops_account(), names.region());
    let pipelines = settings.own_pipeline_regions();
    let regions = settings.own_ops_item_regions().into_iter();
    let regions = regions.filter(|region| *region != home || pipelines.contains(region));
    let queue = |region| Resource::Arn(arn("sqs", region, own, &names.tooling_undelivered()));
    Vec1::try_from_vec(regions.map(queue).collect()).ok().map(undelivered_counter)
}

/// What the read role of a region of an account that has incidents only may do; `undelivered` is the name of the queue of
/// what its rules could not deliver.
pub fn incident_read_role(account: &str, region: &str, undelivered: &str) -> Vec<Statement> {
    vec![
        on("ReadOpsItems", ["ssm:GetOpsItem"], [every_ops_item(account, region)]),
        ops_item_lister(),
        undelivered_counter([Resource::Arn(arn("sqs", region, account, undelivered))]),
    ]
}

/// What the read role of a region of a tooling account may do; `undelivered` is the name of the queue of what its rules
/// could not deliver.
pub fn read_role(account: &str, region: &str, undelivered: &str) -> Vec<Statement> {
    let mut statements =
        vec![on("ReadPipelines", READ_PIPELINES, [every_pipeline(account, region)]), pipeline_lister()];
    statements.extend(connection_readers(account, &Vec1::new(region)));
    statements.extend(incident_read_role(account, region, undelivered));
    statements
}

/// Listing `OpsItem`s.
pub(super) fn ops_item_lister() -> Statement {
    let reason = "Systems Manager has no resources for this action";
    on("ListOpsItems", ["ssm:DescribeOpsItems"], [Resource::Every { pattern: "*".into(), reason }])
}

/// Reading metrics.
pub(super) fn metric_reader() -> Statement {
    let reason = "CloudWatch has no resources for this action";
    on("ReadMetrics", ["cloudwatch:GetMetricData"], [Resource::Every { pattern: "*".into(), reason }])
}

/// Forwarding events to the bus of the operations account.
pub fn forward(names: &Names) -> Statement {
    let bus = names.arn("events", &format!("event-bus/{}", names.bus()));
    on("Forward", ["events:PutEvents"], [Resource::Arn(bus)])
}

/// Asking Athena, which reads the table and the lake, and writes the answer, under the function's role.
pub(super) fn lake_reader(names: &Names) -> Vec<Statement> {
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
pub(super) fn webhook(names: &Names) -> Vec<Statement> {
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
