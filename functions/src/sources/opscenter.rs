//! Reads an `OpsItem`: events carry neither its operational data nor what it is about, so the API is asked.

mod events;

use super::{
    codepipeline::instant,
    envelope::{Envelope, Reading},
    source::{Asked, FoundIncident, IncidentEvent, IncidentLook, IncidentSource},
};
use crate::runtime::{error::Error, tools::Tools};
use aws_sdk_ssm::types::{OpsItem, OpsItemStatus};
use metrics_lib::{
    event::Incident,
    identity::{IncidentKey, UnitKey},
    rules::IncidentRule,
    sources::{codepipeline::PipelineKey, opscenter::OpsItemKey},
};
use serde::Deserialize;

/// `OpsCenter`, as a source of incidents.
#[derive(Debug)]
pub struct OpsCenter;

impl IncidentSource for OpsCenter {
    fn name(&self) -> &'static str {
        "opscenter"
    }

    fn read(&self, event: &Envelope) -> Result<Reading<IncidentEvent>, Error> {
        events::read(event)
    }

    fn find<'a>(&'a self, tools: &'a Tools, key: &'a IncidentKey) -> Asked<'a, IncidentLook> {
        Box::pin(async move {
            match key {
                IncidentKey::OpsItem(key) => find(tools, key).await,
                IncidentKey::Sourced(key) => Err(Error::UnknownSource(key.id.source.to_string())),
            }
        })
    }
}

/// What an `OpsItem` is, by the settings.
async fn find(tools: &Tools, key: &OpsItemKey) -> Result<IncidentLook, Error> {
    let Some(item) = ops_item(tools, key).await? else { return Ok(IncidentLook::Nothing) };
    if let Some(reason) = refusal(&tools.config.incidents, &item) {
        return Ok(IncidentLook::Refused(reason));
    }
    Ok(IncidentLook::Incident(Box::new(FoundIncident {
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

async fn ops_item(tools: &Tools, key: &OpsItemKey) -> Result<Option<OpsItem>, Error> {
    let reader = tools.clients.reader(&key.place).await;
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
    let created = created.ok_or_else(|| Error::Incident {
        key: Box::new(key.clone().into()),
        reason: "it has no creation time".into(),
    })?;
    let data = |name: &str| {
        let value = item.operational_data.as_ref()?.get(name)?.value.as_deref()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    Ok(Incident {
        key: key.clone().into(),
        created,
        title: item.title.clone().unwrap_or_default(),
        description: item.description.clone().unwrap_or_default(),
        deployment: data("dora/execution"),
        repository: data("dora/repository"),
        units: data("/aws/resources").map(|text| pipelines(&text)).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Resource {
    arn: String,
}

/// The pipelines among the resources of `/aws/resources`, `[{"arn": "…"}]`. `OpsCenter` lets people write anything
/// there; what is not such a list names no pipeline.
fn pipelines(text: &str) -> Vec<UnitKey> {
    let resources: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let arns = resources.into_iter().filter_map(|resource| serde_json::from_value::<Resource>(resource).ok());
    arns.filter_map(|resource| PipelineKey::from_arn(&resource.arn)).map(UnitKey::Pipeline).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_among_resources() {
        fn check(text: &str, expected: &[&str]) {
            let found: Vec<_> = pipelines(text)
                .into_iter()
                .map(|unit| match unit {
                    UnitKey::Pipeline(PipelineKey { place, pipeline }) => format!("{place} {pipeline}"),
                    UnitKey::Sourced(_) => unreachable!("an ARN names a pipeline"),
                })
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        check(
            r#"[{"arn":"arn:aws:codepipeline:eu-west-1:111111111111:shop"}]"#,
            &["111111111111 eu-west-1 shop"],
        );
        check(
            r#"[{"arn":"arn:aws:lambda:eu-west-1:111111111111:function:shop"},{"name":"x"},
                {"arn":"arn:aws-cn:codepipeline:cn-north-1:111111111111:shop"}]"#,
            &["111111111111 cn-north-1 shop"],
        );
        check("[]", &[]);
        check("{}", &[]);
        check("arn:aws:codepipeline:eu-west-1:111111111111:shop", &[]);
    }
}
