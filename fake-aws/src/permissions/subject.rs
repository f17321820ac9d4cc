//! What an action is about: the resource that policies have to name, and what their conditions look at. Source: AWS's
//! service authorization reference.

use super::super::{
    AwsError,
    resources::{Resources, SECRET},
};
use serde_json::Value;

/// The resource of actions that have none.
pub(super) const ANY: &str = "*";

/// What an action is about.
pub(super) struct Subject {
    /// The resource.
    pub(super) resource: String,
    /// What a condition looks at, and what it is.
    pub(super) condition: Option<(&'static str, String)>,
}

impl Subject {
    /// Of an action of somebody in an account, in a region and with an input.
    pub(super) fn of(
        resources: &Resources,
        (account, region): (&str, &str),
        action: &str,
        input: &Value,
    ) -> Result<Self, AwsError> {
        let (service, operation) = action.split_once(':').unwrap_or((action, ""));
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let here =
            |resource: String| format!("arn:{}:{service}:{region}:{account}:{resource}", resources.partition);
        let (resource, condition) = match (service, operation) {
            ("athena", _) => {
                let catalogue = resources.catalogue.as_ref();
                let workgroup = catalogue.map(|of| of.workgroup.as_str()).unwrap_or_default();
                (here(format!("workgroup/{workgroup}")), None)
            }
            // Whoever looks for alarms looks at all of them, whatever they are to be called.
            ("cloudwatch", "DescribeAlarms") => (here("alarm:*".to_owned()), None),
            ("cloudwatch", _) => (ANY.to_owned(), Some(("cloudwatch:namespace", text("Namespace")))),
            ("codeconnections" | "codestar-connections", _) => (text("ConnectionArn"), None),
            ("codepipeline", "ListPipelines") => (ANY.to_owned(), None),
            ("codepipeline", "GetPipeline") => (here(text("name")), None),
            ("codepipeline", _) => (here(text("pipelineName")), None),
            ("dynamodb", _) => {
                let name = text("TableName");
                let index = input["IndexName"].as_str().map(|index| format!("/index/{index}"));
                let known = resources.tables.iter().find(|table| table.name == name);
                let key = known.and_then(|table| input["Item"][&table.partition_key]["S"].as_str());
                let resource = here(format!("table/{name}{}", index.unwrap_or_default()));
                (resource, Some(("dynamodb:LeadingKeys", key.unwrap_or_default().to_owned())))
            }
            ("events", "PutEvents") => {
                (here("event-bus/default".to_owned()), Some(("events:source", text("Source"))))
            }
            ("events", _) => {
                let rule = [text("Name"), text("Rule")].concat();
                match text("EventBusName").as_str() {
                    "" | "default" => (here(format!("rule/{rule}")), None),
                    bus => (here(format!("rule/{bus}/{rule}")), None),
                }
            }
            ("firehose", _) => (here(format!("deliverystream/{}", text("DeliveryStreamName"))), None),
            ("lambda", _) => (here(format!("function:{}", text("FunctionName"))), None),
            ("secretsmanager", _) => (SECRET.to_owned(), None),
            ("sqs", _) => {
                let last = |text: String| text.rsplit([':', '/']).next().unwrap_or_default().to_owned();
                (here(["QueueName", "QueueUrl", "SourceArn"].map(|name| last(text(name))).concat()), None)
            }
            ("ssm", "DescribeOpsItems") => (ANY.to_owned(), None),
            ("ssm", _) => (here(format!("opsitem/{}", text("OpsItemId"))), None),
            ("sts", _) => {
                (text("RoleArn"), resources.organization.clone().map(|id| ("aws:ResourceOrgID", id)))
            }
            _ => return Err(AwsError::not_implemented(service, operation)),
        };
        Ok(Self { resource, condition })
    }
}

/// The action that IAM asks for: on a connection, that of the service's name in the connection's ARN.
pub(super) fn action_on(action: &str, resource: &str) -> String {
    match (action.split_once(':'), resource.split(':').nth(2)) {
        (
            Some(("codeconnections" | "codestar-connections", operation)),
            Some(prefix @ ("codeconnections" | "codestar-connections")),
        ) => format!("{prefix}:{operation}"),
        _ => action.to_owned(),
    }
}
