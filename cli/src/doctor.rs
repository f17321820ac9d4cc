//! `cargo dora doctor`: checks an installation from end to end, and says what to do.

mod activity;
mod facts;
mod finding;
mod probe;
mod resources;
mod settings;
mod webhook;

use crate::{
    installation::{Installation, Options},
    output,
};
use clap::Args;
use finding::{Finding, Findings};
use std::{path::PathBuf, process::ExitCode};
use webhook::Outputs;

/// What is to be checked.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// What `pulumi stack output --json` printed of the operations stack; `-` for standard input. With it, the webhook is
    /// called, as GitHub does when it is set up.
    #[arg(long, value_name = "FILE")]
    outputs: Option<PathBuf>,
    /// Send an event of the product's own through rules, bus, queues and functions, with --outputs also a push to the lake, and
    /// report each hop. It counts in no metric. It waits for as long as the queues delay their messages: a quarter of an hour, by default.
    #[arg(long)]
    probe: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Options,
}

/// Checks an installation.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let report = arguments.installation.run(async |installation| check(arguments, installation).await)?;
    output::print(&report, arguments.json, !report.is_healthy())
}

/// From the events' beginning to the figures' end. What can't be checked does not keep the rest from being checked.
async fn check(arguments: &Arguments, installation: &Installation) -> anyhow::Result<Findings> {
    let given = arguments.outputs.as_deref().map(webhook::read).transpose()?;
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(webhook::outputs(installation, given.as_ref()));
    // Those of a world that is played need not be given.
    let outputs = given.or_else(|| Outputs::of_played(installation));
    findings.extend(resources::functions(installation).await);
    findings.extend(resources::rules(installation).await);
    findings.extend(resources::queues(installation).await);
    findings.extend(activity::permissions(installation).await?);
    findings.extend(activity::reconciler(installation).await);
    findings.extend(activity::events(installation).await);
    findings.extend(activity::heartbeats(installation).await);
    findings.extend(facts::backlog(installation).await);
    findings.extend(facts::doubts(installation).await);
    findings.extend(settings::deployments(installation).await);
    findings.extend(webhook::oversized(installation).await);
    findings.extend(webhook::ping(installation, outputs.as_ref()).await);
    findings.extend(resources::alarms(installation).await);
    if arguments.probe {
        findings.extend(probe::probe(installation, outputs.as_ref(), arguments.installation.progress).await?);
    }
    Ok(Findings::new(findings))
}
