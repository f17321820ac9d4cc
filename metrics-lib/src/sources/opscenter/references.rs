//! How commits and branches reference `OpsItem`s.

use crate::{identity::IncidentId, text};

/// The `OpsItem`s that a text references: their ids as whole words, in any case.
pub(in crate::sources) fn referenced(text: &str) -> Vec<IncidentId> {
    text::ops_item_ids(text).map(IncidentId::OpsItem).collect()
}
