//! Lead times against git: random repositories are made with the git command line, GitHub's deliveries are derived from
//! them, and what is published of every deployment must be what `git rev-list` finds.
//!
//! `GIT_SEEDS` says how many repositories, `GIT_SEED` which one only. Where a branch is presumed to begin on one that is
//! deployed, and did not, a lead time that is not equal is counted as presumed; such are rare.

#![expect(clippy::disallowed_methods, reason = "the tests run Git; the crate itself reads no environment")]
#![expect(clippy::unwrap_used, reason = "what can't be set up fails its test")]
#![expect(clippy::print_stdout, reason = "the shares are for who reads the test's output")]

#[path = "git/repository.rs"]
mod repository;
#[path = "git/world.rs"]
mod world;

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    lake::{Change, Commit, CommitId, PullRequest, Push},
    lead_time::{ChangeQuery, ChangeSet, Changed, LATEST_DELIVERY, Live, change, concerned},
};
use repository::Repository;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
};
use world::{Chance, Event, Made, Merging, START, World};

const LOOKBACK: SignedDuration = SignedDuration::from_hours(90 * 24);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(sha: &str) -> CommitId {
    sha.to_owned().try_into().unwrap()
}

/// A change, and when it arrives.
struct Delivery {
    arrives: i64,
    change: Change,
}

/// How GitHub delivers.
#[derive(Clone, Copy)]
struct Delivering {
    since: i64,
    lost: usize,
    late: usize,
}

/// The deliveries of a world; and whether all that happened is among them, in time.
fn deliveries(world: &mut World, repository: &Repository, how: Delivering) -> Vec<Delivery> {
    let events = world.events.clone();
    let mut all = Vec::new();
    for event in &events {
        let Some(change) = delivered(world, repository, event) else { continue };
        let (lost, late) = (world.chance.in_100(how.lost), world.chance.in_100(how.late));
        if (event.time() < how.since || lost) && is_told(world, event) {
            continue;
        }
        let late = late && is_told(world, event);
        let delay = if late { world.chance.between(3600, 4 * 24 * 3600 - 60) } else { 20 };
        all.push(Delivery { arrives: event.time() + delay, change });
    }
    all
}

/// Whether something else tells that an event was: of a pull request the commit that it made, if GitHub gave it its title. A
/// rebased one, or one of another title, is like any other, so that only its delivery tells.
fn is_told(world: &World, event: &Event) -> bool {
    match event {
        Event::Request { made, merging, same_repository, .. } => {
            let Made { merge, from_pull_request, .. } = world.commits[*made];
            match merging {
                Merging::Merge => merge,
                Merging::Squash | Merging::Rebase => !merge && (from_pull_request || !same_repository),
            }
        }
        Event::Push { .. } | Event::Deploy { .. } => true,
    }
}

fn delivered(world: &World, repository: &Repository, event: &Event) -> Option<Change> {
    let sha = |commit: usize| repository.id(commit);
    match event {
        Event::Push { branch, time, old, new, forced, others, nothing } => {
            let not: Vec<usize> = old.map_or_else(|| others.clone(), |old| vec![old]);
            let listed = if *nothing { Vec::new() } else { repository.list(*new, &not) };
            Some(Change::Push(Push {
                repository: "acme/shop".into(),
                repository_created: Some(at(START - 200)),
                branch: branch.clone(),
                pushed: at(*time),
                old_head: old.map(|old| id(sha(old))),
                new_head: id(sha(*new)),
                part: 0,
                parts: 1,
                // The latest of more than GitHub lists.
                commits: listed
                    .iter()
                    .rev()
                    .take(2048)
                    .rev()
                    .map(|node| commit(world, repository, *node))
                    .collect(),
                forced: *forced,
                repository_id: None,
            }))
        }
        Event::Request { branch, head_branch, time, base, head, made, same_repository, .. } => {
            Some(Change::PullRequest(PullRequest {
                repository: "acme/shop".into(),
                branch: branch.clone(),
                head_branch: head_branch.clone(),
                head_commit: id(sha(*head)),
                merge_commit: id(sha(*made)),
                commit_count: u32::try_from(repository.list(*head, &[*base]).len()).unwrap(),
                merged: at(*time),
                same_repository: *same_repository,
                repository_id: None,
                number: None,
            }))
        }
        Event::Deploy { .. } => None,
    }
}

fn commit(world: &World, repository: &Repository, node: usize) -> Commit {
    let Made { time, merge, bot, from_pull_request, .. } = world.commits[node];
    Commit {
        id: id(repository.id(node)),
        time: at(time),
        merge,
        bot,
        from_pull_request,
        ops_items: Vec::new(),
        merged: None,
        rework: false,
    }
}

/// What went live, as git orders it: going live takes back what it is an ancestor of.
fn fold(repository: &Repository, live: &[(i64, usize)]) -> Vec<usize> {
    let mut folded: Vec<usize> = Vec::new();
    for &(_, now) in live {
        folded.retain(|older| *older != now && !repository.is_ancestor(now, *older));
        folded.push(now);
    }
    folded
}

/// The commits of a change with their times, as the world knows it.
fn truth(
    world: &World,
    repository: &Repository,
    revision: usize,
    live: &[(i64, usize)],
    since: i64,
) -> BTreeMap<CommitId, Timestamp> {
    let folded = fold(repository, live);
    let requests = Requests::new(world, repository);
    let mut before = BTreeSet::new();
    if let Some((first, rest)) = folded.split_first() {
        let mut reached = BTreeSet::from_iter(repository.list(*first, &[]));
        rest.iter().for_each(|other| reached.extend(repository.list(*other, &[])));
        before = requests.all(reached);
    }
    let new: BTreeSet<usize> = repository.list(revision, &folded).into_iter().collect();
    let is_counted = |node: &usize| {
        let made = &world.commits[*node];
        let is_merge = requests.merges.contains(node) || (made.merge && !requests.made.contains(node));
        !is_merge
            && !made.bot
            && !requests.replaced.contains(node)
            && made.time >= since
            && !before.contains(node)
    };
    // A squashed commit that is too old has no younger ones.
    let all = requests.all(new.into_iter().filter(|node| !before.contains(node)).collect());
    let counted = all.into_iter().filter(is_counted);
    counted.map(|node| (id(repository.id(node)), at(world.commits[node].time))).collect()
}

/// What pull requests made, as the world knows it.
#[derive(Default)]
struct Requests {
    own: BTreeMap<usize, Vec<usize>>,
    replaced: BTreeSet<usize>,
    merges: BTreeSet<usize>,
    made: BTreeSet<usize>,
}

impl Requests {
    fn new(world: &World, repository: &Repository) -> Self {
        let mut all = Self::default();
        for event in &world.events {
            let Event::Request { base, head, made, chain, merging, same_repository, .. } = event else {
                continue;
            };
            match (merging, same_repository) {
                (Merging::Merge, _) => drop(all.merges.insert(*made)),
                (_, false) => drop(all.made.insert(*made)),
                (_, true) => {
                    all.own.insert(*made, repository.list(*head, &[*base]));
                    all.replaced.extend(chain);
                }
            }
        }
        all
    }

    /// Commits, and those that were squashed into them.
    fn all(&self, commits: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut waiting = Vec::from_iter(commits);
        let mut all = BTreeSet::new();
        while let Some(node) = waiting.pop() {
            if all.insert(node) {
                waiting.extend(self.own.get(&node).into_iter().flatten());
            }
        }
        all
    }
}

/// How often each happened.
#[derive(Default)]
struct Tally {
    kinds: BTreeMap<&'static str, usize>,
    /// Why lead times are incomplete.
    reasons: BTreeMap<String, usize>,
    faults: Vec<String>,
}

impl Tally {
    /// The percentage of a kind.
    fn share(&self, kind: &str) -> f64 {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap());
        let all: usize = self.kinds.values().sum();
        100.0 * count(self.kinds.get(kind).copied().unwrap_or_default()) / count(all.max(1))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in &self.kinds {
            write!(f, "{count} {kind} ({:.1} %), ", self.share(kind))?;
        }
        write!(f, "incomplete because: {:#?}", self.reasons)
    }
}

struct Case<'w> {
    world: &'w World,
    repository: &'w Repository,
    deliveries: &'w [Delivery],
    seed: u64,
}

impl Case<'_> {
    /// Asks as whoever calls does: for older changes when these may tell, and for what is concerned.
    fn ask(
        &self,
        question: ChangeQuery<'_>,
        known: &[(i64, usize)],
        open: &[(i64, usize, bool)],
    ) -> ChangeSet {
        let live = |entries: &[(i64, usize)]| -> Vec<Live> {
            let live = |&(time, node): &(i64, usize)| Live {
                time: at(time),
                revision: id(self.repository.id(node)),
            };
            entries.iter().rev().map(live).collect()
        };
        let mut known = known.to_vec();
        let mut open = open.to_vec();
        let mut question = question;
        loop {
            let changes = self.arrived(question.read_since, question.now);
            let of_known = live(&known);
            let question_now = ChangeQuery { live: &of_known, ..question };
            let candidates = live(&open.iter().map(|(time, node, _)| (*time, *node)).collect::<Vec<_>>());
            let places = concerned(question_now, &changes, &candidates);
            if !places.is_empty() {
                let count = open.len();
                let asked: BTreeSet<usize> = places.iter().map(|place| count - 1 - place).collect();
                known.extend(
                    asked
                        .iter()
                        .map(|place| open[*place])
                        .filter(|open| open.2)
                        .map(|(time, node, _)| (time, node)),
                );
                known.sort_unstable();
                open = open
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| !asked.contains(place))
                    .map(|(_, open)| *open)
                    .collect();
                continue;
            }
            match change(question_now, &changes) {
                ChangeSet::Older if question.read_since > question.oldest => {
                    question.read_since = question.oldest
                }
                answer => return answer,
            }
        }
    }

    fn arrived(&self, since: Timestamp, now: Timestamp) -> Vec<Change> {
        let arrived = self.deliveries.iter().filter(|delivery| (since..=now).contains(&at(delivery.arrives)));
        arrived.map(|delivery| delivery.change.clone()).collect()
    }

    /// Whether a branch that is deployed was created with commits, but not on a branch that is deployed, or before all had
    /// arrived that was pushed there: what no delivery tells.
    fn presumes(&self, lines: &BTreeSet<String>, until: i64, now: Timestamp) -> bool {
        let pushes = || {
            self.world.events.iter().filter_map(|event| match event {
                Event::Push { branch, time, old, new, others, .. }
                    if lines.contains(branch) && *time < until =>
                {
                    Some((branch, *time, *old, *new, others))
                }
                _ => None,
            })
        };
        let has_arrived = |branch: &str, time: i64| {
            self.deliveries.iter().any(|Delivery { arrives, change }| {
                let is_it = |push: &Push| push.branch == branch && push.pushed == at(time);
                at(*arrives) <= now && matches!(change, Change::Push(push) if is_it(push))
            })
        };
        let began_elsewhere = |time: i64, listed: &[usize]| {
            let heads: Vec<usize> = pushes().filter(|push| push.1 < time).map(|push| push.3).collect();
            let parents = listed.iter().flat_map(|node| &self.world.commits[*node].parents);
            let mut below = parents.filter(|parent| !listed.contains(parent));
            below.any(|below| !heads.iter().any(|head| self.repository.is_ancestor(*below, *head)))
        };
        let mut created = pushes().filter(|(_, _, old, ..)| old.is_none());
        created.any(|(_, time, _, new, others)| {
            let listed = self.repository.list(new, others);
            let is_late = || pushes().any(|push| push.1 < time && !has_arrived(push.0, push.1));
            !listed.is_empty() && (began_elsewhere(time, &listed) || is_late())
        })
    }

    /// Compares what is published with the truth.
    fn judge(
        &self,
        what: &str,
        answer: &ChangeSet,
        truth: &BTreeMap<CommitId, Timestamp>,
    ) -> Result<&'static str, String> {
        let found: BTreeMap<CommitId, Timestamp> = match answer {
            ChangeSet::Changed(Changed { commits, .. }) => {
                commits.iter().map(|commit| (commit.id.clone(), commit.time)).collect()
            }
            ChangeSet::Nothing(_) => BTreeMap::new(),
            ChangeSet::Older => {
                return Err(format!("seed {}: {what}: older is asked for in vain", self.seed));
            }
            ChangeSet::Awaited { .. } => return Ok("awaited"),
            ChangeSet::Incomplete { .. } => return Ok("incomplete"),
        };
        if found == *truth {
            return Ok("exact");
        }
        let names = |commits: &BTreeMap<CommitId, Timestamp>| {
            let names = commits.keys().map(|commit| self.repository.number(&commit.to_string()).to_string());
            names.collect::<Vec<_>>().join(" ")
        };
        Err(format!("seed {}: {what}: published [{}], true is [{}]", self.seed, names(&found), names(truth)))
    }
}

#[test]
fn published_lead_times_are_what_git_finds() {
    let number = |name: &str| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seeds = match number("GIT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("GIT_SEEDS").unwrap_or(200),
    };
    let (mut complete, mut partial) = (Tally::default(), Tally::default());
    for seed in seeds {
        let world = World::new(seed);
        let tally = if seed % 2 == 0 { &mut complete } else { &mut partial };
        judge_world(world, seed, tally);
    }
    println!("all delivered: {complete}\nnot all delivered: {partial}");
    let faults = [complete.faults.as_slice(), &partial.faults].concat();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    // Where all has arrived, only what no delivery tells may be missing: what a branch began from, and what a force push
    // left.
    let untold = [
        "nothing tells what the branch of",
        "nothing tells what the force push that brought",
        "nothing tells whether",
        "a push to the branch has not arrived",
        "what tells",
    ];
    let told = complete.reasons.keys().find(|reason| !untold.iter().any(|untold| reason.starts_with(untold)));
    assert_eq!(told, None);
    for tally in [&complete, &partial] {
        assert!(number("GIT_SEED").is_some() || tally.share("presumed") <= 0.5, "{tally}");
    }
    assert!(number("GIT_SEED").is_some() || complete.share("incomplete") <= 6.0, "{complete}");
}

/// GitHub does not list all commits of a push.
#[test]
fn large_pushes() {
    let check = |count: usize, exact: usize, incomplete: usize| {
        let mut tally = Tally::default();
        judge_world(World::large(count), 0, &mut tally);
        let count = |kind: &str| tally.kinds.get(kind).copied().unwrap_or_default();
        assert_eq!((count("exact"), count("incomplete"), tally.faults), (exact, incomplete, Vec::new()));
    };
    // Two deployments, asked for three times each.
    check(2047, 6, 0);
    check(2100, 3, 1);
}

/// Judges each deployment of a world. Of odd seeds not all is delivered.
fn judge_world(mut world: World, seed: u64, tally: &mut Tally) {
    let repository = Repository::new(&format!("{seed}-{}", world.commits.len()), &world.commits);
    let mut chance = Chance::new(seed + 1_000_000);
    let last = world.events.last().map_or(START, Event::time);
    let how = match seed % 2 {
        0 => Delivering { since: 0, lost: 0, late: 0 },
        _ => Delivering {
            since: if chance.in_100(50) { 0 } else { chance.between(START, START + (last - START) / 2) },
            lost: if chance.in_100(50) { 0 } else { chance.below(15) },
            late: chance.below(30),
        },
    };
    let deliveries = deliveries(&mut world, &repository, how);
    if env::var("GIT_SEED").is_ok() {
        tell(&world, &repository, &deliveries);
    }
    let case = Case { world: &world, repository: &repository, deliveries: &deliveries, seed };
    judge_all(&case, &mut chance, tally);
    repository.remove();
}

/// Prints a world, for who looks into a fault.
fn tell(world: &World, repository: &Repository, deliveries: &[Delivery]) {
    for (number, made) in world.commits.iter().enumerate() {
        println!("{number}: {made:?}");
    }
    for event in &world.events {
        let change = delivered(world, repository, event);
        let delivery = deliveries.iter().find(|delivery| Some(&delivery.change) == change.as_ref());
        let arrives = delivery.map(|delivery| delivery.arrives - START);
        let listed = match &change {
            Some(Change::Push(push)) => {
                push.commits.iter().map(|commit| repository.number(&commit.id.to_string())).collect()
            }
            _ => Vec::new(),
        };
        println!("{} {event:?} lists {listed:?}, arrives {arrives:?}", event.time() - START);
    }
}

fn judge_all(case: &Case<'_>, chance: &mut Chance, tally: &mut Tally) {
    let (mut live, mut lines) = (Vec::<(i64, usize)>::new(), BTreeSet::from(["main".to_owned()]));
    for event in &case.world.events {
        let Event::Deploy { branch, time, revision } = event else { continue };
        lines.insert(branch.clone());
        let since = if live.is_empty() { time - LOOKBACK.as_secs() } else { 0 };
        let truth = truth(case.world, case.repository, *revision, &live, since);
        // Of some deployments before it is not known at first whether they went live.
        let (mut known, mut open) = (Vec::new(), Vec::new());
        for (place, entry) in live.iter().enumerate() {
            let is_known = place + 1 == live.len() || chance.in_100(50);
            if is_known { known.push(*entry) } else { open.push((entry.0, entry.1, true)) }
        }
        for _ in 0..chance.below(3) {
            let when = chance.between(START, *time);
            let mut pushed = case.world.events.iter().filter_map(|event| match event {
                Event::Push { new, time, branch, .. } if *time < when && lines.contains(branch) => Some(*new),
                _ => None,
            });
            open.extend(pushed.next_back().filter(|_| !live.is_empty()).map(|node| (when, node, false)));
        }
        open.sort_unstable();
        let deployed = at(*time);
        for delay in [SignedDuration::from_mins(15), SignedDuration::from_hours(30), LATEST_DELIVERY] {
            let question = ChangeQuery {
                revision: &id(case.repository.id(*revision)),
                live: &[],
                lines: &lines,
                deployed,
                lookback: LOOKBACK,
                now: deployed + delay,
                read_since: deployed - SignedDuration::from_hours(24 * chance.between(1, 90)),
                oldest: at(START - 1000),
            };
            let answer = case.ask(question, &known, &open);
            let what = format!("deployment of {revision} in {} after {delay}", time - START);
            match case.judge(&what, &answer, &truth) {
                Ok(kind) => *tally.kinds.entry(kind).or_default() += 1,
                Err(_) if case.presumes(&lines, *time, question.now) => {
                    *tally.kinds.entry("presumed").or_default() += 1;
                }
                Err(fault) => tally.faults.push(fault),
            }
            if let ChangeSet::Incomplete { reason, .. } = &answer {
                let words = reason.split(' ').filter(|word| word.len() < 40 && !word.contains('/'));
                *tally.reasons.entry(words.collect::<Vec<_>>().join(" ")).or_default() += 1;
                if env::var("GIT_SEED").is_ok() {
                    println!("{what}: {reason}, {}", case.repository.number_all(reason));
                }
            }
        }
        live.push((*time, *revision));
    }
}
