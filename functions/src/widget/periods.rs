//! The five metrics by day, ISO week and calendar month.

use super::{
    facts::facts,
    request::Repositories,
    table::{Cell, Table, Tone},
};
use crate::{
    ledger::{Ledger, Recorded},
    runtime::error::Error,
};
use jiff::Timestamp;
use metrics_lib::{
    comparison::{FEWEST, FigureChange, Verdict},
    dora_metric::{DoraMetric, MadeOf},
    fact::FactKind,
    periods::{Contribution, Contributions, Row},
    report::Figures,
    window::Period,
    words,
};
use std::ops::Range;

/// The kinds of facts that figures are made of.
pub(super) const MEASURED: [FactKind; 6] = [
    FactKind::Deployment,
    FactKind::LeadTime,
    FactKind::Failure,
    FactKind::Restore,
    FactKind::Rollback,
    FactKind::Rework,
];

/// What the facts of a range of time give to figures.
pub(super) async fn contributions(
    ledger: &Ledger,
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Vec<Contribution>, Error> {
    let facts = facts(ledger, &MEASURED, range, whose).await?;
    Ok(facts.iter().filter_map(Recorded::contribution).collect())
}

/// The last periods up to the one that an instant lies in, the latest first.
pub(super) async fn table(
    ledger: &Ledger,
    period: Period,
    until: Timestamp,
    now: Timestamp,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    // The last instant of a range may be the first of the next period.
    let last = until.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap_or(until);
    let count = period.shown();
    let outside = |error: jiff::Error| Error::Clock(format!("the time range can't be shown: {error}"));
    let windows = period.last(count + 1, last).map_err(outside)?;
    let (Some(first), Some(end)) = (windows.first(), windows.last()) else { return Ok(Table::default()) };
    let all = contributions(ledger, first.start..end.end.min(now), whose).await?;
    let rows = Contributions::new(&all).rows(period, count, last, now).map_err(outside)?;
    let name = period.name();
    let mut columns = vec![name];
    for of in DoraMetric::ALL {
        let title = of.descriptor().title;
        columns.extend(match of.descriptor().made_of {
            MadeOf::Lengths { .. } => vec![title, "mean, p75, p90, n", "change"],
            MadeOf::Share { .. } => vec![title, "n, interval", "change"],
            MadeOf::Count(_) => vec![title, "change"],
        });
    }
    Ok(Table {
        caption: format!(
            "The last {count} {name}s in UTC, the latest first; lengths of time are medians. A change is better or worse only \
             where chance is an unlikely reason, and is not told of fewer than {FEWEST} values or of a {name} that goes on"
        ),
        columns,
        rows: rows.iter().map(cells).collect(),
        empty: "",
    })
}

fn cells(row: &Row) -> Vec<Cell> {
    let running = if row.is_finished { "" } else { " (goes on)" };
    let mut cells = vec![Cell::from(format!("{}{running}", row.label))];
    for (of, change) in DoraMetric::ALL.into_iter().zip(row.changes) {
        cells.extend(figure(of, &row.figures, row.days));
        cells.push(changed(of, change));
    }
    cells
}

/// A figure, and what stands beside it where there is something.
fn figure(of: DoraMetric, figures: &Figures, days: f64) -> Vec<Cell> {
    let value = Cell::from(words::value(of, figures, days));
    let beside = match of.descriptor().made_of {
        MadeOf::Count(_) => return vec![value],
        MadeOf::Lengths { metric, .. } => figures.distribution(metric).map(|lengths| {
            let [mean, p75, p90] = [lengths.mean, lengths.p75, lengths.p90].map(words::length);
            format!("mean {mean}, p75 {p75}, p90 {p90}, n={}", lengths.n)
        }),
        MadeOf::Share { parts, whole, .. } => figures
            .share(parts, whole)
            .map(|share| format!("n={}: {}", figures.n(of), words::interval(share))),
    };
    vec![value, beside.unwrap_or_default().into()]
}

/// A change, if there is one to tell.
pub(super) fn changed(of: DoraMetric, change: Option<FigureChange>) -> Cell {
    let Some(change) = change else { return Cell::default() };
    Cell::from(words::change(of, change)).toned(match change.verdict {
        Verdict::Better => Tone::Good,
        Verdict::Worse => Tone::Bad,
        Verdict::NotDistinguishable | Verdict::TooFew => Tone::Plain,
    })
}
