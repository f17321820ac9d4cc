//! The levels that DORA sorts teams into.

use jiff::{Span, SpanRelativeTo, Unit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;

/// Where the levels of each metric end. The defaults are those of DORA's report of 2023.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    /// `deploymentsAWeek`.
    pub deployments_a_week: Bounds,
    /// `leadTime`, in seconds.
    pub lead_time: Bounds,
    /// `changeFailureRate`, in percent.
    pub change_failure_rate: Bounds,
    /// `timeToRestore`, in seconds.
    pub time_to_restore: Bounds,
}

/// Where the levels of a metric end: elite, high and medium; what is beyond is low.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// The worst that is elite.
    pub elite: f64,
    /// The worst that is high.
    pub high: f64,
    /// The worst that is medium.
    pub medium: f64,
}

impl Eq for Levels {}

impl Default for Levels {
    fn default() -> Self {
        let bounds = |elite, high, medium| Bounds { elite, high, medium };
        Self {
            deployments_a_week: bounds(7.0, 1.0, 7.0 / 30.0),
            lead_time: bounds(DAY, 7.0 * DAY, 30.0 * DAY),
            change_failure_rate: bounds(5.0, 10.0, 15.0),
            time_to_restore: bounds(HOUR, DAY, 7.0 * DAY),
        }
    }
}

/// A level of a configuration that can't be used: its path from the key on, its value, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLevel {
    /// The path.
    pub path: String,
    /// The value.
    pub value: Value,
    /// What is allowed.
    pub allowed: &'static str,
}

/// What a configuration of levels is.
pub(crate) const LEVELS: &str = "an object with deploymentsAWeek, leadTime, changeFailureRate and timeToRestore, each an object \
     such as {\"elite\": \"1d\", \"high\": \"7d\", \"medium\": \"30d\"}";
const AT_LEAST: &str = "numbers of deployments a week above 0, elite above high above medium";
const PERCENT: &str = "numbers from 0 to 100, elite below high below medium";
const LENGTHS: &str = "lengths of time such as \"1d\" or \"PT24H\", elite below high below medium";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    deployments_a_week: Option<Value>,
    lead_time: Option<Value>,
    change_failure_rate: Option<Value>,
    time_to_restore: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Three<T> {
    elite: T,
    high: T,
    medium: T,
}

impl Levels {
    /// Reads the levels of a configuration; a metric that it does not name keeps its default.
    ///
    /// # Errors
    /// The first level that can't be used.
    pub fn from_json(value: Value) -> Result<Self, InvalidLevel> {
        let wire: Wire = serde_json::from_value(value.clone()).map_err(|_| InvalidLevel {
            path: String::new(),
            value,
            allowed: LEVELS,
        })?;
        let mut levels = Self::default();
        let set = |bounds: &mut Bounds, path: &str, value: Option<Value>, read: Read, allowed| {
            let Some(value) = value else { return Ok(()) };
            match read(&value) {
                Some(read) => *bounds = read,
                None => return Err(InvalidLevel { path: format!(".{path}"), value, allowed }),
            }
            Ok(())
        };
        set(&mut levels.deployments_a_week, "deploymentsAWeek", wire.deployments_a_week, at_least, AT_LEAST)?;
        set(&mut levels.lead_time, "leadTime", wire.lead_time, lengths, LENGTHS)?;
        set(
            &mut levels.change_failure_rate,
            "changeFailureRate",
            wire.change_failure_rate,
            percentages,
            PERCENT,
        )?;
        set(&mut levels.time_to_restore, "timeToRestore", wire.time_to_restore, lengths, LENGTHS)?;
        Ok(levels)
    }
}

type Read = fn(&Value) -> Option<Bounds>;

fn at_least(value: &Value) -> Option<Bounds> {
    let Bounds { elite, high, medium } = numbers(value)?;
    (elite > high && high > medium && medium > 0.0).then_some(Bounds { elite, high, medium })
}

fn percentages(value: &Value) -> Option<Bounds> {
    ascending(numbers(value)?).filter(|bounds| bounds.medium <= 100.0)
}

fn lengths(value: &Value) -> Option<Bounds> {
    let Three { elite, high, medium } = Three::<Span>::deserialize(value).ok()?;
    // A day of this product has 24 hours.
    let seconds = |length: Span| length.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).ok();
    ascending(Bounds { elite: seconds(elite)?, high: seconds(high)?, medium: seconds(medium)? })
}

fn numbers(value: &Value) -> Option<Bounds> {
    let Three { elite, high, medium } = Three::<f64>::deserialize(value).ok()?;
    Some(Bounds { elite, high, medium })
}

fn ascending(bounds: Bounds) -> Option<Bounds> {
    let Bounds { elite, high, medium } = bounds;
    (0.0 < elite && elite < high && high < medium).then_some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn levels_of_a_configuration() {
        fn check(value: Value, expected: Result<fn(&Levels) -> Bounds, &str>, bounds: [f64; 3]) {
            let read = Levels::from_json(value.clone());
            match expected {
                Ok(get) => {
                    let Bounds { elite, high, medium } = get(&read.unwrap());
                    assert_eq!([elite, high, medium], bounds, "{value}");
                }
                Err(path) => assert_eq!(read.unwrap_err().path, path, "{value}"),
            }
        }
        let three = |elite: Value, high: Value, medium: Value| json!({"elite": elite, "high": high, "medium": medium});
        let lead_time = |value: Value| json!({ "leadTime": value });
        check(json!({}), Ok(|levels| levels.lead_time), [86400.0, 604_800.0, 2_592_000.0]);
        let hours = three("1h".into(), "PT2H".into(), "3h".into());
        check(lead_time(hours), Ok(|levels| levels.lead_time), [3600.0, 7200.0, 10800.0]);
        let days = three("1d".into(), "1w".into(), "30 days".into());
        check(lead_time(days), Ok(|levels| levels.lead_time), [86400.0, 604_800.0, 2_592_000.0]);
        check(lead_time(three("2h".into(), "1h".into(), "3h".into())), Err(".leadTime"), [0.0; 3]);
        check(lead_time(json!({"elite": "1h"})), Err(".leadTime"), [0.0; 3]);
        let rate = json!({"changeFailureRate": three(2.into(), 4.into(), 8.into())});
        check(rate, Ok(|levels| levels.change_failure_rate), [2.0, 4.0, 8.0]);
        let rate = json!({"changeFailureRate": three(2.into(), 4.into(), 800.into())});
        check(rate, Err(".changeFailureRate"), [0.0; 3]);
        let frequency = json!({"deploymentsAWeek": three(10.into(), 2.into(), 1.into())});
        check(frequency, Ok(|levels| levels.deployments_a_week), [10.0, 2.0, 1.0]);
        let frequency = json!({"deploymentsAWeek": three(1.into(), 2.into(), 10.into())});
        check(frequency, Err(".deploymentsAWeek"), [0.0; 3]);
        check(json!({"leadtime": {}}), Err(""), [0.0; 3]);
        check(json!("elite"), Err(""), [0.0; 3]);
    }
}
