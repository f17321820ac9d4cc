//! DORA's Quick Check of a time range.

use super::{
    periods::contributions,
    request::Repositories,
    table::{Cell, Table},
};
use crate::{ledger::Ledger, runtime::error::Error};
use jiff::Timestamp;
use metrics_lib::{
    comparison::FEWEST,
    dora_metric::{DoraMetric, QuickCheck},
    periods::Contributions,
    score::{score, word},
    window::Window,
    words,
};
use std::ops::Range;

/// Each metric's score, and their mean where each has one.
pub(super) async fn table(
    ledger: &Ledger,
    range: Range<Timestamp>,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let all = contributions(ledger, range.clone(), whose).await?;
    let window = Window { start: range.start, end: range.end };
    let figures = Contributions::new(&all).figures(window);
    let (mut rows, mut scores, mut benchmarks) = (Vec::<Vec<Cell>>::new(), Vec::new(), Vec::new());
    for of in DoraMetric::ALL {
        let Some(QuickCheck { benchmark, .. }) = of.descriptor().quick_check else { continue };
        let value = words::value(of, &figures, window.days());
        let found = score(of, &figures, window.days());
        let [shown, word] = match found {
            Some(score) => [format!("{score:.1}"), word(score, benchmark).to_owned()],
            None => ["none".to_owned(), format!("fewer than {FEWEST} values")],
        };
        let n = figures.n(of).to_string();
        let cells = [of.descriptor().title.to_owned(), value, n, shown, format!("{benchmark:.1}"), word];
        rows.push(cells.map(Cell::from).into());
        scores.extend(found);
        benchmarks.push(benchmark);
    }
    if scores.len() == benchmarks.len() {
        let mean = |scores: &[f64]| format!("{:.1}", scores.iter().sum::<f64>() / scores.len() as f64);
        let (score, benchmark) = (mean(&scores), mean(&benchmarks));
        let cells = ["Overall".to_owned(), String::new(), String::new(), score, benchmark, String::new()];
        rows.push(cells.map(Cell::from).into());
    }
    Ok(Table {
        caption: "Scores of DORA's Quick Check, from 0 to 10, beside the means of all who answered in 2025 (dora.dev, CC BY 4.0). DORA \
                  asks about one application or service: choose a repository, and a time range of 90 days or more"
            .into(),
        columns: vec!["metric", "value", "n", "score", "benchmark", "in a word"],
        rows,
        empty: "",
    })
}
