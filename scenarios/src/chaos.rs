//! Chaos: a sample world in which events come twice, late, out of order or never, and AWS fails in between, by a seed.
//!
//! CodePipeline, OpsCenter and GitHub know the truth all along; only what tells it is disturbed. When the reconciler has
//! run, metrics and ledger must be what is true: each value once, however often a function did not learn whether
//! CloudWatch had it.

mod faults;
mod removed;
mod verdict;

pub use verdict::Verdict;

use crate::sample::{Sample, sample};
use faults::Mischief;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{place::Place, sources::codepipeline::ExecutionKey};
use program::{
    plan::{Plan, PlanError},
    settings::Settings,
};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;
use simulator::{
    binaries::Binaries,
    cloud::{Cloud, CloudError},
    replay::{ReplayError, sign_unsigned},
    router::Envelope,
    world::{Delivery, Entry, World},
};
use std::collections::BTreeMap;

/// How many days the sample has.
const DAYS: u32 = 3;
/// How often the reconciler runs, which is more rarely than on AWS, so that events overtake it and it overtakes events.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_hours(11);
/// How long time runs on after the last that happens: what was resolved last is settled, and all days are compared.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(9 * 24);
/// How long after something happened GitHub delivers it again.
const DELIVERED_AGAIN: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long something can't be read: an incident waits an hour for it, and is then decided without.
const UNREADABLE: SignedDuration = SignedDuration::from_mins(50);
/// How long events may be held up, to come all at once.
const JAM: SignedDuration = SignedDuration::from_hours(5);

/// Plays the chaos of a seed, and says what came of it.
///
/// # Errors
/// [`ReplayError`].
pub async fn chaos(seed: u64, binaries: &Binaries) -> Result<Verdict, ReplayError> {
    let Sample { lines, truth } = sample(seed, DAYS);
    let world = World::Lines(format!("seed {seed}"), lines);
    let mut header = world.check()?;
    header.settings.tooling_accounts.push(removed::account());
    let planned = |settings: &Settings| {
        let mut plan = Plan::new(settings)?;
        plan.reconciler.every = RECONCILED_EVERY;
        Ok::<_, PlanError>(plan)
    };
    let plan = planned(&header.settings)?;
    let mut cloud = Cloud::start(plan, binaries, header.start).await?;
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut mischief = Mischief::default();
    let mut script = disturbed(&world, &mut rng)?;
    while let Some(((at, _), happening)) = script.0.pop_first() {
        cloud.advance_to(at).await?;
        mischief.ask(&cloud, &mut rng);
        match happening {
            Happening::Told { envelope, id, text } => cloud.send(envelope, id, &text)?,
            Happening::Known(Entry::Execution(execution)) => cloud.record_execution(execution)?,
            Happening::Known(Entry::OpsItem(item)) => cloud.record_ops_item(item)?,
            Happening::Known(Entry::Pipeline(key, structure)) => cloud.record_pipeline(key, structure),
            Happening::Known(_) => {}
            Happening::Unreadable(name) => {
                mischief.count += 1;
                cloud.server().services().unreadable.insert(name);
            }
            Happening::Readable(name) => drop(cloud.server().services().unreadable.remove(&name)),
            Happening::Removed => {
                mischief.count += 1;
                removed::remove_from(&mut header.settings);
                cloud.configure(planned(&header.settings)?);
            }
            Happening::Delivered(delivery, until) => {
                while !deliver(&mut cloud, &delivery).await? {
                    // Somebody has GitHub deliver again what was not accepted, while it does.
                    let again = at + SignedDuration::from_secs(rng.random_range(600..20_000));
                    if again < until {
                        script.add(again, Happening::Delivered(delivery, until));
                        break;
                    }
                }
            }
        }
    }
    mischief.end(&cloud);
    cloud.finish().await?;
    cloud.advance_to(cloud.now() + AFTERWARDS).await?;
    cloud.finish().await?;
    Verdict::of(seed, &cloud, &truth, mischief.count)
}

/// What happens, in order of time, and of one time in the order in which it was added.
#[derive(Default)]
struct Script(BTreeMap<(Timestamp, usize), Happening>, usize);

/// Something that happens.
#[derive(Clone)]
enum Happening {
    /// CodePipeline or OpsCenter knows something new.
    Known(Entry),
    /// An event tells it.
    Told { envelope: Envelope, id: Option<String>, text: String },
    /// GitHub delivers something, and would do so again until an instant.
    Delivered(Delivery, Timestamp),
    /// Nobody may read an account, a pipeline or an execution any more.
    Unreadable(String),
    /// It can be read again.
    Readable(String),
    /// An account is taken out of the configuration.
    Removed,
}

impl Script {
    fn add(&mut self, at: Timestamp, happening: Happening) {
        self.1 += 1;
        self.0.insert((at, self.1), happening);
    }
}

/// Delivers, and says whether that was accepted.
async fn deliver(cloud: &mut Cloud, Delivery { headers, body }: &Delivery) -> Result<bool, CloudError> {
    let mut headers = headers.clone();
    sign_unsigned(&mut headers, body);
    Ok(cloud.deliver(&headers, body).await? < 500)
}

/// The world, with what is told about it disturbed.
fn disturbed(world: &World, rng: &mut ChaCha12Rng) -> Result<Script, ReplayError> {
    let mut script = Script::default();
    let mut executions = Vec::new();
    let jam = rng.random_bool(0.5).then(|| SignedDuration::from_hours(rng.random_range(0..48)));
    let (mut first, mut end) = (None, Timestamp::UNIX_EPOCH);
    for line in world.lines()? {
        let line = line?;
        end = end.max(line.at);
        let jam = jam.map(|jam| *first.get_or_insert(line.at) + jam);
        match line.entry {
            Entry::Event { envelope, id, text } => {
                let is_lost = !is_told_by_nothing_else(&text);
                let delays = if is_lost { copies(rng) } else { soon(rng) };
                for delay in delays {
                    let (envelope, id, text) = (envelope.clone(), id.clone(), text.clone());
                    let at = line.at + delay;
                    let jammed = jam.filter(|jam| is_lost && (*jam..*jam + JAM).contains(&at));
                    script.add(jammed.map_or(at, |jam| jam + JAM), Happening::Told { envelope, id, text });
                }
            }
            Entry::GitHub(delivery) => {
                for delay in arrivals(rng) {
                    let delivered = Happening::Delivered(delivery.clone(), line.at + DELIVERED_AGAIN);
                    script.add(line.at + delay, delivered);
                }
            }
            known => {
                if let Entry::Execution(execution) = &known {
                    executions.push((line.at, execution.key.clone()));
                }
                script.add(line.at, Happening::Known(known));
            }
        }
    }
    if let Some((at, ExecutionKey { place: Place { account, .. }, pipeline, execution_id })) =
        executions.choose(rng)
    {
        let name = [account, pipeline, execution_id][rng.random_range(0..3)];
        let begin = *at - SignedDuration::from_mins(rng.random_range(0..50));
        script.add(begin, Happening::Unreadable(name.clone()));
        script.add(begin + UNREADABLE, Happening::Readable(name.clone()));
    }
    removed::add_to(&mut script, end, rng);
    Ok(script)
}

/// Whether an event is the only trace of what it tells: `OpsCenter` keeps the present status of an `OpsItem`, so once it is
/// resolved again, nothing else tells that it was opened again.
fn is_told_by_nothing_else(event: &str) -> bool {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    event["detail-type"] == "OpsItem Update" && event["detail"]["status"] == "Open"
}

/// How much later an event comes that is not lost, each time that it does: before anything is settled without it.
fn soon(rng: &mut ChaCha12Rng) -> Vec<SignedDuration> {
    let later = SignedDuration::from_secs(rng.random_range(1..7200));
    if rng.random_bool(0.5) { vec![later] } else { vec![SignedDuration::ZERO, later] }
}

/// How much later an event comes, each time that it does.
fn copies(rng: &mut ChaCha12Rng) -> Vec<SignedDuration> {
    match rng.random_range(0..100) {
        0..20 => Vec::new(),
        20..35 => vec![SignedDuration::ZERO, late(rng)],
        35..40 => vec![late(rng), late(rng), late(rng)],
        40..60 => vec![late(rng)],
        _ => vec![SignedDuration::ZERO],
    }
}

/// How much later a delivery of GitHub's comes, each time that it does. None is lost: GitHub shows those that failed.
fn arrivals(rng: &mut ChaCha12Rng) -> Vec<SignedDuration> {
    match rng.random_range(0..100) {
        0..10 => vec![SignedDuration::ZERO, late(rng)],
        10..25 => vec![late(rng)],
        _ => vec![SignedDuration::ZERO],
    }
}

/// Mostly minutes, sometimes days.
fn late(rng: &mut ChaCha12Rng) -> SignedDuration {
    let most = [600, 7200, 86_400, 3 * 86_400][rng.random_range(0..4)];
    SignedDuration::from_secs(rng.random_range(1..most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_nothing_else_tells() {
        fn check(event: &str, expected: bool) {
            assert_eq!(is_told_by_nothing_else(event), expected, "{event}");
        }
        check(r#"{"detail-type":"OpsItem Update","detail":{"status":"Open"}}"#, true);
        check(r#"{"detail-type":"OpsItem Update","detail":{"status":"Resolved"}}"#, false);
        check(r#"{"detail-type":"OpsItem Create","detail":{"status":"Open"}}"#, false);
        check(r#"{"detail-type":"CodePipeline Pipeline Execution State Change","detail":{}}"#, false);
    }
}
