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
    router::Envelope,
    sample::{Dimensions, Sample, Truth, sample},
    world::{Delivery, Entry, World},
};
use faults::Mischief;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::Metric;
use program::plan::Plan;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use std::collections::{BTreeMap, VecDeque};

/// How many days the sample has.
const DAYS: u32 = 3;
/// How often the reconciler runs, which is more rarely than on AWS, so that events overtake it and it overtakes events.
const RECONCILED_EVERY: SignedDuration = SignedDuration::from_hours(11);
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
    let mut script = disturbed(&world, &truth, &mut rng)?;
    while let Some(((at, _), happening)) = script.0.pop_first() {
        cloud.advance_to(at).await?;
        mischief.ask(&cloud, &mut rng);
        match happening {
            Happening::Told { envelope, id, text } => cloud.send(envelope, id, &text)?,
            Happening::Known(Entry::Execution(execution)) => cloud.record_execution(execution)?,
            Happening::Known(Entry::OpsItem(item)) => cloud.record_ops_item(item)?,
            Happening::Known(_) => {}
            Happening::Pushed(deliveries, first) => {
                let mut rejected = deliver(&mut cloud, deliveries).await?;
                while first && !rejected.is_empty() {
                    rejected = deliver(&mut cloud, rejected).await?;
                }
                if !rejected.is_empty() {
                    // Somebody has GitHub deliver again what was not accepted.
                    let again = at + SignedDuration::from_secs(rng.random_range(600..20_000));
                    script.add(again, Happening::Pushed(rejected, first));
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
    /// GitHub delivers what one push led to; and whether a pipeline's first deployment may come of it.
    Pushed(VecDeque<Delivery>, bool),
}

impl Script {
    fn add(&mut self, at: Timestamp, happening: Happening) {
        self.1 += 1;
        self.0.insert((at, self.1), happening);
    }
}

/// Delivers in order, up to one that is not accepted. Returns that one and those after it.
///
/// What one push led to stays in order: that a squashed pull request was one, its own delivery tells and nothing else.
async fn deliver(
    cloud: &mut Cloud,
    mut deliveries: VecDeque<Delivery>,
) -> Result<VecDeque<Delivery>, CloudError> {
    while let Some(Delivery { headers, body }) = deliveries.front() {
        let mut headers = headers.clone();
        sign_unsigned(&mut headers, body);
        if cloud.deliver(&headers, body).await? >= 500 {
            break;
        }
        deliveries.pop_front();
    }
    Ok(deliveries)
}

/// The world, with what is told about it disturbed.
fn disturbed(world: &World, truth: &Truth, rng: &mut ChaCha12Rng) -> Result<Script, ReplayError> {
    let mut script = Script::default();
    let mut pushes: Vec<(Timestamp, VecDeque<Delivery>)> = Vec::new();
    // When each pipeline deployed first, by its name.
    let mut first: BTreeMap<String, Timestamp> = BTreeMap::new();
    let deployments = truth.metrics.get(&(Metric::Deployments, Dimensions::new()));
    let mut last = Timestamp::MIN;
    for line in world.lines()? {
        let line = line?;
        match line.entry {
            Entry::Event { envelope, id, text } => {
                for delay in copies(rng) {
                    let (envelope, id, text) = (envelope.clone(), id.clone(), text.clone());
                    script.add(line.at + delay, Happening::Told { envelope, id, text });
                }
            }
            Entry::GitHub(delivery) => {
                if line.at.duration_since(last) > SignedDuration::from_secs(2) {
                    pushes.push((line.at, VecDeque::new()));
                }
                last = line.at;
                if let Some((_, deliveries)) = pushes.last_mut() {
                    deliveries.push_back(delivery);
                }
            }
            known => {
                if let Entry::Execution(execution) = &known
                    && deployments.is_some_and(|deployments| deployments.contains_key(&line.at))
                {
                    first.entry(execution.key.pipeline.clone()).or_insert(line.at);
                }
                script.add(line.at, Happening::Known(known));
            }
        }
    }
    for (at, deliveries) in pushes {
        let is_first = may_be_first(at, &deliveries, &first);
        for delay in if is_first { vec![SignedDuration::ZERO] } else { arrivals(rng) } {
            script.add(at + delay, Happening::Pushed(deliveries.clone(), is_first));
        }
    }
    Ok(script)
}

/// Whether what was pushed at a time may be deployed by a pipeline that has not deployed before.
///
/// Nothing tells of a first deployment whether pushes are missing or were never seen, because the webhook is younger than
/// they are. So what is deployed first arrives in time, as it would have to for its lead time to be true.
fn may_be_first(at: Timestamp, pushed: &VecDeque<Delivery>, first: &BTreeMap<String, Timestamp>) -> bool {
    // The pipelines of acme/billing are called billing, billing-legacy, …
    first.iter().any(|(pipeline, first)| {
        let name = pipeline.split('-').next().unwrap_or_default();
        at <= *first && pushed.iter().any(|delivery| delivery.body.contains(&format!("acme/{name}")))
    })
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
