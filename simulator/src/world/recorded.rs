//! The shapes of what is recorded, from the references of the APIs. An answer with a member of another type could not
//! be read by who asks for it, so all members that the references name are here, and only those that are always there
//! are required. What comes later is not refused.

use super::shape::{
    Member,
    Shape::{
        self, Account, Closed, Instant, Integer, List, Map, Name, Object, OpsItemId, Region, Text, Time,
    },
    optional, required,
};

/// `execution`.
pub(super) const EXECUTION: Shape = Closed(&[
    required("account", Account),
    required("region", Region),
    required("detail", Object(PIPELINE_EXECUTION)),
    required("actions", List(&Object(ACTION_EXECUTION))),
]);

/// `opsItem`.
pub(super) const OPS_ITEM: Shape =
    Closed(&[required("account", Account), required("region", Region), required("item", Object(ITEM))]);

/// `api`: the name of a source's API, and what it knows from now on.
pub(super) const API: Shape = Closed(&[required("name", Name), required("knows", Object(&[]))]);

/// `github`.
pub(super) const DELIVERY: Shape = Closed(&[required("headers", Map(&Text)), required("body", Text)]);

/// `event`: what every event has that EventBridge delivers.
pub(super) const EVENT: Shape = Object(&[
    optional("version", Text),
    optional("id", Text),
    required("detail-type", Name),
    required("source", Name),
    required("account", Account),
    required("time", Instant),
    required("region", Region),
    optional("resources", List(&Text)),
    required("detail", Object(&[])),
]);

/// The `detail` of CodePipeline's event of an execution.
pub(super) const EXECUTION_CHANGE: Shape =
    Object(&[required("pipeline", Name), required("execution-id", Name), required("state", Name)]);

/// The `detail` of CodePipeline's event of a stage.
pub(super) const STAGE_CHANGE: Shape = Object(&[
    required("pipeline", Name),
    required("execution-id", Name),
    required("stage", Name),
    required("state", Name),
]);

/// `pipeline`: its place, and `PipelineDeclaration` of `GetPipeline`.
pub(super) const PIPELINE: Shape = Closed(&[
    required("account", Account),
    required("region", Region),
    required("pipeline", Object(DECLARATION)),
]);

const DECLARATION: &[Member] = &[
    required("name", Name),
    optional("version", Integer),
    required(
        "stages",
        List(&Object(&[
            required("name", Name),
            required(
                "actions",
                List(&Object(&[
                    required("name", Name),
                    optional(
                        "actionTypeId",
                        Object(&[required("category", Name), required("provider", Name)]),
                    ),
                    optional("runOrder", Integer),
                    optional("configuration", Map(&Text)),
                    optional("outputArtifacts", List(&Object(&[optional("name", Text)]))),
                    optional("region", Text),
                    optional("namespace", Text),
                ])),
            ),
        ])),
    ),
];

/// `connection`: `Connection` of `GetConnection`.
pub(super) const CONNECTION: Shape = Object(&[
    required("ConnectionArn", Name),
    optional("ProviderType", Text),
    optional("ConnectionName", Text),
]);

/// The `detail` of `OpsCenter`'s events of an `OpsItem`.
pub(super) const OPS_ITEM_CHANGE: Shape = Object(&[
    required("ops-item-id", OpsItemId),
    optional("ops-item-type", Text),
    optional("status", Text),
    optional("modified-time", Text),
]);

/// `PipelineExecution` of `GetPipelineExecution`.
const PIPELINE_EXECUTION: &[Member] = &[
    required("pipelineName", Name),
    optional("pipelineVersion", Integer),
    required("pipelineExecutionId", Name),
    required("status", Name),
    optional("statusSummary", Text),
    optional(
        "artifactRevisions",
        List(&Object(&[
            optional("name", Text),
            optional("revisionId", Text),
            optional("revisionChangeIdentifier", Text),
            optional("revisionSummary", Text),
            optional("created", Time),
            optional("revisionUrl", Text),
        ])),
    ),
    optional("variables", List(&Object(&[optional("name", Text), optional("resolvedValue", Text)]))),
    optional("trigger", Object(&[optional("triggerType", Text), optional("triggerDetail", Text)])),
    optional("executionMode", Text),
    optional("executionType", Text),
    optional("rollbackMetadata", Object(&[optional("rollbackTargetPipelineExecutionId", Text)])),
];

/// `ActionExecutionDetail` of `ListActionExecutions`.
const ACTION_EXECUTION: &[Member] = &[
    optional("pipelineExecutionId", Text),
    optional("actionExecutionId", Text),
    optional("pipelineVersion", Integer),
    required("stageName", Name),
    required("actionName", Name),
    optional("startTime", Time),
    required("lastUpdateTime", Time),
    optional("updatedBy", Text),
    required("status", Name),
    optional(
        "input",
        Object(&[
            optional(
                "actionTypeId",
                Object(&[
                    required("category", Name),
                    optional("owner", Text),
                    required("provider", Name),
                    optional("version", Text),
                ]),
            ),
            optional("configuration", Map(&Text)),
            optional("resolvedConfiguration", Map(&Text)),
            optional("roleArn", Text),
            optional("region", Text),
            optional("inputArtifacts", List(&Object(ARTIFACT))),
            optional("namespace", Text),
        ]),
    ),
    optional(
        "output",
        Object(&[
            optional("outputArtifacts", List(&Object(ARTIFACT))),
            optional(
                "executionResult",
                Object(&[
                    optional("externalExecutionId", Text),
                    optional("externalExecutionSummary", Text),
                    optional("externalExecutionUrl", Text),
                    optional("errorDetails", Object(&[optional("code", Text), optional("message", Text)])),
                    optional("logStreamARN", Text),
                ]),
            ),
            optional("outputVariables", Map(&Text)),
        ]),
    ),
];

const ARTIFACT: &[Member] = &[
    optional("name", Text),
    optional("s3location", Object(&[optional("bucket", Text), optional("key", Text)])),
];

/// `OpsItem` of `GetOpsItem`.
const ITEM: &[Member] = &[
    optional("CreatedBy", Text),
    optional("OpsItemType", Text),
    required("CreatedTime", Time),
    optional("Description", Text),
    optional("LastModifiedBy", Text),
    optional("LastModifiedTime", Time),
    optional("Notifications", List(&Object(&[optional("Arn", Text)]))),
    optional("Priority", Integer),
    optional("RelatedOpsItems", List(&Object(&[optional("OpsItemId", Text)]))),
    optional("Status", Text),
    required("OpsItemId", OpsItemId),
    optional("Version", Text),
    optional("Title", Text),
    optional("Source", Text),
    optional("OperationalData", Map(&Object(&[optional("Value", Text), optional("Type", Text)]))),
    optional("Category", Text),
    optional("Severity", Text),
    optional("ActualStartTime", Time),
    optional("ActualEndTime", Time),
    optional("PlannedStartTime", Time),
    optional("PlannedEndTime", Time),
    optional("OpsItemArn", Text),
];
