//! Chaos: a sample world in which events come twice, late, out of order or never, and AWS fails in between, by a seed.
//!
//! CodePipeline, OpsCenter and GitHub know the truth all along; only what tells it is disturbed. When the reconciler has
//! run, metrics and ledger must be what is true. The one thing that may be too much is a value that was put twice because
//! a function could not mark it, and each of these must be found by the comparison of the ledger with CloudWatch.

mod faults;
mod verdict;

pub use verdict::Verdict;

use crate::{
    binaries::Binaries,
    cloud::{Cloud, CloudError},
    replay::{ReplayError, sign_unsigned},
    sample::{Sample, sample},
    world::{Delivery, Entry, World},
};
use faults::Mischief;
use jiff::{SignedDuration, Timestamp};
use program::plan::Plan;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use std::collections::{BTreeMap, VecDeque};

/// How many days the sample has.
const DAYS: u32 = 3;
/// How often the reconciler runs, which is more rarely than on AWS, so that events overtake it and it overtakes events.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_hours(7);
/// How long time runs on after the last that happens: what was resolved last is settled, and all days are compared.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Plays the chaos of a seed, and says what came of it.
///
/// # Errors
/// [`ReplayError`].
pub async fn chaos(seed: u64, binaries: &Binaries) -> Result<Verdict, ReplayError> {
    let Sample { lines, truth } = sample(seed, DAYS);
    let world = World::Lines(format!("seed {seed}"), lines);
    let header = world.check()?;
    let mut plan = Plan::new(&header.settings)?;
    plan.reconciler.every = RECONCILED_EVERY;
    let mut cloud = Cloud::start(plan, binaries, header.start).await?;
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut mischief = Mischief::default();
    let mut script = disturbed(&world, &mut rng)?;
    while let Some(entry) = script.pop_first() {
        let ((at, _), entry) = entry;
        cloud.advance_to(at).await?;
        mischief.ask(&cloud, &mut rng);
        if let Some(delivery) = happen(&mut cloud, entry).await? {
            // Somebody has GitHub deliver again what was not accepted.
            let again = at + SignedDuration::from_secs(rng.random_range(600..20_000));
            let number = script.len();
            script.insert((again, usize::MAX - number), Entry::GitHub(delivery));
        }
    }
    mischief.end(&cloud);
    cloud.finish().await?;
    cloud.advance_to(cloud.now() + AFTERWARDS).await?;
    cloud.finish().await?;
    Verdict::of(seed, &cloud, &truth, mischief.count)
}

/// What happens, in order of time; of one instant in order of numbers.
type Script = BTreeMap<(Timestamp, usize), Entry>;

/// Lets something happen. Returns a delivery that was not accepted.
async fn happen(cloud: &mut Cloud, entry: Entry) -> Result<Option<Delivery>, CloudError> {
    match entry {
        Entry::Config(_) => {}
        Entry::Execution(execution) => cloud.record_execution(execution),
        Entry::OpsItem(item) => cloud.record_ops_item(item),
        Entry::Event { envelope, id, text } => cloud.send(envelope, id, &text)?,
        Entry::GitHub(mut delivery) => {
            sign_unsigned(&mut delivery.headers, &delivery.body);
            let status = cloud.deliver(&delivery.headers, &delivery.body).await?;
            return Ok((status >= 500).then_some(delivery));
        }
    }
    Ok(None)
}

/// The world, with what is told about it disturbed.
fn disturbed(world: &World, rng: &mut ChaCha12Rng) -> Result<Script, ReplayError> {
    let mut script = Script::new();
    let mut number = 0;
    let mut add = |at: Timestamp, entry: Entry| {
        number += 1;
        script.insert((at, number), entry);
    };
    // What one push makes GitHub deliver stays in order: it delivers late, not the end before the beginning.
    let mut together: VecDeque<SignedDuration> = VecDeque::new();
    let mut last = Timestamp::MIN;
    for line in world.lines()? {
        let line = line?;
        match line.entry {
            Entry::Event { .. } => {
                for delay in copies(rng) {
                    add(line.at + delay, line.entry.clone());
                }
            }
            Entry::GitHub(_) => {
                if line.at.duration_since(last) > SignedDuration::from_secs(2) {
                    together = deliveries(rng).into();
                }
                last = line.at;
                for delay in &together {
                    add(line.at + *delay, line.entry.clone());
                }
            }
            known => add(line.at, known),
        }
    }
    Ok(script)
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
fn deliveries(rng: &mut ChaCha12Rng) -> Vec<SignedDuration> {
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
