//! An account that deploys, and is taken out of the configuration meanwhile: what it told until then stays true, and
//! nothing of others waits for it.

use super::{Happening, Script, copies};
use crate::sample::{Dimensions, Metrics};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{Metric, dimension},
    fact::{FactKind, FactState},
    place::Place,
    sources::codepipeline::ExecutionKey,
};
use program::settings::{Settings, ToolingAccount};
use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::json;
use simulator::{
    payload_builders::{Execution, Source},
    replay_result::{ReplayResult, ReplayedFact},
    router::Envelope,
    world::Entry,
};
use std::collections::BTreeMap;

const ACCOUNT: &str = "444444444444";
const REGION: &str = "eu-west-1";
/// Objects of S3: no lead time is open when the account is gone.
const REPOSITORY: &str = "releases/legacy.zip";
/// How often it deploys, and how long after each other.
const DEPLOYMENTS: i32 = 6;
const EVERY: SignedDuration = SignedDuration::from_hours(5);

/// The account, while it is configured.
pub(super) fn account() -> ToolingAccount {
    ToolingAccount { account: ACCOUNT.to_owned(), regions: [REGION.to_owned()].into() }
}

/// Takes it out of the configuration.
pub(super) fn remove_from(settings: &mut Settings) {
    settings.tooling_accounts.retain(|known| known.account != ACCOUNT);
}

/// Lets it deploy once the sample has ended, so that no incident is attributed to it, and takes it out between two
/// deployments.
pub(super) fn add_to(script: &mut Script, end: Timestamp, rng: &mut ChaCha12Rng) {
    for number in 0..DEPLOYMENTS {
        let execution = execution(end, number);
        script.add(execution.end, Happening::Known(Entry::Execution(execution.recorded())));
        for delay in copies(rng) {
            let id = format!("00000000-0000-4000-8000-44444444{number:04}");
            let mut event = execution.event("SUCCEEDED");
            event["id"] = json!(id);
            let envelope = Envelope::of(&event);
            let told = Happening::Told { envelope, id: Some(id), text: event.to_string() };
            script.add(execution.end + delay, told);
        }
    }
    let minutes = rng.random_range(0..i64::from(DEPLOYMENTS + 1) * EVERY.as_mins());
    script.add(end + SignedDuration::from_mins(minutes), Happening::Removed);
}

fn execution(end: Timestamp, number: i32) -> Execution {
    let key = ExecutionKey {
        place: Place::new(ACCOUNT, REGION),
        pipeline: "legacy".into(),
        execution_id: format!("44444444-0000-4000-8000-{number:012}"),
    };
    Execution::standard(key, end + EVERY * (number + 1)).source(Source::S3, REPOSITORY, "")
}

/// Whether a fact is of the account.
pub(super) fn is_of_account(fact: &ReplayedFact) -> bool {
    fact.account.as_deref() == Some(ACCOUNT)
}

/// What CloudWatch must have of the account: one value for each deployment that the ledger has published.
pub(super) fn add_truth(outcome: &ReplayResult, truth: &mut Metrics) {
    let published = outcome.facts.iter().filter(|fact| {
        is_of_account(fact) && fact.kind == FactKind::Deployment && fact.state == FactState::Published
    });
    let repository = BTreeMap::from([(dimension::REPOSITORY.to_owned(), REPOSITORY.to_owned())]);
    for fact in published {
        for dimensions in [Dimensions::new(), repository.clone()] {
            let points = truth.entry((Metric::Deployments, dimensions)).or_default();
            points.entry(fact.time).or_default().push(1.0);
        }
    }
}
