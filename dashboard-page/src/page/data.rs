//! What a page is made of.

use jiff::Timestamp;
use metrics_lib::{
    contract::Metric,
    fact::{FactKind, FactState, Teams},
    identity::{DeploymentKey, IncidentKey},
    parts::Part,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a page is made of.
#[derive(Clone, Debug, Default)]
pub struct PageData {
    /// Whose figures they are.
    pub of: String,
    /// The present: the last period of each length is the one that it lies in.
    pub now: Timestamp,
    /// The teams, and the repositories that each owns.
    pub teams: Teams,
    /// The repositories that are listed, even if nothing is known of them.
    pub repositories: BTreeSet<String>,
    /// The facts of the ledger, in any order.
    pub facts: Vec<PageFact>,
    /// The incidents of the ledger, in any order.
    pub incidents: Vec<PageIncident>,
    /// What did not even get into the ledger.
    pub left_out: Vec<LeftOut>,
}

/// A fact of the ledger.
#[derive(Clone, Debug)]
pub struct PageFact {
    /// What kind of fact it is.
    pub kind: FactKind,
    /// The instant that it counts at.
    pub time: Timestamp,
    /// The repository that it is about.
    pub repository: Option<String>,
    /// The deployment or rollback that it is about, or that brought it about.
    pub deployment: Option<DeploymentKey>,
    /// The id of the incident that it is about, or that brought it about.
    pub incident: Option<String>,
    /// What it measures, in seconds.
    pub seconds: Option<f64>,
    /// Where the lead time that it measures went.
    pub parts: Vec<Part>,
    /// How many values of each metric it is.
    pub samples: BTreeMap<Metric, usize>,
    /// Where it stands.
    pub state: FactState,
    /// Why it is true.
    pub evidence: String,
    /// The commit that was deployed.
    pub revision: Option<String>,
}

/// An incident of the ledger.
#[derive(Clone, Debug)]
pub struct PageIncident {
    /// Its identity.
    pub key: IncidentKey,
    /// When it was created.
    pub time: Timestamp,
    /// What it is attributed to.
    pub attribution: Attribution,
    /// Why.
    pub evidence: String,
}

/// What an incident is attributed to.
#[derive(Clone, Debug)]
pub enum Attribution {
    /// That is not decided yet.
    Pending,
    /// No deployment.
    Nothing,
    /// A deployment of a repository.
    Deployment {
        /// What failed.
        deployment: DeploymentKey,
        /// Its repository.
        repository: String,
    },
}

/// An event that the ledger knows nothing of.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// When it happened.
    pub time: Timestamp,
    /// What it is, for people: the same of all that are alike.
    pub kind: &'static str,
    /// What it says of itself.
    pub what: String,
    /// Why it got no further.
    pub why: String,
}
