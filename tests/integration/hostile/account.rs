//! A tooling account in an attacker's hands: it may deploy, roll back, raise and resolve what it likes, call all of it what it
//! likes, send any events, and refuse its read role. Beside another account's world it changes no figure of that, lead times
//! included.

use crate::scene::{
    Delivery, Execution, OPS, OpsItem, PushedCommit, Scene, Source, TOOLING, at, commit_id, execution_in,
    ops_item_in, push, rollback_in, with_webhook,
};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::{Namespace, dimension};
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};
use simulator::replay_result::ReplayResult;
use std::collections::BTreeMap;

/// How many worlds are made up, unless the variable `WORLDS` says how many.
const WORLDS: u64 = 4;
/// The attacker's account.
const EVIL: &str = "666666666666";
const REGION: &str = "eu-west-1";
/// The other account's repositories, each deployed by the pipeline of its number. The first is bound to that account; the
/// others are deployed by it alone.
const REPOSITORIES: [&str; 3] = ["acme/bound", "acme/own", "other/own"];

/// Something that happens.
#[derive(Clone, Debug)]
enum Act {
    Pushes(Delivery),
    Runs(Execution),
    Raises(OpsItem),
    Resolves(OpsItem, &'static str),
    Event(Value),
    Readable(bool),
}

type Acts = Vec<(Timestamp, Act)>;

/// An instant of the day, in whole minutes after nine, which no two acts of one account share.
fn time(rng: &mut ChaCha12Rng, taken: &mut Vec<i64>) -> Timestamp {
    loop {
        let minute = rng.random_range(0..600);
        if !taken.contains(&minute) {
            taken.push(minute);
            return at("09:00") + SignedDuration::from_mins(minute);
        }
    }
}

fn pick<T: Clone>(rng: &mut ChaCha12Rng, of: &[T]) -> T {
    of[rng.random_range(0..of.len())].clone()
}

/// What happens in the other account: pushes, deployments, rollbacks, incidents, fixes.
fn honest(rng: &mut ChaCha12Rng) -> Acts {
    let (mut acts, mut taken) = (Vec::new(), Vec::new());
    let mut ends: Vec<Timestamp> = (0..8).map(|_| time(rng, &mut taken)).collect();
    ends.sort();
    let mut heads: [Option<u32>; 3] = [None; 3];
    for (number, end) in (0..8_u32).zip(ends) {
        let pipeline = rng.random_range(0..3_usize);
        let repository = REPOSITORIES[pipeline];
        let run = run(TOOLING, pipeline, &format!("a{number}"), end, repository);
        let message = match rng.random_bool(0.4) {
            true => format!("Fix {}", id(rng.random_range(0..5))),
            false => "Add".into(),
        };
        let pushed = end - SignedDuration::from_secs(600);
        let commit = PushedCommit {
            id: commit_id(number + 1),
            time: pushed - SignedDuration::from_mins(rng.random_range(1..600)),
            message: message.clone(),
        };
        let before = heads[pipeline].replace(number + 1).map(commit_id);
        acts.push((pushed, Act::Pushes(push(repository, "main", before.as_deref(), &[commit], pushed))));
        acts.push((end, Act::Runs(run.message(&message).revision(&commit_id(number + 1)))));
    }
    let end = time(rng, &mut taken);
    let target = format!("a{}", rng.random_range(0..8));
    acts.push((end, Act::Runs(rolled_back(TOOLING, rng.random_range(0..3), "ar", &target, end))));
    for number in 0..5 {
        let created = time(rng, &mut taken);
        let title = pick(
            rng,
            &["Something is down and/or slow", "acme/own is down", "pipeline-2 is red", "acme/bound"],
        );
        // What the operations account says of a bound repository, only its accounts can have deployed.
        let account = if title == "acme/bound" && rng.random_bool(0.5) { OPS } else { TOOLING };
        let is_ops = account == OPS;
        // Whoever says that it mends what the operations account says of nothing that is bound may be anybody.
        let item = item(account, if is_ops { number + 10 } else { number }, created).title(title);
        let item = match rng.random_range(0..5) {
            0 if !is_ops => item.data("dora/execution", &format!("a{}", rng.random_range(0..8))),
            _ => item,
        };
        acts.push((created, Act::Raises(item.clone())));
        if rng.random_bool(0.5) {
            let resolved = created + SignedDuration::from_mins(rng.random_range(1..300));
            acts.push((resolved, Act::Resolves(item, "Resolved")));
        }
    }
    acts
}

/// What the attacker does.
fn evil(rng: &mut ChaCha12Rng) -> Acts {
    let (mut acts, mut taken) = (Vec::new(), Vec::new());
    for number in 0..10 {
        let end = time(rng, &mut taken);
        // Its executions may be called as the other account's are.
        let names = [format!("x{number}"), format!("a{}", rng.random_range(0..8))];
        let name = pick(rng, &names);
        let of = pick(rng, &["evil/x", "acme/bound", "ACME/Bound", "down", "pipeline-2", "slow"]);
        let mut run = run(EVIL, rng.random_range(0..3), &name, end, "evil/x").without("Source");
        let source =
            pick(rng, &[Source::CodeStar, Source::GitHub, Source::CodeCommit, Source::S3, Source::Ecr]);
        run = run.source(source, of, "main").message(&format!(
            "Fix {} {}",
            id(rng.random_range(0..5)),
            id(rng.random_range(10..15))
        ));
        acts.push((end, Act::Runs(run)));
    }
    let end = time(rng, &mut taken);
    let target = format!("a{}", rng.random_range(0..8));
    acts.push((end, Act::Runs(rolled_back(EVIL, rng.random_range(0..3), "xr", &target, end))));
    for number in 0..6 {
        let created = time(rng, &mut taken);
        let title =
            pick(rng, &["acme/own is down", "acme/bound", "other/own", "Everything is down", "pipeline-1"]);
        let arn = format!("arn:aws:codepipeline:{REGION}:{TOOLING}:pipeline-{}", rng.random_range(0..3));
        let item = item(EVIL, number, created).title(title);
        let item = match rng.random_range(0..4) {
            0 => item.data("dora/execution", &format!("a{}", rng.random_range(0..8))),
            1 => item.data("dora/repository", pick(rng, &REPOSITORIES)),
            2 => item.data("/aws/resources", &json!([{"arn": arn}]).to_string()),
            _ => item,
        };
        acts.push((created, Act::Raises(item.clone())));
        let status = pick(rng, &["Resolved", "Open", "Closed"]);
        let changed = created + SignedDuration::from_mins(rng.random_range(1..300));
        acts.push((changed, Act::Resolves(item, status)));
    }
    for _ in 0..6 {
        // Events about the other account's executions and OpsItems, sent in the attacker's.
        let now = time(rng, &mut taken);
        let pipeline = rng.random_range(0..3);
        let of = run(EVIL, pipeline, &format!("a{}", rng.random_range(0..8)), now, REPOSITORIES[pipeline]);
        let item = item(EVIL, rng.random_range(0..5), now - SignedDuration::from_mins(5));
        let event = match rng.random_range(0..4) {
            0 => of.event("SUCCEEDED"),
            1 => of.event("FAILED"),
            2 => item.create_event(),
            _ => item.update_event("Resolved", now),
        };
        acts.push((now, Act::Event(event)));
    }
    let mut readable = true;
    for _ in 0..rng.random_range(0..5) {
        readable = !readable;
        acts.push((time(rng, &mut taken), Act::Readable(readable)));
    }
    acts.shuffle(rng);
    acts
}

fn id(number: u32) -> String {
    format!("oi-{number:012x}")
}

fn item(account: &str, number: u32, created: Timestamp) -> OpsItem {
    let mut item = ops_item_in(account, number, "00:00");
    let key = item.key.clone();
    item = OpsItem::new(key, created);
    item
}

fn run(account: &str, pipeline: usize, id: &str, end: Timestamp, repository: &str) -> Execution {
    let run = execution_in(account, REGION, &format!("pipeline-{pipeline}"), id, "12:00");
    Execution::standard(run.key, end).source(Source::CodeStar, repository, "main")
}

fn rolled_back(account: &str, pipeline: usize, id: &str, target: &str, end: Timestamp) -> Execution {
    rollback_in(account, &format!("pipeline-{pipeline}"), id, target, end)
}

/// Plays what happens in order of time, then lets five days pass in which the reconciler runs, and returns the figures of the
/// other account's repositories.
async fn figures(mut acts: Acts) -> BTreeMap<String, Vec<(Timestamp, Vec<f64>)>> {
    let mut config = with_webhook();
    config["toolingAccounts"] = json!([
        {"account": TOOLING, "regions": [REGION]},
        {"account": EVIL, "regions": [REGION]},
    ]);
    config["repositoryAccounts"] = json!({"acme/bound": [TOOLING]});
    let mut scene = Scene::with(config).await;
    acts.sort_by_key(|(time, _)| *time);
    for (time, act) in acts {
        scene.cloud.advance_to(time).await.unwrap();
        match act {
            Act::Pushes((headers, body)) => {
                assert_eq!(scene.cloud.deliver(&headers, &body).await.unwrap(), 200);
            }
            Act::Runs(run) => scene.runs(&run).await,
            Act::Raises(item) => scene.raises(&item).await,
            Act::Resolves(item, status) => {
                let mut changed = item.clone().resolved(time);
                changed.item["Status"] = json!(status);
                scene.cloud.record_ops_item(changed.recorded()).unwrap();
                scene.event(&item.update_event(status, time));
            }
            Act::Event(event) => scene.event(&event),
            Act::Readable(true) => drop(scene.services().unreadable.remove(EVIL)),
            Act::Readable(false) => drop(scene.services().unreadable.insert(EVIL.into())),
        }
    }
    for hours in [4, 16, 28, 52, 76, 100, 124] {
        scene.cloud.advance_to(at("20:00") + SignedDuration::from_hours(hours)).await.unwrap();
        assert!(scene.cloud.reconcile().await.unwrap(), "the attacker's account fails no run");
    }
    let outcome = scene.finish().await;
    of_repositories(&outcome)
}

fn of_repositories(outcome: &ReplayResult) -> BTreeMap<String, Vec<(Timestamp, Vec<f64>)>> {
    let metrics = outcome.metrics.iter().filter(|metric| metric.namespace == Namespace::Dora.name());
    let metrics = metrics.filter_map(|metric| {
        let repository = metric.dimensions.get(dimension::REPOSITORY)?;
        let is_other = REPOSITORIES.iter().any(|other| *other == repository);
        let points = metric.points.iter().map(|point| (point.timestamp, point.values.clone()));
        is_other.then(|| (format!("{} of {repository}", metric.name), points.collect()))
    });
    metrics.collect()
}

#[tokio::test]
async fn an_attackers_account_changes_no_figure_of_another_ones_repositories() {
    let worlds = std::env::var("WORLDS").map_or(WORLDS, |worlds| worlds.parse().unwrap());
    let mut values = 0;
    for seed in 0..worlds {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let (honest, evil) = (honest(&mut rng), evil(&mut rng));
        let expected = figures(honest.clone()).await;
        let found = figures([honest, evil].concat()).await;
        assert_eq!(found, expected, "world {seed}");
        values += expected.values().flatten().map(|(_, values)| values.len()).sum::<usize>();
    }
    // There was something to change.
    assert!(values as u64 > 10 * worlds, "{values} values");
}
