//! What functions may do, in the words of the product, and the statements that follow.

use super::permissions;
use crate::{naming::Names, settings::Settings, sources::opscenter, statement::RoleStatement};
use metrics_lib::contract::Namespace;
use vec1::Vec1;

/// Something that a function may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Right {
    /// Take messages from its queue.
    TakeMessages,
    /// Hand deployments on to a function, where lead times are measured.
    HandOn { to: &'static str },
    /// Read and write the ledger; in order of time, if it reads the index, too.
    UseLedger { by_time: bool },
    /// Read in order of time what the ledger lists.
    ReadLedger,
    /// Put metrics of some namespaces.
    PutMetrics(&'static [Namespace]),
    /// Read metrics.
    ReadMetrics,
    /// Read what is known of pipelines and executions, and beside that list pipelines, and read `OpsItem`s.
    ReadAccounts { lists_pipelines: bool, ops_items: bool },
    /// List the `OpsItem`s of the operations account.
    ListOpsItems,
    /// Count what the rules of the operations account's own tooling stacks could not deliver.
    CountUndelivered,
    /// Ask the lake, where there is one.
    ReadLake,
    /// Take GitHub's deliveries: read the secret, put records on their way to the lake, take note of names.
    TakeDeliveries,
}

impl Right {
    /// What it allows; `function` is who has it.
    fn statements(self, function: &str, names: &Names, settings: &Settings) -> Vec<RoleStatement> {
        match self {
            Self::TakeMessages => vec![permissions::queue(names, function)],
            Self::HandOn { to } if settings.lead_time => permissions::hand_on(names, to).into(),
            Self::HandOn { .. } => Vec::new(),
            Self::UseLedger { by_time } => permissions::ledger(names, by_time),
            Self::ReadLedger => vec![permissions::ledger_timeline(names)],
            Self::PutMetrics(namespaces) => {
                Vec1::try_from(namespaces).ok().map(permissions::metrics).into_iter().collect()
            }
            Self::ReadMetrics => vec![permissions::metric_reader()],
            Self::ReadAccounts { lists_pipelines, ops_items } => {
                permissions::readers(names, settings, lists_pipelines, ops_items)
            }
            Self::ListOpsItems => vec![opscenter::ops_item_lister()],
            Self::CountUndelivered => {
                permissions::own_undelivered_counter(names, settings).into_iter().collect()
            }
            Self::ReadLake if settings.lead_time => permissions::lake_reader(names),
            Self::ReadLake => Vec::new(),
            Self::TakeDeliveries => permissions::webhook(names),
        }
    }

    /// The services that keep encrypted what it is about.
    fn encrypted_by(self, settings: &Settings) -> &'static [&'static str] {
        match self {
            Self::TakeMessages => &["sqs"],
            Self::UseLedger { .. } | Self::ReadLedger => &["dynamodb"],
            Self::ReadLake if settings.lead_time => &["s3"],
            Self::TakeDeliveries => &["dynamodb", "secretsmanager"],
            _ => &[],
        }
    }
}

/// What a function may do: log, what its rights allow, and decrypt what these are about and, if it is `configured`, its
/// environment.
pub(super) fn statements(
    rights: &[Right],
    is_configured: bool,
    function: &str,
    names: &Names,
    settings: &Settings,
) -> Vec<RoleStatement> {
    let mut statements = permissions::every_function(names, function);
    statements.extend(rights.iter().flat_map(|right| right.statements(function, names, settings)));
    let kept = rights.iter().flat_map(|right| right.encrypted_by(settings)).copied();
    let mut services: Vec<&str> = is_configured.then_some("lambda").into_iter().chain(kept).collect();
    services.sort_unstable();
    statements.extend(Vec1::try_from(services).ok().map(|services| permissions::decrypt(names, services)));
    statements
}
