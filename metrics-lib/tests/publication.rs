//! The protocol of publication, through every interleaving of two facts of one slot, two messages of each, crashes, puts of
//! unknown outcome, and the reconciler. What moves are the protocol's own transitions.

use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::Metric,
    fact::FactState,
    publication::{Call, Holder, Progress, Put, Refusal, Slot, Standing},
};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// The facts, each with the values of its calls.
const FACTS: [(&str, &[usize]); 2] = [("a", &[1]), ("b", &[2, 1])];
/// Which fact each message is about.
const MESSAGES: [usize; 4] = [0, 0, 1, 1];
/// How often something goes wrong, at the most.
const MOST_FAULTS: u8 = 5;
/// The present, always: when time passes, everything else becomes older.
const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// More worlds than there are.
const MOST_WORLDS: usize = 3_000_000;
/// How long a claim holds.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// Longer than anything is waited for.
const LONG: SignedDuration = SignedDuration::from_hours(100);

/// What a message is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum At {
    /// It waits to be delivered.
    Queue,
    /// Its function has the claim.
    Claimed,
    /// Its function has CloudWatch's answer.
    Answered(Put),
    /// Its function is no more.
    CutOff,
    /// It is deleted.
    Done,
}

/// What the reconciler is at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Reconciler {
    Idle,
    /// It has read a fact and its slot, and what CloudWatch shows.
    Read(usize, Standing, usize),
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct World {
    slot: Slot,
    facts: [Progress; 2],
    /// How many of each fact's calls the ledger knows to be in CloudWatch.
    calls: [usize; 2],
    /// How often CloudWatch was given each call.
    puts: [[u8; 2]; 2],
    /// How many values CloudWatch shows for certain: those that were put before time passed.
    shown: usize,
    messages: [At; 4],
    reconciler: Reconciler,
    faults: u8,
}

impl World {
    fn new() -> Self {
        Self {
            slot: Slot::default(),
            facts: Default::default(),
            calls: [0; 2],
            puts: [[0; 2]; 2],
            shown: 0,
            messages: [At::Queue; 4],
            reconciler: Reconciler::Idle,
            faults: 0,
        }
    }

    fn standing(&self, fact: usize) -> Standing {
        Standing {
            progress: self.facts[fact].clone(),
            calls: self.calls[fact],
            batch: 0,
            slot: self.slot.clone(),
        }
    }

    fn with(&self, fact: usize, Standing { progress, calls, slot, .. }: Standing) -> Self {
        let mut next = Self { slot, ..self.clone() };
        next.facts[fact] = progress;
        next.calls[fact] = calls;
        next
    }

    fn values(&self) -> usize {
        let of = |((_, calls), puts): (&(&str, &[usize]), [u8; 2])| -> usize {
            calls.iter().zip(puts).map(|(values, puts)| values * usize::from(puts)).sum()
        };
        FACTS.iter().zip(self.puts).map(of).sum()
    }

    fn at(&self, message: usize, at: At) -> Self {
        let mut next = self.clone();
        next.messages[message] = at;
        next
    }

    /// CloudWatch is given the present call of a fact.
    fn given(&self, fact: usize) -> Self {
        let mut next = self.clone();
        next.puts[fact][self.calls[fact]] += 1;
        next
    }

    fn fault(&self) -> Option<Self> {
        (self.faults < MOST_FAULTS).then(|| Self { faults: self.faults + 1, ..self.clone() })
    }

    /// Everything that may happen next.
    fn next(&self, claim: Claim) -> Vec<Self> {
        let mut next: Vec<Self> =
            (0..MESSAGES.len()).flat_map(|message| self.moved(message, claim)).collect();
        next.extend(self.reconciled());
        next.extend(self.later());
        next
    }

    fn moved(&self, message: usize, claim: Claim) -> Vec<Self> {
        let fact = MESSAGES[message];
        let (name, calls) = FACTS[fact];
        let call = |number: usize| calls.get(number).map(|values| call(*values, number + 1 == calls.len()));
        let invocation = message.to_string();
        let standing = self.standing(fact);
        match self.messages[message] {
            At::Queue => {
                let call = call(standing.calls).unwrap_or_default();
                let holder = Holder { fact: name.to_owned(), call, then: FactState::Published };
                match claim(&standing, holder, &invocation, NOW) {
                    Ok(claimed) => vec![self.with(fact, claimed).at(message, At::Claimed)],
                    // The reconciler goes on with it.
                    Err(Refusal::Doubtful { .. } | Refusal::Closed) => vec![self.at(message, At::Done)],
                    Err(Refusal::CutOff) => {
                        let doubtful = standing.doubt(NOW).expect("a claim that has expired");
                        vec![self.with(fact, doubtful).at(message, At::Done)]
                    }
                    Err(
                        Refusal::Claimed { .. }
                        | Refusal::Held { .. }
                        | Refusal::Changed
                        | Refusal::Elsewhere,
                    ) => vec![],
                }
            }
            At::Claimed => {
                let mut next = vec![
                    self.given(fact).at(message, At::Answered(Put::Taken)),
                    self.at(message, At::Answered(Put::Refused)),
                ];
                if let Some(fault) = self.fault() {
                    let unknown = At::Answered(Put::Unknown);
                    next.extend([fault.at(message, unknown), fault.given(fact).at(message, unknown)]);
                    next.extend([fault.at(message, At::CutOff), fault.given(fact).at(message, At::CutOff)]);
                }
                // To be refused for ever is no behaviour that says anything.
                if self.faults == MOST_FAULTS {
                    next.truncate(1);
                }
                next
            }
            At::Answered(put) => {
                let next = call(standing.calls + 1);
                let goes_on = put == Put::Taken && next.is_some();
                let marked = standing.put(name, &invocation, (put, next), NOW).expect("a claim that holds");
                let then = match put {
                    Put::Refused => At::Queue,
                    _ if goes_on => At::Claimed,
                    _ => At::Done,
                };
                let mut next = vec![self.with(fact, marked).at(message, then)];
                next.extend(self.fault().map(|fault| fault.at(message, At::CutOff)));
                next
            }
            At::CutOff | At::Done => vec![],
        }
    }

    /// The reconciler reads, and then writes if nothing has changed.
    fn reconciled(&self) -> Vec<Self> {
        match &self.reconciler {
            Reconciler::Idle => {
                let due = (0..FACTS.len())
                    .filter(|fact| self.standing(*fact).due(NOW).is_some_and(|due| due <= NOW));
                let read = due.flat_map(|fact| {
                    // What was put a moment ago may be shown, or not yet.
                    [self.shown, self.values()].map(|shown| Self {
                        reconciler: Reconciler::Read(fact, self.standing(fact), shown),
                        ..self.clone()
                    })
                });
                read.collect()
            }
            Reconciler::Read(fact, standing, shown) => {
                let idle = Self { reconciler: Reconciler::Idle, ..self.clone() };
                if self.standing(*fact) != *standing {
                    return vec![idle];
                }
                let decided = standing.decide((FACTS[*fact].0, NOW), Some(*shown), NOW).expect("what is due");
                let is_open = decided.progress == Progress::Open;
                let decided = idle.with(*fact, decided);
                // What CloudWatch does not have, is done again.
                let message =
                    MESSAGES.iter().position(|about| about == fact).expect("each fact has a message");
                vec![if is_open { decided.at(message, At::Queue) } else { decided }]
            }
        }
    }

    /// A long time passes: nobody who has a claim lives that long, SQS delivers again what was not done, and CloudWatch shows
    /// all.
    fn later(&self) -> Option<Self> {
        let is_alive = |at: &At| matches!(at, At::Claimed | At::Answered(_));
        let has_read = self.reconciler != Reconciler::Idle;
        // Where nothing waits for it, time changes nothing.
        let matters = self.messages.contains(&At::CutOff)
            || self.shown != self.values()
            || self.facts.iter().any(|fact| {
                matches!(fact, Progress::Claimed { .. })
                    || matches!(fact, Progress::Doubtful { since } if NOW - *since < LONG)
            });
        if self.messages.iter().any(is_alive) || has_read || !matters {
            return None;
        }
        let redelivered = |at: At| if at == At::CutOff { At::Queue } else { at };
        // Nothing is older than long ago: what is, differs in nothing.
        let older = |time: Timestamp| (time - LONG).max(NOW - LONG);
        let aged = |progress: &Progress| match progress.clone() {
            Progress::Claimed { by, until } => Progress::Claimed { by, until: older(until) },
            Progress::Doubtful { since } => Progress::Doubtful { since: older(since) },
            progress => progress,
        };
        Some(Self {
            facts: self.facts.each_ref().map(aged),
            shown: self.values(),
            messages: self.messages.map(redelivered),
            ..self.clone()
        })
    }

    /// What is wrong, if anything is.
    fn fault_found(&self, is_last: bool) -> Option<String> {
        for (fact, (name, calls)) in FACTS.iter().enumerate() {
            let (progress, puts) = (&self.facts[fact], &self.puts[fact][..calls.len()]);
            if let Some(puts) = puts.iter().find(|puts| **puts > 1) {
                return Some(format!("{name} is put {puts} times"));
            }
            if *progress == Progress::Closed(FactState::Published) && puts.contains(&0) {
                return Some(format!("{name} is published, and CloudWatch does not have it"));
            }
            if *progress == Progress::Closed(FactState::Undecided) {
                return Some(format!("{name} is not decided, though the count tells"));
            }
            if is_last && *progress != Progress::Closed(FactState::Published) {
                return Some(format!("{name} is lost: nothing happens any more, and it is {progress:?}"));
            }
        }
        None
    }
}

/// A call with so many values.
fn call(values: usize, is_last: bool) -> Call {
    Call { values: BTreeMap::from([(Metric::Deployments, values)]), is_last, batch: 0 }
}

/// How a fact is claimed.
type Claim = fn(&Standing, Holder, &str, Timestamp) -> Result<Standing, Refusal>;

fn claim(standing: &Standing, holder: Holder, by: &str, now: Timestamp) -> Result<Standing, Refusal> {
    standing.claim(holder, Timestamp::UNIX_EPOCH, by, (now, now + LEASE))
}

/// Every world that can come about; how many they are, or what is wrong in the first that is wrong.
fn explore(claim: Claim) -> Result<usize, String> {
    let mut known = HashSet::from([World::new()]);
    let mut left = VecDeque::from([World::new()]);
    while let Some(world) = left.pop_front() {
        let next = world.next(claim);
        if let Some(fault) = world.fault_found(next.is_empty()) {
            return Err(fault);
        }
        assert!(known.len() < MOST_WORLDS, "there is no end of worlds");
        for next in next {
            if known.insert(next.clone()) {
                left.push_back(next);
            }
        }
    }
    Ok(known.len())
}

#[test]
fn every_interleaving_counts_each_fact_once() {
    let worlds = explore(claim).unwrap();
    assert!(worlds > 3_000, "only {worlds} worlds were seen");
}

/// Whoever takes over an expired claim puts a second time: the search finds it.
#[test]
fn taking_over_an_expired_claim_is_found() {
    let takeover: Claim = |standing, holder, by, now| match claim(standing, holder.clone(), by, now) {
        Err(Refusal::CutOff) => {
            let open = Standing {
                progress: Progress::Open,
                slot: Slot { holder: None, ..standing.slot.clone() },
                ..standing.clone()
            };
            claim(&open, holder, by, now)
        }
        claimed => claimed,
    };
    assert_eq!(explore(takeover).unwrap_err(), "a is put 2 times");
}

/// Two facts of a slot that are put at once: the count does not tell which of them CloudWatch has.
#[test]
fn facts_of_a_slot_at_once_are_found() {
    let at_once: Claim = |standing, holder, by, now| {
        let free = Standing { slot: Slot { holder: None, ..standing.slot.clone() }, ..standing.clone() };
        claim(&free, holder, by, now)
    };
    let explored = std::panic::catch_unwind(|| explore(at_once));
    assert!(!matches!(explored, Ok(Ok(_))), "nothing was found");
}

/// A fact whose put can't be decided is never put again.
#[test]
fn another_count_than_expected() {
    let holder = Holder { fact: "a".into(), call: call(2, true), then: FactState::Published };
    let (begin, time) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    let claimed = claim(&Standing::default(), holder.clone(), "1", begin).unwrap();
    let doubtful = claimed.put("a", "1", (Put::Unknown, None), begin).unwrap();
    let check = |shown: Option<usize>, hours: i64, expected: Result<Progress, ()>| {
        let now = begin + SignedDuration::from_hours(hours);
        let decided = doubtful.decide(("a", time), shown, now);
        assert_eq!(
            decided.map(|decided| decided.progress).map_err(|_| ()),
            expected,
            "{shown:?} after {hours} h"
        );
    };
    check(Some(2), 2, Err(()));
    check(Some(2), 3, Ok(Progress::Closed(FactState::Published)));
    check(Some(0), 3, Ok(Progress::Open));
    check(Some(1), 3, Ok(Progress::Closed(FactState::Undecided)));
    check(Some(3), 3, Ok(Progress::Closed(FactState::Undecided)));
    check(None, 3, Ok(Progress::Closed(FactState::Undecided)));
    // A slot whose count tells nothing, decides nothing.
    let spoiled = doubtful.decide(("a", time), Some(1), begin + LONG).unwrap();
    let next = Standing { progress: Progress::Open, slot: spoiled.slot, ..Standing::default() };
    let claimed = claim(&next, Holder { fact: "b".into(), ..holder }, "2", begin + LONG).unwrap();
    let doubtful = claimed.put("b", "2", (Put::Unknown, None), begin + LONG).unwrap();
    let decided = doubtful.decide(("b", time), Some(2), begin + LONG + LONG).unwrap();
    assert_eq!(decided.progress, Progress::Closed(FactState::Undecided));
    assert!(decided.slot.is_spoiled && decided.slot.holder.is_none());
}

/// The next call of a fact follows only if the data are those of the first.
#[test]
fn data_that_change_between_two_calls() {
    let begin = Timestamp::UNIX_EPOCH;
    let holder = |number: usize, batch: u64| {
        let call = Call { batch, ..call(1, number == 1) };
        Holder { fact: "a".into(), call, then: FactState::Published }
    };
    let claimed = claim(&Standing::default(), holder(0, 7), "1", begin).unwrap();
    let taken = claimed.put("a", "1", (Put::Taken, Some(holder(1, 7).call)), begin).unwrap();
    let open = taken.put("a", "1", (Put::Refused, None), begin).unwrap();
    assert_eq!((open.calls, &open.progress), (1, &Progress::Open));
    assert!(claim(&open, holder(1, 7), "2", begin).is_ok());
    assert_eq!(claim(&open, holder(1, 8), "2", begin), Err(Refusal::Changed));
    let given_up = open.give_up().unwrap();
    assert_eq!(given_up.progress, Progress::Closed(FactState::Undecided));
    assert_eq!(
        given_up.slot, open.slot,
        "what CloudWatch has of it is counted, so other facts can be decided"
    );
    assert_eq!(Standing::default().give_up(), Err(Refusal::Elsewhere));
}
