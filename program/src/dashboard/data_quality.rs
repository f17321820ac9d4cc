//! What limits the truth of the figures.

use super::{
    InvalidDashboard,
    figures::{Figures, series},
    math::{Math, Source, Stat, Statistic},
    widget::{Color, Content, Graph, Period, Series, View, Widget, Width},
};
use crate::plan::Plan;
use metrics_lib::contract::Metric;

const MINUTE: u32 = 60;

/// What was counted that is in no figure, what could not be finished, and how late what is under way is.
pub(super) fn widgets(plan: &Plan) -> Result<Vec<Widget>, InvalidDashboard> {
    let counted = [
        ("unattributed incidents", Metric::UnattributedIncidents),
        ("pending lead times", Metric::PendingLeadTimes),
        ("deployments without commits", Metric::DeploymentsWithoutCommits),
        ("ignored executions", Metric::IgnoredExecutions),
        ("duplicate events", Metric::DuplicateEvents),
        ("refused deliveries", Metric::WebhookRejected),
    ];
    let figures = Figures(None);
    let counted = counted.map(|(label, metric)| series(label, figures.counted(metric), Color::Blue)).to_vec();
    let queues = plan.consumers.iter().map(|consumer| &consumer.queue);
    let letters = queues.clone().map(|queue| {
        let letters = most(Source::QueueDepth(queue.dead_letter_queue.clone()));
        series(consumer_name(&queue.name), letters.or_zero(), Color::Blue)
    });
    let ages = queues.map(|queue| {
        let age = most(Source::QueueAge(queue.name.clone()));
        series(consumer_name(&queue.name), age / MINUTE, Color::Blue)
    });
    let lake = plan.intake.iter().map(|intake| {
        let age = most(Source::StreamFreshness(intake.stream.name.clone()));
        series("GitHub's pushes", age / MINUTE, Color::Blue)
    });
    Ok(vec![
        Widget::text(
            2,
            "## Data quality\nWhat limits the truth of the figures above. Unattributed incidents count in no failure rate, \
             pending lead times in no lead time; dead letters are events that no function could finish.",
        ),
        tile("Not in the figures, last 7 days", Period::Week, counted)?,
        tile("Dead letters, most in the last 24 hours", Period::Day, letters.collect())?,
        tile("Longest wait in the last 24 hours, minutes", Period::Day, ages.chain(lake).collect())?,
    ])
}

fn most(source: Source) -> Math {
    Math::Stat(Stat { source, statistic: Statistic::Maximum })
}

/// The name of a queue, as its consumer is called.
fn consumer_name(queue: &str) -> &str {
    queue.trim_start_matches("dora-")
}

fn tile(title: &str, period: Period, series: Vec<Series>) -> Result<Widget, InvalidDashboard> {
    let graph = Graph::new(title, period, View::Numbers, series)?;
    Ok(Widget { width: Width::Third, height: 4, content: Content::Graph(graph) })
}
