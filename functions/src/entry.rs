//! The one binary: which function it is, its handler's name says.
//!
//! Lambda sets `_HANDLER` to the handler that the function is configured with. Source: AWS Lambda developer guide, "Building a
//! custom runtime".

use crate::{
    commits::transform,
    handlers::{Deployments, Incidents, LeadTimes},
    reconciler,
    runtime::worker,
    sources::{github, registry::Sources},
    widget,
};
use lambda_runtime::Error;
use std::{env, pin::Pin};

/// How a function is started, with the sources that it reads.
type Start = fn(Sources) -> Running;
/// A function that runs until Lambda ends it.
type Running = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Every function, by its handler's name.
const FUNCTIONS: [(&str, Start); 7] = [
    ("commit-transform", |_| Box::pin(transform::run())),
    ("dashboard-widget", |_| Box::pin(widget::run())),
    ("deployments", |sources| Box::pin(worker::run(Deployments, sources))),
    ("github-webhook", |_| Box::pin(github::run())),
    ("incidents", |sources| Box::pin(worker::run(Incidents, sources))),
    ("lead-time-for-changes", |sources| Box::pin(worker::run(LeadTimes, sources))),
    ("reconciler", |sources| Box::pin(reconciler::run(sources))),
];

/// The functions' names.
pub fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.into_iter().map(|(name, _)| name)
}

/// Runs the function that `_HANDLER` names.
///
/// # Errors
/// It names none; a configuration that can't be used; what the runtime fails with.
pub async fn run(sources: Sources) -> Result<(), Error> {
    let handler = env::var("_HANDLER").unwrap_or_default();
    match FUNCTIONS.into_iter().find(|(name, _)| *name == handler) {
        Some((_, start)) => start(sources).await,
        None => {
            let names = names().collect::<Vec<_>>().join(", ");
            Err(format!("the handler \"{handler}\" (_HANDLER) is no function; there are {names}").into())
        }
    }
}
