//! The stacks: what is installed in an account.

mod ops;
mod tooling;

use crate::{
    dashboard::InvalidDashboard,
    plan::{Plan, PlanError, ToolingPlan},
    pulumi::DocumentError,
    quota::{self, Measure},
    settings::{StackSettings, ToolingSettings},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A stack that can't be written.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// There is no dashboard.
    #[error(transparent)]
    Dashboard(#[from] InvalidDashboard),
    /// There is no document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// AWS would refuse something for its size.
    #[error(
        "AWS would refuse this stack:\n  {}\nAn `organization` in the place of `toolingAccounts` does not grow with the \
         number of accounts; see docs/OPERATIONS.md",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
    )]
    Quotas(Vec<Measure>),
}

/// A stack as Pulumi YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The document.
    pub document: Value,
    /// The archive of the functions that it needs, from the project's folder.
    pub archive: Option<&'static str>,
}

impl Stack {
    /// The stack of a configuration.
    ///
    /// # Errors
    /// [`StackError`].
    pub fn new(settings: &StackSettings) -> Result<Self, StackError> {
        let stack = match settings {
            StackSettings::Ops(settings) => ops::stack(settings, &Plan::new(settings)?)?,
            StackSettings::Tooling(settings) => tooling_stack(settings)?,
        };
        let too_large: Vec<Measure> =
            quota::measures(&stack.document).into_iter().filter(|measure| !measure.fits()).collect();
        if too_large.is_empty() { Ok(stack) } else { Err(StackError::Quotas(too_large)) }
    }
}

/// The stack of a region of a tooling account.
pub(crate) fn tooling_stack(settings: &ToolingSettings) -> Result<Stack, StackError> {
    tooling::stack(settings, &ToolingPlan::new(settings))
}

/// The tags of every resource of an installation: its own, and those of the configuration, which come second.
fn tags(prefix: &str, configured: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::from([
        ("dora:installation".to_owned(), prefix.to_owned()),
        ("dora:managed-by".to_owned(), "pulumi".to_owned()),
    ]);
    tags.extend(configured.clone());
    tags
}
