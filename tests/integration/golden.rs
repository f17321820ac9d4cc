//! Golden records of made-up worlds: every metric, fact and item of the ledger, as they were before the house was put in
//! order. They change only where a stored format or a rule changes on purpose, and the commit says why.

use crate::scene::binaries;
use scenarios::sample::sample;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use simulator::{cloud::Cloud, replay::replay, replay_result::ReplayResult, world::World};
use std::{collections::BTreeMap, fmt::Write};

/// The attributes that differ between two runs of the same world: who published, until when.
const OF_A_RUN: [&str; 2] = ["invocation", "leaseUntil"];

/// The items of the ledger, each as a line, in order.
fn items(cloud: &Cloud) -> Vec<String> {
    let services = cloud.server().services();
    let line = |item: Map<String, Value>| {
        let text = |value: &Value| -> String {
            let typed =
                value.as_object().and_then(|value| value.values().next()).cloned().unwrap_or_default();
            typed.as_str().map_or_else(|| typed.to_string(), str::to_owned)
        };
        let mut attributes: BTreeMap<String, String> =
            item.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        attributes.retain(|name, _| !OF_A_RUN.contains(&name.as_str()));
        let key = ["pk", "sk"].map(|name| attributes.remove(name).unwrap_or_default());
        let all = attributes.iter().map(|(name, value)| format!(" {name}={value:?}"));
        all.fold(format!("{:?}", key.join(" | ")), |line, attribute| line + &attribute)
    };
    let mut items: Vec<_> =
        services.dynamodb.items(&cloud.plan().ledger.name).map(|item| line(item.unwrap())).collect();
    items.sort();
    items
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Numbers and digests of all that a world led to.
pub(crate) fn digests(cloud: &Cloud) -> String {
    let outcome = ReplayResult::of(cloud).unwrap();
    let digest = |text: &str| hex::encode(&Sha256::digest(text)[..8]);
    let mut digests = String::new();
    for metric in &outcome.metrics {
        let of = metric.dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect::<String>();
        let values: usize = metric.points.iter().map(|point| point.values.len()).sum();
        let _ = writeln!(digests, "{}{of}: {values} values, {}", metric.name, digest(&json(metric)));
    }
    let _ = writeln!(digests, "{} facts, {}", outcome.facts.len(), digest(&json(&outcome.facts)));
    let _ = writeln!(digests, "{} ignored, {}", outcome.ignored.len(), digest(&json(&outcome.ignored)));
    let items = items(cloud);
    let _ = writeln!(digests, "{} items of the ledger, {}", items.len(), digest(&items.join("\n")));
    digests
}

/// All that is true of a few days, to be read.
#[tokio::test]
async fn three_days() {
    let world = World::Lines("golden".into(), sample(1, 3).lines);
    let cloud = replay(&world, &world.check().unwrap(), binaries(), || ()).await.unwrap();
    insta::assert_snapshot!(format!("{}\n{}", digests(&cloud), items(&cloud).join("\n")));
}
