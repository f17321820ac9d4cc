//! The sections that every dashboard of figures has, of everything, of a repository or of a team.

use super::{
    InvalidDashboard, dora, evidence,
    figures::{Figures, series},
    graph::{Band, Color, Graph, Period, Series, View},
    widget::{Widget, Width},
};
use crate::{levels::Levels, settings::Settings};
use metrics_lib::{
    contract::Metric,
    datum::Dimension,
    dora_metric::{DoraMetric, MadeOf, TimeUnit},
    parts::HEADINGS,
};

/// What is seen at first: the figures, what they are made of, and their trends.
pub(super) fn first(figures: &Figures, settings: &Settings) -> Result<Vec<Widget>, InvalidDashboard> {
    let of_figures = [now(figures)?, evidence::widgets(figures, settings), trends(figures, settings)?];
    Ok([of_figures.concat(), parts(figures)?].concat())
}

/// What is looked up.
pub(super) fn more(figures: &Figures, settings: &Settings) -> Result<Vec<Widget>, InvalidDashboard> {
    let mut widgets = spread(figures, &settings.dashboards.level_bands)?;
    widgets.push(weeks(figures)?);
    Ok(widgets)
}

/// The five figures of three lengths of time, a line each.
fn now(figures: &Figures) -> Result<Vec<Widget>, InvalidDashboard> {
    let mut widgets = Vec::new();
    for (period, name) in [(Period::ThirtyDays, "Last 30 days"), (Period::Week, "Last 7 days")] {
        let note = format!("### {name}\nUp to now; *n* is how many values a figure is made of.");
        widgets.push(Widget::text(note, 4).width(Width::Sixth));
        for of in DoraMetric::ALL {
            let title = format!("{}, {}", of.descriptor().title, name.to_lowercase());
            let graph = Graph::new(title, period, View::Numbers, dora::headline(of, figures))?;
            widgets.push(Widget::graph(graph, 4).width(Width::Sixth));
        }
    }
    let note = "### Full weeks\nThe last one that has a value, and its change since the one before.";
    widgets.push(Widget::text(note, 5).width(Width::Sixth));
    for of in DoraMetric::ALL {
        let title = format!("{}, full weeks", of.descriptor().title);
        let graph = Graph::new(title, Period::Week, View::Sparkline, dora::full_weeks(of, figures))?;
        widgets.push(Widget::graph(graph, 5).width(Width::Sixth));
    }
    Ok(widgets)
}

/// Each metric's figures by day and by week, with DORA's levels.
fn trends(figures: &Figures, settings: &Settings) -> Result<Vec<Widget>, InvalidDashboard> {
    let mut widgets = vec![Widget::text("## Trends over 90 days", 1)];
    for of in DoraMetric::ALL {
        widgets.push(dora::text(of, settings));
        for (period, name) in [(Period::Day, "by day"), (Period::Week, "by week")] {
            let bands = dora::bands(of, &settings.dashboards.level_bands, period);
            let view = View::Chart { unit: dora::unit(of), bands };
            let title = format!("{}, {name}", of.descriptor().title);
            let graph = Graph::new(title, period, view, dora::all_series(of, figures))?;
            widgets.push(Widget::graph(graph, 6).width(Width::Half));
        }
    }
    Ok(widgets)
}

/// What lead times go into: means, which add up to the mean lead time as medians don't. Teams have none.
fn parts(figures: &Figures) -> Result<Vec<Widget>, InvalidDashboard> {
    const COLORS: [Color; 9] = [
        Color::Blue,
        Color::Sky,
        Color::Green,
        Color::Yellow,
        Color::Grey,
        Color::Purple,
        Color::Amber,
        Color::Orange,
        Color::Indigo,
    ];
    if let Some(Dimension::Team(_)) = figures.0 {
        return Ok(Vec::new());
    }
    let shown_in = TimeUnit::Days;
    let means = |unit: &str| {
        let series = HEADINGS.into_iter().zip(COLORS).map(|(heading, color)| {
            let label = format!("{}{unit}", heading.title);
            series(label, figures.mean_part(heading.metric, shown_in), color)
        });
        series.collect()
    };
    let sentences = HEADINGS.map(|heading| format!("**{}**: {}", heading.title, heading.sentence)).join(" ");
    let text =
        format!("## Where the time goes\nThe parts of the mean lead time, which add up to it. {sentences}");
    let title = "Where the time goes, mean by week";
    let stack = Graph::new(title, Period::Week, View::Stack { unit: shown_in.name() }, means(""))?;
    let title = "Where the time goes, mean of the last 30 days";
    let unit = format!(", {}", shown_in.name());
    let numbers = Graph::new(title, Period::ThirtyDays, View::Numbers, means(&unit))?;
    Ok(vec![
        Widget::text(text, 3),
        Widget::graph(stack, 8).width(Width::Half),
        Widget::graph(numbers, 8).width(Width::Half),
    ])
}

/// How the lengths of time are spread, how many of them are elite, and where the failure rate lies.
fn spread(figures: &Figures, levels: &Levels) -> Result<Vec<Widget>, InvalidDashboard> {
    let mut widgets = vec![Widget::text("## Spread over the last 30 days", 1)];
    let lengths = |of: &DoraMetric| matches!(of.descriptor().made_of, MadeOf::Lengths { .. });
    for of in DoraMetric::ALL.into_iter().filter(lengths) {
        let title = format!("{}, spread", of.descriptor().title);
        let graph = Graph::new(title, Period::ThirtyDays, View::Numbers, dora::all_series(of, figures))?;
        widgets.push(Widget::graph(graph, 4).width(Width::Half));
    }
    let share = |what: &str, metric: Metric, bound: f64| {
        let title = format!("{what} up to {} (elite)", duration(bound));
        gauge(title, Vec::new(), series("share, %", figures.share_up_to(metric, bound), Color::Blue))
    };
    widgets.push(share("Lead times", Metric::LeadTimeForChanges, levels.lead_time.elite)?);
    widgets.push(share("Times to restore", Metric::TimeToRestore, levels.time_to_restore.elite)?);
    let rate = DoraMetric::ChangeFailureRate;
    let bands = dora::bands(rate, levels, Period::ThirtyDays);
    widgets.push(gauge("Change failure rate among levels".to_owned(), bands, dora::main(rate, figures))?);
    Ok(widgets)
}

fn gauge(title: String, bands: Vec<Band>, percent: Series) -> Result<Widget, InvalidDashboard> {
    let graph = Graph::new(title, Period::ThirtyDays, View::Percentage { bands }, vec![percent])?;
    Ok(Widget::graph(graph, 5).width(Width::Third))
}

/// A length of time in the largest unit that it is a whole number of.
fn duration(seconds: f64) -> String {
    let unit = |name: &str, length: f64| {
        let count = seconds / length;
        let plural = if count == 1.0 { "" } else { "s" };
        (count.fract() == 0.0).then(|| format!("{count} {name}{plural}"))
    };
    let units = [("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)];
    units.into_iter().find_map(|(name, length)| unit(name, length)).unwrap_or(format!("{seconds} seconds"))
}

/// Each figure of each week, and its change since the last week that has a value.
fn weeks(figures: &Figures) -> Result<Widget, InvalidDashboard> {
    let rows = DoraMetric::ALL.into_iter().flat_map(|of| {
        let figure = dora::main(of, figures);
        let label = format!("difference in {}", figure.label);
        let change = series(label, figure.math.clone().difference(), Color::Grey);
        [Some(figure), Some(change), dora::count(of, figures)].into_iter().flatten()
    });
    let title = "Week by week, with the change since the last week that has a value";
    Ok(Widget::graph(Graph::new(title, Period::Week, View::Table, rows.collect())?, 11))
}
