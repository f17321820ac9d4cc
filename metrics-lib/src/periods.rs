//! The figures of days, ISO weeks and calendar months, side by side.
//!
//! CloudWatch has no calendar months, and no periods that begin where people begin theirs: who shows these reads the ledger.

use crate::{
    comparison::{FigureChange, Measured},
    contract::{Metric, Unit},
    dora_metric::{DoraMetric, MadeOf, OfEach},
    fact::FactKind,
    report::Figures,
    window::{Period, Window},
};
use jiff::Timestamp;
use std::{collections::BTreeMap, iter::repeat_n};

/// What a fact gives to figures: its values, at its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// When.
    pub time: Timestamp,
    /// The repository that the values are broken down by.
    pub repository: Option<String>,
    /// The values, each 1 of what is counted, and seconds of what is measured.
    pub values: Vec<(Metric, f64)>,
}

impl Contribution {
    /// What a decided fact gives, of which the ledger has how many values of each metric it is, and the seconds that it measures.
    pub fn of(
        kind: FactKind,
        time: Timestamp,
        repository: Option<String>,
        samples: &BTreeMap<Metric, usize>,
        seconds: Option<f64>,
    ) -> Self {
        let counted = samples.iter().filter(|(metric, _)| metric.unit() == Unit::Count);
        let counted = counted.flat_map(|(metric, count)| repeat_n((*metric, 1.0), *count));
        let measured =
            DoraMetric::ALL.map(DoraMetric::descriptor).into_iter().filter_map(|of| match of.made_of {
                MadeOf::Lengths { metric, .. } if of.facts.contains(&kind) => Some((metric, seconds?)),
                _ => None,
            });
        Self { time, repository, values: counted.chain(measured).collect() }
    }
}

/// Contributions in order of time.
#[derive(Clone, Debug)]
pub struct Contributions<'a>(Vec<&'a Contribution>);

impl<'a> Contributions<'a> {
    /// The contributions of some facts, given in any order.
    pub fn new(all: impl IntoIterator<Item = &'a Contribution>) -> Self {
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|contribution| contribution.time);
        Self(all)
    }

    /// Those of some repositories; of facts that have none, the name is none.
    #[must_use]
    pub fn only(&self, is_of: impl Fn(Option<&str>) -> bool) -> Self {
        let all = self.0.iter().filter(|contribution| is_of(contribution.repository.as_deref()));
        Self(all.copied().collect())
    }

    /// Those of each repository; what is of none is left out.
    pub fn by_repository(&self) -> BTreeMap<&'a str, Self> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        for contribution in &self.0 {
            if let Some(name) = &contribution.repository {
                all.entry(name).or_insert_with(|| Self(Vec::new())).0.push(contribution);
            }
        }
        all
    }

    /// The figures of a window.
    pub fn figures(&self, window: Window) -> Figures {
        let at = |time: Timestamp| self.0.partition_point(|contribution| contribution.time < time);
        let within = &self.0[at(window.start)..at(window.end).max(at(window.start))];
        within.iter().flat_map(|contribution| contribution.values.iter().copied()).collect()
    }

    /// The last periods of a length up to the one that an instant lies in, the latest first.
    ///
    /// # Errors
    /// Those of [`Period::containing`].
    pub fn rows(
        &self,
        period: Period,
        count: usize,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Row>, jiff::Error> {
        let windows = period.last(count + 1, until)?;
        let figures: Vec<Figures> = windows.iter().map(|window| self.figures(*window)).collect();
        let measured: Vec<_> =
            windows.iter().zip(&figures).map(|(&window, figures)| Measured { window, figures }).collect();
        let rows = measured.windows(2).map(|pair| {
            let (before, Measured { window, figures }) = (pair[0], pair[1]);
            let is_finished = window.is_finished(now);
            let change = |of| if is_finished { FigureChange::of(of, pair[1], before) } else { None };
            let label = period.label(window);
            let past = Window { end: window.end.min(now.max(window.start)), ..window };
            Row {
                window,
                label,
                is_finished,
                days: past.days(),
                figures: figures.clone(),
                changes: DoraMetric::ALL.map(change),
            }
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.reverse();
        Ok(rows)
    }
}

/// The figures of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The period.
    pub window: Window,
    /// Its name: [`Period::label`].
    pub label: String,
    /// Whether it is past. One that is not has values to come still, so it is not compared.
    pub is_finished: bool,
    /// How many days of it are past.
    pub days: f64,
    /// Its figures.
    pub figures: Figures,
    /// The change of each of DORA's metrics since the period before, in the order of [`DoraMetric::ALL`]; none of a period
    /// that is not finished, and without a value of both.
    pub changes: OfEach<Option<FigureChange>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Verdict;
    use std::fmt::Write;

    fn contribution(time: &str, repository: &str, values: &[(Metric, f64)]) -> Contribution {
        Contribution {
            time: time.parse().unwrap(),
            repository: Some(repository.to_owned()),
            values: values.to_vec(),
        }
    }

    /// A calendar month's figures, reckoned by hand.
    ///
    /// In May there are 6 deployments, of which 1 failed, with lead times of 1 to 6 hours: median and mean are 3.5 hours. In
    /// June there are 4, of which 2 failed, with 10, 20, 30 and 100 hours: the median is 25, the mean 40. Of June there is a day
    /// to come.
    #[test]
    fn calendar_months() {
        use Metric::{Deployments, FailedDeployments, LeadTimeForChanges};
        let mut all = Vec::new();
        for (number, hours) in [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].into_iter().enumerate() {
            let values = [(Deployments, 1.0), (LeadTimeForChanges, hours * 3600.0)];
            all.push(contribution(&format!("2026-05-{:02}T00:00:00Z", number * 6 + 1), "acme/shop", &values));
        }
        for (day, hours) in [(1, 10.0), (2, 20.0), (3, 30.0), (29, 100.0)] {
            let values = [(Deployments, 1.0), (LeadTimeForChanges, hours * 3600.0)];
            all.push(contribution(&format!("2026-06-{day:02}T23:59:59Z"), "acme/shop", &values));
        }
        for time in ["2026-05-31T00:00:00Z", "2026-06-01T23:59:59Z", "2026-06-02T23:59:59Z"] {
            all.push(contribution(time, "acme/shop", &[(FailedDeployments, 1.0)]));
        }
        all.push(contribution("2026-04-30T23:59:59Z", "acme/other", &[(Deployments, 1.0)]));
        let rows = |contributions: &Contributions<'_>, now: &str| {
            let mut text = String::new();
            for row in
                contributions.rows(Period::Month, 3, now.parse().unwrap(), now.parse().unwrap()).unwrap()
            {
                let lead_time = row.figures.distribution(LeadTimeForChanges);
                let hours = lead_time.map(|of| (of.median / 3600.0, of.mean / 3600.0));
                let verdicts = row.changes.map(|change| change.map(|change| change.verdict.words()));
                let rate = row.figures.value(DoraMetric::ChangeFailureRate);
                let count = row.figures.count(Deployments);
                let finished = row.is_finished;
                writeln!(text, "{} {finished} {count} {hours:?} {rate:?} {:?}", row.label, &verdicts[..3])
                    .unwrap();
            }
            text
        };
        let all = Contributions::new(&all);
        assert_eq!(
            rows(&all, "2026-06-30T00:00:00Z"),
            "2026-06 false 4 Some((25.0, 40.0)) Some(0.5) [None, None, None]\n\
             2026-05 true 6 Some((3.5, 3.5)) Some(0.16666666666666666) [Some(\"no distinguishable change\"), None, Some(\"too few to tell\")]\n\
             2026-04 true 1 None Some(0.0) [Some(\"too few to tell\"), None, None]\n"
        );
        let shop = all.only(|repository| repository == Some("acme/shop"));
        assert_eq!(
            rows(&shop, "2026-07-01T00:00:00Z").lines().nth(1).unwrap(),
            "2026-06 true 4 Some((25.0, 40.0)) Some(0.5) [Some(\"no distinguishable change\"), Some(\"too few to tell\"), \
             Some(\"too few to tell\")]"
        );
        assert!(
            rows(&shop, "2026-06-30T00:00:00Z")
                .ends_with("2026-04 true 0 None None [Some(\"too few to tell\"), None, None]\n")
        );
    }

    #[test]
    fn unfinished_periods_are_not_compared() {
        let often: Vec<_> = (0..200)
            .map(|minute| {
                let time = format!("2026-06-0{}T01:{:02}:00Z", 1 + minute / 60, minute % 60);
                contribution(&time, "acme/shop", &[(Metric::Deployments, 1.0)])
            })
            .collect();
        let now = "2026-06-04T12:00:00Z".parse().unwrap();
        let rows = Contributions::new(&often).rows(Period::Day, 3, now, now).unwrap();
        assert_eq!(rows.iter().map(|row| row.days).collect::<Vec<_>>(), [0.5, 1.0, 1.0]);
        let verdicts: Vec<_> = rows.iter().map(|row| row.changes[0].map(|change| change.verdict)).collect();
        assert_eq!(verdicts, [None, Some(Verdict::NotDistinguishable), Some(Verdict::NotDistinguishable)]);
    }
}
