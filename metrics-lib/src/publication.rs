//! Publication: the protocol by which the data of a fact get into CloudWatch once, as a state machine.
//!
//! CloudWatch has no idempotency: points add up, and nothing can be deleted. So whoever publishes a fact claims it in the
//! ledger, puts its data, and marks it. A put may have an unknown outcome: the answer was lost, it took too long, or whoever
//! put was cut off. Such a fact is *doubtful*: nobody puts it again until CloudWatch shows whether it has the data.
//!
//! CloudWatch shows counts, not facts. Therefore facts that share a metric, a repository and a minute share a *slot*, and are
//! put one after another (where not every repository has metrics of its own, facts of all repositories share one): while a fact is claimed or doubtful, it holds the slot. The slot counts the values of each metric
//! that are known to be in CloudWatch, so the count that CloudWatch shows tells about the holder.
//!
//! ```text
//!            claim                 put: taken
//!   Open ------------> Claimed -------------------> Closed(Published)
//!    ^  ^                | |                               ^
//!    |  | put: refused   | | put: unknown, or cut off      | CloudWatch shows it
//!    |  +----------------+ +----------> Doubtful ----------+
//!    |                                   |   |
//!    |     CloudWatch does not show it   |   | CloudWatch shows another count
//!    +-----------------------------------+   +-----------> Closed(Undecided)
//! ```
//!
//! A large fact takes several calls. The next call follows only if the data are the same as when the first was put: settings
//! may have changed in between, or deliveries arrived. If they differ, CloudWatch has a part of what no longer is to be put,
//! and the fact is undecided.
//!
//! The functions of the ledger write what these functions return, on condition that nothing has changed since it was read;
//! `tests/publication.rs` runs the same functions through every interleaving of writers, crashes and unknown outcomes.

use crate::{
    contract::Metric,
    datum::{self, Batch, Datum, Dimension},
    fact::FactState,
    fnv::fnv_1a,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long after a put CloudWatch shows its values, if they are younger than a day. It shows them after minutes.
pub const SHOWN_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// The same for older values, which CloudWatch shows after 48 hours or more. Source: `PutMetricData`, Amazon CloudWatch
/// API reference.
pub const OLD_SHOWN_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// From this age on values are taken for old ones: some hours less than a day.
const OLD: SignedDuration = SignedDuration::from_hours(20);

/// Where the publication of a fact stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progress {
    /// Nobody publishes it, and which of its calls CloudWatch has is known.
    #[default]
    Open,
    /// Somebody publishes it.
    Claimed {
        /// Who: the id of an invocation.
        by: String,
        /// Until when at the most.
        until: Timestamp,
    },
    /// CloudWatch may have its data.
    Doubtful {
        /// When they were put at the latest.
        since: Timestamp,
    },
    /// Nothing is put any more.
    Closed(FactState),
}

/// The facts that share metrics, a minute, and [a repository or none](crate::fact::Fact::told_by).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// The fact that is claimed or doubtful, if one is.
    pub holder: Option<Holder>,
    /// How many values of each metric are known to be in CloudWatch.
    pub counted: Values,
    /// Whether CloudWatch shows another number, so that its count tells nothing.
    pub is_spoiled: bool,
}

/// What holds a slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// The fact.
    pub fact: String,
    /// Its present call.
    pub call: Call,
    /// The state of the fact once CloudWatch has them.
    pub then: FactState,
}

/// A fact and its slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Standing {
    /// The fact.
    pub progress: Progress,
    /// How many of its calls CloudWatch has: a large fact takes several, one after another.
    pub calls: usize,
    /// The [digest](Call::batch) of the data that these calls are of.
    pub batch: u64,
    /// The slot.
    pub slot: Slot,
}

/// How many values there are of each metric, of one repository, or without any for what is of none.
pub type Values = BTreeMap<Metric, usize>;

/// One call of a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Call {
    /// Its values that are of the slot. Where it has none, CloudWatch can't tell whether it has the call.
    pub values: Values,
    /// Whether it is the last.
    pub is_last: bool,
    /// A digest of all data of the fact, if they take several calls; 0 if one call takes them all.
    #[serde(default)]
    pub batch: u64,
}

/// The calls that give CloudWatch a batch, in order.
pub fn calls(batch: &Batch, repository: Option<&str>) -> Vec<Call> {
    let of_slot = |datum: &&Datum| match (&datum.dimension, repository) {
        (Some(Dimension::Repository(name)), Some(repository)) => name.as_str() == repository,
        (dimension, None) => dimension.is_none(),
        (_, Some(_)) => false,
    };
    let calls = batch.calls();
    let number = calls.len();
    let digest = if number > 1 { fnv_1a(format!("{:?}", batch.data).as_bytes()) } else { 0 };
    let call = |(index, call): (usize, datum::Call<'_>)| {
        let mut values = Values::new();
        for datum in call.data().iter().filter(of_slot) {
            *values.entry(datum.metric).or_default() += datum.samples();
        }
        Call { values, is_last: index + 1 == number, batch: digest }
    };
    calls.into_iter().enumerate().map(call).collect()
}

/// What a put led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Put {
    /// CloudWatch has the data.
    Taken,
    /// CloudWatch has not taken them: it said so, or was not asked.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// Why a transition is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else publishes the fact.
    Claimed {
        /// Until when at the most.
        until: Timestamp,
    },
    /// Whoever published the fact was cut off: it is to be made doubtful.
    CutOff,
    /// CloudWatch may have it.
    Doubtful {
        /// When it can be decided.
        due: Timestamp,
    },
    /// It is done.
    Closed,
    /// Another fact holds the slot.
    Held {
        /// That fact.
        by: String,
    },
    /// CloudWatch has some calls of the fact, and the others would be of other data: it is to be given up.
    Changed,
    /// The fact is in another state than the transition begins with.
    Elsewhere,
}

impl Standing {
    /// Claims a fact of a time, until whoever does has certainly ended.
    ///
    /// # Errors
    /// Any [`Refusal`] but [`Refusal::Elsewhere`].
    pub fn claim(
        &self,
        holder: Holder,
        time: Timestamp,
        by: &str,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<Self, Refusal> {
        match &self.progress {
            Progress::Open => {}
            Progress::Claimed { until, .. } if now < *until => {
                return Err(Refusal::Claimed { until: *until });
            }
            Progress::Claimed { .. } => return Err(Refusal::CutOff),
            Progress::Doubtful { since } => return Err(Refusal::Doubtful { due: due(*since, time) }),
            Progress::Closed(_) => return Err(Refusal::Closed),
        }
        if let Some(other) = &self.slot.holder {
            return Err(Refusal::Held { by: other.fact.clone() });
        }
        if self.calls > 0 && self.batch != holder.call.batch {
            return Err(Refusal::Changed);
        }
        let progress = Progress::Claimed { by: by.to_owned(), until };
        Ok(Self { progress, slot: Slot { holder: Some(holder), ..self.slot.clone() }, ..self.clone() })
    }

    /// Notes what a call of a claimed fact led to. If it was not the last and CloudWatch has it, the fact goes on with the
    /// next, which has so many values.
    ///
    /// # Errors
    /// [`Refusal::Elsewhere`], if it is not claimed by whoever put.
    pub fn put(
        &self,
        fact: &str,
        by: &str,
        (put, next): (Put, Option<Call>),
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let is_ours = matches!(&self.progress, Progress::Claimed { by: owner, .. } if owner == by);
        let holder = self.held(fact).filter(|_| is_ours).ok_or(Refusal::Elsewhere)?;
        Ok(match put {
            Put::Taken => match next.filter(|_| !holder.call.is_last) {
                Some(call) => {
                    let taken = self.taken(holder, self.progress.clone());
                    let holder = Some(Holder { call, ..holder.clone() });
                    Self { slot: Slot { holder, ..taken.slot }, ..taken }
                }
                None => self.taken(holder, after(holder)),
            },
            Put::Refused => self.released(Progress::Open),
            Put::Unknown => Self { progress: Progress::Doubtful { since: now }, ..self.clone() },
        })
    }

    /// Makes a fact doubtful whose publisher was cut off.
    ///
    /// # Errors
    /// [`Refusal::Elsewhere`], if it is not claimed, or still may be published.
    pub fn doubt(&self, now: Timestamp) -> Result<Self, Refusal> {
        match &self.progress {
            Progress::Claimed { until, .. } if *until <= now => {
                let progress = Progress::Doubtful { since: *until };
                Ok(Self { progress, ..self.clone() })
            }
            _ => Err(Refusal::Elsewhere),
        }
    }

    /// Gives up a fact whose data have changed between two of its calls.
    ///
    /// # Errors
    /// [`Refusal::Elsewhere`], if it is not open, or CloudWatch has none of its calls.
    pub fn give_up(&self) -> Result<Self, Refusal> {
        match self.progress {
            Progress::Open if self.calls > 0 => {
                Ok(Self { progress: Progress::Closed(FactState::Undecided), ..self.clone() })
            }
            _ => Err(Refusal::Elsewhere),
        }
    }

    /// When a doubtful fact of a time can be decided.
    pub fn due(&self, time: Timestamp) -> Option<Timestamp> {
        match &self.progress {
            Progress::Doubtful { since } => Some(due(*since, time)),
            _ => None,
        }
    }

    /// The metric whose count tells whether CloudWatch has the holder's present call, if there is one.
    pub fn telling(&self) -> Option<Metric> {
        self.slot.holder.as_ref()?.call.values.keys().next().copied()
    }

    /// Decides a doubtful fact by the number of values that CloudWatch shows of its [telling](Self::telling) metric, if
    /// that can be known.
    ///
    /// # Errors
    /// [`Refusal::Doubtful`], if CloudWatch may not show the data yet; [`Refusal::Elsewhere`].
    pub fn decide(
        &self,
        (fact, time): (&str, Timestamp),
        shown: Option<usize>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let due = self.due(time).ok_or(Refusal::Elsewhere)?;
        if now < due {
            return Err(Refusal::Doubtful { due });
        }
        let holder = self.held(fact).ok_or(Refusal::Elsewhere)?;
        let told = holder.call.values.first_key_value().zip(shown.filter(|_| !self.slot.is_spoiled));
        if let Some(((metric, values), shown)) = told {
            let counted = self.slot.counted.get(metric).copied().unwrap_or_default();
            if shown == counted + values {
                return Ok(self.taken(holder, after(holder)));
            }
            if shown == counted {
                return Ok(self.released(Progress::Open));
            }
        }
        let undecided = self.released(Progress::Closed(FactState::Undecided));
        Ok(Self { slot: Slot { is_spoiled: true, ..undecided.slot }, ..undecided })
    }

    /// Whether a fact holds the slot.
    pub fn holds(&self, fact: &str) -> bool {
        self.held(fact).is_some()
    }

    /// The fact, if it holds the slot.
    fn held(&self, fact: &str) -> Option<&Holder> {
        self.slot.holder.as_ref().filter(|holder| holder.fact == fact)
    }

    /// CloudWatch has the holder's present call.
    fn taken(&self, holder: &Holder, progress: Progress) -> Self {
        let mut taken = self.released(progress);
        taken.calls += 1;
        taken.batch = holder.call.batch;
        for (metric, values) in &holder.call.values {
            *taken.slot.counted.entry(*metric).or_default() += values;
        }
        taken
    }

    fn released(&self, progress: Progress) -> Self {
        Self { progress, slot: Slot { holder: None, ..self.slot.clone() }, ..self.clone() }
    }
}

/// Where a fact stands once CloudWatch has its present call.
fn after(holder: &Holder) -> Progress {
    if holder.call.is_last { Progress::Closed(holder.then) } else { Progress::Open }
}

/// When CloudWatch shows for certain what it has taken of a fact of a time.
fn due(since: Timestamp, time: Timestamp) -> Timestamp {
    let is_old = since.duration_since(time) > OLD;
    since.checked_add(if is_old { OLD_SHOWN_AFTER } else { SHOWN_AFTER }).unwrap_or(Timestamp::MAX)
}
