//! The repositories, those first that need attention. It is no ranking: DORA warns of comparing teams that do different work.

use super::{
    facts::{facts, restores},
    periods::{MEASURED, changed},
    request::Repositories,
    table::{Cell, Table, Tone},
};
use crate::{
    ledger::{Ledger, Recorded},
    runtime::error::Error,
};
use jiff::Timestamp;
use metrics_lib::{
    comparison::{FigureChange, Measured, Verdict},
    dora_metric::{DoraMetric, OfEach},
    fact::{FactKind, FactState},
    identity::IncidentId,
    periods::Contributions,
    window::Window,
    words,
};
use std::{collections::BTreeMap, ops::Range};

/// A repository in a time range.
struct Of {
    name: String,
    /// Its failures that nothing has repaired.
    open: usize,
    figures: OfEach<String>,
    changes: OfEach<Option<FigureChange>>,
}

impl Of {
    /// Open failures before changes for the worse, before everything else.
    fn order(&self) -> (std::cmp::Reverse<usize>, bool, &str) {
        let is_worse = self.changes.iter().flatten().any(|change| change.verdict == Verdict::Worse);
        (std::cmp::Reverse(self.open), !is_worse, &self.name)
    }
}

/// The repositories of a time range, compared with the time before of the same length.
pub(super) async fn table(
    ledger: &Ledger,
    range: Range<Timestamp>,
    now: Timestamp,
    whose: Repositories<'_>,
) -> Result<Table, Error> {
    let length = range.start.duration_until(range.end);
    let before = range.start.checked_sub(length).unwrap_or(Timestamp::MIN);
    let facts = facts(ledger, &MEASURED, before..range.end, whose).await?;
    let restores = restores(ledger, range.start, now).await?;
    let open = open_failures(facts.iter().filter(|fact| range.contains(&fact.time)), &restores);
    let all: Vec<_> = facts.iter().filter_map(Recorded::contribution).collect();
    let windows = [(before, range.start), (range.start, range.end)].map(|(start, end)| Window { start, end });
    let mut repositories: Vec<Of> = Contributions::new(&all)
        .by_repository()
        .into_iter()
        .map(|(name, own)| {
            let [earlier, later] = windows.map(|window| own.figures(window));
            let [before, now] = [(windows[0], &earlier), (windows[1], &later)]
                .map(|(window, figures)| Measured { window, figures });
            Of {
                name: name.to_owned(),
                open: open.get(name).copied().unwrap_or_default(),
                figures: DoraMetric::ALL
                    .map(|of| format!("{} (n={})", words::value(of, &later, windows[1].days()), later.n(of))),
                changes: DoraMetric::ALL.map(|of| FigureChange::of(of, now, before)),
            }
        })
        .collect();
    repositories.sort_by(|one, other| one.order().cmp(&other.order()));
    let mut columns = vec!["repository", "failures not repaired"];
    columns.extend(DoraMetric::ALL.into_iter().flat_map(|of| [of.descriptor().title, "change"]));
    Ok(Table {
        caption: "Repositories: those with failures that nothing has repaired first, then those with a change for the worse since \
                  the time range before, then by name. Different work has different figures: this is no ranking"
            .into(),
        columns,
        rows: repositories.into_iter().map(cells).collect(),
        empty: "No repository in this time range.",
    })
}

fn cells(of: Of) -> Vec<Cell> {
    let tone = if of.open > 0 { Tone::Bad } else { Tone::Plain };
    let mut cells = vec![of.name.into(), Cell::from(of.open.to_string()).toned(tone)];
    for ((metric, figure), change) in DoraMetric::ALL.into_iter().zip(of.figures).zip(of.changes) {
        cells.extend([figure.into(), changed(metric, change)]);
    }
    cells
}

/// How many failed deployments of each repository have an incident after which nothing restored service.
fn open_failures<'a>(
    facts: impl Iterator<Item = &'a Recorded>,
    restores: &BTreeMap<IncidentId, Recorded>,
) -> BTreeMap<&'a str, usize> {
    let mut open = BTreeMap::new();
    for failure in facts.filter(|fact| fact.kind == FactKind::Failure) {
        let (Some(incident), Some(repository)) = (&failure.incident, &failure.repository) else { continue };
        let is_restored = restores.get(incident).is_some_and(|restore| restore.state != FactState::Pending);
        if !is_restored {
            *open.entry(repository.as_str()).or_default() += 1;
        }
    }
    open
}
