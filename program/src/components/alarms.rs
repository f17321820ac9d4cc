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
            insufficient_data_actions: (planned.missing == Missing::Told).then(|| [topic.arn()]),
            comparison_operator,
            threshold,
            evaluation_periods: planned.periods,
            treat_missing_data: match planned.missing {
                Missing::Fine => "notBreaching",
                Missing::Told => "missing",
                Missing::ProvesNothing => "ignore",
            },
            metric_queries: queries(&planned.watched),
        };
        document.add(format!("alarm-{}", names.short(&planned.name)), properties);
    }
}

fn queries(watched: &Watched) -> Vec<MetricQuery> {
    let share = match watched {
        Watched::Metric(series) => return vec![metric("watched".into(), series, true)],
        Watched::Share(share) => share,
    };
    let whole = || (0..share.whole.len()).map(|number| format!("whole{number}"));
    let names: Vec<&str> = share.whole.iter().map(|series| series.metric).collect();
    let share_of_whole = MetricQuery {
        id: "watched".into(),
        label: Text::from(share.part.metric) + " of " + names.join(" and ") + ", %",
        expression: Some(expression(share.least, whole())),
        metric: None,
        return_data: true,
    };
    let parts = share.whole.iter().zip(whole()).map(|(series, id)| metric(id.into(), series, false));
    [share_of_whole, metric("part".into(), &share.part, false)].into_iter().chain(parts).collect()
}

/// Nothing in the whole gives no share: a division by zero is no data.
fn expression(least: u32, whole: impl Iterator<Item = String>) -> String {
    let whole = whole.collect::<Vec<_>>().join(" + ");
    match least {
        0 | 1 => format!("100 * part / ({whole})"),
        least => format!("IF(part >= {least}, 100 * part / ({whole}), 0)"),
    }
}

fn metric(id: Text, series: &Series, return_data: bool) -> MetricQuery {
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
