//! Reads an `OpsItem`: events carry neither its operational data nor what it is about, so the API is asked.

use crate::{context::Context, error::Error, pipelines::instant};
use aws_sdk_ssm::types::{OpsItem, OpsItemStatus};
use jiff::Timestamp;
use metrics_lib::event::{Incident, OpsItemKey, PipelineKey};
use serde::Deserialize;

/// The type of `OpsItem`s that are incidents.
pub(crate) const ISSUE: &str = "/aws/issue";

/// The incident that an `OpsItem` is; none if it is of another type, or does not exist.
///
/// # Errors
/// [`Error::OpsItem`] for an answer without creation time, [`Error::Aws`].
pub async fn incident(context: &Context, key: &OpsItemKey) -> Result<Option<Incident>, Error> {
    match ops_item(context, key).await? {
        Some(item) if item.ops_item_type.as_deref().is_none_or(|kind| kind == ISSUE) => {
            typed(key, &item).map(Some)
        }
        Some(_) | None => Ok(None),
    }
}

/// When an incident that is resolved now was resolved at the latest: when it was changed last.
///
/// # Errors
/// [`Error::Aws`].
pub async fn resolution(context: &Context, key: &OpsItemKey) -> Result<Option<Timestamp>, Error> {
    let item = ops_item(context, key).await?;
    let resolved = item.filter(|item| item.status.as_ref().is_some_and(is_resolved));
    Ok(resolved.and_then(|item| instant(&item.last_modified_time?)))
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
