//! IAM: whether policies let a caller do what it asks for, and which of their statements were of use.
//!
//! What AWS services do under a function's role is checked too: Lambda takes its messages and writes its log, Athena
//! reads the bucket for it, and services decrypt for it what they keep encrypted.

mod subject;

use crate::{
    AwsError,
    credentials::Caller,
    resources::{Catalogue, KEY, PRINCIPAL_ACCOUNT, Resources, Statement},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};
use subject::{ANY, Subject, action_on};

/// The policies of the roles and users, and what of them was used.
#[derive(Debug)]
pub struct Permissions {
    resources: Arc<Resources>,
    grants: BTreeMap<Caller, Vec<Grant>>,
    used: BTreeSet<Grant>,
    /// What users did.
    asked: BTreeSet<String>,
}

/// The smallest part of a policy: an action on a resource, under one value of a condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    caller: String,
    action: String,
    resource: String,
    /// The condition's key and the value.
    condition: Option<(String, String)>,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may {} on {}", self.caller, self.action, self.resource)?;
        match &self.condition {
            Some((key, value)) => write!(f, " when {key} is {value}"),
            None => Ok(()),
        }
    }
}

impl Permissions {
    /// The policies of the roles and users that there are.
    pub(super) fn new(resources: &Arc<Resources>) -> Self {
        let roles = resources.roles.iter().filter_map(|role| {
            let caller = Caller::role(role.account.as_ref()?, &role.name);
            Some((caller, &role.statements))
        });
        let users = resources.users.iter().map(|user| {
            let caller = Caller::user(&resources.account, &user.name);
            (caller, &user.statements)
        });
        let grants = roles.chain(users).map(|(caller, statements)| {
            let grants = grants(&caller, statements);
            (caller, grants)
        });
        let (used, asked) = (BTreeSet::new(), BTreeSet::new());
        Self { resources: Arc::clone(resources), grants: grants.collect(), used, asked }
    }

    /// What was used so far.
    pub fn used(&self) -> &BTreeSet<Grant> {
        &self.used
    }

    /// What users did so far, as IAM names it.
    pub fn asked_by_users(&self) -> &BTreeSet<String> {
        &self.asked
    }

    /// All that the roles of the account may do.
    pub fn of_roles(&self) -> impl Iterator<Item = &Grant> {
        let is_own = |caller: &Caller| caller.account == self.resources.account && !caller.is_user();
        let own = self.grants.iter().filter(move |(caller, _)| is_own(caller));
        own.flat_map(|(_, grants)| grants)
    }

    /// Whether a caller may call an operation of a service with an input, and whether services may do for the caller what
    /// that takes.
    pub(super) fn check(
        &mut self,
        caller: &Caller,
        region: &str,
        action: &str,
        input: &Value,
    ) -> Result<(), AwsError> {
        if action == "dynamodb:TransactWriteItems" {
            // IAM knows the operations of a transaction, not the transaction.
            for item in input["TransactItems"].as_array().into_iter().flatten() {
                for (operation, input) in item.as_object().into_iter().flatten() {
                    self.check(caller, region, &format!("dynamodb:{operation}Item"), input)?;
                }
            }
            return Ok(());
        }
        let Subject { resource, condition } =
            Subject::of(&self.resources, (&caller.account, region), action, input)?;
        let condition = condition.as_ref().map(|(key, value)| (*key, value.as_str()));
        self.allow(caller, &action_on(action, &resource), &resource, condition)?;
        self.check_services(caller, action, &resource)
    }

    /// Whether services may do under a caller's name what an action on a resource takes. Sources: `DynamoDB` developer guide,
    /// "How `DynamoDB` uses AWS KMS"; Secrets Manager user guide, "Secret encryption and decryption"; SQS developer guide,
    /// "Permissions for dead-letter queue redrive" and "Key management": who sends to an encrypted queue makes a data key,
    /// and decrypts it to check it.
    fn check_services(&mut self, caller: &Caller, action: &str, resource: &str) -> Result<(), AwsError> {
        let resources = Arc::clone(&self.resources);
        match action.split_once(':') {
            Some((service @ ("dynamodb" | "secretsmanager"), _)) => self.decrypt(caller, service),
            Some(("sqs", "ReceiveMessage")) => self.decrypt(caller, "sqs"),
            Some(("sqs", "SendMessage")) => {
                self.decrypt(caller, "sqs")?;
                self.use_key(caller, "kms:GenerateDataKey", "sqs")
            }
            Some(("sqs", "StartMessageMoveTask")) => {
                self.allow(caller, "sqs:ReceiveMessage", resource, None)?;
                self.allow(caller, "sqs:DeleteMessage", resource, None)?;
                let is_source = |name: &str| resource == resources.own("sqs", name);
                let back = resources
                    .queues
                    .iter()
                    .find(|queue| queue.dead_letter_queue.as_deref().is_some_and(is_source));
                let back = back.map(|queue| queue.name.as_str()).unwrap_or_default();
                self.allow(caller, "sqs:SendMessage", &resources.own("sqs", back), None)?;
                self.decrypt(caller, "sqs")?;
                self.use_key(caller, "kms:GenerateDataKey", "sqs")
            }
            Some(("athena", "StartQueryExecution")) => {
                self.decrypt(caller, "s3")?;
                // The answer is written as whoever asks, too.
                self.use_key(caller, "kms:GenerateDataKey", "s3")?;
                let Some(catalogue) = &resources.catalogue else { return Ok(()) };
                let folder = format!("{}/", catalogue.table);
                for (action, resource) in queried(&resources, catalogue) {
                    let condition = (action == "s3:ListBucket").then_some(("s3:prefix", folder.as_str()));
                    self.allow(caller, action, &resource, condition)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether Lambda may invoke a function with messages of a queue, and delete those that are done.
    pub(super) fn check_delivery(&mut self, function: &str, queue: &str) -> Result<(), AwsError> {
        let caller = Caller::role(&self.resources.account, function);
        let queue = self.resources.own("sqs", queue);
        for action in ["sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage"] {
            self.allow(&caller, action, &queue, None)?;
        }
        self.decrypt(&caller, "sqs")
    }

    /// Whether Lambda may decrypt the environment of a function, and write its log and its traces.
    pub(super) fn check_invocation(&mut self, function: &str) -> Result<(), AwsError> {
        let resources = Arc::clone(&self.resources);
        let caller = Caller::role(&resources.account, function);
        let known = resources.functions.iter().find(|known| known.name == function);
        if known.is_some_and(|function| !function.environment.is_empty()) {
            self.decrypt(&caller, "lambda")?;
        }
        let group = known.map(|function| function.log_group.as_str()).unwrap_or_default();
        let log = resources.own("logs", &format!("log-group:{group}:log-stream:1"));
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            self.allow(&caller, action, &log, None)?;
        }
        self.allow(&caller, "xray:PutTraceSegments", ANY, None)?;
        self.allow(&caller, "xray:PutTelemetryRecords", ANY, None)
    }

    /// Each account of the organisation has roles of its own, which are known once they call.
    fn know_member(&mut self, caller: &Caller) {
        if self.grants.contains_key(caller) {
            return;
        }
        let mut members = self.resources.roles.iter().filter(|role| role.account.is_none());
        if let Some(role) = members.find(|role| *caller == Caller::role(&caller.account, &role.name)) {
            self.grants.insert(caller.clone(), grants(caller, &role.statements));
        }
    }

    fn decrypt(&mut self, caller: &Caller, service: &str) -> Result<(), AwsError> {
        self.use_key(caller, "kms:Decrypt", service)
    }

    /// Whether a service may use the key for a caller.
    fn use_key(&mut self, caller: &Caller, action: &str, service: &str) -> Result<(), AwsError> {
        let Resources { region, domain, .. } = &*self.resources;
        let via = format!("{service}.{region}.{domain}");
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
                    condition.is_some_and(|(given, text)| given == key && matches(value, text))
                }
            };
            grant.action == action && matches(&grant.resource, resource) && holds
        };
        self.know_member(caller);
        if caller.is_user() {
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

/// What Athena uses under the name of whoever asks it.
fn queried(resources: &Resources, catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let Catalogue { database, table, bucket, results_bucket, .. } = catalogue;
    let glue = |resource: &str| resources.own("glue", resource);
    let s3 = |path: &str| format!("arn:{}:s3:::{path}", resources.partition);
    vec![
        ("glue:GetDatabase", glue("catalog")),
        ("glue:GetDatabase", glue("database/default")),
        ("glue:GetDatabase", glue(&format!("database/{database}"))),
        ("glue:GetTable", glue("catalog")),
        ("glue:GetTable", glue(&format!("database/{database}"))),
        ("glue:GetTable", glue(&format!("table/{database}/{table}"))),
        ("s3:ListBucket", s3(bucket)),
        ("s3:GetObject", s3(&format!("{bucket}/{table}/bucket=00/object"))),
        ("s3:GetBucketLocation", s3(results_bucket)),
        ("s3:PutObject", s3(&format!("{results_bucket}/answer"))),
        ("s3:GetObject", s3(&format!("{results_bucket}/answer"))),
    ]
}

fn grants(caller: &Caller, statements: &[Statement]) -> Vec<Grant> {
    let mut grants = Vec::new();
    for Statement { actions, resources, condition } in statements {
        let conditions = match condition {
            Some((key, values)) => values.iter().map(|value| Some((key.clone(), value.clone()))).collect(),
            None => vec![None],
        };
        for action in actions {
            for resource in resources {
                grants.extend(conditions.iter().map(|condition| Grant {
                    caller: caller.to_string(),
                    action: action.clone(),
                    resource: resource.replace(PRINCIPAL_ACCOUNT, &caller.account),
                    condition: condition.clone(),
                }));
            }
        }
    }
    grants
}

/// Whether a text matches a pattern: `*` stands for any characters, `?` for one. Source: IAM user guide, "IAM JSON policy
/// elements: Resource".
fn matches(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', pattern @ ..], _) => (0..=text.len()).any(|skipped| matches(pattern, &text[skipped..])),
            ([b'?', pattern @ ..], [_, text @ ..]) => matches(pattern, text),
            ([one, pattern @ ..], [other, text @ ..]) => one == other && matches(pattern, text),
            _ => false,
        }
    }
    matches(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests;
