//! Sample worlds, made from a seed, of which the true figures are known.
//!
//! The truth comes from the script of what happens, never from the rules that are to be shown right: a scenario says
//! that this deployment failed and that one restored service, and lets the events happen that tell so.
//!
//! Every repository has a part of the day to itself, so that what names nothing is about the repository at work.

mod history;
mod scenario;
mod stages;
mod truth;
mod world_builder;

pub(crate) use truth::measured_metrics;
pub use truth::{Dimensions, Metrics, Truth};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha12Rng;
use scenario::Scenario;
use serde_json::{Value, json};
use world_builder::{Renaming, Repository, WorldBuilder};

/// The days of a quarter.
pub const QUARTER: u32 = 91;

/// A sample: a world, and what is true of it.
#[derive(Debug)]
pub struct Sample {
    /// The world's lines.
    pub lines: Vec<String>,
    /// What is true of it.
    pub truth: Truth,
}

/// The operations account.
const OPS: &str = "999999999999";
/// The tooling accounts.
const TOOLING: [&str; 2] = ["111111111111", "222222222222"];
/// The repositories: trunk-based, GitFlow, and one with many kinds of sources.
const REPOSITORIES: [Repository; 3] = [
    Repository::trunk_based("acme/shop", "shop", TOOLING[0], "eu-west-1"),
    Repository::git_flow("acme/payments", "payments", TOOLING[0], "us-east-1"),
    Repository::mixed("acme/billing", "billing", TOOLING[1], "eu-central-1"),
];

/// What the repositories are called when they are renamed.
const LATER_NAMES: [&str; 3] = ["acme/store", "acme/tills", "acme/invoices"];

/// GitHub's id of a repository.
fn git_hub_id(repository: &str) -> u64 {
    (7001..).zip(REPOSITORIES).find(|(_, known)| known.name == repository).map_or(7000, |(id, _)| id)
}

/// The configuration of every sample.
pub fn config() -> Value {
    json!({
        "toolingAccounts": [
            {"account": TOOLING[0], "regions": ["eu-west-1", "us-east-1"]},
            {"account": TOOLING[1], "regions": ["eu-central-1"]},
        ],
        "opsAccount": OPS,
        "region": "eu-west-1",
        "mainBranch": "main",
        "productionStage": "Production",
        "trunkBasedRepositories": ["acme/shop"],
        "teams": {"storefront": ["acme/shop"], "money": ["acme/payments", "acme/billing"]},
        "attributionWindow": "24h",
        "attributionDelay": "15min",
    })
}

/// The teams that own a repository.
fn teams(repository: &str) -> &'static [&'static str] {
    if repository == "acme/shop" { &["storefront"] } else { &["money"] }
}

/// A world of some days, from Monday, 2026-01-05 on. Each seed gives another one, and always the same.
pub fn sample(seed: u64, days: u32) -> Sample {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let start: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap_or_default();
    let mut scripts = REPOSITORIES.map(|repository| (repository, Vec::new()));
    let renaming = renaming(&mut rng, start + SignedDuration::from_hours(24 * i64::from(days / 2)));
    let mut builder =
        WorldBuilder::new(start, config(), renaming, ChaCha12Rng::seed_from_u64(seed.wrapping_add(1)));
    for repository in &REPOSITORIES {
        builder.structures(start, repository);
    }
    for day in 0..days {
        for (slot, (repository, script)) in (0..).zip(&mut scripts) {
            // Every scenario has its turn before any comes again.
            let scenario = script.pop().unwrap_or_else(|| {
                script.extend(Scenario::ALL);
                script.extend([Scenario::Deployment; 6]);
                script.shuffle(&mut rng);
                script.pop().unwrap_or(Scenario::Deployment)
            });
            let begin = start + SignedDuration::from_hours(24 * i64::from(day) + 8 * slot);
            scenario.play(&mut builder, repository, begin);
        }
    }
    builder.finish()
}

/// One of the repositories is renamed at midnight, when none is at work.
fn renaming(rng: &mut ChaCha12Rng, at: Timestamp) -> Renaming {
    let number = rng.random_range(0..REPOSITORIES.len());
    Renaming { from: REPOSITORIES[number].name, to: LATER_NAMES[number], at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_lib::{contract::Metric, dora_metric::DoraMetric};
    use simulator::world::World;

    #[test]
    fn a_seed_gives_the_same_world_each_time_and_another_seed_another() {
        assert_eq!(sample(7, 30).lines, sample(7, 30).lines);
        assert_ne!(sample(7, 30).lines, sample(8, 30).lines);
    }

    #[test]
    fn everything_happens_in_some_quarters() {
        let lines: Vec<String> = (1..4).flat_map(|seed| sample(seed, QUARTER).lines).collect();
        let check = |what: &str, parts: &[&str]| {
            let happens = |line: &String| parts.iter().all(|part| line.contains(part));
            assert!(lines.iter().any(happens), "{what}");
        };
        check("a structure is known", &[r#""stages":[{"#]);
        check("staging is rolled back", &["ROLLBACK", r#""stageName":"Staging""#]);
        check("a stage has an event", &["Stage Execution State Change"]);
        check("an incident is opened again", &["OpsItem Update", r#""status":"Open""#]);
        for status in ["Failed", "Stopped", "InProgress"] {
            let status = format!(r#""status":"{status}","trigger""#);
            check(&status, &[&status, r#""Verify""#]);
        }
        for name in LATER_NAMES {
            let is_called_so = |kind: &str| {
                let mut lines = lines.iter().filter(|line| line.contains(kind));
                lines.any(|line| line.contains(name))
            };
            assert_eq!(is_called_so(r#""github":"#), is_called_so(r#""opsItem":"#), "{name}");
        }
        check("a repository is renamed", &[r#""github":"#, "renamed"]);
    }

    #[test]
    fn worlds_are_well_formed() {
        for seed in 0..6 {
            let Sample { lines, truth } = sample(seed, QUARTER);
            World::Lines(format!("seed {seed}"), lines).check().unwrap();
            assert_eq!(truth.figures.len(), 3, "three repositories");
            for figures in truth.figures.values() {
                let shares =
                    [DoraMetric::ChangeFailureRate, DoraMetric::ReworkRate].map(|of| figures.value(of));
                assert!(shares.into_iter().flatten().all(|share| share > 0.0 && share < 1.0), "{figures:?}");
                assert!([Metric::Rollbacks, Metric::TimeToRestore].iter().all(|of| figures.count(*of) > 0));
            }
            let Truth { ignored, refused, unattributed, duplicates, .. } = truth;
            assert!([ignored, refused, unattributed, duplicates].into_iter().all(|count| count > 0));
        }
    }
}
