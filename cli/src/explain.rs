//! `cargo dora explain`: what a figure is made of, with the evidence.

mod figure;
mod one;
mod report;
mod whose;

use crate::{
    day::day,
    installation::{Installation, Options},
    output,
};
use anyhow::Context as _;
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, Metric as ApiMetric, MetricDataQuery, MetricStat},
};
use clap::Args;
use figure::Figure;
use functions::{
    ledger::{Ledger, RETENTION, Recorded},
    runtime::error::Error,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use metrics_lib::{
    contract::{Metric, dimension},
    datum::DimensionValue,
    links,
};
use one::One;
use report::{Explanation, UndecidedIncident};
use std::{collections::BTreeMap, ops::Range, process::ExitCode};
use whose::Whose;

/// A day, in seconds.
const DAY: i32 = 24 * 3600;

/// What is to be explained.
#[derive(Args, Debug)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    one: Option<One>,
    #[command(flatten)]
    of: OfFigure,
}

/// One figure.
#[derive(Args, Debug)]
struct OfFigure {
    /// The figure.
    #[arg(value_enum, value_name = "METRIC", ignore_case = true, required = true)]
    figure: Option<Figure>,
    #[command(flatten)]
    whose: Whose,
    /// The first day, UTC; without it, 30 days before the last.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
    /// The day after the last, UTC; without it, tomorrow.
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<Date>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Options,
}

/// Explains a figure, or one incident or deployment.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(one) = &arguments.one {
        return one.run();
    }
    let arguments = &arguments.of;
    let explanation =
        arguments.installation.run(async |installation| explain(arguments, installation).await)?;
    output::print(&explanation, arguments.json, explanation.differs())
}

async fn explain(arguments: &OfFigure, installation: &Installation) -> anyhow::Result<Explanation> {
    let figure = &arguments.figure.context("no METRIC was given")?;
    let days = days(arguments, installation.now)?;
    let range = beginning(days.start)?..beginning(days.end)?;
    let ledger = installation.ledger();
    let mut facts: Vec<Recorded> = Vec::new();
    for &kind in figure.kinds() {
        facts.extend(ledger.facts(kind, range.clone()).await?);
    }
    let whose = &arguments.whose.spelt(&facts, installation).await?;
    if let Some(only) = whose.repositories(&installation.config.teams)? {
        facts.retain(|fact| fact.repository.as_deref().is_some_and(|name| only.contains(name)));
    }
    facts.sort_by_key(|fact| fact.time);
    let mut undecided = Vec::new();
    if figure.is_of_incidents() {
        let incidents = ledger.incidents_within(range.clone()).await?;
        undecided.extend(incidents.iter().filter_map(UndecidedIncident::of));
    }
    let mut linked = Vec::with_capacity(facts.len());
    for fact in facts {
        linked.push((link(&ledger, &fact).await?, fact));
    }
    let cloudwatch = cloudwatch(installation, *figure, whose, range).await?;
    Ok(Explanation::new(*figure, whose.clone(), days, linked, undecided, cloudwatch))
}

/// The page of a fact's deployment; where it has none, of its incident, if the ledger has only one of that id.
async fn link(ledger: &Ledger, fact: &Recorded) -> Result<Option<String>, Error> {
    match (&fact.deployment, &fact.incident) {
        (Some(deployment), _) => Ok(links::deployment(deployment)),
        (None, Some(incident)) => Ok(match &ledger.incidents(incident).await?[..] {
            [only] => links::incident(&only.key),
            _ => None,
        }),
        (None, None) => Ok(None),
    }
}

/// The days that are asked for.
fn days(OfFigure { from, to, .. }: &OfFigure, now: Timestamp) -> anyhow::Result<Range<Date>> {
    let to = match to {
        Some(to) => *to,
        None => now.to_zoned_datetime(TimeZone::UTC).date().tomorrow()?,
    };
    let from = match from {
        Some(from) => *from,
        None => to.checked_sub(jiff::Span::new().days(30))?,
    };
    anyhow::ensure!(from < to, "--from {from} is not before --to {to}: --to is the day after the last");
    let days = (to - from).get_days();
    let kept = RETENTION.as_hours() / 24;
    anyhow::ensure!(i64::from(days) <= kept, "{from} to {to} are {days} days, the ledger keeps {kept}");
    Ok(from..to)
}

fn beginning(day: Date) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned_datetime(TimeZone::UTC)?.timestamp())
}

/// How many values CloudWatch has of each metric that the figure is made of; none where it has no metrics of the repository.
async fn cloudwatch(
    installation: &Installation,
    figure: Figure,
    whose: &Whose,
    range: Range<Timestamp>,
) -> anyhow::Result<Option<BTreeMap<Metric, usize>>> {
    let own = &installation.config.repository_metrics;
    let dimensions = match whose.dimension() {
        Some((_, value)) if DimensionValue::new(value).is_err() => return Ok(None),
        Some((dimension::REPOSITORY, name)) if own.of(Some(name)).is_none() => return Ok(None),
        Some((name, value)) => vec![Dimension::builder().name(name).value(value).build()],
        None => Vec::new(),
    };
    let query = |(number, metric): (usize, &Metric)| {
        let metric = ApiMetric::builder()
            .namespace(metric.namespace().name())
            .metric_name(metric.name())
            .set_dimensions(Some(dimensions.clone()))
            .build();
        let stat = MetricStat::builder().metric(metric).period(DAY).stat("SampleCount").build();
        MetricDataQuery::builder().id(format!("m{number}")).metric_stat(stat).build()
    };
    let metrics = figure.metrics();
    let time = |time: Timestamp| DateTime::from_secs(time.as_second());
    let request = aws_sdk_cloudwatch::Client::new(installation.sdk())
        .get_metric_data()
        .set_metric_data_queries(Some(metrics.iter().enumerate().map(query).collect()))
        .start_time(time(range.start))
        .end_time(time(range.end));
    let mut counts: BTreeMap<Metric, usize> = metrics.iter().map(|metric| (*metric, 0)).collect();
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("cloudwatch:GetMetricData"))?;
        for result in page.metric_data_results() {
            let number: Option<usize> = result.id().and_then(|id| id.strip_prefix('m')?.parse().ok());
            let metric = number.and_then(|number| metrics.get(number));
            let count = result.values().iter().sum::<f64>() as usize;
            *metric.and_then(|metric| counts.get_mut(metric)).unwrap_or(&mut 0) += count;
        }
    }
    Ok(Some(counts))
}
