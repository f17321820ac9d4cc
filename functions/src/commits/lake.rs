//! Reads the lake through Athena: values are parameters, never part of a statement.

use crate::{
    ledger::Owner,
    runtime::{error::Error, tools::Tools},
};
use aws_sdk_athena::types::{QueryExecutionContext, QueryExecutionState, QueryExecutionStatus};
use jiff::Timestamp;
use metrics_lib::{
    lake::{self, CHANGES_STATEMENT, Change, Row, bucket, day, literal},
    repository::GitName,
};
use sha2::{Digest, Sha256};
use std::{
    ops::Range,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// What must be left of an invocation's time to use a query's answer, or to stop the query and say so.
const RESERVE: Duration = Duration::from_secs(5);
/// How long to wait between two looks at a query, at first and at the most.
const POLL: Range<Duration> = Duration::from_millis(100)..Duration::from_secs(2);

/// All that the lake holds of a repository from a range of time. The same query of one invocation is started once, and
/// stopped when the invocation is about to end.
///
/// # Errors
/// [`Error::Query`] for a query that fails, is cancelled or takes too long; [`Error::Aws`]; [`Error::Lake`].
pub async fn changes(
    tools: &Tools,
    repository: &GitName,
    time: Range<Timestamp>,
    Owner { invocation, deadline, .. }: Owner<'_>,
) -> Result<Vec<Change>, Error> {
    let parameters = [bucket(repository), day(time.start), day(time.end), repository.key()];
    let parameters = parameters.map(|text| literal(&text));
    let id = start(tools, &parameters, invocation).await?;
    wait(tools, &id, deadline).await?;
    let rows = results(tools, &id).await?;
    let changes = (1..).zip(rows).map(|(row, columns)| {
        let change = Row::from_columns(columns).and_then(Change::try_from);
        change.map_err(|invalid| Error::Lake { query: id.clone(), row, invalid })
    });
    changes.collect()
}

async fn start(tools: &Tools, parameters: &[String], invocation: &str) -> Result<String, Error> {
    const API: &str = "athena:StartQueryExecution";
    let mut token = Sha256::new();
    for part in parameters.iter().map(String::as_str).chain([CHANGES_STATEMENT, invocation]) {
        token.update(part.len().to_le_bytes());
        token.update(part);
    }
    let request = tools.clients.athena.start_query_execution().query_string(CHANGES_STATEMENT);
    let output = request
        .set_execution_parameters(Some(parameters.to_vec()))
        .client_request_token(hex::encode(token.finalize()))
        .work_group(&tools.config.athena_workgroup)
        .query_execution_context(
            QueryExecutionContext::builder().database(&tools.config.lake_database).build(),
        )
        .send()
        .await
        .map_err(Error::aws(API))?;
    output.query_execution_id.ok_or_else(|| incomplete(API, "QueryExecutionId"))
}

/// Waits until a query has succeeded. One that takes too long is stopped.
async fn wait(tools: &Tools, id: &str, deadline: Instant) -> Result<(), Error> {
    let mut pause = POLL.start;
    loop {
        let status = status(tools, id).await?;
        let failed = |state: &str, reason: Option<&str>| Error::Query {
            id: id.to_owned(),
            state: state.to_owned(),
            reason: reason.unwrap_or("no reason is given").to_owned(),
        };
        let reason = status.state_change_reason();
        match status.state() {
            Some(QueryExecutionState::Succeeded) => return Ok(()),
            Some(QueryExecutionState::Failed | QueryExecutionState::Cancelled) => {
                return Err(failed(status.state().map_or("", |state| state.as_str()), reason));
            }
            _ if Instant::now() + pause + RESERVE > deadline => {
                let stop = tools.clients.athena.stop_query_execution().query_execution_id(id);
                stop.send().await.map_err(Error::aws("athena:StopQueryExecution"))?;
                return Err(failed("stopped", Some("it took too long")));
            }
            _ => sleep(pause).await,
        }
        pause = (pause * 2).min(POLL.end);
    }
}

async fn status(tools: &Tools, id: &str) -> Result<QueryExecutionStatus, Error> {
    const API: &str = "athena:GetQueryExecution";
    let request = tools.clients.athena.get_query_execution().query_execution_id(id);
    let output = request.send().await.map_err(Error::aws(API))?;
    let status = output.query_execution.and_then(|execution| execution.status);
    status.ok_or_else(|| incomplete(API, "QueryExecution.Status"))
}

/// The rows of a query's result, without the first, which holds the columns' names.
async fn results(tools: &Tools, id: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
    let request = tools.clients.athena.get_query_results().query_execution_id(id);
    let mut pages = request.into_paginator().send();
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("athena:GetQueryResults"))?;
        let page = page.result_set.and_then(|result| result.rows).unwrap_or_default();
        rows.extend(page.into_iter().map(|row| {
            row.data.unwrap_or_default().into_iter().map(|datum| datum.var_char_value).collect::<Vec<_>>()
        }));
    }
    let names: Vec<_> = lake::COLUMNS.iter().map(|(name, _)| Some((*name).to_owned())).collect();
    if rows.first() != Some(&names) {
        return Err(incomplete("athena:GetQueryResults", "the names of the columns"));
    }
    rows.remove(0);
    Ok(rows)
}

fn incomplete(api: &'static str, field: &str) -> Error {
    Error::Aws { api, code: "InvalidResponse".into(), message: format!("the answer lacks {field}") }
}
