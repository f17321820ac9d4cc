//! Deliveries of GitHub's that are larger than what Lambda takes: what they told is missing for good.

use crate::{metrics::publish::date_time, runtime::error::Error};
use aws_sdk_cloudwatch::{
    Client,
    types::{Metric as ApiMetric, MetricDataQuery, MetricStat},
};
use jiff::Timestamp;
use metrics_lib::contract::Metric;
use std::ops::Range;

/// An hour: of what is older than 63 days, CloudWatch has nothing shorter. Source: Amazon CloudWatch user guide, "Metrics
/// retention".
const PERIOD: i32 = 3600;

/// How many deliveries were too large within a range of time, as the webhook's access log has counted them.
///
/// # Errors
/// [`Error::Aws`].
pub async fn oversized(cloudwatch: &Client, range: Range<Timestamp>) -> Result<usize, Error> {
    let metric = Metric::OversizedDeliveries;
    let metric = ApiMetric::builder().namespace(metric.namespace().name()).metric_name(metric.name()).build();
    let stat = MetricStat::builder().metric(metric).period(PERIOD).stat("Sum").build();
    let query = MetricDataQuery::builder().id("oversized").metric_stat(stat).build();
    let request = cloudwatch.get_metric_data().metric_data_queries(query);
    let request = request.start_time(date_time(range.start)).end_time(date_time(range.end));
    let (mut pages, mut number) = (request.into_paginator().send(), 0);
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("cloudwatch:GetMetricData"))?;
        let values = page.metric_data_results().iter().flat_map(|result| result.values());
        number += values.sum::<f64>() as usize;
    }
    Ok(number)
}
