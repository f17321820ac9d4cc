//! What people need to be allowed: to look at the dashboards, to operate an installation, to deploy it.
//!
//! A stack has no policies of people; these are printed, for whoever manages them.

mod deployer;
mod operator;
mod viewer;

pub use deployer::{Underivable, deployer};
pub use operator::operator;
pub use viewer::viewer;

use crate::{
    aws::iam::{self, Grant, Policy},
    naming::Names,
    plan::{Condition, Resource, RoleStatement},
    pulumi::strip,
};
use serde_json::{Value, json};
use vec1::Vec1;

/// How long a managed policy may be, white space not counted. Source: IAM user guide, "IAM and AWS STS quotas".
pub const LONGEST_POLICY: usize = 6144;

/// Statements that can't be written as policies.
#[derive(Debug, thiserror::Error)]
pub enum Unprintable {
    /// One is longer than a policy may be.
    #[error(
        "statement {0} alone is longer than the {LONGEST_POLICY} characters that IAM takes in a managed policy"
    )]
    TooLong(String),
    /// It is no JSON.
    #[error("a policy can't be written")]
    Json(#[from] serde_json::Error),
}

/// The documents of managed policies, as few as IAM's limit allows, with the statements in order.
///
/// The key's and the secret's ARNs only AWS knows: people may use the key that has the installation's alias, and the secret
/// of its name.
///
/// # Errors
/// [`Unprintable`].
pub fn documents(names: &Names, statements: &[RoleStatement]) -> Result<Vec<Value>, Unprintable> {
    let mut documents: Vec<Value> = Vec::new();
    for statement in statements {
        let mut alone = serde_json::to_value(Policy::of([grant(names, statement)]).into_inner())?;
        strip(&mut alone);
        let whole = documents.last().map(|last| joined(last, &alone));
        match (whole, documents.last_mut()) {
            (Some(whole), Some(last)) if length(&whole) <= LONGEST_POLICY => *last = whole,
            _ if length(&alone) <= LONGEST_POLICY => documents.push(alone),
            _ => return Err(Unprintable::TooLong(statement.sid.clone())),
        }
    }
    Ok(documents)
}

/// How long a policy is, as IAM counts.
pub fn length(document: &Value) -> usize {
    document.to_string().chars().filter(|char| !char.is_whitespace()).count()
}

/// A policy with another's statements.
fn joined(one: &Value, other: &Value) -> Value {
    let statements = |policy: &Value| policy["Statement"].as_array().cloned().unwrap_or_default();
    let mut whole = one.clone();
    whole["Statement"] = json!([statements(one), statements(other)].concat());
    whole
}

fn grant(names: &Names, RoleStatement { sid, actions, resources, conditions }: &RoleStatement) -> Grant {
    let arns = resources.mapped_ref(|resource| arn(names, resource));
    let mut grant = iam::Statement::allow(sid, actions).on(arns);
    for Condition { operator, key, values } in conditions {
        grant = grant.when(operator, key, values);
    }
    if resources.contains(&Resource::Key) {
        grant = grant.when("StringEquals", "kms:ResourceAliases", [names.key_alias()]);
    }
    grant
}

fn arn(names: &Names, resource: &Resource) -> String {
    match resource {
        Resource::Arn(arn) | Resource::Every { pattern: arn, .. } => arn.clone(),
        Resource::Key => names.arn("kms", "key/*"),
        // Secrets Manager adds a hyphen and six characters. Source: AWS Secrets Manager user guide, "What's in a secret?".
        Resource::Secret => names.arn("secretsmanager", &format!("secret:{}-??????", names.secret())),
    }
}

/// Every resource with `*`, and why it can't be more exact.
pub fn wildcards(statements: &[RoleStatement]) -> impl Iterator<Item = (&str, &str, &str)> {
    let resources = statements
        .iter()
        .flat_map(|RoleStatement { sid, resources, .. }| resources.iter().map(move |of| (sid, of)));
    resources.filter_map(|(sid, resource)| match resource {
        Resource::Every { pattern, reason } => Some((sid.as_str(), pattern.as_str(), *reason)),
        Resource::Key => Some((
            sid,
            "key/*",
            "AWS makes up the key's id; the condition limits it to the installation's alias",
        )),
        Resource::Arn(_) | Resource::Secret => None,
    })
}

/// A list of resources that must not be empty, and is not.
fn all(resources: impl IntoIterator<Item = Resource>) -> Option<Vec1<Resource>> {
    Vec1::try_from_vec(resources.into_iter().collect()).ok()
}
