//! What is on the dashboards.

use super::{
    InvalidDashboard,
    data_quality::{self, Transport},
    dora::{self, escaped, heading},
    figures::{Figures, series},
    graph::{Color, Graph, Period, Series, View},
    layout::Dashboard,
    math::Statistic,
    names,
    widget::{Content, Widget, Width},
};
use crate::{levels::Levels, settings::Settings};
use metrics_lib::{
    contract::Metric,
    datum::{Dimension, DimensionValue},
    dora_metric::{DoraMetric, MadeOf},
};
use std::collections::{BTreeMap, BTreeSet};

type Dashboards = BTreeMap<String, Dashboard>;

/// The dashboard of everything, with a table for each repository.
pub(super) fn organisation(
    settings: &Settings,
    transport: &Transport,
) -> Result<Dashboards, InvalidDashboard> {
    let mut first = Dashboard::default();
    let teams =
        settings.teams.0.keys().map(|team| Ok((team.as_str(), names::team(&settings.prefix, team, 1)?)));
    first.push(heading("DORA metrics", settings, &teams.collect::<Result<Vec<_>, _>>()?))?;
    first.extend(overview(&Figures(None), settings)?)?;
    first.extend(data_quality::widgets(transport)?)?;
    let owned = settings.teams.0.values().flatten();
    let repositories: BTreeSet<&String> =
        owned.chain(&settings.dashboards.repositories).chain(&settings.production.trunk_based).collect();
    pages(first, "DORA metrics", &repositories, |page| Ok(names::organisation(&settings.prefix, page)))
}

/// The dashboard of a team, with a table for each repository that it owns.
pub(super) fn team(
    settings: &Settings,
    team: &str,
    owned: &BTreeSet<String>,
) -> Result<Dashboards, InvalidDashboard> {
    let title = format!("DORA metrics of team {}", escaped(team));
    let mut first = Dashboard::default();
    first.push(heading(&title, settings, &[]))?;
    match DimensionValue::new(team) {
        Ok(name) => {
            let figures = Figures(Some(Dimension::Team(name)));
            first.extend(overview(&figures, settings)?)?;
        }
        Err(_) => first.push(Widget::text(
            2,
            "CloudWatch has no figures of this team: its name can't be a dimension, which has printable ASCII only.",
        ))?,
    }
    pages(first, &title, &owned.iter().collect(), |page| names::team(&settings.prefix, team, page))
}

/// A day, a week and 30 days of every figure; how often the best level is reached; trends; the weeks side by side.
fn overview(figures: &Figures, settings: &Settings) -> Result<Vec<Widget>, InvalidDashboard> {
    let levels = &settings.dashboards.level_bands;
    let mut widgets = Vec::new();
    for of in DoraMetric::ALL {
        widgets.push(dora::text(of, settings));
        for (period, title) in [
            (Period::Day, "last 24 hours"),
            (Period::Week, "last 7 days"),
            (Period::ThirtyDays, "last 30 days"),
        ] {
            let title = format!("{}, {title}", of.descriptor().title);
            widgets.push(numbers(&title, period, dora::all_series(of, figures))?);
        }
    }
    widgets.extend(shares(figures, levels)?);
    widgets.push(Widget::text(1, "## Trends over 90 days"));
    for of in DoraMetric::ALL {
        for (period, name) in [(Period::Day, "by day"), (Period::Week, "by week")] {
            let view = View::Chart { unit: dora::unit(of), bands: dora::bands(of, levels, period) };
            let title = format!("{}, {name}", of.descriptor().title);
            widgets.push(graph(
                Width::Half,
                6,
                Graph::new(title, period, view, dora::all_series(of, figures))?,
            ));
        }
    }
    widgets.push(weeks(figures)?);
    Ok(widgets)
}

fn numbers(title: &str, period: Period, series: Vec<Series>) -> Result<Widget, InvalidDashboard> {
    Ok(graph(Width::Quarter, 4, Graph::new(title, period, View::Numbers, series)?))
}

fn graph(width: Width, height: u8, graph: Graph) -> Widget {
    Widget { width, height, content: Content::Graph(graph) }
}

/// How many of the lengths of time are elite, and where the failure rate lies.
fn shares(figures: &Figures, levels: &Levels) -> Result<Vec<Widget>, InvalidDashboard> {
    let share = |what: &str, metric: Metric, bound: f64| {
        let title = format!("{what} up to {} (elite), last 30 days", duration(bound));
        let series = vec![series("share, %", figures.share_up_to(metric, bound), Color::Blue)];
        Graph::new(title, Period::ThirtyDays, View::Percentage { bands: Vec::new() }, series)
    };
    let bands = dora::bands(DoraMetric::ChangeFailureRate, levels, Period::ThirtyDays);
    // Of a share, the first series is the share itself.
    let mut failed = dora::all_series(DoraMetric::ChangeFailureRate, figures);
    failed.truncate(1);
    let rate = Graph::new(
        "Change failure rate, last 30 days",
        Period::ThirtyDays,
        View::Percentage { bands },
        failed,
    )?;
    Ok(vec![
        graph(Width::Third, 5, share("Lead times", Metric::LeadTimeForChanges, levels.lead_time.elite)?),
        graph(
            Width::Third,
            5,
            share("Times to restore", Metric::TimeToRestore, levels.time_to_restore.elite)?,
        ),
        graph(Width::Third, 5, rate),
    ])
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
    Ok(graph(Width::Full, 11, Graph::new(title, Period::Week, View::Table, rows.collect())?))
}

/// Spreads the tables of repositories over as many pages as the limits of a dashboard ask for.
fn pages(
    first: Dashboard,
    title: &str,
    repositories: &BTreeSet<&String>,
    name: impl Fn(usize) -> Result<String, InvalidDashboard>,
) -> Result<Dashboards, InvalidDashboard> {
    let known = repositories.iter().filter_map(|name| DimensionValue::new(name).ok());
    let mut tables: Vec<Widget> = known.map(table).collect::<Result<_, _>>()?;
    let (count, unknown) = (tables.len(), repositories.len() - tables.len());
    let mut dashboards = Dashboards::new();
    let mut dashboard = first;
    for page in 1.. {
        // The text above the tables is a widget too.
        let room = tables.first().map_or(0, |table| dashboard.room_for(table).saturating_sub(1));
        let rest = tables.split_off(room.min(tables.len()));
        let mut text = format!("## Repositories\n{count} in order of their names, by periods of 30 days.");
        if !rest.is_empty() {
            text += &format!(" More of them on [the next page](#dashboards/dashboard/{}).", name(page + 1)?);
        }
        if unknown > 0 {
            text += &format!(" {unknown} more have names that can't be dimensions in CloudWatch.");
        }
        dashboard.push(Widget::text(2, text))?;
        dashboard.extend(tables)?;
        dashboards.insert(name(page)?, dashboard);
        if rest.is_empty() {
            break;
        }
        tables = rest;
        dashboard = Dashboard::default();
        dashboard.push(Widget::text(1, format!("# {title}, page {}", page + 1)))?;
    }
    Ok(dashboards)
}

/// The figures of a repository, by periods of 30 days.
fn table(repository: DimensionValue) -> Result<Widget, InvalidDashboard> {
    let title = repository.as_str().to_owned();
    let figures = Figures(Some(Dimension::Repository(repository)));
    let rows = DoraMetric::ALL.into_iter().flat_map(|of| {
        let tail = match of.descriptor().made_of {
            MadeOf::Lengths { metric, shown_in, .. } if of == DoraMetric::LeadTimeForChanges => {
                let p90 = figures.length(metric, shown_in, Statistic::P90);
                Some(series(format!("lead time, p90 {}", shown_in.name()), p90, Color::Orange))
            }
            _ => None,
        };
        [Some(dora::main(of, &figures)), tail, dora::count(of, &figures)].into_iter().flatten()
    });
    Ok(graph(Width::Half, 7, Graph::new(title, Period::ThirtyDays, View::Table, rows.collect())?))
}
