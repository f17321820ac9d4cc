//! The EventBridge events that the functions are fed with, as CodePipeline and `OpsCenter` send them.
//!
//! The wire types name the fields that are used and nothing else, so that floats as versions, missing triggers and
//! fields that come later can't break them.

use crate::{
    error::Error,
    wire::{self, Fault},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use metrics_lib::event::{ExecutionKey, OpsItemKey};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, Unexpected},
};
use serde_json::Value;

/// An event that a function acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A pipeline execution has succeeded.
    ExecutionSucceeded(ExecutionKey),
    /// An `OpsItem` was created.
    OpsItemRaised(OpsItemKey),
    /// An `OpsItem` was resolved at this instant.
    OpsItemResolved(OpsItemKey, Timestamp),
    /// Something else happened to an execution or `OpsItem`; nothing follows from it.
    Irrelevant,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "detail-type")]
    detail_type: String,
    #[serde(deserialize_with = "name")]
    account: String,
    #[serde(deserialize_with = "name")]
    region: String,
    time: Timestamp,
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
}

#[derive(Deserialize)]
enum PipelineState {
    #[serde(rename = "SUCCEEDED")]
    Succeeded,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OpsItemDetail {
    ops_item_id: metrics_lib::event::OpsItemId,
    status: Option<OpsItemStatus>,
    modified_time: Option<String>,
}

#[derive(Deserialize)]
enum OpsItemStatus {
    Resolved,
    Closed,
    #[serde(other)]
    Other,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Envelope { detail_type, account, region, time, detail } = wire::read(text.as_bytes())?;
        match detail_type.as_str() {
            "CodePipeline Pipeline Execution State Change" => {
                let PipelineDetail { pipeline, execution_id, state } = wire::part("detail", detail)?;
                Ok(match state {
                    PipelineState::Succeeded => {
                        Self::ExecutionSucceeded(ExecutionKey { account, region, pipeline, execution_id })
                    }
                    PipelineState::Other => Self::Irrelevant,
                })
            }
            "OpsItem Create" => {
                let OpsItemDetail { ops_item_id, .. } = wire::part("detail", detail)?;
                Ok(Self::OpsItemRaised(OpsItemKey { account, region, ops_item_id }))
            }
            "OpsItem Update" => {
                let OpsItemDetail { ops_item_id, status, modified_time } = wire::part("detail", detail)?;
                let key = OpsItemKey { account, region, ops_item_id };
                Ok(match status {
                    Some(OpsItemStatus::Resolved | OpsItemStatus::Closed) => {
                        let at = modified_time.as_deref().and_then(instant).unwrap_or(time);
                        Self::OpsItemResolved(key, at)
                    }
                    Some(OpsItemStatus::Other) | None => Self::Irrelevant,
                })
            }
            _ => Err(Error::Malformed(Fault {
                path: "detail-type".into(),
                reason: "it is none of the events that this function is made for".into(),
            })),
        }
    }
}

/// A name or id of AWS's. It is told in logs, asked for with the APIs, and part of the ledger's keys.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
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

    fn check(detail_type: &str, detail: &str, expected: Result<&str, &str>) {
        let text = format!(
            r#"{{"version":"0","id":"1","detail-type":"{detail_type}","source":"aws.x","account":"111111111111",
                "time":"2026-07-01T10:00:00Z","region":"eu-west-1","resources":[],"detail":{detail}}}"#
        );
        let found = match Event::parse(&text) {
            Ok(Event::ExecutionSucceeded(key)) => Ok(format!("succeeded {key}")),
            Ok(Event::OpsItemRaised(key)) => Ok(format!("raised {key}")),
            Ok(Event::OpsItemResolved(key, at)) => Ok(format!("resolved {key} {at}")),
            Ok(Event::Irrelevant) => Ok("irrelevant".into()),
            Err(Error::Malformed(fault)) => Err(fault.path),
            Err(other) => Err(other.to_string()),
        };
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{detail}");
    }

    #[test]
    fn executions() {
        let check =
            |detail, expected| check("CodePipeline Pipeline Execution State Change", detail, expected);
        // The documented event: versions are floats, a manual start leaves no trigger on SUCCEEDED.
        check(
            r#"{"pipeline":"shop","execution-id":"1b","start-time":"2026-07-01T09:00:00.123Z","state":"SUCCEEDED",
                "version":3.0,"pipeline-execution-attempt":1.0}"#,
            Ok("succeeded 111111111111/eu-west-1/shop/1b"),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED","version":3,"execution-trigger":
                {"trigger-type":"StartPipelineExecution","trigger-detail":"arn:aws:sts::111111111111:x"}}"#,
            Ok("succeeded 111111111111/eu-west-1/shop/1b"),
        );
        check(
            r#"{"pipeline":"shop","execution-id":"1b","state":"SUCCEEDED","execution-trigger":
                {"full-repository-name":"acme/shop","tag-name":"v1","commit-id":"c0ffee"}}"#,
            Ok("succeeded 111111111111/eu-west-1/shop/1b"),
        );
        check(r#"{"pipeline":"shop","execution-id":"1b","state":"SUPERSEDED"}"#, Ok("irrelevant"));
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
        check(
            "OpsItem Update",
            r#"{"ops-item-id":"oi-0123456789ab","status":"Resolved"}"#,
            Ok(&format!("{resolved} 2026-07-01T10:00:00Z")),
        );
        check(
            "OpsItem Update",
            r#"{"ops-item-id":"oi-0123456789ab","status":"InProgress"}"#,
            Ok("irrelevant"),
        );
        check("OpsItem Create", r#"{"ops-item-id":"oi-01234"}"#, Err("detail.ops-item-id"));
        check("EC2 Instance State-change Notification", "{}", Err("detail-type"));
    }

    #[test]
    fn an_event_ends_where_it_ends() {
        let event = r#"{"detail-type":"OpsItem Update","account":"111111111111","region":"eu-west-1",
            "time":"2026-07-01T10:00:00Z","detail":{"ops-item-id":"oi-0123456789ab"}}"#;
        assert_eq!(Event::parse(event).unwrap(), Event::Irrelevant);
        assert_eq!(Event::parse(&format!("{event}\n")).unwrap(), Event::Irrelevant);
        for rest in ["{}", "x", "\0", event] {
            assert!(Event::parse(&format!("{event}{rest}")).is_err(), "{rest}");
        }
    }
}
