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
    dora_metric::DoraMetric,
    periods::Contributions,
    score::{BENCHMARK_2025, score, word},
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
    let scores = DoraMetric::ALL.map(|of| score(of, &figures, window.days()));
    let mut rows: Vec<Vec<Cell>> = DoraMetric::ALL
        .into_iter()
        .zip(scores)
        .map(|(of, score)| {
            let value = words::value(of, &figures, window.days());
            let mut cells = vec![Cell::from(of.descriptor().title), value.into()];
            let [score, word] = match score {
                Some(score) => [format!("{score:.1}"), word(of, score).to_owned()],
                None => ["none".to_owned(), format!("fewer than {FEWEST} values")],
            };
            cells.extend(
                [figures.n(of).to_string(), score, format!("{:.1}", BENCHMARK_2025[of as usize]), word]
                    .map(Cell::from),
            );
            cells
        })
        .collect();
    if let [Some(a), Some(b), Some(c), Some(d), Some(e)] = scores {
        let mean = |scores: [f64; 5]| format!("{:.1}", scores.iter().sum::<f64>() / 5.0);
        let cells = [
            "Overall".to_owned(),
            String::new(),
            String::new(),
            mean([a, b, c, d, e]),
            mean(BENCHMARK_2025),
            String::new(),
        ];
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
