//! `cargo dora backfill`: fills the ledger from the history of CodePipeline and of OpsCenter.
//!
//! The reconciler does the work, under its own role and by its own rules; this asks it for one pass after the other.

use crate::{
    day::day,
    installation::{Installation, Options},
    output::{self, Words},
};
use clap::Args;
use functions::{
    ledger::RETENTION,
    reconciler::{
        Failed, Task,
        backfill::{BackfillReport, BackfillRequest, Step},
    },
    sources::places,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use std::{
    fmt::{self, Display, Formatter},
    process::ExitCode,
};

/// The length of the progress bar that a step has.
const STEP: u64 = 1000;

/// What is to be filled.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The first day, UTC.
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Date,
    /// How many executions or OpsItems a second are read at the most; 0 for as many as there is time for. Each takes a
    /// few requests, and the accounts' quotas are shared with everybody who works there.
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    rate: u32,
    /// Only tell what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Options,
}

/// What a backfill came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Filled {
    since: Timestamp,
    until: Timestamp,
    dry_run: bool,
    steps: Vec<Done>,
}

/// What a step came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    step: Step,
    /// How many executions or OpsItems were done; in a dry run, how many were found.
    done: usize,
    /// In a dry run: how many of them the ledger does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<usize>,
    failed: Vec<Failed>,
}

/// Fills the ledger.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let filled = arguments.installation.run(async |installation| fill(arguments, installation).await)?;
    let has_failed = filled.steps.iter().any(|step| !step.failed.is_empty());
    output::print(&filled, arguments.json, has_failed)
}

async fn fill(arguments: &Arguments, installation: &Installation) -> anyhow::Result<Filled> {
    let Arguments { since, rate, dry_run, .. } = *arguments;
    let (since, until) = (since.to_zoned_datetime(TimeZone::UTC)?.timestamp(), installation.now);
    anyhow::ensure!(since < until, "--since {since} has not come yet");
    anyhow::ensure!(
        until.duration_since(since) <= RETENTION,
        "--since {since} is too long ago: the ledger keeps what happened within {} days",
        RETENTION.as_hours() / 24
    );
    let steps = steps(installation).await?;
    let progress = arguments.installation.progress.begin(steps.len() as u64 * STEP, "")?;
    let per_second = (rate > 0).then_some(rate);
    let mut filled = Filled { since, until, dry_run, steps: Vec::new() };
    for (number, step) in (0..).zip(steps) {
        progress.set(number * STEP);
        progress.set_message(format!("of all: {}", step_name(&step)));
        let request = BackfillRequest { since, until, step, next: None, per_second, dry_run };
        let on = |share: f64| progress.set(number * STEP + (share * STEP as f64) as u64);
        filled.steps.push(work(installation, request, on).await?);
    }
    Ok(filled)
}

/// Executions come first: what an incident is attributed to has to be known.
async fn steps(installation: &Installation) -> anyhow::Result<Vec<Step>> {
    let (config, ledger) = (&installation.config, &installation.ledger());
    let executions = places::of_pipelines(config, ledger).await?.into_iter();
    let ops_items = places::of_ops_items(config, ledger, installation.names.region()).await?.into_iter();
    let executions = executions.map(Step::Executions);
    let ops_items = ops_items.map(Step::OpsItems);
    Ok(executions.chain(ops_items).chain([Step::Settle]).collect())
}

/// Goes on with a step until it is done. What fails as a whole does not keep the other steps from being done.
async fn work(
    installation: &Installation,
    mut request: BackfillRequest,
    progress: impl Fn(f64),
) -> anyhow::Result<Done> {
    let mut done = Done { step: request.step.clone(), done: 0, unknown: None, failed: Vec::new() };
    loop {
        let report: BackfillReport = match installation.ask(&Task::Backfill(request.clone())).await? {
            Ok(report) => report,
            Err(failed) => {
                done.failed.push(Failed { what: step_name(&request.step), ..failed });
                return Ok(done);
            }
        };
        done.done += report.done;
        done.unknown = report.unknown;
        done.failed.extend_from_slice(&report.failed);
        if report.is_complete() {
            return Ok(done);
        }
        if report.next <= report.from && report.done == 0 && request.step != Step::Settle {
            let message = format!("nothing could be done from {} on", report.from);
            let error_type = "Retryable".to_owned();
            done.failed.push(Failed { what: step_name(&request.step), error_type, message });
            return Ok(done);
        }
        let seconds = |to: Timestamp| to.duration_since(request.since).as_secs_f64();
        progress((seconds(report.next) / seconds(report.until)).clamp(0.0, 1.0));
        request.next = Some(report.next);
    }
}

fn step_name(step: &Step) -> String {
    match step {
        Step::Executions(place) => format!("executions of {place}"),
        Step::OpsItems(place) => format!("OpsItems of {place}"),
        Step::Settle => "incidents that are open".to_owned(),
    }
}

impl Display for Filled {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for Done { step, done, unknown, failed } in &self.steps {
            match (step, unknown) {
                (Step::Settle, _) => {}
                (step, Some(unknown)) => {
                    writeln!(f, "{}: {done} found, {unknown} not in the ledger", step_name(step))?;
                }
                (step, None) => writeln!(f, "{}: {done} done", step_name(step))?,
            }
            for Failed { what, message, .. } in failed {
                writeln!(f, "  failed: {}: {}", Words(what), Words(message))?;
            }
        }
        let Self { since, dry_run, .. } = self;
        if *dry_run {
            return writeln!(f, "Nothing was written. Without --dry-run, the ledger gets what is not in it.");
        }
        if self.steps.iter().any(|step| !step.failed.is_empty()) {
            return writeln!(f, "Not all is done: the same command goes on with what failed.");
        }
        writeln!(
            f,
            "The ledger has all that ended since {since:.0}. CloudWatch takes the last 14 days of it; `cargo dora \
             explain` shows the rest."
        )
    }
}
