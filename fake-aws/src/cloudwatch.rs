//! CloudWatch: takes what the real one takes, and keeps every value.

use crate::{AwsError, cbor::Output, time};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, ops::Range};

/// A metric that a service vends: namespace, name, and its one dimension.
pub type Vended<'a> = (&'static str, &'static str, (&'static str, &'a str));

/// The units that CloudWatch knows.
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// What identifies a metric, and its unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricKey {
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// Its dimensions, by name.
    pub dimensions: BTreeMap<String, String>,
    /// The unit of its values.
    pub unit: String,
}

/// The metrics that were put, of each the values by instant.
#[derive(Debug, Default)]
pub struct CloudWatch {
    /// The states of the alarms, by name.
    alarms: BTreeMap<String, &'static str>,
    metrics: BTreeMap<MetricKey, BTreeMap<Timestamp, Vec<f64>>>,
    /// When the latest values of each namespace were put.
    pub latest: BTreeMap<String, Timestamp>,
    /// What was put, and is not shown yet.
    hidden: Vec<Hidden>,
}

/// Values that were put, and are not shown yet.
#[derive(Debug)]
struct Hidden {
    until: Timestamp,
    key: MetricKey,
    at: Timestamp,
    values: Vec<f64>,
}

/// How long CloudWatch takes to show values, and those older than a day. Source: `PutMetricData`, Amazon CloudWatch API
/// reference: up to fifteen minutes for a new metric, and 48 hours or more for old values.
const SHOWN_AFTER: [SignedDuration; 2] = [SignedDuration::from_mins(15), SignedDuration::from_hours(48)];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutMetricData {
    namespace: String,
    metric_data: Vec<Datum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Datum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<Value>,
    value: Option<Value>,
    values: Option<Vec<Value>>,
    counts: Option<Vec<Value>>,
    unit: Option<String>,
    storage_resolution: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetMetricData {
    metric_data_queries: Vec<MetricDataQuery>,
    start_time: Value,
    end_time: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricDataQuery {
    id: String,
    metric_stat: MetricStat,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricStat {
    metric: AskedMetric,
    period: i64,
    stat: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AskedMetric {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Dimension {
    name: String,
    value: String,
}

impl CloudWatch {
    /// CloudWatch with some alarms.
    pub(super) fn new(alarms: impl IntoIterator<Item = String>) -> Self {
        Self {
            alarms: alarms.into_iter().map(|name| (name, "INSUFFICIENT_DATA")).collect(),
            ..Self::default()
        }
    }

    /// Sets the state of every alarm whose name contains a text: `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub fn set_alarms(&mut self, text: &str, state: &'static str) {
        self.alarms.iter_mut().filter(|(name, _)| name.contains(text)).for_each(|(_, of)| *of = state);
    }

    /// Every metric with its values, which are in ascending order.
    pub fn metrics(&self) -> &BTreeMap<MetricKey, BTreeMap<Timestamp, Vec<f64>>> {
        &self.metrics
    }

    /// Adds a value to a metric, as if it had always been there.
    pub fn add(&mut self, metric: MetricKey, at: Timestamp, value: f64) {
        self.metrics.entry(metric).or_default().entry(at).or_default().push(value);
    }

    /// Adds a value that a service of AWS's tells.
    pub(super) fn vend(&mut self, (namespace, name, (dimension, of)): Vended<'_>, at: Timestamp, value: f64) {
        let key = MetricKey {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: [(dimension.to_owned(), of.to_owned())].into(),
            unit: "None".to_owned(),
        };
        self.add(key, at, value);
    }

    /// Answers an operation.
    pub(super) fn call(&mut self, operation: &str, input: Value, now: Timestamp) -> Result<Output, AwsError> {
        match operation {
            "PutMetricData" => self.put_metric_data(input, now).map(|()| Output::Object(Vec::new())),
            "GetMetricData" => self.get_metric_data(input, now),
            "DescribeAlarms" => Ok(self.describe_alarms(&input)),
            _ => Err(AwsError::not_implemented("cloudwatch", operation)),
        }
    }

    /// `DescribeAlarms`: nothing evaluates them here, so there is not enough data for any whose state was not set. All on one page.
    fn describe_alarms(&self, input: &Value) -> Output {
        let prefix = input["AlarmNamePrefix"].as_str().unwrap_or_default();
        let alarms = self.alarms.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(name, state)| {
            let state = Output::Text((*state).to_owned());
            Output::Object(vec![("AlarmName", Output::Text(name.clone())), ("StateValue", state)])
        });
        Output::Object(vec![("MetricAlarms", Output::List(alarms.collect()))])
    }

    /// `GetMetricData`: the number or the sum of the values, by periods that begin with 1970. All on one page.
    fn get_metric_data(&mut self, input: Value, now: Timestamp) -> Result<Output, AwsError> {
        self.hidden.retain(|hidden| now < hidden.until);
        let GetMetricData { metric_data_queries, start_time, end_time } =
            serde_json::from_value(input).map_err(|error| invalid(error.to_string()))?;
        let bound = |time: &Value| time::recorded(time).ok_or_else(|| invalid("a time is invalid"));
        let (start, end) = (bound(&start_time)?, bound(&end_time)?);
        if metric_data_queries.is_empty() || metric_data_queries.len() > 500 || start >= end {
            return Err(invalid("1 to 500 queries, and a start before the end, are required"));
        }
        let results = metric_data_queries.into_iter().map(|query| self.result(query, start..end));
        let results = results.collect::<Result<Vec<_>, _>>()?;
        Ok(Output::Object(vec![("MetricDataResults", Output::List(results))]))
    }

    fn result(
        &self,
        MetricDataQuery { id, metric_stat }: MetricDataQuery,
        range: Range<Timestamp>,
    ) -> Result<Output, AwsError> {
        let MetricStat { metric, period, stat } = metric_stat;
        if period <= 0 || period % 60 != 0 {
            return Err(invalid(format!("a period of {period} s is no multiple of 60")));
        }
        let dimensions =
            metric.dimensions.into_iter().map(|Dimension { name, value }| (name, value)).collect();
        let is_asked = |key: &MetricKey| {
            key.namespace == metric.namespace
                && key.name == metric.metric_name
                && key.dimensions == dimensions
        };
        let mut periods: BTreeMap<i64, f64> = BTreeMap::new();
        let metrics = self.metrics.iter().filter(|(key, _)| is_asked(key));
        let value = |values: &[f64]| match stat.as_str() {
            "SampleCount" => Ok(values.len() as f64),
            "Sum" => Ok(values.iter().sum()),
            _ => Err(AwsError::not_implemented("cloudwatch", &format!("GetMetricData {stat}"))),
        };
        let number = |time: &Timestamp| time.as_second().div_euclid(period);
        for (time, values) in metrics.flat_map(|(_, points)| points.range(range.clone())) {
            *periods.entry(number(time)).or_default() += value(values)?;
        }
        let hidden = self.hidden.iter().filter(|hidden| is_asked(&hidden.key) && range.contains(&hidden.at));
        for hidden in hidden {
            *periods.entry(number(&hidden.at)).or_default() -= value(&hidden.values)?;
        }
        // Where nothing is shown, there is no point.
        periods.retain(|_, value| *value != 0.0);
        // The latest first.
        let periods: Vec<_> = periods.into_iter().rev().collect();
        let times = periods.iter().filter_map(|(number, _)| Timestamp::from_second(number * period).ok());
        Ok(Output::Object(vec![
            ("Id", Output::Text(id)),
            ("Label", Output::Text(metric.metric_name)),
            ("Timestamps", Output::List(times.map(Output::Time).collect())),
            ("Values", Output::List(periods.iter().map(|(_, value)| Output::Number(*value)).collect())),
            ("StatusCode", Output::Text("Complete".into())),
        ]))
    }

    /// `PutMetricData`: all data or none.
    fn put_metric_data(&mut self, input: Value, now: Timestamp) -> Result<(), AwsError> {
        let PutMetricData { namespace, metric_data } = serde_json::from_value(input)
            .map_err(|error| AwsError::new("InvalidParameterValue", error.to_string()))?;
        check_name("Namespace", &namespace)?;
        if namespace.starts_with("AWS/") || namespace.starts_with(':') {
            return Err(invalid(format!("The value {namespace} for parameter Namespace is reserved.")));
        }
        if metric_data.is_empty() {
            return Err(AwsError::new("MissingParameter", "The parameter MetricData is required."));
        }
        if metric_data.len() > 1000 {
            return Err(invalid("The collection MetricData must not have a size greater than 1000."));
        }
        let read = metric_data.into_iter().map(|datum| datum.read(&namespace, now));
        let read = read.collect::<Result<Vec<_>, _>>()?;
        self.latest.insert(namespace, now);
        for (key, at, values) in read {
            let is_old = now.duration_since(at) > SignedDuration::from_hours(24);
            let until = now + SHOWN_AFTER[usize::from(is_old)];
            self.hidden.retain(|hidden| now < hidden.until);
            self.hidden.push(Hidden { until, key: key.clone(), at, values: values.clone() });
            let all = self.metrics.entry(key).or_default().entry(at).or_default();
            all.extend(values);
            all.sort_by(f64::total_cmp);
        }
        Ok(())
    }
}

impl Datum {
    fn read(self, namespace: &str, now: Timestamp) -> Result<(MetricKey, Timestamp, Vec<f64>), AwsError> {
        check_name("MetricName", &self.metric_name)?;
        if self.dimensions.len() > 30 {
            return Err(invalid("The collection Dimensions must not have a size greater than 30."));
        }
        let mut dimensions = BTreeMap::new();
        for Dimension { name, value } in self.dimensions {
            check_name("Dimensions.Name", &name)?;
            let printable = value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            if value.trim().is_empty() || value.len() > 1024 || !printable {
                return Err(invalid(format!(
                    "The value {value:?} for parameter Dimensions.Value is invalid."
                )));
            }
            if dimensions.insert(name, value).is_some() {
                return Err(invalid("No two dimensions may have the same name."));
            }
        }
        let unit = self.unit.unwrap_or_else(|| "None".into());
        if !UNITS.contains(&unit.as_str()) {
            return Err(invalid(format!(
                "The parameter Unit must be one of CloudWatch's units, not {unit}."
            )));
        }
        if self.storage_resolution.is_some_and(|seconds| seconds != 1 && seconds != 60) {
            return Err(invalid("The parameter StorageResolution must be 1 or 60."));
        }
        let at = match self.timestamp {
            None => now,
            Some(value) => {
                time::recorded(&value).ok_or_else(|| invalid("The parameter Timestamp is invalid."))?
            }
        };
        let age = now.duration_since(at);
        if age > SignedDuration::from_hours(14 * 24) || age < SignedDuration::from_hours(-2) {
            let message =
                "The parameter Timestamp must specify a time within the past two weeks or 2 hours ahead";
            return Err(invalid(format!("{message}; {at} is not, the present is {now}.")));
        }
        let values = match (self.value, self.values) {
            (Some(value), None) if self.counts.is_none() => vec![number("Value", &value)?],
            (None, Some(values)) => repeated(&values, self.counts.as_deref())?,
            _ => {
                let message =
                    "The parameters Value and Values are mutually exclusive and one must be specified.";
                return Err(AwsError::new("InvalidParameterCombination", message));
            }
        };
        let key = MetricKey { namespace: namespace.to_owned(), name: self.metric_name, dimensions, unit };
        Ok((key, at, values))
    }
}

/// The values, each as often as its count says.
fn repeated(values: &[Value], counts: Option<&[Value]>) -> Result<Vec<f64>, AwsError> {
    if values.is_empty() || values.len() > 150 {
        return Err(invalid("The collection Values must have 1 to 150 elements."));
    }
    if counts.is_some_and(|counts| counts.len() != values.len()) {
        return Err(invalid("The collections Values and Counts must have the same size."));
    }
    let mut all = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let count = counts.map_or(Ok(1.0), |counts| number("Counts", &counts[index]))?;
        if count < 0.0 {
            return Err(invalid("The collection Counts must not have negative elements."));
        }
        all.extend(std::iter::repeat_n(number("Values", value)?, count as usize));
    }
    Ok(all)
}

fn number(parameter: &str, value: &Value) -> Result<f64, AwsError> {
    let number = value.as_f64().filter(|number| number.abs() <= 2.0_f64.powi(360));
    number.ok_or_else(|| invalid(format!("The value {value} for parameter {parameter} is invalid.")))
}

fn check_name(parameter: &str, name: &str) -> Result<(), AwsError> {
    if name.trim().is_empty() || name.len() > 255 {
        return Err(invalid(format!("The parameter {parameter} must have 1 to 255 characters.")));
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}
