//! Compares what the ledger has published with what CloudWatch holds, day by day.
//!
//! A function that dies between `PutMetricData` and the mark in the ledger leaves values in CloudWatch that are put once
//! more. Nothing can take them back; this finds them.

use crate::{
    ledger::{DayCount, days},
    metrics::publish::{date_time, put_quality},
    runtime::error::Error,
    sources::context::Context,
};
use aws_sdk_cloudwatch::types::{Metric as ApiMetric, MetricDataQuery, MetricStat};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::tracing::warn;
use metrics_lib::{
    contract::{Metric, Namespace},
    datum::{DatumValue, OLDEST},
};
use std::{collections::BTreeMap, ops::Range};

/// How long CloudWatch may take to show what was put: values older than a day are shown within two.
const SHOWN_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// How far back days are compared: a value may be two weeks old when it is put, and is shown two days later.
const COMPARED: SignedDuration = SignedDuration::from_hours(OLDEST.as_hours() + 3 * 24);
/// A day, in seconds.
const DAY: i32 = 24 * 3600;

/// Compares the days whose values have all been there for long enough; once a day.
pub(super) async fn compare(context: &Context, now: Timestamp) -> Result<(), Error> {
    let today = beginning(now);
    if !context.ledger.begin_comparison(today).await? {
        return Ok(());
    }
    let range = beginning(today - COMPARED)..today;
    let shown = shown(context, range.clone()).await?;
    let mut drift = 0;
    for day in days(range.start..range.end - SignedDuration::from_secs(1)) {
        let DayCount { samples, latest } = context.ledger.published_on(day).await?;
        if latest.unwrap_or(day).max(day + SignedDuration::from_secs(DAY.into())) + SHOWN_AFTER > now {
            continue;
        }
        for metric in measured() {
            let ledger = samples.get(&metric).copied().unwrap_or_default();
            let cloudwatch = shown.get(&(metric, day)).copied().unwrap_or_default();
            if ledger != cloudwatch {
                warn!(
                    compared = %now, day = %day, metric = metric.name(), ledger, cloudwatch,
                    "CloudWatch and the ledger differ"
                );
                drift += ledger.abs_diff(cloudwatch);
            }
        }
    }
    let values = [(Metric::LedgerDrift, DatumValue::count(drift))];
    put_quality(context, &values, None).await
}

/// The metrics that are compared.
fn measured() -> impl Iterator<Item = Metric> {
    Metric::ALL.into_iter().filter(|metric| metric.namespace() == Namespace::Dora)
}

/// How many values CloudWatch holds of each metric on each day.
async fn shown(
    context: &Context,
    range: Range<Timestamp>,
) -> Result<BTreeMap<(Metric, Timestamp), usize>, Error> {
    const API: &str = "cloudwatch:GetMetricData";
    let query = |(number, metric): (usize, Metric)| {
        let stat = MetricStat::builder()
            .metric(
                ApiMetric::builder().namespace(metric.namespace().name()).metric_name(metric.name()).build(),
            )
            .period(DAY)
            .stat("SampleCount")
            .build();
        MetricDataQuery::builder().id(format!("m{number}")).metric_stat(stat).build()
    };
    let request = context
        .clients
        .cloudwatch
        .get_metric_data()
        .set_metric_data_queries(Some(measured().enumerate().map(query).collect()))
        .start_time(date_time(range.start))
        .end_time(date_time(range.end));
    let mut pages = request.into_paginator().send();
    let mut shown = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws(API))?;
        for result in page.metric_data_results() {
            let number = result.id().and_then(|id| id.strip_prefix('m')?.parse().ok());
            let Some(metric) = number.and_then(|number| measured().nth(number)) else { continue };
            for (time, count) in result.timestamps().iter().zip(result.values()) {
                let Ok(time) = Timestamp::from_second(time.secs()) else { continue };
                *shown.entry((metric, beginning(time))).or_default() += *count as usize;
            }
        }
    }
    Ok(shown)
}

/// The beginning of an instant's day.
fn beginning(time: Timestamp) -> Timestamp {
    days(time..time).next().unwrap_or(time)
}
