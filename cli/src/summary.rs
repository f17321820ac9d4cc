//! The outcome of a replay as tables for people.

use crate::output::Words;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use metrics_lib::{
    contract::Metric,
    dora_metric::DoraMetric,
    fact::FactState,
    report::{Figures, total},
    words::{self, NO_DATA, length},
};
use simulator::replay_result::{ReplayResult, ReplayedFact};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Formatter},
};

/// The outcome of a replay as tables for people.
pub(crate) fn summary(outcome: &ReplayResult) -> impl Display + '_ {
    Summary(outcome)
}

struct Summary<'a>(&'a ReplayResult);

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let outcome = self.0;
        let figures = outcome.figures();
        let total = outcome.total_figures();
        if figures.is_empty() && total.is_empty() {
            writeln!(
                f,
                "No production deployment, rollback or restored incident: there is no data to show."
            )?;
        } else {
            writeln!(f, "{}\n", figures_table(&figures, &total))?;
        }
        for (repository, count) in outcome.of_no_dimension() {
            match repository {
                Some(name) => writeln!(
                    f,
                    "{count:>6} facts are of {}, which has no metrics of its own: they count in all and in teams only",
                    Words(name)
                )?,
                None => writeln!(f, "{count:>6} facts are of no repository: they count in all only")?,
            }
        }
        for (count, what) in [
            (
                outcome.count(|fact| fact.state == FactState::Pending),
                "facts are pending: not decided yet, or nothing restored service",
            ),
            (
                outcome.count(ReplayedFact::has_no_figure),
                "deployments have no lead time, for the reason that is their evidence",
            ),
            (
                outcome.count(|fact| fact.state == FactState::Unpublishable && !fact.has_no_figure()),
                "facts are too old for CloudWatch and in the ledger only",
            ),
            (outcome.ignored.len(), "executions are no production deployment"),
            (outcome.refused.len(), "events were let through by no rule or policy"),
            (outcome.dead_letters.len(), "messages could not be finished and are dead letters"),
        ] {
            if count > 0 {
                writeln!(f, "{count:>6} {what}")?;
            }
        }
        writeln!(f, "\nWith --json, every figure is shown with its evidence.")
    }
}

/// Two rows for each repository, measured and true, and two for all.
pub(crate) fn comparison_table(outcome: &ReplayResult, truth: &BTreeMap<String, Figures>) -> Table {
    let measured = outcome.figures();
    let repositories: BTreeSet<&String> = measured.keys().chain(truth.keys()).collect();
    let none = Figures::default();
    let get = |figures: &BTreeMap<String, Figures>, name: &String| figures.get(name).unwrap_or(&none).clone();
    let rows = repositories.into_iter().flat_map(|name| {
        [(format!("{name} measured"), get(&measured, name)), (format!("{name} true"), get(truth, name))]
    });
    let totals = [("all measured", outcome.total_figures()), ("all true", total(truth.values()))];
    table(rows.chain(totals.map(|(name, figures)| (name.to_owned(), figures))))
}

/// A row for each repository, and one for all.
fn figures_table(figures: &BTreeMap<String, Figures>, total: &Figures) -> Table {
    let rows = figures.iter().map(|(name, figures)| (name.clone(), figures.clone()));
    table(rows.chain([("all".to_owned(), total.clone())]))
}

fn table(rows: impl Iterator<Item = (String, Figures)>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "repository",
        "deployments",
        "failed",
        "change failure rate",
        "rework",
        "rollbacks",
        "rework rate",
        "restores",
        "median time to restore",
        "median lead time",
    ]);
    for (name, figures) in rows {
        table.add_row(row(&name, &figures));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(name: &str, figures: &Figures) -> [String; 10] {
    let count = |metric| figures.count(metric).to_string();
    [
        Words(name).to_string(),
        count(Metric::Deployments),
        count(Metric::FailedDeployments),
        percent(figures, DoraMetric::ChangeFailureRate),
        count(Metric::ReworkDeployments),
        count(Metric::Rollbacks),
        percent(figures, DoraMetric::ReworkRate),
        count(Metric::TimeToRestore),
        duration(figures, DoraMetric::TimeToRestore),
        duration(figures, DoraMetric::LeadTimeForChanges),
    ]
}

/// A share, with its n. No data is not zero: without deployments there is no rate.
pub(crate) fn percent(figures: &Figures, of: DoraMetric) -> String {
    let n = figures.n(of);
    figures.value(of).map_or_else(|| NO_DATA.to_owned(), |rate| format!("{} (n={n})", words::percent(rate)))
}

/// The median of lengths of time, with their number.
pub(crate) fn duration(figures: &Figures, of: DoraMetric) -> String {
    let median = figures.value(of).map(|median| format!("{} (n={})", length(median), figures.n(of)));
    median.unwrap_or_else(|| NO_DATA.to_owned())
}
