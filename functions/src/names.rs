//! What an incident may name, and what it may blame.

use crate::{config::Config, context::Context, error::Error};
use jiff::SignedDuration;
use metrics_lib::{
    attribution::KnownNames,
    event::{ExecutionKey, Incident},
};

/// How long a pipeline's bare name is known after its latest deployment.
const PIPELINES_KNOWN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The names that an incident's texts may hold: those of everything that was deployed or delivered, and of the
/// configuration.
///
/// # Errors
/// [`Error::Aws`], [`Error::Ledger`].
pub async fn known(context: &Context, incident: &Incident) -> Result<KnownNames, Error> {
    let mut known = KnownNames::default();
    let config = &context.config;
    for name in config.repository_names() {
        known.add_git(name);
    }
    let names = context.ledger.names().await?;
    for named in &names.repositories {
        let shown = context.repositories.shown_of(&names.repositories, &config.repositories.aliases, named);
        known.add_former(named.name.as_str(), &shown);
    }
    for (former, today) in &config.repositories.aliases {
        known.add_former(former.as_str(), today);
    }
    for name in names.exact {
        known.add_exact(&name);
    }
    let account = &incident.key.account;
    for (pipeline_account, pipeline, latest) in names.pipelines {
        let is_recent = incident.created.duration_since(latest) <= PIPELINES_KNOWN;
        if is_recent && (*account == config.ops_account || *account == pipeline_account) {
            known.pipelines.insert(pipeline);
        }
    }
    Ok(known)
}

/// Whether the `OpsItem`s of an account may be blamed on a deployment: those of the operations account on any, those of
/// another on the account's own, unless it is configured.
pub fn may_blame(config: &Config, account: &str, key: &ExecutionKey, repository: &str) -> bool {
    match config.incidents.accounts.get(account) {
        Some(allowed) => allowed.contains(&key.account) || allowed.contains(repository),
        None => account == config.ops_account || account == key.account,
    }
}
