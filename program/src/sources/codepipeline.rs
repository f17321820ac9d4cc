//! CodePipeline: executions that ended, and stages that succeeded.

use super::{EventKind, EventSource, Tells};
use crate::{
    naming::arn,
    statement::{Resource, RoleStatement, on},
};
use metrics_lib::place::Place;
use serde_json::json;
use vec1::Vec1;

pub(super) const CODEPIPELINE: EventSource = EventSource {
    tells: Tells::Deployments,
    event_source: "aws.codepipeline",
    events: &[
        EventKind {
            name: "executions",
            description: "Pipeline executions that ended",
            detail_types: &["CodePipeline Pipeline Execution State Change"],
            // How an execution can end: with any of these, its production stage may have succeeded.
            detail: |_| json!({"state": ["SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"]}),
        },
        EventKind {
            name: "stages",
            description: "Stages that succeeded",
            detail_types: &["CodePipeline Stage Execution State Change"],
            // Which stage is the production stage, only the operations account knows.
            detail: |_| json!({"state": ["SUCCEEDED"]}),
        },
    ],
    reads: |Place { account, region }| readers(account, &Vec1::new(region), true, true),
};

/// What is read of a pipeline that is known.
const READ_PIPELINES: [&str; 4] = [
    "codepipeline:GetPipeline",
    "codepipeline:GetPipelineExecution",
    "codepipeline:ListActionExecutions",
    "codepipeline:ListPipelineExecutions",
];

/// Reading the pipelines of an account in some regions, listing them, and reading their connections.
pub(crate) fn readers(
    account: &str,
    regions: &Vec1<&str>,
    lists_pipelines: bool,
    connections: bool,
) -> Vec<RoleStatement> {
    let pipelines = regions.mapped_ref(|region| every_pipeline(account, region));
    let mut statements = vec![on("ReadPipelines", READ_PIPELINES, pipelines)];
    statements.extend(lists_pipelines.then(pipeline_lister));
    if connections {
        statements.extend(connection_readers(account, regions));
    }
    statements
}

fn every_pipeline(account: &str, region: &str) -> Resource {
    let reason = "every pipeline may deploy to production; which does is known from its executions";
    Resource::Every { pattern: arn("codepipeline", region, account, "*"), reason }
}

/// Listing pipelines.
fn pipeline_lister() -> RoleStatement {
    let reason = "CodePipeline has no resources for this action";
    let every = Resource::Every { pattern: "*".into(), reason };
    on("ListPipelines", ["codepipeline:ListPipelines"], [every])
}

/// Reading which Git host a connection leads to. Connections of before July 2024 have the service's old name in their
/// ARNs, and IAM asks for the action of the same name. Source: Developer Tools console user guide, "Identity and access
/// management for AWS `CodeStar` Notifications and AWS `CodeConnections`".
fn connection_readers(account: &str, regions: &Vec1<&str>) -> [RoleStatement; 2] {
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
