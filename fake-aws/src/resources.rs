//! What there is in AWS from the start: resources as AWS describes them, with the names and policies that they have there.

use crate::Bucket;
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeMap;

/// In the resource of a statement, the account of whoever calls. Source: IAM user guide, "IAM policy elements: Variables".
pub const PRINCIPAL_ACCOUNT: &str = "${aws:PrincipalAccount}";
/// The key that encrypts everything: its ARN is AWS's to make up.
pub const KEY: &str = "the key";
/// The secret: its ARN is AWS's to make up, too.
pub const SECRET: &str = "the secret";

/// What there is. What isn't said to be elsewhere is in one account and region.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The partition of all regions, as ARNs begin with it: `aws`.
    pub partition: &'static str,
    /// The domain of the services there: `amazonaws.com`.
    pub domain: &'static str,
    /// The id of the organisation, which every account belongs to.
    pub organization: Option<String>,
    /// The roles of every account.
    pub roles: Vec<Role>,
    /// The users.
    pub users: Vec<User>,
    /// The names of the alarms.
    pub alarms: Vec<String>,
    /// The tables of DynamoDB.
    pub tables: Vec<Table>,
    /// The functions.
    pub functions: Vec<Function>,
    /// The queues.
    pub queues: Vec<Queue>,
    /// The name of a queue that there is in every account and region, and that takes no messages over the API.
    pub queue_everywhere: String,
    /// The rules of EventBridge.
    pub rules: Vec<Rule>,
    /// The delivery stream, if there is one.
    pub stream: Option<DeliveryStream>,
    /// What Athena reads, if that is anything.
    pub catalogue: Option<Catalogue>,
    /// The name and the value of the secret, if there is one.
    pub secret: Option<(String, String)>,
}

impl Resources {
    /// The ARN of something that is in the account and region.
    pub(super) fn own(&self, service: &str, resource: &str) -> String {
        let Self { partition, region, account, .. } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The account; none for a role that every account of the organisation has. Then its resources may name the account by
    /// [`PRINCIPAL_ACCOUNT`].
    pub account: Option<String>,
    /// Its name.
    pub name: String,
    /// The external id that whoever assumes it has to give; none for a role that only services assume.
    pub external_id: Option<String>,
    /// What it may do.
    pub statements: Vec<Statement>,
}

/// A user: people, who may also ask for what takes the time of others ([`super::Control`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// What the user may do.
    pub statements: Vec<Statement>,
}

/// A statement of a policy; it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The actions, as IAM names them: `dynamodb:PutItem`.
    pub actions: Vec<String>,
    /// What they may be done on: ARNs, with wildcards.
    pub resources: Vec<String>,
    /// What must hold beside: a key, and the values that it may have, with wildcards.
    pub condition: Option<(String, Vec<String>)>,
}

/// A table of DynamoDB whose keys are strings, and its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The attribute of the partition key.
    pub partition_key: String,
    /// The attribute of the sort key.
    pub sort_key: String,
    /// Its index, whose items have every attribute.
    pub index: Index,
}

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The attribute of its partition key.
    pub partition_key: String,
    /// The attribute of its sort key.
    pub sort_key: String,
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name; its role is called so, too.
    pub name: String,
    /// Its log group.
    pub log_group: String,
    /// How long an invocation may take.
    pub timeout: SignedDuration,
    /// Its memory, in MiB.
    pub memory: u32,
    /// Its environment, which the key encrypts.
    pub environment: BTreeMap<String, String>,
}

/// A queue of SQS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// The name of the queue of the messages that were received too often, if there is one.
    pub dead_letter_queue: Option<String>,
}

/// A rule of EventBridge.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name of the bus that it is on.
    pub bus: String,
    /// Its name.
    pub name: String,
    /// The pattern that an event must match.
    pub pattern: Value,
    /// The ARNs of its targets.
    pub targets: Vec<String>,
}

/// A delivery stream of Firehose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStream {
    /// Its name.
    pub name: String,
    /// How long records are gathered at the most.
    pub buffer_interval: SignedDuration,
    /// How much is gathered at the most, in bytes.
    pub buffer_size: usize,
}

/// The rows of a result, the names of the columns first; a cell without a value is none.
pub type Rows = Vec<Vec<Option<String>>>;

/// What a statement means: the rows for its parameters in the objects of a bucket, or why it fails, as Athena says it.
pub type Meaning = fn(&[String], &Bucket) -> Result<Rows, String>;

/// A table in a bucket, and how Athena is asked about it.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The Athena workgroup.
    pub workgroup: String,
    /// The Glue database.
    pub database: String,
    /// The table; the folder of its objects is called so, too.
    pub table: String,
    /// The bucket of the objects.
    pub bucket: String,
    /// The bucket of the results.
    pub results_bucket: String,
    /// The statements that are executed, each by its meaning; any other text is refused.
    pub statements: Vec<(&'static str, Meaning)>,
}
