//! Reads an `OpsItem`: events carry neither its operational data nor what it is about, so the API is asked.

use crate::{
    runtime::{context::Context, error::Error},
    sources::codepipeline::instant,
};
use aws_sdk_ssm::types::{OpsItem, OpsItemStatus};
use jiff::Timestamp;
use metrics_lib::{
    event::Incident,
    rules::IncidentRule,
    sources::{codepipeline::PipelineKey, opscenter::OpsItemKey},
    time_to_restore::{StatusChange, ToldBy},
};
use serde::Deserialize;

/// An incident, and its status.
#[derive(Clone, Debug)]
pub struct Item {
    /// The incident.
    pub incident: Incident,
    is_resolved: bool,
    last_modified: Option<Timestamp>,
}

impl Item {
    /// The present status, as a change no later than when the `OpsItem` was changed last; none where the API does not say
    /// when that was.
    pub fn status_change(&self) -> Option<StatusChange> {
        let time = self.last_modified?.max(self.incident.created);
        Some(StatusChange { time, is_resolved: self.is_resolved, told_by: ToldBy::LastModified })
    }
}

/// The incident that an `OpsItem` is; none if it is none by the settings, or does not exist.
///
/// # Errors
/// [`Error::OpsItem`] for an answer without creation time, [`Error::Aws`].
pub async fn incident(context: &Context, key: &OpsItemKey) -> Result<Option<Incident>, Error> {
    Ok(item(context, key).await?.map(|item| item.incident))
}

/// What an `OpsItem` is.
#[derive(Clone, Debug)]
pub enum Found {
    /// An incident.
    Incident(Box<Item>),
    /// None by the settings, for this reason.
    Refused(String),
    /// It does not exist.
    Nothing,
}

/// The incident that an `OpsItem` is, with its status; none if it is none by the settings, or does not exist.
///
/// # Errors
/// Those of [`find`].
pub async fn item(context: &Context, key: &OpsItemKey) -> Result<Option<Item>, Error> {
    match find(context, key).await? {
        Found::Incident(item) => Ok(Some(*item)),
        Found::Refused(_) | Found::Nothing => Ok(None),
    }
}

/// What an `OpsItem` is, by the settings.
///
/// # Errors
/// [`Error::OpsItem`] for an answer without creation time, [`Error::Aws`].
pub async fn find(context: &Context, key: &OpsItemKey) -> Result<Found, Error> {
    let Some(item) = ops_item(context, key).await? else { return Ok(Found::Nothing) };
    if let Some(reason) = refusal(&context.config.incidents, &item) {
        return Ok(Found::Refused(reason));
    }
    Ok(Found::Incident(Box::new(Item {
        incident: typed(key, &item)?,
        is_resolved: item.status.as_ref().is_some_and(is_resolved),
        last_modified: item.last_modified_time.as_ref().and_then(instant),
    })))
}

/// Why an `OpsItem` does not count as an incident; none if it does. What it does not say is no reason against it, but for
/// the source, category and severity that are asked for.
fn refusal(rule: &IncidentRule, item: &OpsItem) -> Option<String> {
    if let Some(kind) = item.ops_item_type.as_deref().filter(|kind| !is_incident_type(rule, Some(kind))) {
        return Some(format!("type {kind} is none of incidents"));
    }
    let asked = [
        ("source", &rule.sources, &item.source),
        ("category", &rule.categories, &item.category),
        ("severity", &rule.severities, &item.severity),
    ];
    asked.into_iter().find_map(|(name, allowed, value)| {
        let counts = allowed.is_empty() || value.as_ref().is_some_and(|value| allowed.contains(value));
        (!counts).then(|| match value {
            Some(value) => format!("{name} {value} is none of incidents"),
            None => format!("it has no {name}, and only some count"),
        })
    })
}

/// Whether `OpsItem`s of a type are incidents: one without a type is, and where no types are named all are.
pub(crate) fn is_incident_type(rule: &IncidentRule, kind: Option<&str>) -> bool {
    rule.types.is_empty() || kind.is_none_or(|kind| rule.types.contains(kind))
}

async fn ops_item(context: &Context, key: &OpsItemKey) -> Result<Option<OpsItem>, Error> {
    let reader = context.clients.reader(&key.account, &key.region).await;
    match reader.ssm.get_ops_item().ops_item_id(key.ops_item_id.as_str()).send().await {
        Ok(output) => Ok(output.ops_item),
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_ops_item_not_found_exception()) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error::aws("ssm:GetOpsItem")(error)),
    }
}

/// Whether a status says that somebody has resolved the incident.
pub(crate) fn is_resolved(status: &OpsItemStatus) -> bool {
    matches!(status, OpsItemStatus::Resolved | OpsItemStatus::Closed)
}

fn typed(key: &OpsItemKey, item: &OpsItem) -> Result<Incident, Error> {
    let created = item.created_time.as_ref().and_then(instant);
    let created = created
        .ok_or_else(|| Error::OpsItem { key: key.clone(), reason: "it has no creation time".into() })?;
    let data = |name: &str| {
        let value = item.operational_data.as_ref()?.get(name)?.value.as_deref()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    Ok(Incident {
        key: key.clone(),
        created,
        title: item.title.clone().unwrap_or_default(),
        description: item.description.clone().unwrap_or_default(),
        execution_id: data("dora/execution"),
        repository: data("dora/repository"),
        pipelines: data("/aws/resources").map(|text| pipelines(&text)).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Resource {
    arn: String,
}

/// The pipelines among the resources of `/aws/resources`, `[{"arn": "…"}]`. `OpsCenter` lets people write anything
/// there; what is not such a list names no pipeline.
fn pipelines(text: &str) -> Vec<PipelineKey> {
    let resources: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let arns = resources.into_iter().filter_map(|resource| serde_json::from_value::<Resource>(resource).ok());
    arns.filter_map(|resource| PipelineKey::from_arn(&resource.arn)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_among_resources() {
        fn check(text: &str, expected: &[&str]) {
            let found: Vec<_> = pipelines(text)
                .into_iter()
                .map(|key| format!("{}/{}/{}", key.account, key.region, key.pipeline))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        check(
            r#"[{"arn":"arn:aws:codepipeline:eu-west-1:111111111111:shop"}]"#,
            &["111111111111/eu-west-1/shop"],
        );
        check(
            r#"[{"arn":"arn:aws:lambda:eu-west-1:111111111111:function:shop"},{"name":"x"},
                {"arn":"arn:aws-cn:codepipeline:cn-north-1:111111111111:shop"}]"#,
            &["111111111111/cn-north-1/shop"],
        );
        check("[]", &[]);
        check("{}", &[]);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop", &[]);
    }
}
