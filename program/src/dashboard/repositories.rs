//! The list of repositories: a table a metric of DORA, a row a repository, on as many pages as the limits ask for.

use super::{
    InvalidDashboard, dora,
    figures::Figures,
    graph::{Graph, MAX_ROWS, Period, Series, View},
    known::Known,
    layout::{Dashboard, Dashboards},
    names,
    widget::{Widget, Width},
};
use crate::settings::Settings;
use metrics_lib::{
    datum::{Dimension, DimensionValue},
    dora_metric::DoraMetric,
};

/// The highest table, in rows of the grid: it scrolls within.
const MAX_HEIGHT: usize = 12;

/// Puts the tables on a dashboard and, where it has no room left, on further ones. `last` is what the first page ends with.
pub(super) fn pages(
    first: Dashboard,
    settings: &Settings,
    repositories: &Known,
    last: Vec<Widget>,
) -> Result<Dashboards, InvalidDashboard> {
    let mut rest = repositories.names.as_slice();
    let mut dashboards = Dashboards::new();
    let mut page = first;
    let mut last = Some(last);
    for number in 1.. {
        let ending = last.take().unwrap_or_default();
        let kept: usize = ending.iter().map(Widget::metrics).sum();
        let shown;
        (shown, rest) = rest.split_at(room(page.room().saturating_sub(kept), rest)?);
        let next = (!rest.is_empty()).then(|| names::repositories(&settings.prefix, number + 1));
        page.push(heading(repositories, shown, next.as_deref()))?;
        page.extend(tables(shown)?)?;
        page.extend(ending)?;
        dashboards.insert(names::repositories(&settings.prefix, number), page);
        if rest.is_empty() {
            break;
        }
        page = Dashboard::default();
        page.push(Widget::text(format!("# DORA metrics of repositories, page {}", number + 1), 1))?;
    }
    Ok(dashboards)
}

/// How many repositories there is room for, by the metrics that a dashboard still takes.
fn room(metrics: usize, repositories: &[DimensionValue]) -> Result<usize, InvalidDashboard> {
    let Some((one, _)) = repositories.split_at_checked(1) else { return Ok(0) };
    let each: usize = tables(one)?.iter().map(Widget::metrics).sum();
    Ok((metrics / each).min(repositories.len()))
}

fn heading(all: &Known, shown: &[DimensionValue], next: Option<&str>) -> Widget {
    let mut text = format!(
        "## Repositories\nIn order of their names, by periods of 30 days, the last of which is not over; {}.",
        all.said("repositories")
    );
    if let (Some(next), Some(last)) = (next, shown.last()) {
        let last = dora::escaped(last.as_str());
        text += &format!(" Here up to {last}, then on {}.", names::link("the next page", next));
    }
    Widget::text(text, 2)
}

/// A table a metric, of some repositories: of so many that a widget takes the metrics of each.
fn tables(repositories: &[DimensionValue]) -> Result<Vec<Widget>, InvalidDashboard> {
    let mut widgets = Vec::new();
    for of in DoraMetric::ALL {
        let all: Vec<Series> = repositories.iter().map(|repository| row(of, repository)).collect();
        let Some(one) = all.first() else { continue };
        // The figure itself, and the statistics that it is made of, some of which may be the same.
        let each = 1 + one.math.stats().len();
        for rows in all.chunks(MAX_ROWS / each) {
            let mut title = format!("Repositories: {}", dora::main(of, &Figures(None)).label);
            if let (true, Some(first)) = (rows.len() < all.len(), rows.first()) {
                title += &format!(", from {}", first.label);
            }
            let graph = Graph::new(title, Period::ThirtyDays, View::List, rows.to_vec())?;
            let height = (2 + rows.len()).min(MAX_HEIGHT) as u8;
            widgets.push(Widget::graph(graph, height).width(Width::Third));
        }
    }
    Ok(widgets)
}

/// A repository's figure, under the repository's name.
fn row(of: DoraMetric, repository: &DimensionValue) -> Series {
    let figures = Figures(Some(Dimension::Repository(repository.clone())));
    Series { label: repository.as_str().to_owned(), ..dora::main(of, &figures) }
}
