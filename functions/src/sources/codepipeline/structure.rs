//! Which stages a pipeline has: by its structure in the version that an execution ran, else by what its latest deployment
//! shows.

use super::{actions, pipeline_execution, typed};
use crate::runtime::{clients::Reader, error::Error, tools::Tools};
use aws_sdk_codepipeline::types::{
    ExecutionType, PipelineExecutionFilter, PipelineExecutionStatus, SucceededInStageFilter,
};
use metrics_lib::sources::codepipeline::{
    ExecutionKey, PipelineKey,
    production::{Execution, Stage, Structure},
};
use std::sync::Arc;

const LIST: &str = "codepipeline:ListPipelineExecutions";
/// How many executions are looked at for one that ran through.
const MOST_LOOKED_AT: usize = 5;

/// The structure of the pipeline that an execution ran in; none if nothing tells it.
pub(super) async fn of(
    tools: &Tools,
    reader: &Reader,
    execution: &Execution,
) -> Result<Option<Arc<Structure>>, Error> {
    let pipeline = PipelineKey::from(&execution.key);
    if let Some(version) = execution.pipeline_version {
        if let Some(known) = tools.structures.get(execution, version) {
            return Ok(Some(known));
        }
        let now = tools.now()?;
        if let Some(structure) = declared(reader, &pipeline, version).await? {
            let structure = Arc::new(structure);
            tools.structures.put(pipeline, version, now, structure.clone());
            return Ok(Some(structure));
        }
    }
    Ok(shown(tools, reader, execution).await?.map(Arc::new))
}

/// The structure as it is declared; none if the pipeline or this version of it is no more.
async fn declared(reader: &Reader, pipeline: &PipelineKey, version: i32) -> Result<Option<Structure>, Error> {
    let request = reader.codepipeline.get_pipeline().name(&pipeline.pipeline).version(version);
    let output = match request.send().await {
        Ok(output) => output,
        Err(error)
            if error.as_service_error().is_some_and(|error| {
                error.is_pipeline_not_found_exception() || error.is_pipeline_version_not_found_exception()
            }) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(Error::aws("codepipeline:GetPipeline")(error)),
    };
    let stages = output.pipeline.map(|pipeline| pipeline.stages).unwrap_or_default();
    let stages = stages.into_iter().map(|stage| Stage {
        actions: stage.actions.into_iter().map(|action| action.name).collect(),
        name: stage.name,
    });
    Ok(Some(Structure { stages: stages.collect() }))
}

/// The structure that the pipeline's latest execution shows which ran a production stage, else the latest that ran through.
async fn shown(tools: &Tools, reader: &Reader, execution: &Execution) -> Result<Option<Structure>, Error> {
    let request = reader.codepipeline.list_pipeline_executions().pipeline_name(&execution.key.pipeline);
    let page = request.send().await.map_err(Error::aws(LIST))?;
    let ran_through = page.pipeline_execution_summaries().iter().filter(|summary| {
        summary.status == Some(PipelineExecutionStatus::Succeeded)
            && summary.execution_type != Some(ExecutionType::Rollback)
            && summary.pipeline_execution_id.as_ref() != Some(&execution.key.execution_id)
    });
    let mut latest = None;
    for id in ran_through.filter_map(|summary| summary.pipeline_execution_id.clone()).take(MOST_LOOKED_AT) {
        let key = ExecutionKey { execution_id: id, ..execution.key.clone() };
        let (detail, actions) = (pipeline_execution(reader, &key).await?, actions(reader, &key).await?);
        let structure = Structure::shown_by(&typed(&key, &detail, &actions)?);
        let rule = &tools.config.production;
        let is_production = |stage: &Stage| rule.may_be_production(&key.pipeline, &stage.name);
        if structure.stages.iter().any(is_production) {
            return Ok(Some(structure));
        }
        latest = latest.or(Some(structure));
    }
    Ok(latest)
}

/// Whether CodePipeline lists an execution among those that succeeded in a stage.
pub(super) async fn has_succeeded_in(
    reader: &Reader,
    key: &ExecutionKey,
    stage: &str,
) -> Result<bool, Error> {
    let filter = SucceededInStageFilter::builder().stage_name(stage).build();
    let filter = PipelineExecutionFilter::builder().succeeded_in_stage(filter).build();
    let request = reader.codepipeline.list_pipeline_executions().pipeline_name(&key.pipeline).filter(filter);
    let page = request.send().await.map_err(Error::aws(LIST))?;
    let mut ids =
        page.pipeline_execution_summaries().iter().filter_map(|summary| summary.pipeline_execution_id());
    Ok(ids.any(|id| id == key.execution_id))
}
