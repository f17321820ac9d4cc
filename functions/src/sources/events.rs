//! The EventBridge events that the functions are fed with: their envelope, and what of them no source sends.
//!
//! Each source reads its own. Wire types name the fields that are used and nothing else, so that floats as versions, missing
//! triggers and fields that come later can't break them.

use super::{
    envelope::{Envelope, Reading},
    registry::Sources,
    source::{DeploymentEvent, IncidentChange, IncidentEvent},
};
use crate::runtime::error::Error;
use metrics_lib::{
    contract::probe,
    event::Deployment,
    format::Version,
    json::{self, Malformed},
    place::Place,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, Unexpected},
};
use serde_json::json;
use uuid::Uuid;

/// An event that a function acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something has happened to a deployment.
    Deployment(DeploymentEvent),
    /// Something has happened to an incident.
    Incident(IncidentEvent),
    /// A production deployment was counted: the product's own event, which one function hands on to another.
    Deployed(Box<Deployment>),
    /// Something else has happened to a deployment or incident; nothing follows from it.
    Irrelevant,
}

impl Event {
    /// What the event tells, without what it is about: a second event that tells the same is a duplicate.
    pub fn told(&self) -> &str {
        match self {
            Self::Deployment(event) => &event.told,
            Self::Incident(IncidentEvent { what: IncidentChange::Raised, .. }) => "created",
            Self::Incident(IncidentEvent { what: IncidentChange::Status(_), .. }) => "changed",
            Self::Deployed(_) => "deployed",
            Self::Irrelevant => "",
        }
    }

    /// The account and region that it comes from, if it is of use.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Deployment(event) => Some(event.key.place()),
            Self::Incident(event) => Some(event.key.place()),
            // Its place was heard from when it was counted.
            Self::Deployed(_) | Self::Irrelevant => None,
        }
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
    let detail = HandedOn { version: Version::default(), deployment };
    let Place { account, region } = deployment.key.place();
    let event = json!({"detail-type": DEPLOYED, "account": account, "region": region, "detail": detail});
    event.to_string()
}

impl Received {
    /// Reads an event.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str, sources: &Sources) -> Result<Self, Error> {
        let envelope: Envelope = json::read(text.as_bytes())?;
        let id = envelope.id;
        let told = match envelope.detail_type == probe::DETAIL_TYPE {
            true => Told::Probe(Probe { place: envelope.place(), purpose: envelope.detail()? }),
            false => Told::Event(Event::of(envelope, sources)?),
        };
        Ok(Self { id, told })
    }
}

impl Event {
    fn of(event: Envelope, sources: &Sources) -> Result<Self, Error> {
        if event.detail_type == DEPLOYED {
            // The version comes first: a later one may hold anything.
            event.detail::<HandedOn<IgnoredAny>>()?;
            let HandedOn::<Box<Deployment>> { deployment, .. } = event.detail()?;
            return Ok(Self::Deployed(deployment));
        }
        for source in sources.deployments() {
            match source.read(&event)? {
                Reading::Event(event) => return Ok(Self::Deployment(event)),
                Reading::Irrelevant => return Ok(Self::Irrelevant),
                Reading::NotOurs => {}
            }
        }
        for source in sources.incidents() {
            match source.read(&event)? {
                Reading::Event(event) => return Ok(Self::Incident(event)),
                Reading::Irrelevant => return Ok(Self::Irrelevant),
                Reading::NotOurs => {}
            }
        }
        Err(Error::Malformed(Malformed {
            path: "detail-type".into(),
            reason: "it is none of the events that this function is made for".into(),
        }))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::source::StatusEvent;
    use metrics_lib::event::{ActionCategory, ActionTime, Reference, SourceKind, SourceRevision};

    fn check(detail_type: &str, detail: &str, expected: Result<&str, &str>) {
        let text = format!(
            r#"{{"version":"0","id":"1","detail-type":"{detail_type}","source":"aws.x","account":"111111111111",
                "time":"2026-07-01T10:00:00Z","region":"eu-west-1","resources":[],"detail":{detail}}}"#
        );
        let event = |event| match event {
            Event::Deployment(DeploymentEvent { key, told, part: None, .. }) => format!("{told} {key}"),
            Event::Deployment(DeploymentEvent { key, told, part: Some(part), .. }) => {
                format!("{told} {part} of {key}")
            }
            Event::Incident(IncidentEvent { key, what: IncidentChange::Raised }) => format!("raised {key}"),
            Event::Incident(IncidentEvent {
                key,
                what: IncidentChange::Status(StatusEvent { is_resolved, at }),
            }) => {
                let status = if is_resolved { "resolved" } else { "open" };
                format!("{status} {key} {}", at.map(|at| at.to_string()).unwrap_or_default())
                    .trim_end()
                    .into()
            }
            Event::Deployed(deployment) => format!("deployed {}", deployment.key),
            Event::Irrelevant => "irrelevant".into(),
        };
        let found = match Received::parse(&text, &Sources::default()).map(|received| received.told) {
            Ok(Told::Event(told)) => Ok(event(told)),
            Ok(Told::Probe(Probe { place: Place { account, region }, purpose })) => {
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
        let [time, began] =
            ["2026-07-01T10:00:00.123456Z", "2026-07-01T09:00:00Z"].map(|at| at.parse().unwrap());
        let text = |text: &str| Some(text.to_owned());
        let deployment = Deployment {
            key: "111111111111/eu-west-1/shop/1b".parse().unwrap(),
            time,
            began,
            ended_as: text("InProgress"),
            source: SourceRevision {
                kind: SourceKind::Git,
                provider: text("GitHub"),
                connection: text("arn:aws:codeconnections:eu-west-1:111111111111:connection/c"),
                repository: "acme/shop".into(),
                reference: Reference::Tag("v1 \"quoted\"".into()),
                revision: text("c0ffee"),
                message: text("Mend it\n\nFixes oi-0123456789ab ✓"),
            },
            rule: "0f".into(),
            actions: vec![ActionTime {
                stage: "Production".into(),
                category: ActionCategory::Approval,
                start: began,
                end: None,
            }],
        };
        let received = Received::parse(&deployed(&deployment), &Sources::default()).unwrap();
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
            Ok("Succeeded1 111111111111/eu-west-1/shop/1b"),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED","version":3,"execution-trigger":
                {"trigger-type":"StartPipelineExecution","trigger-detail":"arn:aws:sts::111111111111:x"}}"#,
            Ok("Succeeded1 111111111111/eu-west-1/shop/1b"),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED","execution-trigger":
                {"full-repository-name":"acme/shop","tag-name":"v1","commit-id":"c0ffee"}}"#,
            Ok("Succeeded1 111111111111/eu-west-1/shop/1b"),
        );
        let ended = |state: &str| format!(r#"{{"pipeline":"shop","execution-id":"1b","state":"{state}"}}"#);
        for (state, expected) in [
            ("SUPERSEDED", "Superseded1 111111111111/eu-west-1/shop/1b"),
            ("CANCELED", "Superseded1 111111111111/eu-west-1/shop/1b"),
            ("FAILED", "Broken1 111111111111/eu-west-1/shop/1b"),
            ("STOPPED", "Broken1 111111111111/eu-west-1/shop/1b"),
            ("STARTED", "irrelevant"),
            ("RESUMED", "irrelevant"),
            ("STOPPING", "irrelevant"),
        ] {
            check(&ended(state), Ok(expected));
        }
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"FAILED","pipeline-execution-attempt":2.0}"#,
            Ok("Broken2 111111111111/eu-west-1/shop/1b"),
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
        let read = |text: &str| Received::parse(text, &Sources::default()).map(|received| received.told);
        assert_eq!(read(event).unwrap(), Told::Event(Event::Irrelevant));
        assert_eq!(read(&format!("{event}\n")).unwrap(), Told::Event(Event::Irrelevant));
        for rest in ["{}", "x", "\0", event] {
            assert!(read(&format!("{event}{rest}")).is_err(), "{rest}");
        }
    }
}
