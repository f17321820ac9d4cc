//! The figures of every unit and period, and what became of each since the period before.

use super::data::{Fact, PageData};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use metrics_lib::{
    dora_metric::{DoraMetric, MadeOf},
    fact::FactState,
    report::Figures,
    statistics::{Frequency, Interval, Share, difference_of_medians, percentile},
    window::{Period, Window},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The lengths of periods, with how many are shown of each.
pub(super) const GRANULARITIES: [(Period, usize); 3] =
    [(Period::Day, 14), (Period::Week, 13), (Period::Month, 13)];

/// Whose figures they are.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    /// The repositories that it is made of; none of all, which has what is of no repository, too.
    pub(super) repositories: Option<BTreeSet<&'a str>>,
}

/// All together, each team, each repository.
pub(super) fn units(data: &PageData) -> Vec<Unit<'_>> {
    let facts = data.facts.iter().filter_map(|fact| fact.repository.as_deref());
    let repositories: BTreeSet<&str> = data.repositories.iter().map(String::as_str).chain(facts).collect();
    let all = Unit { kind: "all", name: "", repositories: None };
    let teams = data.teams.0.iter().map(|(name, owned)| {
        let owned = owned.iter().map(String::as_str).collect();
        Unit { kind: "team", name, repositories: Some(owned) }
    });
    let each = repositories.into_iter().map(|name| {
        Unit { kind: "repository", name, repositories: Some(BTreeSet::from([name])) }
    });
    [all].into_iter().chain(teams).chain(each).collect()
}

/// A period that is shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) label: String,
    pub(super) start: i64,
    pub(super) end: i64,
    /// Whether it is over.
    pub(super) finished: bool,
}

/// The periods up to the present, the oldest first, with one before those that are shown.
pub(super) fn windows(period: Period, count: usize, now: Timestamp) -> Vec<Window> {
    // A present on the border belongs to the period that ends there: nothing can have happened in the next.
    let mut end = now - SignedDuration::from_nanos(1);
    let mut windows = Vec::new();
    while windows.len() <= count && let Ok(window) = period.containing(end) {
        windows.push(window);
        end = window.start - SignedDuration::from_nanos(1);
    }
    windows.reverse();
    windows
}

/// How a period is called: 2026-06-15, 2026-W25, 2026-06.
pub(super) fn shown(period: Period, window: Window, now: Timestamp) -> Shown {
    let date = window.start.to_zoned_datetime(TimeZone::UTC).date();
    let label = match period {
        Period::Day => date.to_string(),
        Period::Week => {
            let week = date.iso_week_date();
            format!("{}-W{:02}", week.year(), week.week())
        }
        Period::Month => date.strftime("%Y-%m").to_string(),
    };
    Shown {
        label,
        start: window.start.as_second(),
        end: window.end.as_second(),
        finished: window.end <= now,
    }
}

/// What became of a figure since the period before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is nothing to compare.
    None = 0,
    Better = 1,
    Worse = 2,
    NotDistinguishable = 3,
}

/// A figure of a period: its value, its n, the mean or the part, and the verdict; zeros at its end are left out.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Nothing(u8),
    Figure(Option<f64>, u64, f64, u8),
}

/// The figures of a metric, a cell a period.
#[derive(Debug, Serialize)]
pub(super) struct Series(
    /// Whether one value would flatten the others: the scale is to be logarithmic.
    u8,
    Vec<Cell>,
);

/// How much larger than the median a value is that flattens the others.
const OUTLIER: f64 = 20.0;

/// The figures of all periods of a length.
pub(super) struct Table<'a> {
    windows: Vec<Window>,
    now: Timestamp,
    figures: BTreeMap<Option<&'a str>, Vec<Figures>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(facts: &'a [Fact], windows: Vec<Window>, now: Timestamp) -> Self {
        let mut figures: BTreeMap<Option<&str>, Vec<Figures>> = BTreeMap::new();
        for fact in facts.iter().filter(|fact| fact.state != FactState::Pending) {
            let index = windows.partition_point(|window| window.end <= fact.time);
            if windows.get(index).is_some_and(|window| window.contains(fact.time)) {
                let of = figures.entry(fact.repository.as_deref());
                let of = of.or_insert_with(|| vec![Figures::default(); windows.len()]);
                of[index].add_fact(fact.kind, &fact.samples, fact.seconds);
            }
        }
        Self { windows, now, figures }
    }

    /// A unit's figures, metric by metric, without the first period, which the second is compared with.
    pub(super) fn series(&self, unit: &Unit<'_>) -> [Series; 5] {
        let is_of = |name: &Option<&str>| {
            unit.repositories.as_ref().is_none_or(|own| name.is_some_and(|name| own.contains(name)))
        };
        let mut figures = vec![Figures::default(); self.windows.len()];
        for (_, of) in self.figures.iter().filter(|(name, _)| is_of(name)) {
            figures.iter_mut().zip(of).for_each(|(sum, of)| *sum += of);
        }
        DoraMetric::ALL.map(|metric| {
            let pairs = figures.windows(2).zip(self.windows.windows(2));
            let cells = pairs.map(|(figures, windows)| self.cell(metric, figures, windows)).collect();
            let mut values: Vec<f64> = figures[1..].iter().filter_map(|of| of.value(metric)).collect();
            values.retain(|value| *value > 0.0);
            values.sort_by(f64::total_cmp);
            let is_flat = percentile(&values, 50.0)
                .zip(values.last())
                .is_some_and(|(median, largest)| *largest > OUTLIER * median);
            Series(u8::from(is_flat), cells)
        })
    }

    fn cell(&self, metric: DoraMetric, figures: &[Figures], windows: &[Window]) -> Cell {
        let [before, after] = figures else { return Cell::Nothing(0) };
        let verdict = self.verdict(metric, [before, after], windows);
        let value = after.value(metric);
        if after.n(metric) == 0 && verdict == Verdict::None {
            return Cell::Nothing(0);
        }
        let beside = match metric.descriptor().made_of {
            MadeOf::Count(_) => 0.0,
            MadeOf::Share { parts, .. } => parts.iter().map(|part| after.count(*part)).sum::<u64>() as f64,
            MadeOf::Lengths { metric, .. } => after.distribution(metric).map_or(0.0, |lengths| lengths.mean),
        };
        Cell::Figure(value, after.n(metric), beside, verdict as u8)
    }

    fn verdict(&self, metric: DoraMetric, [before, after]: [&Figures; 2], windows: &[Window]) -> Verdict {
        let [earlier, later] = windows else { return Verdict::None };
        let days = |window: &Window| {
            (window.end.min(self.now)).duration_since(window.start).as_secs_f64() / (24.0 * 3600.0)
        };
        let difference: Option<Interval> = match metric.descriptor().made_of {
            MadeOf::Count(metric) if before.count(metric) + after.count(metric) == 0 => None,
            MadeOf::Count(metric) => Frequency::new(after.count(metric), days(later))
                .zip(Frequency::new(before.count(metric), days(earlier)))
                .map(|(after, before)| after.difference(before)),
            MadeOf::Share { parts, whole, .. } => {
                let shares = after.share(parts, whole).zip(before.share(parts, whole));
                shares.map(|(after, before): (Share, Share)| after.difference(before))
            }
            MadeOf::Lengths { metric, .. } => {
                difference_of_medians(after.values(metric), before.values(metric))
            }
        };
        let more_is_better = metric == DoraMetric::DeploymentFrequency;
        match difference {
            None => Verdict::None,
            Some(interval) if !interval.leaves_out_zero() => Verdict::NotDistinguishable,
            Some(interval) if (interval.low > 0.0) == more_is_better => Verdict::Better,
            Some(_) => Verdict::Worse,
        }
    }
}
