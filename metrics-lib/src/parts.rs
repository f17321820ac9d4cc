//! Where the lead time of a deployment goes: parts that follow each other without gap or overlap, and so add up to it.
//!
//! Parts are cut at instants. Before the execution these are those of the first commit's pull request, as GitHub's deliveries
//! have them; from then on the beginnings and ends of the execution's actions. Time whose border nothing has is a part of its
//! own, never zero.
//!
//! Sources: GitHub Docs, "Webhook events and payloads" (`pull_request`, `pull_request_review`); CodePipeline API reference,
//! `ListActionExecutions`.

mod headings;

pub use headings::{HEADINGS, Heading};

use crate::{
    contract::Metric,
    datum::DatumValue,
    event::{ActionCategory, ActionTime},
    statistics::Distribution,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// How many parts a lead time has at the most: a stage may be tried again any number of times, and the ledger keeps them all.
pub const MOST_PARTS: usize = 50;

/// A part of a lead time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What the time went into.
    pub kind: PartKind,
    /// When it began.
    pub start: Timestamp,
    /// When it ended, and the next one began.
    pub end: Timestamp,
}

impl Part {
    /// How long it took: never zero.
    pub fn duration(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }
}

/// What time goes into. Its text is a word; of a stage of a pipeline, `stage` and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// From the first commit until its pull request is ready for review; of one that was pushed to a branch that is deployed
    /// without a pull request, until it was pushed.
    Coding,
    /// Until somebody else reviews it.
    Pickup,
    /// Until it is approved for the last time; without an approval, until it is merged.
    Review,
    /// Until it is merged.
    Merge,
    /// Until the execution begins that deploys it.
    Queue,
    /// One or several of the above, whose border no delivery has.
    Unknown,
    /// Actions of a stage of the pipeline before production.
    Stage(String),
    /// Approvals only.
    Approval,
    /// Actions that deploy to production.
    Deploy,
    /// No action runs: between attempts, before a transition that is switched off, behind another execution.
    Wait,
}

impl PartKind {
    /// The metric that such time is part of.
    pub fn metric(&self) -> Metric {
        match self {
            Self::Coding => Metric::CodingTime,
            Self::Pickup => Metric::PickupTime,
            Self::Review => Metric::ReviewTime,
            Self::Merge => Metric::MergeTime,
            Self::Queue => Metric::QueueTime,
            Self::Unknown => Metric::UnknownTime,
            Self::Stage(_) | Self::Wait => Metric::PipelineTime,
            Self::Approval => Metric::ApprovalWait,
            Self::Deploy => Metric::DeployTime,
        }
    }

    /// Those that have no name of their own, by their texts.
    const WORDS: [(Self, &'static str); 9] = [
        (Self::Coding, "coding"),
        (Self::Pickup, "pickup"),
        (Self::Review, "review"),
        (Self::Merge, "merge"),
        (Self::Queue, "queue"),
        (Self::Unknown, "unknown"),
        (Self::Approval, "approval"),
        (Self::Deploy, "deploy"),
        (Self::Wait, "wait"),
    ];
    /// What the text of a stage begins with.
    const STAGE: &'static str = "stage ";
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, Self::WORDS.iter().find(|(kind, _)| kind == self)) {
            (Self::Stage(name), _) => write!(f, "{}{name}", Self::STAGE),
            (_, Some((_, word))) => f.pad(word),
            (_, None) => Ok(()),
        }
    }
}

impl Serialize for PartKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no [`Part`].
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no part of a lead time")]
pub struct NoPart(String);

/// The parts as the ledger keeps them: a line each, with its beginning and what it is. The last one ends with the lead time.
pub fn to_text(parts: &[Part]) -> String {
    let lines = parts.iter().map(|part| format!("{} {}", part.start, part.kind));
    Vec::from_iter(lines).join("\n")
}

/// Reads what [`to_text`] made of the parts of a lead time that ended at an instant.
///
/// # Errors
/// [`NoPart`] for a line that is none.
pub fn from_text(text: &str, end: Timestamp) -> Result<Vec<Part>, NoPart> {
    let read = |line: &str| {
        let (start, kind) = line.split_once(' ')?;
        Some((start.parse::<Timestamp>().ok()?, kind.parse::<PartKind>().ok()?))
    };
    let starts = text.lines().map(|line| read(line).ok_or_else(|| NoPart(line.to_owned())));
    let starts = starts.collect::<Result<Vec<_>, _>>()?;
    let ends = Vec::from_iter(starts.iter().skip(1).map(|(start, _)| *start).chain([end]));
    Ok(starts.into_iter().zip(ends).map(|((start, kind), end)| Part { kind, start, end }).collect())
}

impl FromStr for PartKind {
    type Err = NoPart;

    fn from_str(text: &str) -> Result<Self, NoPart> {
        if let Some(name) = text.strip_prefix(Self::STAGE) {
            return Ok(Self::Stage(name.to_owned()));
        }
        let known = Self::WORDS.into_iter().find(|(_, word)| *word == text);
        known.map(|(kind, _)| kind).ok_or_else(|| NoPart(text.to_owned()))
    }
}

/// When the pull request of a change's first commit came how far, as far as deliveries have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PullRequestTimes {
    /// When it was ready for review first: opened, or no longer a draft.
    pub ready: Option<Timestamp>,
    /// When somebody else than who opened it reviewed it first.
    pub reviewed: Option<Timestamp>,
    /// When it was approved for the last time before it was merged.
    pub approved: Option<Timestamp>,
    /// When it was merged.
    pub merged: Option<Timestamp>,
}

impl PullRequestTimes {
    /// Of a commit that was pushed to a branch that is deployed without a pull request.
    pub(crate) fn at_once(pushed: Timestamp) -> Self {
        let pushed = Some(pushed);
        Self { ready: pushed, reviewed: pushed, approved: pushed, merged: pushed }
    }
}

/// What several lead times went into.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    /// Into what.
    pub heading: Heading,
    /// The mean over all lead times, in seconds: zero where one has no such part. The means add up to the mean lead time.
    pub mean: f64,
    /// That mean / the mean lead time.
    pub share: f64,
    /// Of those that have such a part, in seconds; none if none has.
    pub of_some: Option<Distribution>,
}

/// What lead times went into, of those whose parts are known, in the order of [`HEADINGS`]; nothing if there are none.
pub fn spent<'a>(lead_times: impl IntoIterator<Item = &'a [Part]>) -> Vec<Spent> {
    let mut values: BTreeMap<Metric, Vec<f64>> = BTreeMap::new();
    let mut count = 0_u32;
    for parts in lead_times.into_iter().filter(|parts| !parts.is_empty()) {
        count += 1;
        for (metric, value) in by_metric(parts) {
            values.entry(metric).or_default().push(value.get());
        }
    }
    let whole: f64 = values.values().flatten().sum();
    if count == 0 {
        return Vec::new();
    }
    let spent = HEADINGS.into_iter().map(|heading| {
        let mut own = values.remove(&heading.metric).unwrap_or_default();
        own.sort_by(f64::total_cmp);
        let sum: f64 = own.iter().sum();
        Spent { heading, mean: sum / f64::from(count), share: sum / whole, of_some: Distribution::of(&own) }
    });
    spent.collect()
}

/// How much of a lead time went into each metric, in the order of the metrics.
pub fn by_metric(parts: &[Part]) -> Vec<(Metric, DatumValue)> {
    let mut all: BTreeMap<Metric, SignedDuration> = BTreeMap::new();
    for part in parts {
        let sum = all.entry(part.kind.metric()).or_default();
        *sum = sum.saturating_add(part.duration());
    }
    all.into_iter().filter_map(|(metric, sum)| Some((metric, DatumValue::seconds(sum).ok()?))).collect()
}

/// The parts of the time from a change's first commit until it was deployed, in order of time, none of them empty.
///
/// Where a source has no actions, all is deployment since the change of production began. An instant that lies before the one
/// that it should follow is taken for that one: clocks differ, and people review after a merge. What exceeds [`MOST_PARTS`] is
/// one part, at the end.
pub fn parts(
    first_commit: Timestamp,
    pull_request: PullRequestTimes,
    actions: &[ActionTime],
    began: Timestamp,
    deployed: Timestamp,
) -> Vec<Part> {
    let mut parts = Parts { all: Vec::new(), reached: first_commit, deployed };
    let PullRequestTimes { ready, reviewed, approved, merged } = pull_request;
    let approved = approved.or_else(|| reviewed.and(merged));
    let first_action = actions.iter().map(|action| action.start).min();
    let begin = first_action.or_else(|| (began < deployed).then_some(began));
    let latest = begin.unwrap_or(deployed);
    let mut is_known = true;
    for (kind, until) in [
        (PartKind::Coding, ready),
        (PartKind::Pickup, reviewed),
        (PartKind::Review, approved),
        (PartKind::Merge, merged),
        (PartKind::Queue, begin),
    ] {
        match until {
            Some(until) => {
                parts.until(until.min(latest), if is_known { kind } else { PartKind::Unknown });
                is_known = true;
            }
            None => is_known = false,
        }
    }
    if !is_known {
        parts.until(deployed, PartKind::Unknown);
    }
    if first_action.is_none() {
        parts.until(deployed, PartKind::Deploy);
    }
    let mut borders: Vec<Timestamp> =
        actions.iter().flat_map(|action| [Some(action.start), action.end]).flatten().collect();
    borders.push(deployed);
    borders.sort_unstable();
    for border in borders {
        let kind = running(actions, parts.reached);
        parts.until(border, kind);
    }
    parts.limited()
}

/// What an execution does from an instant on.
fn running(actions: &[ActionTime], time: Timestamp) -> PartKind {
    let runs = |action: &&ActionTime| action.start <= time && action.end.is_none_or(|end| time < end);
    let running: Vec<&ActionTime> = actions.iter().filter(runs).collect();
    let of = |category: ActionCategory| running.iter().find(|action| action.category == category);
    match (of(ActionCategory::Deploy), of(ActionCategory::Other), of(ActionCategory::Approval)) {
        (Some(_), _, _) => PartKind::Deploy,
        (None, Some(action), _) => PartKind::Stage(action.stage.clone()),
        (None, None, Some(_)) => PartKind::Approval,
        (None, None, None) => PartKind::Wait,
    }
}

/// Parts up to the instant that is reached.
struct Parts {
    all: Vec<Part>,
    reached: Timestamp,
    deployed: Timestamp,
}

impl Parts {
    /// Adds the time until an instant, if that is later than what is reached.
    fn until(&mut self, until: Timestamp, kind: PartKind) {
        let (start, end) = (self.reached, until.min(self.deployed));
        if end <= start {
            return;
        }
        self.reached = end;
        match self.all.last_mut() {
            Some(last) if last.kind == kind => last.end = end,
            _ => self.all.push(Part { kind, start, end }),
        }
    }

    /// All parts; of too many, the last ones as one.
    fn limited(self) -> Vec<Part> {
        let Self { mut all, reached, .. } = self;
        if all.len() > MOST_PARTS {
            all.truncate(MOST_PARTS);
            if let Some(last) = all.last_mut() {
                (last.kind, last.end) = (PartKind::Unknown, reached);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Hours after an instant.
    fn at(hours: f64) -> Timestamp {
        Timestamp::from_second((hours * 3600.0) as i64).unwrap()
    }

    fn action(stage: &str, category: ActionCategory, [start, end]: [f64; 2]) -> ActionTime {
        ActionTime { stage: stage.to_owned(), category, start: at(start), end: Some(at(end)) }
    }

    /// The parts from 0 h on, of an execution that begins after 10.
    fn check(pull_request: [Option<f64>; 4], actions: &[ActionTime], deployed: f64, expected: &str) {
        let [ready, reviewed, approved, merged] = pull_request.map(|hours| hours.map(at));
        let pull_request = PullRequestTimes { ready, reviewed, approved, merged };
        let mut found = String::new();
        for Part { kind, start, end } in parts(at(0.0), pull_request, actions, at(10.0), at(deployed)) {
            let hours = end.duration_since(start).as_secs_f64() / 3600.0;
            write!(found, "{kind:?} {hours}, ").unwrap();
        }
        assert_eq!(found.trim_end_matches(", "), expected);
    }

    const ALL: [Option<f64>; 4] = [Some(2.0), Some(3.0), Some(7.0), Some(8.0)];
    use ActionCategory::{Approval, Deploy, Other};

    #[test]
    fn before_the_execution() {
        let check =
            |pull_request, expected: &str| check(pull_request, &[], 12.0, &format!("{expected}, Deploy 2"));
        check(ALL, "Coding 2, Pickup 1, Review 4, Merge 1, Queue 2");
        check([None; 4], "Unknown 10");
        check([None, None, None, Some(8.0)], "Unknown 8, Queue 2");
        check([Some(2.0), None, None, Some(8.0)], "Coding 2, Unknown 6, Queue 2");
        check([Some(2.0), None, Some(7.0), None], "Coding 2, Unknown 8");
        // Merged without an approval.
        check([Some(2.0), Some(3.0), None, Some(8.0)], "Coding 2, Pickup 1, Review 5, Queue 2");
        // A merge after the execution began is outside.
        check([Some(2.0), Some(3.0), Some(7.0), Some(12.0)], "Coding 2, Pickup 1, Review 4, Merge 3");
    }

    /// A source that has neither actions nor a beginning.
    #[test]
    fn without_a_beginning() {
        check(ALL, &[], 10.0, "Coding 2, Pickup 1, Review 4, Merge 1, Unknown 2");
        check([None; 4], &[], 10.0, "Unknown 10");
    }

    #[test]
    fn an_approval_of_two_days() {
        let actions = [
            action("Source", Other, [10.0, 11.0]),
            action("Build", Other, [11.0, 12.0]),
            action("Release", Approval, [12.0, 60.0]),
            action("Production", Deploy, [60.0, 61.0]),
        ];
        let expected = "Coding 2, Pickup 1, Review 4, Merge 1, Queue 2, Stage(\"Source\") 1, Stage(\"Build\") 1, Approval 48, Deploy 1";
        check(ALL, &actions, 61.0, expected);
    }

    #[test]
    fn actions_side_by_side_and_attempts() {
        let actions = [
            action("Build", Other, [10.0, 12.0]),
            // Only after the other action has ended is the approval what is waited for.
            action("Build", Approval, [11.0, 14.0]),
            // A transition was switched off, and a stage was tried again.
            action("Production", Deploy, [16.0, 17.0]),
            action("Production", Deploy, [20.0, 21.0]),
        ];
        check(
            [None; 4],
            &actions,
            21.0,
            "Unknown 10, Stage(\"Build\") 2, Approval 2, Wait 2, Deploy 1, Wait 3, Deploy 1",
        );
        // What goes on after the deployment does not count.
        check([None; 4], &actions, 16.5, "Unknown 10, Stage(\"Build\") 2, Approval 2, Wait 2, Deploy 0.5");
    }

    #[test]
    fn too_many_attempts() {
        let attempt = |number| {
            let start = 10.0 + 2.0 * f64::from(number);
            action("Production", Deploy, [start, start + 1.0])
        };
        let parts = parts(
            at(0.0),
            PullRequestTimes::default(),
            &Vec::from_iter((0..50).map(attempt)),
            at(10.0),
            at(109.0),
        );
        let last = parts.last().map(|part| (&part.kind, part.end));
        assert_eq!((parts.len(), last), (MOST_PARTS, Some((&PartKind::Unknown, at(109.0)))));
    }

    #[test]
    fn means_add_up() {
        let slow = parts(at(0.0), PullRequestTimes::default(), &[], at(6.0), at(8.0));
        let quick = parts(at(0.0), PullRequestTimes::at_once(at(1.0)), &[], at(1.0), at(2.0));
        let spent = spent([slow.as_slice(), &quick, &[]]);
        let shown = spent.iter().filter(|spent| spent.mean > 0.0).map(|spent| {
            let median = spent.of_some.as_ref().unwrap();
            (spent.heading.title, spent.mean / 3600.0, spent.share, median.median / 3600.0, median.n)
        });
        assert_eq!(
            Vec::from_iter(shown),
            [("Coding", 0.5, 0.1, 1.0, 1), ("Unknown", 3.0, 0.6, 6.0, 1), ("Deployment", 1.5, 0.3, 1.5, 2)]
        );
        assert!(super::spent([[].as_slice()]).is_empty());
    }

    #[test]
    fn texts() {
        let words = PartKind::WORDS.into_iter().map(|(kind, _)| kind);
        for kind in words.chain([PartKind::Stage("Build it".into()), PartKind::Stage(String::new())]) {
            assert_eq!(kind.to_string().parse::<PartKind>().unwrap(), kind);
        }
        assert!("stage".parse::<PartKind>().is_err());
        let part = |kind, start, end| Part { kind, start: at(start), end: at(end) };
        let parts = [part(PartKind::Stage("Build it".into()), 0.0, 1.5), part(PartKind::Wait, 1.5, 3.0)];
        let text = "1970-01-01T00:00:00Z stage Build it\n1970-01-01T01:30:00Z wait";
        assert_eq!(to_text(&parts), text);
        assert_eq!(from_text(text, at(3.0)).unwrap(), parts);
        assert_eq!(from_text("", at(3.0)).unwrap(), []);
        for none in ["wait", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z lunch", "\n"] {
            assert!(from_text(none, at(3.0)).is_err(), "{none:?}");
        }
    }

    #[test]
    fn clocks_differ() {
        check(ALL, &[], 5.0, "Coding 2, Pickup 1, Review 2");
        check(ALL, &[], -1.0, "");
    }
}
