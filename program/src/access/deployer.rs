//! What somebody needs who deploys a stack: to create, read, update and delete each resource that it has.
//!
//! Which actions a type of resources needs is a table, [`RIGHTS`]; on what, the stack's document says. A type without an entry
//! is an error, so that no policy lacks what a new resource needs.

mod deployed;
mod rights;

use super::all;
use crate::{
    settings::StackSettings,
    stacks::{Stack, StackError},
    statement::{RoleStatement, on},
};
use deployed::Deployed;
use rights::{RIGHTS, Right};
use std::collections::BTreeSet;
use vec1::Vec1;

/// A stack whose deployer's policy can't be told.
#[derive(Debug, thiserror::Error)]
pub enum Underivable {
    /// There is no stack.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Nobody has said what a type of resources needs.
    #[error("what a deployer needs for resources of type {0} is not known")]
    Type(String),
}

/// What a deployer of a stack needs.
///
/// # Errors
/// [`Underivable`].
pub fn deployer(settings: &StackSettings) -> Result<Vec<RoleStatement>, Underivable> {
    let Stack { document, .. } = Stack::new(settings)?;
    let (prefix, place) = match settings {
        StackSettings::Ops(settings) => (&settings.prefix, settings.place()),
        StackSettings::Tooling(settings) => (&settings.prefix, settings.place()),
    };
    let deployed = Deployed { prefix, place, document: &document };
    let kinds: BTreeSet<&str> = deployed.resources().map(|(kind, _)| kind).collect();
    if let Some(unknown) = kinds.iter().find(|kind| !RIGHTS.iter().any(|right| right.types.contains(kind))) {
        return Err(Underivable::Type((*unknown).to_owned()));
    }
    let needed = RIGHTS.iter().filter(|right| right.types.iter().any(|kind| kinds.contains(kind)));
    Ok(needed.filter_map(|right| right.statement(&deployed)).collect())
}

impl Right {
    /// The statement for a stack; none where there is nothing to do it on.
    fn statement(&self, deployed: &Deployed<'_>) -> Option<RoleStatement> {
        let Self { sid, actions, on: resources, when, .. } = self;
        let actions = Vec1::try_from_vec(actions.to_vec()).ok()?;
        let mut statement = on(*sid, actions, all(resources(deployed))?);
        for (operator, key, values) in *when {
            statement = statement.when(operator, key, Vec1::try_from_vec(values(deployed)).ok()?);
        }
        Some(statement)
    }
}
