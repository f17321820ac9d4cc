//! Sources: the words in which AWS and GitHub say what happened, and what of it makes a deployment, an incident or a change.

pub mod codepipeline;
pub mod github;
pub mod opscenter;

use crate::identity::IncidentId;

/// How the incidents of each source are referenced in branches and commit messages.
const REFERENCES: [fn(&str) -> Vec<IncidentId>; 1] = [opscenter::references::referenced];

/// The ids of the incidents that a text references.
pub fn referenced_incidents(text: &str) -> Vec<IncidentId> {
    REFERENCES.into_iter().flat_map(|referenced| referenced(text)).collect()
}
