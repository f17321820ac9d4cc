//! CloudWatch and CloudWatch Logs.

use super::resources;
use crate::pulumi::{Json, Text};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A log group.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogGroup {
    pub(crate) name: Text,
    pub(crate) retention_in_days: u32,
    pub(crate) kms_key_id: Text,
}

/// A stream of a log group.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogStream {
    pub(crate) name: Text,
    pub(crate) log_group_name: Text,
}

/// What a log group's lines add to a metric.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogMetricFilter {
    pub(crate) name: Text,
    pub(crate) log_group_name: Text,
    pub(crate) pattern: Text,
    pub(crate) metric_transformation: MetricTransformation,
}

/// The metric, and what each line adds.
#[derive(Debug, Serialize)]
pub(crate) struct MetricTransformation {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) value: &'static str,
    pub(crate) unit: &'static str,
}

/// An alarm, on a metric or on what is made of several.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricAlarm {
    pub(crate) name: Text,
    pub(crate) alarm_description: Text,
    pub(crate) alarm_actions: [Text; 1],
    pub(crate) ok_actions: [Text; 1],
    pub(crate) insufficient_data_actions: Option<[Text; 1]>,
    pub(crate) comparison_operator: &'static str,
    pub(crate) threshold: f64,
    pub(crate) evaluation_periods: u32,
    pub(crate) treat_missing_data: &'static str,
    pub(crate) metric_queries: Vec<MetricQuery>,
}

/// A metric or an expression of an alarm; one of them is what it looks at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetricQuery {
    pub(crate) id: Text,
    pub(crate) label: Text,
    pub(crate) expression: Option<String>,
    pub(crate) metric: Option<QueriedMetric>,
    pub(crate) return_data: bool,
}

/// A metric in periods.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueriedMetric {
    pub(crate) namespace: Text,
    pub(crate) metric_name: Text,
    pub(crate) dimensions: BTreeMap<&'static str, Text>,
    pub(crate) stat: &'static str,
    pub(crate) period: u32,
}

/// A dashboard.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    pub(crate) dashboard_name: Text,
    pub(crate) dashboard_body: Json<Value>,
}

resources! {
    Dashboard = "aws:cloudwatch/dashboard:Dashboard";
    LogGroup = "aws:cloudwatch/logGroup:LogGroup", tagged;
    LogMetricFilter = "aws:cloudwatch/logMetricFilter:LogMetricFilter";
    LogStream = "aws:cloudwatch/logStream:LogStream";
    MetricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm", tagged;
}
