//! CloudWatch data that CloudWatch accepts: what it would reject can't be built.
//!
//! The limits are those of the [PutMetricData API](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html).

use crate::contract::{Metric, Namespace, dimension};
use jiff::{SignedDuration, Timestamp};
use std::{cmp::Ordering, collections::BTreeMap};

/// How far back CloudWatch takes data.
pub const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How far ahead CloudWatch takes data.
pub const NEWEST: SignedDuration = SignedDuration::from_hours(2);
/// The longest value of a dimension, in characters.
pub const MAX_DIMENSION_VALUE: usize = 1024;
/// The most different values of a datum; each may be there any number of times.
pub const MAX_VALUES: usize = 150;
/// The most data of a call.
pub const MAX_DATA: usize = 1000;
/// The most bytes of a call. A call may be compressed; what counts then is not documented, so that it has to fit as it is.
pub const MAX_CALL: usize = 1_000_000;

/// A value that a datum can't have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidDatum {
    /// CloudWatch takes data of the last two weeks only.
    #[error("{time} is more than 14 days before {now}, CloudWatch no longer takes it")]
    TooOld {
        /// The datum's instant.
        time: Timestamp,
        /// The present.
        now: Timestamp,
    },
    /// CloudWatch takes data of the next two hours only.
    #[error("{time} is more than 2 hours after {now}, CloudWatch does not take it yet")]
    TooNew {
        /// The datum's instant.
        time: Timestamp,
        /// The present.
        now: Timestamp,
    },
    /// A length of time below zero.
    #[error("a duration of {0} is negative")]
    NegativeDuration(SignedDuration),
    /// A dimension's value that is empty, too long or not printable ASCII.
    #[error("{0:?} can't be the value of a dimension: 1 to 1,024 printable ASCII characters, not all blank")]
    DimensionValue(String),
}

/// An instant that CloudWatch takes data for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatumTime(Timestamp);

impl DatumTime {
    /// Accepts an instant from two weeks before to two hours after the present.
    ///
    /// # Errors
    /// [`InvalidDatum::TooOld`] and [`InvalidDatum::TooNew`].
    pub fn new(time: Timestamp, now: Timestamp) -> Result<Self, InvalidDatum> {
        let age = now.duration_since(time);
        if age > OLDEST {
            Err(InvalidDatum::TooOld { time, now })
        } else if -age > NEWEST {
            Err(InvalidDatum::TooNew { time, now })
        } else {
            Ok(Self(time))
        }
    }

    /// The instant.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

/// The value of a datum: finite and not negative, because it is made from counts and lengths of time only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DatumValue(f64);

impl DatumValue {
    /// One thing counted.
    pub const ONE: Self = Self(1.0);

    /// A number of things.
    pub fn count(number: usize) -> Self {
        Self(number as f64)
    }

    /// A length of time, in seconds.
    ///
    /// # Errors
    /// [`InvalidDatum::NegativeDuration`].
    pub fn seconds(duration: SignedDuration) -> Result<Self, InvalidDatum> {
        if duration.is_negative() {
            Err(InvalidDatum::NegativeDuration(duration))
        } else {
            Ok(Self(duration.as_secs_f64()))
        }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for DatumValue {}

impl PartialOrd for DatumValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Values are numbers, so that there is an order of all.
impl Ord for DatumValue {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The value of a dimension: printable ASCII, 1 to 1,024 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DimensionValue(String);

impl DimensionValue {
    /// Accepts a value that CloudWatch does.
    ///
    /// # Errors
    /// [`InvalidDatum::DimensionValue`].
    pub fn new(value: &str) -> Result<Self, InvalidDatum> {
        let printable = value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if printable && !value.trim().is_empty() && value.len() <= MAX_DIMENSION_VALUE {
            Ok(Self(value.into()))
        } else {
            Err(InvalidDatum::DimensionValue(value.into()))
        }
    }

    /// The value as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a datum is broken down by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The repository.
    Repository(DimensionValue),
    /// A team that owns the repository.
    Team(DimensionValue),
}

impl Dimension {
    /// The dimension's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Repository(_) => dimension::REPOSITORY,
            Self::Team(_) => dimension::TEAM,
        }
    }

    /// The dimension's value.
    pub fn value(&self) -> &str {
        match self {
            Self::Repository(value) | Self::Team(value) => value.as_str(),
        }
    }
}

/// A value that is there one or more times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The value.
    pub value: DatumValue,
    /// How often it is there: at least once.
    pub times: usize,
}

/// The values of one metric at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datum {
    /// The metric.
    pub metric: Metric,
    /// What it is broken down by; none for the whole organisation.
    pub dimension: Option<Dimension>,
    /// The instant that it is of.
    pub time: DatumTime,
    /// The values: 1 to 150 different ones, in ascending order.
    pub values: Vec<Repeated>,
}

impl Datum {
    /// How many values CloudWatch counts of it.
    pub fn samples(&self) -> usize {
        self.values.iter().map(|repeated| repeated.times).sum()
    }

    /// Whether a value is there more than once, so that its call has to say how often.
    pub fn repeats(&self) -> bool {
        self.values.iter().any(|repeated| repeated.times > 1)
    }

    /// No fewer bytes than it takes in a call, which names its members and writes a number in nine bytes
    /// ([Smithy's CBOR](https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html)).
    fn size(&self) -> usize {
        let dimension = self.dimension.as_ref().map_or(0, |by| 32 + by.name().len() + by.value().len());
        let number = if self.repeats() { 18 } else { 9 };
        96 + self.metric.name().len() + dimension + number * self.values.len()
    }
}

/// What CloudWatch gets of something: the data of one instant, however many.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The namespace of all data.
    pub namespace: Namespace,
    /// The data: each value without dimensions, by repository, and by each team that owns the repository, of metrics that
    /// [teams have](Metric::is_by_team).
    pub data: Vec<Datum>,
    /// What could not be built, and why.
    pub skipped: Vec<InvalidDatum>,
}

impl Batch {
    /// The values of metrics of one namespace at one instant, broken down by repository and teams.
    ///
    /// A repository whose name can't be a dimension still counts in the total; the rest is skipped and said so. The same
    /// values give the same data in the same order, in whatever order they come.
    pub fn new<'a>(
        namespace: Namespace,
        values: &[(Metric, DatumValue)],
        time: DatumTime,
        repository: Option<&str>,
        teams: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let dimensions =
            repository.map(|name| DimensionValue::new(name).map(Dimension::Repository)).into_iter();
        let teams = teams.into_iter().map(|name| DimensionValue::new(name).map(Dimension::Team));
        let (dimensions, skipped): (Vec<_>, Vec<_>) = dimensions.chain(teams).partition(Result::is_ok);
        let dimensions = dimensions.into_iter().flatten();
        let breakdown: Vec<_> = std::iter::once(None).chain(dimensions.map(Some)).collect();
        let mut by_metric: BTreeMap<Metric, BTreeMap<DatumValue, usize>> = BTreeMap::new();
        for &(metric, value) in values {
            debug_assert_eq!(metric.namespace(), namespace, "{metric} belongs to another namespace");
            *by_metric.entry(metric).or_default().entry(value).or_default() += 1;
        }
        let mut data = Vec::new();
        for (metric, values) in by_metric {
            let values: Vec<_> = values.into_iter().map(|(value, times)| Repeated { value, times }).collect();
            for (values, dimension) in
                values.chunks(MAX_VALUES).flat_map(|values| breakdown.iter().map(move |by| (values, by)))
            {
                if matches!(dimension, Some(Dimension::Team(_))) && !metric.is_by_team() {
                    continue;
                }
                data.push(Datum { metric, dimension: dimension.clone(), time, values: values.to_vec() });
            }
        }
        Self { namespace, data, skipped: skipped.into_iter().filter_map(Result::err).collect() }
    }

    /// The calls that put all data, each datum in one of them: as few as there can be in the data's order. The same batch
    /// gives the same calls, so that who knows how many of them were made knows what is left.
    pub fn calls(&self) -> Vec<Call<'_>> {
        let mut calls = Vec::new();
        let (mut begin, mut size) = (0, CALL);
        for (index, datum) in self.data.iter().enumerate() {
            if index - begin == MAX_DATA || size + datum.size() > MAX_CALL {
                calls.push(Call { namespace: self.namespace, data: &self.data[begin..index] });
                (begin, size) = (index, CALL);
            }
            size += datum.size();
        }
        if begin < self.data.len() {
            calls.push(Call { namespace: self.namespace, data: &self.data[begin..] });
        }
        calls
    }
}

/// What a call takes beside its data: the names of its members and the namespace.
const CALL: usize = 64;

/// One `PutMetricData` call: 1 to 1,000 data that together have no more than a megabyte. Only [`Batch::calls`] makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    namespace: Namespace,
    data: &'a [Datum],
}

impl<'a> Call<'a> {
    /// The namespace of all data.
    pub fn namespace(self) -> Namespace {
        self.namespace
    }

    /// The data.
    pub fn data(self) -> &'a [Datum] {
        self.data
    }

    /// No fewer bytes than its body has.
    pub fn size(self) -> usize {
        CALL + self.data.iter().map(Datum::size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_outside_of_the_window_cannot_be_built() {
        fn check(time: &str, accepted: bool) {
            let now = at("2026-06-15T12:00:00Z");
            assert_eq!(DatumTime::new(at(time), now).is_ok(), accepted, "{time}");
        }
        check("2026-06-15T12:00:00Z", true);
        check("2026-06-01T12:00:00Z", true);
        check("2026-06-01T11:59:59.999Z", false);
        check("2026-06-15T14:00:00Z", true);
        check("2026-06-15T14:00:00.001Z", false);
    }

    #[test]
    fn dimension_values_are_printable_ascii() {
        fn check(value: &str, accepted: bool) {
            assert_eq!(DimensionValue::new(value).is_ok(), accepted, "{value:?}");
        }
        check("acme/shop", true);
        check("bucket/path to/app.zip", true);
        check(&"x".repeat(1024), true);
        check(&"x".repeat(1025), false);
        check("", false);
        check("  ", false);
        check("bucket/ä.zip", false);
        check("line\nbreak", false);
    }

    #[test]
    fn negative_durations_cannot_be_built() {
        assert!(DatumValue::seconds(SignedDuration::from_millis(-1)).is_err());
        assert_eq!(DatumValue::seconds(SignedDuration::from_millis(1500)).unwrap().get(), 1.5);
    }

    #[test]
    fn a_change_of_any_size_is_put_in_calls_that_cloudwatch_takes() {
        /// So many commits of so many different lead times, of a repository that so many teams own: the data of each call,
        /// and the most different values and the samples of a datum.
        fn check(commits: usize, different: usize, teams: usize, expected: (&[usize], usize, usize)) {
            let time = DatumTime::new(at("2026-06-15T12:00:00Z"), at("2026-06-15T12:00:00Z")).unwrap();
            let value = |number: usize| (Metric::CommitLeadTime, DatumValue::count(number % different));
            let values: Vec<_> = (0..commits).map(value).collect();
            let teams: Vec<_> = (0..teams).map(|number| format!("team-{number}")).collect();
            let teams = teams.iter().map(String::as_str);
            let batch = Batch::new(Namespace::Dora, &values, time, Some("acme/shop"), teams);
            let calls = batch.calls();
            let data: Vec<_> = calls.iter().map(|call| call.data().len()).collect();
            let all = || calls.iter().flat_map(|call| call.data());
            let most = all().map(|datum| datum.values.len()).max().unwrap_or_default();
            let total = all().filter(|datum| datum.dimension.is_none()).map(Datum::samples).sum();
            assert_eq!((data.as_slice(), most, total), expected, "{commits} commits of {different}");
        }
        check(0, 1, 0, (&[], 0, 0));
        check(1, 1, 0, (&[2], 1, 1));
        check(150, 150, 1, (&[3], 150, 150));
        check(151, 151, 1, (&[6], 150, 151));
        check(151, 150, 1, (&[3], 150, 151));
        check(1_000_000, 3, 20, (&[22], 3, 1_000_000));
        check(1, 1, 998, (&[1000], 1, 1));
        check(1, 1, 999, (&[1000, 1], 1, 1));
        // What the data hold is more than a megabyte before they are a thousand.
        check(6750, 6750, 20, (&[666, 324], 150, 6750));
        check(100_000, 100_000, 0, (&[673, 661], 150, 100_000));
    }

    #[test]
    fn a_repository_that_cannot_be_a_dimension_still_counts_in_total() {
        let time = DatumTime::new(at("2026-06-15T12:00:00Z"), at("2026-06-15T12:00:00Z")).unwrap();
        let values = [(Metric::Deployments, DatumValue::ONE)];
        let batch = Batch::new(Namespace::Dora, &values, time, Some("bucket/ä.zip"), ["payments"]);
        let names: Vec<_> =
            batch.data.iter().map(|datum| datum.dimension.as_ref().map(Dimension::name)).collect();
        assert_eq!(names, [None, Some("Team")]);
        assert_eq!(batch.skipped, [InvalidDatum::DimensionValue("bucket/ä.zip".into())]);
    }
}
