//! The EventBridge events that the functions are fed with, as CodePipeline and `OpsCenter` send them.
//!
//! The wire types name the fields that are used and nothing else, so that floats as versions, missing triggers and
//! fields that come later can't break them.

use super::places::Place;
use crate::runtime::{
    error::Error,
    json::{self, Fault},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use metrics_lib::{
    contract::probe,
    event::Deployment,
    format::Version,
    rules::ProductionRule,
    sources::{codepipeline::ExecutionKey, opscenter::OpsItemKey},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, Unexpected},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// An event that a function acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A pipeline execution has ended.
    ExecutionEnded {
        /// The execution.
        key: ExecutionKey,
        /// How it ended.
        state: FinalState,
        /// Which attempt it was: a run that failed may be retried.
        attempt: u32,
    },
    /// A pipeline execution has succeeded in a stage.
    StageSucceeded {
        /// The execution.
        key: ExecutionKey,
        /// The stage.
        stage: String,
    },
    /// An `OpsItem` was created.
    OpsItemRaised(OpsItemKey),
    /// An `OpsItem` was changed.
    OpsItemChanged(OpsItemKey, Change),
    /// A production deployment was counted: the product's own event, which one function hands on to another.
    Deployed(Box<Deployment>),
    /// Something else happened to an execution or `OpsItem`; nothing follows from it.
    Irrelevant,
}

/// How a pipeline execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalState {
    /// It ran to its end.
    Succeeded,
    /// It failed, or was stopped; it may be retried.
    Broken,
    /// A later execution took its place, or it was cancelled.
    Superseded,
}

/// A change of an `OpsItem`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it is resolved since; if not, it is open.
    pub is_resolved: bool,
    /// When it was, if the event says so.
    pub at: Option<Timestamp>,
}

impl Event {
    /// What the event tells, without what it is about: a second event that tells the same is a duplicate.
    pub fn told(&self) -> String {
        match self {
            Self::ExecutionEnded { state, attempt, .. } => format!("{state:?}{attempt}"),
            Self::StageSucceeded { .. } => "stage".into(),
            Self::OpsItemRaised(_) => "created".into(),
            Self::OpsItemChanged(..) => "changed".into(),
            Self::Deployed(_) => "deployed".into(),
            Self::Irrelevant => String::new(),
        }
    }

    /// The account and region that it comes from, if it is of use.
    pub fn place(&self) -> Option<(&str, &str)> {
        match self {
            Self::ExecutionEnded { key, .. } | Self::StageSucceeded { key, .. } => {
                Some((&key.account, &key.region))
            }
            Self::OpsItemRaised(key) | Self::OpsItemChanged(key, _) => Some((&key.account, &key.region)),
            // Its place was heard from when it was counted.
            Self::Deployed(_) | Self::Irrelevant => None,
        }
    }

    /// The execution that may have brought something to production, if the event is about one.
    ///
    /// Stages are compared by name here: the tooling accounts don't know which is the production stage.
    pub fn execution(&self, rule: &ProductionRule) -> Option<&ExecutionKey> {
        match self {
            Self::ExecutionEnded { key, .. } => Some(key),
            Self::StageSucceeded { key, stage } => {
                rule.may_be_production(&key.pipeline, stage).then_some(key)
            }
            Self::OpsItemRaised(_) | Self::OpsItemChanged(..) | Self::Deployed(_) | Self::Irrelevant => None,
        }
    }

    /// Whether a later event tells of the same execution, if it has not ended now: one that failed was retried.
    pub fn is_overtaken_while_it_runs(&self) -> bool {
        matches!(self, Self::ExecutionEnded { state: FinalState::Broken, .. })
    }
}

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What `EventBridge` calls it, for ever: a message that is put back from a dead-letter queue has another id, and the
    /// same event. Source: Amazon `EventBridge` user guide, "Event structure".
    pub id: Option<Uuid>,
    /// What it tells.
    pub told: Told,
}

/// What an event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What happened; a function acts on it.
    Event(Event),
    /// That events come, and nothing else: no function that counts gets to see it.
    Probe(Probe),
}

/// An event that the product itself has put on a default bus ([`metrics_lib::contract::probe`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The account and region of the bus.
    pub place: Place,
    /// What it was put for.
    pub purpose: Purpose,
}

/// What a probe was put for; it is the event's detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// Somebody has put it, and looks for it by this id.
    Probe(#[serde(with = "text")] Uuid),
    /// The schedule of the place has: as long as they come, events do.
    Heartbeat {},
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "uuid")]
    id: Option<Uuid>,
    #[serde(rename = "detail-type")]
    detail_type: String,
    #[serde(deserialize_with = "name")]
    account: String,
    #[serde(deserialize_with = "name")]
    region: String,
    detail: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PipelineDetail {
    #[serde(deserialize_with = "name")]
    pipeline: String,
    #[serde(deserialize_with = "name")]
    execution_id: String,
    state: PipelineState,
    // A whole number, written as a float.
    pipeline_execution_attempt: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum PipelineState {
    Succeeded,
    Failed,
    Stopped,
    Superseded,
    Canceled,
    Cancelled,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct StageDetail {
    #[serde(deserialize_with = "name")]
    pipeline: String,
    #[serde(deserialize_with = "name")]
    execution_id: String,
    stage: String,
    state: StageState,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum StageState {
    Succeeded,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OpsItemDetail {
    ops_item_id: metrics_lib::sources::opscenter::OpsItemId,
    status: Option<OpsItemStatus>,
    modified_time: Option<String>,
}

#[derive(Deserialize)]
enum OpsItemStatus {
    Open,
    InProgress,
    Resolved,
    Closed,
    #[serde(other)]
    Other,
}

impl OpsItemStatus {
    /// Whether it says that the incident is resolved; nothing is said by a status that is not one of incidents.
    fn is_resolved(&self) -> Option<bool> {
        match self {
            Self::Resolved | Self::Closed => Some(true),
            Self::Open | Self::InProgress => Some(false),
            Self::Other => None,
        }
    }
}

/// The detail type of a deployment that is handed on.
const DEPLOYED: &str = "Deployment";

/// The version of what is handed on, and the latest that is read. See docs/design/formats.md.
const HANDED_ON_VERSION: u32 = 1;

/// What is handed on.
#[derive(Serialize, Deserialize)]
struct HandedOn<D> {
    version: Version<HANDED_ON_VERSION>,
    deployment: D,
}

/// A deployment, as an event for the function that measures lead times.
pub(crate) fn deployed(deployment: &Deployment) -> String {
    let ExecutionKey { account, region, .. } = &deployment.key;
    let detail = HandedOn { version: Version::default(), deployment };
    let event = json!({"detail-type": DEPLOYED, "account": account, "region": region, "detail": detail});
    event.to_string()
}

impl Received {
    /// Reads an event.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let envelope: Envelope = json::read(text.as_bytes())?;
        let id = envelope.id;
        let told = match envelope.detail_type == probe::DETAIL_TYPE {
            true => {
                let Envelope { account, region, detail, .. } = envelope;
                Told::Probe(Probe { place: (account, region), purpose: json::part("detail", detail)? })
            }
            false => Told::Event(Event::of(envelope)?),
        };
        Ok(Self { id, told })
    }
}

impl Event {
    fn of(Envelope { detail_type, account, region, detail, .. }: Envelope) -> Result<Self, Error> {
        match detail_type.as_str() {
            "CodePipeline Pipeline Execution State Change" => {
                let detail = json::part("detail", detail)?;
                let PipelineDetail { pipeline, execution_id, state, pipeline_execution_attempt } = detail;
                let key = ExecutionKey { account, region, pipeline, execution_id };
                let state = match state {
                    PipelineState::Succeeded => FinalState::Succeeded,
                    PipelineState::Failed | PipelineState::Stopped => FinalState::Broken,
                    PipelineState::Superseded | PipelineState::Canceled | PipelineState::Cancelled => {
                        FinalState::Superseded
                    }
                    PipelineState::Other => return Ok(Self::Irrelevant),
                };
                let attempt = pipeline_execution_attempt.unwrap_or(1.0) as u32;
                Ok(Self::ExecutionEnded { key, state, attempt })
            }
            "CodePipeline Stage Execution State Change" => {
                let StageDetail { pipeline, execution_id, stage, state } = json::part("detail", detail)?;
                Ok(match state {
                    StageState::Succeeded => Self::StageSucceeded {
                        key: ExecutionKey { account, region, pipeline, execution_id },
                        stage,
                    },
                    StageState::Other => Self::Irrelevant,
                })
            }
            "OpsItem Create" => {
                let OpsItemDetail { ops_item_id, .. } = json::part("detail", detail)?;
                Ok(Self::OpsItemRaised(OpsItemKey { account, region, ops_item_id }))
            }
            "OpsItem Update" => {
                let OpsItemDetail { ops_item_id, status, modified_time } = json::part("detail", detail)?;
                let key = OpsItemKey { account, region, ops_item_id };
                let is_resolved = status.and_then(|status| status.is_resolved());
                let Some(is_resolved) = is_resolved else { return Ok(Self::Irrelevant) };
                let at = modified_time.as_deref().and_then(instant);
                Ok(Self::OpsItemChanged(key, Change { is_resolved, at }))
            }
            DEPLOYED => {
                // The version comes first: a later one may hold anything.
                json::part::<HandedOn<IgnoredAny>>("detail", detail.clone())?;
                let HandedOn::<Box<Deployment>> { deployment, .. } = json::part("detail", detail)?;
                Ok(Self::Deployed(deployment))
            }
            _ => Err(Error::Malformed(Fault {
                path: "detail-type".into(),
                reason: "it is none of the events that this function is made for".into(),
            })),
        }
    }
}

/// An id, as text.
pub(crate) mod text {
    use super::{Deserialize, Deserializer, Unexpected, Uuid};
    use serde::Serializer;
    use serde::de::Error;

    pub(crate) fn serialize<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
        let text = String::deserialize(deserializer)?;
        let invalid = |_| D::Error::invalid_value(Unexpected::Other("a text"), &"a UUID");
        text.parse().map_err(invalid)
    }
}

/// An event's id, if it is one: whatever else is there identifies nothing.
fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().and_then(|id| id.parse().ok()))
}

/// A name or id of AWS's. It is told in logs, asked for with the APIs, and part of the ledger's keys.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    if (1..=100).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name);
    }
    Err(D::Error::invalid_value(
        Unexpected::Other("a text"),
        &"1 to 100 letters, digits and characters of \".@-_\"",
    ))
}

/// An instant with or without an offset; without one it is UTC.
fn instant(text: &str) -> Option<Timestamp> {
    let utc = |text: &str| text.parse::<DateTime>().ok()?.to_zoned_datetime(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| utc(text).map(|at| at.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_lib::event::{Reference, Source, SourceKind};

    fn check(detail_type: &str, detail: &str, expected: Result<&str, &str>) {
        let text = format!(
            r#"{{"version":"0","id":"1","detail-type":"{detail_type}","source":"aws.x","account":"111111111111",
                "time":"2026-07-01T10:00:00Z","region":"eu-west-1","resources":[],"detail":{detail}}}"#
        );
        let event = |event| match event {
            Event::ExecutionEnded { key, state, attempt } => format!("{state:?} {attempt} {key}"),
            Event::StageSucceeded { key, stage } => format!("stage {stage} of {key}"),
            Event::OpsItemRaised(key) => format!("raised {key}"),
            Event::OpsItemChanged(key, Change { is_resolved, at }) => {
                let status = if is_resolved { "resolved" } else { "open" };
                format!("{status} {key} {}", at.map(|at| at.to_string()).unwrap_or_default())
                    .trim_end()
                    .into()
            }
            Event::Deployed(deployment) => format!("deployed {}", deployment.key),
            Event::Irrelevant => "irrelevant".into(),
        };
        let found = match Received::parse(&text).map(|received| received.told) {
            Ok(Told::Event(told)) => Ok(event(told)),
            Ok(Told::Probe(Probe { place: (account, region), purpose })) => {
                Ok(format!("{purpose:?} of {account}/{region}"))
            }
            Err(Error::Malformed(fault)) => Err(fault.path),
            Err(other) => Err(other.to_string()),
        };
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{detail}");
    }

    /// What one function hands on, another reads: all of it.
    #[test]
    fn deployments_that_are_handed_on() {
        let key = ["111111111111", "eu-west-1", "shop", "1b"].map(str::to_owned);
        let [account, region, pipeline, execution_id] = key;
        let [time, began] =
            ["2026-07-01T10:00:00.123456Z", "2026-07-01T09:00:00Z"].map(|at| at.parse().unwrap());
        let text = |text: &str| Some(text.to_owned());
        let deployment = Deployment {
            key: ExecutionKey { account, region, pipeline, execution_id },
            time,
            began,
            ended_as: text("InProgress"),
            source: Source {
                kind: SourceKind::Git,
                provider: text("GitHub"),
                connection: text("arn:aws:codeconnections:eu-west-1:111111111111:connection/c"),
                repository: "acme/shop".into(),
                reference: Reference::Tag("v1 \"quoted\"".into()),
                revision: text("c0ffee"),
                message: text("Mend it\n\nFixes oi-0123456789ab ✓"),
            },
            rule: "0f".into(),
        };
        let received = Received::parse(&deployed(&deployment)).unwrap();
        assert_eq!(received, Received { id: None, told: Told::Event(Event::Deployed(Box::new(deployment))) });
        check(DEPLOYED, r#"{"version":1,"deployment":{"key":{}}}"#, Err("detail.deployment.key"));
        check(DEPLOYED, r#"{"version":2,"deployment":{}}"#, Err("detail.version"));
        check(DEPLOYED, r#"{"deployment":{}}"#, Err("detail"));
    }

    #[test]
    fn executions() {
        let check = |detail: &str, expected: Result<&str, &str>| {
            check("CodePipeline Pipeline Execution State Change", detail, expected)
        };
        // The documented event: versions are floats, a manual start leaves no trigger on SUCCEEDED.
        check(
            r#"{"pipeline":"shop","execution-id":"1b","start-time":"2026-07-01T09:00:00.123Z","state":"SUCCEEDED",
                "version":3.0,"pipeline-execution-attempt":1.0}"#,
            Ok("Succeeded 1 111111111111/eu-west-1/shop/1b"),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED","version":3,"execution-trigger":
                {"trigger-type":"StartPipelineExecution","trigger-detail":"arn:aws:sts::111111111111:x"}}"#,
            Ok("Succeeded 1 111111111111/eu-west-1/shop/1b"),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED","execution-trigger":
                {"full-repository-name":"acme/shop","tag-name":"v1","commit-id":"c0ffee"}}"#,
            Ok("Succeeded 1 111111111111/eu-west-1/shop/1b"),
        );
        let ended = |state: &str| format!(r#"{{"pipeline":"shop","execution-id":"1b","state":"{state}"}}"#);
        for (state, expected) in [
            ("SUPERSEDED", "Superseded 1 111111111111/eu-west-1/shop/1b"),
            ("CANCELED", "Superseded 1 111111111111/eu-west-1/shop/1b"),
            ("FAILED", "Broken 1 111111111111/eu-west-1/shop/1b"),
            ("STOPPED", "Broken 1 111111111111/eu-west-1/shop/1b"),
            ("STARTED", "irrelevant"),
            ("RESUMED", "irrelevant"),
            ("STOPPING", "irrelevant"),
        ] {
            check(&ended(state), Ok(expected));
        }
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"FAILED","pipeline-execution-attempt":2.0}"#,
            Ok("Broken 2 111111111111/eu-west-1/shop/1b"),
        );
        check(r#"{"pipeline":"shop","execution-id":"1b","state":"INVENTED"}"#, Ok("irrelevant"));
        check(r#"{"pipeline":"shop","state":"SUCCEEDED"}"#, Err("detail"));
        check(r#"{"pipeline":5,"execution-id":"1b","state":"SUCCEEDED"}"#, Err("detail.pipeline"));
        // The ledger's keys join names with this.
        check(r#"{"pipeline":"a#b","execution-id":"1b","state":"SUCCEEDED"}"#, Err("detail.pipeline"));
        check(r#"{"pipeline":"shop","execution-id":"","state":"SUCCEEDED"}"#, Err("detail.execution-id"));
        let long = "x".repeat(101);
        let detail = format!(r#"{{"pipeline":"{long}","execution-id":"1b","state":"SUCCEEDED"}}"#);
        check(&detail, Err("detail.pipeline"));
        check("null", Err("detail"));
        check(r#"["shop","1b","SUCCEEDED"]"#, Err("detail"));
    }

    #[test]
    fn stages() {
        let check = |detail, expected| check("CodePipeline Stage Execution State Change", detail, expected);
        let succeeded = "stage Production of 111111111111/eu-west-1/shop/1b";
        check(
            r#"{"pipeline":"shop","execution-id":"1b","stage":"Production","state":"SUCCEEDED","version":3.0}"#,
            Ok(succeeded),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","stage":"Production","state":"STARTED"}"#,
            Ok("irrelevant"),
        );
        check(r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED"}"#, Err("detail"));
    }

    #[test]
    fn ops_items() {
        let resolved = "resolved 111111111111/eu-west-1/oi-0123456789ab";
        check(
            "OpsItem Create",
            r#"{"ops-item-id":"oi-0123456789ab","status":"Open","ops-item-type":"/aws/issue"}"#,
            Ok("raised 111111111111/eu-west-1/oi-0123456789ab"),
        );
        check(
            "OpsItem Update",
            r#"{"ops-item-id":"oi-0123456789ab","status":"Resolved","modified-time":"2026-07-01T09:59:00.5Z"}"#,
            Ok(&format!("{resolved} 2026-07-01T09:59:00.5Z")),
        );
        check(
            "OpsItem Update",
            r#"{"ops-item-id":"oi-0123456789ab","status":"Closed","modified-time":"2026-07-01T09:59:00"}"#,
            Ok(&format!("{resolved} 2026-07-01T09:59:00Z")),
        );
        check("OpsItem Update", r#"{"ops-item-id":"oi-0123456789ab","status":"Resolved"}"#, Ok(resolved));
        check("OpsItem Update", r#"{"ops-item-id":"oi-0123456789ab","status":"Approved"}"#, Ok("irrelevant"));
        check(
            "OpsItem Update",
            r#"{"ops-item-id":"oi-0123456789ab","status":"InProgress"}"#,
            Ok("open 111111111111/eu-west-1/oi-0123456789ab"),
        );
        check("OpsItem Create", r#"{"ops-item-id":"oi-01234"}"#, Err("detail.ops-item-id"));
        check("EC2 Instance State-change Notification", "{}", Err("detail-type"));
    }

    #[test]
    fn probes() {
        let check = |detail: &str, expected| check(probe::DETAIL_TYPE, detail, expected);
        check(
            r#"{"probe":"0c6f2f6e-3a55-4e8e-9b0a-6a2e0e1a7c11"}"#,
            Ok("Probe(0c6f2f6e-3a55-4e8e-9b0a-6a2e0e1a7c11) of 111111111111/eu-west-1"),
        );
        check(r#"{"heartbeat":{}}"#, Ok("Heartbeat of 111111111111/eu-west-1"));
        check(r#"{"heartbeat":1}"#, Err("detail"));
        check(r#"{"probe":"1b"}"#, Err("detail"));
        check(r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED"}"#, Err("detail"));
        check("{}", Err("detail"));
    }

    #[test]
    fn an_event_ends_where_it_ends() {
        let event = r#"{"detail-type":"OpsItem Update","account":"111111111111","region":"eu-west-1",
            "time":"2026-07-01T10:00:00Z","detail":{"ops-item-id":"oi-0123456789ab"}}"#;
        let read = |text: &str| Received::parse(text).map(|received| received.told);
        assert_eq!(read(event).unwrap(), Told::Event(Event::Irrelevant));
        assert_eq!(read(&format!("{event}\n")).unwrap(), Told::Event(Event::Irrelevant));
        for rest in ["{}", "x", "\0", event] {
            assert!(read(&format!("{event}{rest}")).is_err(), "{rest}");
        }
    }
}
