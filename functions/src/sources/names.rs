//! What an incident may name, and what it may blame.

use crate::{
    ledger::{AttributionState, IncidentRecord},
    runtime::{config::Config, error::Error, tools::Tools},
};
use jiff::SignedDuration;
use metrics_lib::{attribution::KnownNames, event::Incident, identity::DeploymentKey, repository::GitName};

/// How long a pipeline's bare name is known after its latest deployment.
const PIPELINES_KNOWN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The names that an incident's texts may hold: `owner/name` of everything that was deployed or delivered, the configuration's,
/// and the words that the accounts deployed by that the incident may be blamed on. What others call theirs makes no name of a
/// word.
///
/// # Errors
/// [`Error::Aws`], [`Error::Ledger`].
pub async fn known(tools: &Tools, incident: &Incident) -> Result<KnownNames, Error> {
    let mut known = KnownNames::default();
    let config = &tools.config;
    for name in config.repository_names() {
        known.add_git(name);
    }
    let names = tools.ledger.names().await?;
    let account = incident.key.account();
    for named in &names.repositories {
        let shown = tools.repositories.shown_of(&names.repositories, named);
        // One without an owner is a word.
        let is_ours = |(by, name): &(String, GitName)| {
            (*name == named.name || name.as_str() == shown) && may_concern(config, account, by)
        };
        if named.name.owner().is_some() || names.deployed.iter().any(is_ours) {
            known.add_former(named.name.as_str(), &shown);
        }
    }
    for (former, today) in &config.repositories.aliases {
        known.add_former(former.as_str(), today);
    }
    for (by, name) in &names.exact {
        if may_concern(config, account, by) {
            known.add_exact(name);
        }
    }
    for (pipeline_account, pipeline, latest) in names.pipelines {
        let is_recent = incident.created.duration_since(latest) <= PIPELINES_KNOWN;
        if is_recent && (account == config.ops_account || account == pipeline_account) {
            known.pipelines.insert(pipeline);
        }
    }
    Ok(known)
}

/// Whether the `OpsItem`s of an account may be blamed on any deployment of another, and whether what that deploys may restore
/// them. What does not concern an incident is not asked for it: an account that can't be read holds up its own only.
pub fn may_concern(config: &Config, account: &str, other: &str) -> bool {
    let is_account = |allowed: &String| allowed.bytes().all(|byte| byte.is_ascii_digit());
    match config.incidents.accounts.get(account) {
        // A repository is deployed from the accounts that it is bound to, else from any.
        Some(allowed) => allowed.iter().any(|allowed| match is_account(allowed) {
            true => allowed == other,
            false => may_deploy(config, allowed, other),
        }),
        None => account == config.ops_account || account == other,
    }
}

/// Whether what an account deploys may restore an incident. What a bound repository is blamed for, only its accounts mend.
pub fn may_restore(config: &Config, record: &IncidentRecord, account: &str) -> bool {
    let mends_blamed = match &record.attribution {
        AttributionState::Attributed { deployment, .. } => {
            may_deploy(config, &deployment.repository, account)
        }
        AttributionState::Pending | AttributionState::Unattributed => true,
    };
    mends_blamed && may_concern(config, record.key.account(), account)
}

/// Whether an account may deploy a repository.
pub fn may_deploy(config: &Config, repository: &str, account: &str) -> bool {
    let bound = config.repositories.accounts.get(repository);
    bound.is_none_or(|accounts| accounts.contains(account))
}

/// Why what an account deploys of a repository does not count.
pub fn not_deployed_from(repository: &str, account: &str) -> String {
    format!("repository {repository} is not deployed from account {account}")
}

/// Whether the `OpsItem`s of an account may be blamed on a deployment: those of the operations account on any, those of
/// another on the account's own, unless it is configured.
pub fn may_blame(config: &Config, account: &str, key: &DeploymentKey, repository: &str) -> bool {
    match config.incidents.accounts.get(account) {
        Some(allowed) => allowed.contains(key.account()) || allowed.contains(repository),
        None => account == config.ops_account || account == key.account(),
    }
}
