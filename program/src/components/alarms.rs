//! The alarms of a plan.

use crate::{
    aws::{
        cloudwatch::{MetricAlarm, MetricQuery, QueriedMetric},
        sns::Topic,
    },
    naming::Names,
    plan::{Alarm, Missing, Raised, Series, Watched},
    pulumi::{Document, Handle, Text},
};

/// Makes the alarms; a topic gets to know when one is raised, and when it is over.
pub(crate) fn alarms(document: &mut Document, names: &Names, alarms: &[Alarm], topic: &Handle<Topic>) {
    for planned in alarms {
        let (comparison_operator, threshold) = match planned.raised {
            Raised::Above(threshold) => ("GreaterThanThreshold", threshold),
            Raised::Below(threshold) => ("LessThanThreshold", threshold),
        };
        let link = format!("{}. See docs/OPERATIONS.md, {}.", planned.description, planned.kind);
        let properties = MetricAlarm {
            name: planned.name.as_str().into(),
            alarm_description: link.into(),
            alarm_actions: [topic.arn()],
            ok_actions: [topic.arn()],
            comparison_operator,
            threshold,
            evaluation_periods: planned.periods,
            treat_missing_data: match planned.missing {
                Missing::Fine => "notBreaching",
                Missing::Raises => "breaching",
                Missing::ProvesNothing => "ignore",
            },
            metric_queries: queries(&planned.watched),
        };
        document.add(format!("alarm-{}", names.short(&planned.name)), properties);
    }
}

fn queries(watched: &Watched) -> Vec<MetricQuery> {
    match watched {
        Watched::Metric(series) => vec![metric("watched", series, true)],
        Watched::Percentage(part, whole) => vec![
            MetricQuery {
                id: "watched",
                label: Text::from(part.metric) + " of " + whole.metric + ", %",
                // No deployments give no rate: a division by zero is no data.
                expression: Some("100 * part / whole"),
                metric: None,
                return_data: true,
            },
            metric("part", part, false),
            metric("whole", whole, false),
        ],
    }
}

fn metric(id: &'static str, series: &Series, return_data: bool) -> MetricQuery {
    let Series { namespace, metric, dimensions, statistic, period } = series;
    let dimensions = dimensions.iter().map(|(name, value)| (*name, value.into()));
    MetricQuery {
        id,
        label: (*metric).into(),
        expression: None,
        metric: Some(QueriedMetric {
            namespace: (*namespace).into(),
            metric_name: (*metric).into(),
            dimensions: dimensions.collect(),
            stat: statistic,
            period: *period,
        }),
        return_data,
    }
}
