//! What limits the truth of the figures.

use super::{
    InvalidDashboard,
    figures::{Figures, series},
    graph::{Color, Graph, Period, Series, View},
    math::{Math, MetricSource, Stat, Statistic},
    widget::{Widget, Width},
};
use crate::plan::{Consumer, Plan};
use metrics_lib::contract::Metric;

const MINUTE: u32 = 60;

/// What brings events to the figures: what waits there is in no figure yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transport {
    queues: Vec<Queue>,
    /// The stream that brings GitHub's pushes to the lake.
    stream: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Queue {
    /// The function that it feeds.
    function: &'static str,
    name: String,
    dead_letter_queue: String,
}

impl From<&Plan> for Transport {
    fn from(plan: &Plan) -> Self {
        let queue = |Consumer { function, queue }: &Consumer| Queue {
            function: function.name,
            name: queue.name.clone(),
            dead_letter_queue: queue.dead_letter_queue.clone(),
        };
        Self {
            queues: plan.consumers.iter().map(queue).collect(),
            stream: plan
                .commit_ingestion
                .as_ref()
                .map(|commit_ingestion| commit_ingestion.stream.name.clone()),
        }
    }
}

/// What was counted that is in no figure, what could not be finished, and how late what is under way is.
pub(super) fn widgets(transport: &Transport) -> Result<Vec<Widget>, InvalidDashboard> {
    let counted = [
        ("unattributed incidents", Metric::UnattributedIncidents),
        ("pending lead times", Metric::PendingLeadTimes),
        ("deployments without commits", Metric::DeploymentsWithoutCommits),
        ("ignored executions", Metric::IgnoredExecutions),
        ("duplicate events", Metric::DuplicateEvents),
        ("refused deliveries", Metric::WebhookRejected),
        ("found by the reconciler", Metric::ReconciledFacts),
    ];
    let counted = counted.map(|(label, metric)| (label, Figures(None).counted(metric)));
    let queues = transport.queues.iter();
    let letters = queues.clone().map(|queue| {
        let letters = most(MetricSource::QueueDepth(queue.dead_letter_queue.clone()));
        (queue.function, letters.or_zero())
    });
    let ages =
        queues.map(|queue| (queue.function, most(MetricSource::QueueAge(queue.name.clone())) / MINUTE));
    let lake = transport.stream.iter().map(|stream| {
        let age = most(MetricSource::StreamFreshness(stream.clone()));
        ("GitHub's pushes", age / MINUTE)
    });
    Ok(vec![
        Widget::text(
            "## Data quality\nWhat limits the truth of the figures above. Unattributed incidents count in no failure \
             rate, pending lead times in no lead time; dead letters are events that no function could finish.",
            2,
        ),
        tile("Not in the figures, last 7 days", Period::Week, counted)?,
        tile("Dead letters, most in the last 24 hours", Period::Day, letters)?,
        tile("Longest wait in the last 24 hours, minutes", Period::Day, ages.chain(lake))?,
    ])
}

fn most(source: MetricSource) -> Math {
    Math::Stat(Stat { source, statistic: Statistic::Maximum })
}

fn tile<'a>(
    title: &str,
    period: Period,
    numbers: impl IntoIterator<Item = (&'a str, Math)>,
) -> Result<Widget, InvalidDashboard> {
    let numbers: Vec<Series> =
        numbers.into_iter().map(|(label, math)| series(label, math, Color::Blue)).collect();
    let graph = Graph::new(title, period, View::Numbers, numbers)?;
    Ok(Widget::graph(graph, 4).width(Width::Third))
}
