//! Worlds and configurations that are none: each is refused by its place, or is in order.

use super::{mutation::mutated, tally::Tally};
use crate::settings::refused_by_schema;
use program::{
    plan::Plan,
    settings::{InvalidSettings, Settings},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::{Map, Value, json};
use simulator::world::{World, WorldError};
use std::{fs, path::Path};

/// The longest that an error says.
const LONGEST: usize = 2_500;

/// Plays with a world, and reports.
pub(super) fn worlds() -> String {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/worlds/deployment-incident-hotfix.jsonl");
    let lines: Vec<Vec<u8>> =
        fs::read(fixture).unwrap().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let filled: Vec<usize> = (0..lines.len()).filter(|index| !lines[*index].is_empty()).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.jsonl");
    let mut rng = ChaCha12Rng::seed_from_u64(9);
    let mut tally = Tally::default();
    for _ in 0..2_000 {
        let index = filled[rng.random_range(0..filled.len())];
        let (done, line) = mutated(&mut rng, &serde_json::from_slice(&lines[index]).unwrap());
        let mut world = lines.clone();
        world[index] = line;
        fs::write(&file, world.join(&b'\n')).unwrap();
        tally.tell("worlds", done, checked(&file, index + 1));
    }
    tally.report()
}

/// Whether a world is in order, in which one line was changed.
fn checked(file: &Path, changed: usize) -> &'static str {
    let Err(error) = World::open(file).unwrap().check() else { return "in order" };
    let text = error.to_string();
    assert!(text.starts_with(&format!("{}, line ", file.display())), "{text}");
    assert!(text.len() < LONGEST, "an error of {} bytes: {text:.300}", text.len());
    let WorldError::Line { line, path, reason, .. } = error else { panic!("{text}") };
    // That times are out of order is seen at the next line, and what the configuration lacks at the first.
    assert!(line == changed || path == "at" || line == 1, "{text} is not about line {changed}");
    assert!(!reason.is_empty());
    if path.is_empty() { "refused as a whole" } else { "refused at a field" }
}

fn configuration() -> Value {
    json!({
        "prefix": "dora",
        "toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1", "us-east-1"]}],
        "opsAccount": "999999999999",
        "region": "eu-west-1",
        "mainBranch": "main",
        "productionStage": "Production",
        "trunkBasedRepositories": ["acme/trunk"],
        "teams": {"payments": ["acme/shop"]},
        "attributionWindow": "24h",
        "attributionDelay": "PT15M",
        "leadTimeLookback": "90d",
        "botAuthors": ["renovate[bot]"],
        "webhookSecret": "arn:aws:secretsmanager:eu-west-1:999999999999:secret:dora",
        "repositories": ["acme/cart"],
        "levelBands": {"leadTime": {"elite": "1d", "high": "7d", "medium": "30d"}},
        "documentation": "https://example.com/METRICS.md",
        "architecture": "arm64",
        "logRetentionDays": 365,
        "webhookAllowedCidrs": ["192.30.252.0/22"],
        "webhookFirewall": true,
        "manageApiGatewayAccount": false,
        "alarmEmails": ["dora@example.com"],
        "alarmSilenceDays": 7,
        "repositoryAlarms": [{"repository": "acme/shop", "failureRateAbove": 15, "leadTimeP90Above": "7d"}],
        "tags": {"cost-center": "42"},
    })
}

/// Plays with a configuration, and reports.
pub(super) fn configurations() -> String {
    let valid = configuration();
    Plan::new(&Settings::from_json(&valid).unwrap()).unwrap();
    let mut rng = ChaCha12Rng::seed_from_u64(10);
    let mut tally = Tally::default();
    let mut taken = Vec::new();
    for _ in 0..4_000 {
        let (done, text) = mutated(&mut rng, &valid);
        let Ok(config) = serde_json::from_slice(&text) else {
            tally.tell("configurations", done, "no JSON");
            continue;
        };
        tally.tell("configurations", done, settled(&config, &valid, &mut taken));
    }
    // An editor refuses nothing that the program takes.
    assert!(taken.len() > 300, "{}", taken.len());
    if let Some(refused) = refused_by_schema("configurations", &taken) {
        for (file, refused) in taken.iter().zip(refused) {
            assert!(refused.is_empty(), "an editor refuses {file}: {refused:?}");
        }
    }
    tally.report()
}

/// The file of a configuration; what is null is not in it.
fn file(config: &Value) -> Value {
    let given = config.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    let mut keys: Map<String, Value> =
        given.map(|(key, value)| (format!("dora-metrics:{key}"), value.clone())).collect();
    keys.insert("dora-metrics:stack".to_owned(), "ops".into());
    json!({"config": keys})
}

/// Whether a configuration is in order, as far as its plan.
fn settled(config: &Value, valid: &Value, taken: &mut Vec<Value>) -> &'static str {
    let settings = match Settings::from_json(config) {
        Ok(settings) => settings,
        Err(InvalidSettings(problems)) => {
            assert!(!problems.is_empty());
            for problem in problems {
                let text = problem.to_string();
                let key = problem.key.split(['.', '[']).next().unwrap_or_default();
                assert!(key == "config" || valid.get(key).is_some(), "{text} is about no key");
                assert!(text.len() < LONGEST, "a problem of {} bytes: {text:.300}", text.len());
                assert!(!text.contains("secretsmanager"), "{text} tells the secret");
            }
            return "refused";
        }
    };
    if settings.unknown_keys.is_empty() {
        taken.push(file(config));
    }
    match (settings.unknown_keys.is_empty(), Plan::new(&settings)) {
        (_, Err(error)) => {
            assert!(error.to_string().len() < LONGEST, "{error}");
            "refused by the plan"
        }
        (false, Ok(_)) => "in order but for a key that is unknown",
        (true, Ok(_)) => "in order",
    }
}
