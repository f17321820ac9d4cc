//! CloudWatch data that CloudWatch accepts: what it would reject can't be built.
//!
//! The limits are those of the [PutMetricData API](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html).

use crate::contract::{Metric, Namespace, dimension};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How far back CloudWatch takes data.
pub const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How far ahead CloudWatch takes data.
pub const NEWEST: SignedDuration = SignedDuration::from_hours(2);
/// The longest value of a dimension, in characters.
pub const MAX_DIMENSION_VALUE: usize = 1024;
/// The most values of a datum.
pub const MAX_VALUES: usize = 150;

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
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
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

/// The values of one metric at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// The metric.
    pub metric: Metric,
    /// What it is broken down by; none for the whole organisation.
    pub dimension: Option<Dimension>,
    /// The instant that it is of.
    pub time: DatumTime,
    /// The values: 1 to 150.
    pub values: Vec<DatumValue>,
}

/// Data for one `PutMetricData` call.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The namespace of all data.
    pub namespace: Namespace,
    /// The data: each value without dimensions, by repository, and by each team that owns the repository.
    pub data: Vec<Datum>,
    /// What could not be built, and why.
    pub skipped: Vec<InvalidDatum>,
}

impl Batch {
    /// The values of metrics of one namespace at one instant, broken down by repository and teams.
    ///
    /// A repository whose name can't be a dimension still counts in the total; the rest is skipped and said so.
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
        let mut by_metric: BTreeMap<Metric, Vec<DatumValue>> = BTreeMap::new();
        for &(metric, value) in values {
            debug_assert_eq!(metric.namespace(), namespace, "{metric} belongs to another namespace");
            by_metric.entry(metric).or_default().push(value);
        }
        let mut data = Vec::new();
        for (metric, values) in by_metric {
            for (values, dimension) in
                values.chunks(MAX_VALUES).flat_map(|values| breakdown.iter().map(move |by| (values, by)))
            {
                data.push(Datum { metric, dimension: dimension.clone(), time, values: values.to_vec() });
            }
        }
        Self { namespace, data, skipped: skipped.into_iter().filter_map(Result::err).collect() }
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
