//! Tries what the functions have to do in each account and region, without any effect.
//!
//! It is done under the role that the reconciler runs under, so it shows what the operator's own permissions can't: that
//! the read roles exist, trust the functions, and let them read.

use super::{hearing, incidents, step};
use crate::{
    ledger::Owner,
    runtime::error::Error,
    sources::{
        codepipeline::{execution_listing, incomplete},
        context::Context,
        deployments,
    },
};
use metrics_lib::{place::Place, sources::codepipeline::ExecutionKey};
use serde::{Deserialize, Serialize};

/// What was tried in an account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// The account and region.
    #[serde(flatten)]
    pub place: Place,
    /// What was tried.
    pub what: String,
    /// What came of it, if it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What went wrong, if it could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Tries to read the pipelines, an execution and the `OpsItem`s of each account and region.
pub(super) async fn check(context: &Context, owner: Owner<'_>) -> Result<Vec<Checked>, Error> {
    let (mut checks, now) = (Vec::new(), context.now()?);
    for place in context.places().await? {
        let found = step(executions(context, owner, &place)).await;
        checks.push(checked(place, "executions", found));
    }
    for place in context.ops_item_places().await? {
        let found = step(incidents::changed(context, &place, now)).await;
        checks.push(checked(place, "OpsItems", found.map(|_| "they can be listed".to_owned())));
    }
    for place in hearing::watched(context).await? {
        let found = step(hearing::undelivered(context, &place)).await;
        let undelivered = found.as_ref().copied().unwrap_or_default();
        let mut check = checked(place, "forwarding", found.map(|_| "no event was left".to_owned()));
        if undelivered > 0 {
            check.error = Some(format!("the rules could not deliver {undelivered} events"));
        }
        checks.push(check);
    }
    Ok(checks)
}

/// Tries to read the latest execution of the first pipeline that has one.
async fn executions(context: &Context, owner: Owner<'_>, place: &Place) -> Result<String, Error> {
    const API: &str = "codepipeline:ListPipelineExecutions";
    let reader = context.clients.reader(place).await;
    let pipelines = execution_listing::pipelines(&reader).await?;
    for pipeline in &pipelines {
        let request = reader.codepipeline.list_pipeline_executions().pipeline_name(pipeline).max_results(1);
        let page = request.send().await.map_err(Error::aws(API))?;
        let Some(latest) = page.pipeline_execution_summaries().first() else { continue };
        let id = latest.pipeline_execution_id().ok_or_else(|| incomplete(API, "pipelineExecutionId"))?;
        let (pipeline, execution_id) = (pipeline.clone(), id.to_owned());
        let key = ExecutionKey { place: place.clone(), pipeline, execution_id };
        match deployments::resolution(context, owner, &key.into()).await {
            Ok(_) | Err(Error::Unfinished { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    match pipelines.len() {
        0 => Ok("there is no pipeline".to_owned()),
        1 => Ok("1 pipeline can be read".to_owned()),
        number => Ok(format!("{number} pipelines can be read")),
    }
}

fn checked(place: Place, what: &str, found: Result<String, Error>) -> Checked {
    let (found, error) = match found {
        Ok(found) => (Some(found), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Checked { place, what: what.into(), found, error }
}
