//! IAM: whether the plan's policies let a caller do what it asks for, and which of their statements were of use.
//!
//! What AWS services do under a function's role is checked too: Lambda takes its messages and writes its log, Athena
//! reads the lake for it, and services decrypt for it what they keep encrypted.

use super::{
    AwsError,
    credentials::{Caller, Role},
};
use metrics_lib::{contract::ledger::PARTITION_KEY, lake, place::Place, rules::matches};
use program::{
    access,
    naming::{arn, service_domain},
    plan::{Condition, Plan, Resource, RoleStatement, incident_read_role, read_role},
    settings::ToolingAccount,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The resource of actions that have none.
const ANY: &str = "*";
/// The installation's key and the webhook's secret: their real ARNs are AWS's to make up.
const KEY: &str = "the key";
const SECRET: &str = "the secret";

/// The policies of the roles, and what of them was used.
#[derive(Debug)]
pub struct Permissions {
    grants: BTreeMap<Caller, Vec<Grant>>,
    region: String,
    account: String,
    /// The queue in each region of a tooling account of what a rule could not deliver.
    tooling_undelivered: String,
    workgroup: String,
    /// The organisation, which every account belongs to.
    organization: Option<String>,
    /// The regions of the organisation.
    member_regions: BTreeSet<String>,
    /// The functions with an environment, which the key encrypts.
    encrypted: BTreeSet<&'static str>,
    /// The ARN of a log stream of each function.
    logs: BTreeMap<&'static str, String>,
    /// The ARNs of what Athena uses for whoever asks it, with the actions.
    queried: Vec<(&'static str, String)>,
    used: BTreeSet<Grant>,
    /// The queue that the messages of a dead-letter queue go back to.
    redriven: BTreeMap<String, String>,
    /// What the operator did.
    asked: BTreeSet<String>,
}

/// The smallest part of a policy: an action on a resource, under one value of a condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    role: String,
    action: &'static str,
    resource: String,
    /// The condition's key and the value.
    condition: Option<(&'static str, String)>,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may {} on {}", self.role, self.action, self.resource)?;
        match &self.condition {
            Some((key, value)) => write!(f, " when {key} is {value}"),
            None => Ok(()),
        }
    }
}

impl Permissions {
    /// The policies of a plan.
    pub(super) fn new(plan: &Plan) -> Self {
        let functions = plan.functions().map(|function| {
            let caller = Caller::function(&plan.ops_account, function.name);
            let grants = grants(&caller, &function.permissions);
            (caller, grants)
        });
        let places = plan.tooling_accounts.iter().flat_map(ToolingAccount::places);
        let readers = places.map(|place| {
            let caller = Caller::reader(&place);
            let grants = grants(&caller, &read_role(&place, &plan.tooling_undelivered));
            (caller, grants)
        });
        let incident_places = plan.incident_accounts.iter().flat_map(ToolingAccount::places);
        let incident_readers = incident_places.map(|place| {
            let caller = Caller::reader(&place);
            let grants = grants(&caller, &incident_read_role(&place, &plan.tooling_undelivered));
            (caller, grants)
        });
        let operator = Caller::operator(&plan.ops_account);
        let operators = grants(&operator, &access::operator(plan));
        Self {
            grants: functions.chain(readers).chain(incident_readers).chain([(operator, operators)]).collect(),
            region: plan.region.clone(),
            account: plan.ops_account.clone(),
            tooling_undelivered: plan.tooling_undelivered.clone(),
            workgroup: plan
                .commit_ingestion
                .as_ref()
                .map(|commit_ingestion| commit_ingestion.workgroup.clone())
                .unwrap_or_default(),
            organization: plan.organization.as_ref().map(|organization| organization.id.clone()),
            member_regions: plan.organization.iter().flat_map(|org| org.regions.clone()).collect(),
            encrypted: plan
                .functions()
                .filter(|function| !function.environment.is_empty())
                .map(|function| function.name)
                .collect(),
            logs: plan
                .functions()
                .map(|function| {
                    let stream = format!("log-group:{}:log-stream:1", function.log_group);
                    (function.name, arn("logs", &plan.region, &plan.ops_account, &stream))
                })
                .collect(),
            queried: queried(plan),
            redriven: plan
                .consumers
                .iter()
                .map(|consumer| (consumer.queue.dead_letter_queue.clone(), consumer.queue.name.clone()))
                .collect(),
            used: BTreeSet::new(),
            asked: BTreeSet::new(),
        }
    }

    /// What was used so far.
    pub fn used(&self) -> &BTreeSet<Grant> {
        &self.used
    }

    /// What the operator did so far, as IAM names it.
    pub fn asked_by_operator(&self) -> &BTreeSet<String> {
        &self.asked
    }

    /// All that the plan's functions may do.
    pub fn of_functions(&self) -> impl Iterator<Item = &Grant> {
        let is_function = |caller: &Caller| caller.account == self.account && caller.role != Role::Operator;
        let own = self.grants.iter().filter(move |(caller, _)| is_function(caller));
        own.flat_map(|(_, grants)| grants)
    }

    /// Whether a caller may call an operation of a service with an input.
    pub(super) fn check(
        &mut self,
        caller: &Caller,
        region: &str,
        action: &str,
        input: &Value,
    ) -> Result<(), AwsError> {
        if caller.role == Role::Operator && caller.account == self.account {
            return self.check_operator(caller, action, input);
        }
        if action == "dynamodb:TransactWriteItems" {
            // IAM knows the operations of a transaction, not the transaction.
            for item in input["TransactItems"].as_array().into_iter().flatten() {
                for (operation, input) in item.as_object().into_iter().flatten() {
                    self.check(caller, region, &format!("dynamodb:{operation}Item"), input)?;
                }
            }
            return Ok(());
        }
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let own = |service, resource: String| arn(service, &self.region, &self.account, &resource);
        let shared = |service, resource: String| arn(service, region, &caller.account, &resource);
        let (service, operation) = action.split_once(':').unwrap_or((action, ""));
        let (resource, condition) = match service {
            "athena" => (own("athena", format!("workgroup/{}", self.workgroup)), None),
            "cloudwatch" => (ANY.to_owned(), Some(("cloudwatch:namespace", text("Namespace")))),
            "codeconnections" | "codestar-connections" => (text("ConnectionArn"), None),
            "codepipeline" if operation == "ListPipelines" => (ANY.to_owned(), None),
            "codepipeline" if operation == "GetPipeline" => (shared(service, text("name")), None),
            "codepipeline" => (shared(service, text("pipelineName")), None),
            "dynamodb" => {
                let index = input["IndexName"].as_str().map(|index| format!("/index/{index}"));
                let table = format!("table/{}{}", text("TableName"), index.unwrap_or_default());
                let key = input["Item"][PARTITION_KEY]["S"].as_str().unwrap_or_default();
                (own(service, table), Some(("dynamodb:LeadingKeys", key.to_owned())))
            }
            "firehose" => (own(service, format!("deliverystream/{}", text("DeliveryStreamName"))), None),
            "secretsmanager" => (SECRET.to_owned(), None),
            "sqs" => {
                let url = text("QueueUrl");
                let name = url.rsplit('/').next().filter(|name| !name.is_empty());
                (shared(service, name.map_or_else(|| text("QueueName"), str::to_owned)), None)
            }
            "ssm" if operation == "DescribeOpsItems" => (ANY.to_owned(), None),
            "ssm" => (shared(service, format!("opsitem/{}", text("OpsItemId"))), None),
            "sts" => (text("RoleArn"), self.organization.clone().map(|id| ("aws:ResourceOrgID", id))),
            _ => return Err(AwsError::not_implemented(service, operation)),
        };
        let action = &action_on(action, &resource);
        self.allow(caller, action, &resource, condition.as_ref().map(|(key, value)| (*key, value.as_str())))?;
        match (service, operation) {
            ("dynamodb" | "secretsmanager", _) => self.decrypt(caller, service),
            // Who sends to an encrypted queue makes a data key, and decrypts it to check it.
            ("sqs", "SendMessage") => {
                self.decrypt(caller, service)?;
                self.use_key(caller, "kms:GenerateDataKey", service)
            }
            ("athena", "StartQueryExecution") => {
                self.decrypt(caller, "s3")?;
                // The answer is written as whoever asks, too.
                self.use_key(caller, "kms:GenerateDataKey", "s3")?;
                let folder = format!("{}/", lake::TABLE);
                for (action, resource) in self.queried.clone() {
                    let condition = (action == "s3:ListBucket").then_some(("s3:prefix", folder.as_str()));
                    self.allow(caller, action, &resource, condition)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the operator may call an operation, and whether services may do for the operator what that takes. Sources:
    /// `DynamoDB` developer guide, "How `DynamoDB` uses AWS KMS"; Secrets Manager user guide, "Secret encryption and
    /// decryption"; SQS developer guide, "Permissions for dead-letter queue redrive" and "Key management": who sends to an
    /// encrypted queue makes a data key, and decrypts it to check it.
    fn check_operator(&mut self, caller: &Caller, action: &str, input: &Value) -> Result<(), AwsError> {
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let last = |text: &str| text.rsplit([':', '/']).next().unwrap_or_default().to_owned();
        let account = self.account.clone();
        let region = self.region.clone();
        let own = |service: &str, resource: String| arn(service, &region, &account, &resource);
        let queue = ["QueueName", "QueueUrl", "SourceArn"].map(|name| last(&text(name))).concat();
        let source = text("Source");
        let condition = (action == "events:PutEvents").then_some(("events:source", source.as_str()));
        let resource = match action.split_once(':') {
            Some(("events", "PutEvents")) => own("events", "event-bus/default".to_owned()),
            // Whoever looks for alarms looks at all of them, whatever they are to be called.
            Some(("cloudwatch", "DescribeAlarms")) => own("cloudwatch", "alarm:*".to_owned()),
            Some(("dynamodb", _)) => {
                let index = input["IndexName"].as_str().map(|index| format!("/index/{index}"));
                own("dynamodb", format!("table/{}{}", text("TableName"), index.unwrap_or_default()))
            }
            Some(("events", _)) => {
                let rule = [text("Name"), text("Rule")].concat();
                match text("EventBusName").as_str() {
                    "" | "default" => own("events", format!("rule/{rule}")),
                    bus => own("events", format!("rule/{bus}/{rule}")),
                }
            }
            Some(("lambda", _)) => own("lambda", format!("function:{}", text("FunctionName"))),
            Some(("secretsmanager", _)) => SECRET.to_owned(),
            Some(("sqs", _)) => own("sqs", queue.clone()),
            _ => ANY.to_owned(),
        };
        self.allow(caller, action, &resource, condition)?;
        match action {
            "sqs:ReceiveMessage" => self.decrypt(caller, "sqs"),
            "dynamodb:Query" => self.decrypt(caller, "dynamodb"),
            "secretsmanager:GetSecretValue" => self.decrypt(caller, "secretsmanager"),
            "sqs:StartMessageMoveTask" => {
                self.allow(caller, "sqs:ReceiveMessage", &resource, None)?;
                self.allow(caller, "sqs:DeleteMessage", &resource, None)?;
                let back = self.redriven.get(&queue).cloned().unwrap_or_default();
                self.allow(caller, "sqs:SendMessage", &own("sqs", back), None)?;
                self.decrypt(caller, "sqs")?;
                self.use_key(caller, "kms:GenerateDataKey", "sqs")
            }
            _ => Ok(()),
        }
    }

    /// Whether Lambda may invoke a function with messages of a queue, and delete those that are done.
    pub(crate) fn check_delivery(&mut self, function: &str, queue: &str) -> Result<(), AwsError> {
        let caller = Caller::function(&self.account, function);
        let queue = arn("sqs", &self.region, &self.account, queue);
        for action in ["sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage"] {
            self.allow(&caller, action, &queue, None)?;
        }
        self.decrypt(&caller, "sqs")
    }

    /// Whether Lambda may decrypt the environment of a function, and write its log and its traces.
    pub(crate) fn check_invocation(&mut self, function: &str) -> Result<(), AwsError> {
        let caller = Caller::function(&self.account, function);
        if self.encrypted.contains(function) {
            self.decrypt(&caller, "lambda")?;
        }
        let log = self.logs.get(function).cloned().unwrap_or_default();
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            self.allow(&caller, action, &log, None)?;
        }
        self.allow(&caller, "xray:PutTraceSegments", ANY, None)?;
        self.allow(&caller, "xray:PutTelemetryRecords", ANY, None)
    }

    /// Each account of the organisation has the tooling stack, in its regions.
    fn know_member(&mut self, caller: &Caller) {
        if let Role::Read(region) = &caller.role
            && self.member_regions.contains(region)
            && !self.grants.contains_key(caller)
        {
            let own =
                grants(caller, &read_role(&Place::new(&caller.account, region), &self.tooling_undelivered));
            self.grants.insert(caller.clone(), own);
        }
    }

    fn decrypt(&mut self, caller: &Caller, service: &str) -> Result<(), AwsError> {
        self.use_key(caller, "kms:Decrypt", service)
    }

    /// Whether a service may use the key for a caller.
    fn use_key(&mut self, caller: &Caller, action: &str, service: &str) -> Result<(), AwsError> {
        let via = service_domain(service, &self.region);
        self.allow(caller, action, KEY, Some(("kms:ViaService", &via)))
    }

    fn allow(
        &mut self,
        caller: &Caller,
        action: &str,
        resource: &str,
        condition: Option<(&str, &str)>,
    ) -> Result<(), AwsError> {
        let allows = |grant: &&Grant| {
            let holds = match &grant.condition {
                None => true,
                Some((key, value)) => {
                    condition.is_some_and(|(given, text)| given == *key && matches(value, text))
                }
            };
            grant.action == action && matches(&grant.resource, resource) && holds
        };
        self.know_member(caller);
        if caller.role == Role::Operator {
            self.asked.insert(action.to_owned());
        }
        match self.grants.get(caller).and_then(|grants| grants.iter().find(allows)) {
            Some(grant) => {
                if !self.used.contains(grant) {
                    self.used.insert(grant.clone());
                }
                Ok(())
            }
            None => {
                let message = format!(
                    "{caller} is not authorized to perform: {action} on resource: {resource} because no \
                     identity-based policy allows the {action} action"
                );
                Err(AwsError::new("AccessDeniedException", message))
            }
        }
    }
}

/// What Athena uses under the role of whoever asks it.
fn queried(plan: &Plan) -> Vec<(&'static str, String)> {
    let Some(commit_ingestion) = &plan.commit_ingestion else { return Vec::new() };
    let own = |service, resource: &str| arn(service, &plan.region, &plan.ops_account, resource);
    let bucket = |path: &str| program::naming::bucket_arn(&plan.region, path);
    let database = &commit_ingestion.database;
    vec![
        ("glue:GetDatabase", own("glue", "catalog")),
        ("glue:GetDatabase", own("glue", "database/default")),
        ("glue:GetDatabase", own("glue", &format!("database/{database}"))),
        ("glue:GetTable", own("glue", "catalog")),
        ("glue:GetTable", own("glue", &format!("database/{database}"))),
        ("glue:GetTable", own("glue", &format!("table/{database}/{}", lake::TABLE))),
        ("s3:ListBucket", bucket(&commit_ingestion.bucket)),
        ("s3:GetObject", bucket(&format!("{}/{}/bucket=00/object", commit_ingestion.bucket, lake::TABLE))),
        ("s3:GetBucketLocation", bucket(&commit_ingestion.results_bucket)),
        ("s3:PutObject", bucket(&format!("{}/answer", commit_ingestion.results_bucket))),
        ("s3:GetObject", bucket(&format!("{}/answer", commit_ingestion.results_bucket))),
    ]
}

fn grants(caller: &Caller, statements: &[RoleStatement]) -> Vec<Grant> {
    let mut grants = Vec::new();
    for RoleStatement { actions, resources, conditions, .. } in statements {
        let values = |Condition { key, values, .. }: &Condition| -> Vec<_> {
            values.iter().map(|value| Some((*key, value.clone()))).collect()
        };
        let conditions = conditions.first().map_or_else(|| vec![None], values);
        for action in actions {
            for resource in resources {
                let resource = match resource {
                    Resource::Arn(arn) | Resource::Every { pattern: arn, .. } => arn.as_str(),
                    Resource::Key => KEY,
                    Resource::Secret => SECRET,
                };
                grants.extend(conditions.iter().map(|condition| Grant {
                    role: caller.to_string(),
                    action,
                    resource: resource.to_owned(),
                    condition: condition.clone(),
                }));
            }
        }
    }
    grants
}

/// The action that IAM asks for: on a connection, that of the service's name in the connection's ARN.
fn action_on(action: &str, resource: &str) -> String {
    match (action.split_once(':'), resource.split(':').nth(2)) {
        (
            Some(("codeconnections" | "codestar-connections", operation)),
            Some(prefix @ ("codeconnections" | "codestar-connections")),
        ) => format!("{prefix}:{operation}"),
        _ => action.to_owned(),
    }
}
