//! The data of the page, as JSON for its script: texts once, columns instead of objects.

use super::{
    data::{PageData, PageFact},
    facts::{Deployments, Facts, Row, git_hub, incidents, number},
    figures::{Series, Shown, Unit, contributions, rows, series, units},
    left_out::{Group, left_out},
    words::Words,
};
use metrics_lib::{
    dora_metric::{DoraMetric, MadeOf, OfEach},
    fact::FactKind,
    parts::HEADINGS,
    periods::{self, Contributions},
};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Embedded {
    metrics: OfEach<MetricWords>,
    kinds: [&'static str; 8],
    /// What a lead time goes into: names and sentences.
    parts: [[&'static str; 2]; 9],
    /// The periods of each length.
    periods: [Vec<Shown>; 3],
    units: Vec<Named>,
    /// By unit, length of periods, metric.
    figures: Vec<[OfEach<Series>; 3]>,
    facts: Facts,
    deployments: Deployments,
    /// By repository: where commits and pull requests are.
    git_hub: Vec<[i64; 3]>,
    incidents: Vec<Row>,
    left_out: Vec<Group>,
    words: Words,
}

/// A unit, as the script knows it.
#[derive(Serialize)]
struct Named {
    kind: &'static str,
    name: i64,
    /// Its repositories; none of all.
    repositories: Option<Vec<i64>>,
}

/// What is said of a metric.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetricWords {
    title: &'static str,
    sentence: &'static str,
    /// The unit that its value is shown in.
    unit: &'static str,
    /// What a value is multiplied by, to be in that unit.
    factor: f64,
    /// What n counts.
    of: &'static str,
    /// What the value beside it is.
    beside: &'static str,
    /// The facts that it is made of.
    kinds: Vec<u8>,
}

/// The data as JSON that is inert within HTML.
///
/// # Errors
/// A present at the ends of the calendar.
pub(super) fn json(data: &PageData) -> Result<String, jiff::Error> {
    let mut words = Words::default();
    let mut deployments = Deployments::default();
    let mut newest_first: Vec<&PageFact> = data.facts.iter().filter(|fact| fact.kind.is_measured()).collect();
    newest_first.sort_by_key(|fact| (std::cmp::Reverse(fact.time), fact.kind));
    let units = units(data);
    let mut named = |unit: &Unit<'_>| Named {
        kind: unit.kind,
        name: words.number(unit.name),
        repositories: unit
            .repositories
            .as_ref()
            .map(|own| own.iter().map(|name| words.number(name)).collect()),
    };
    let contributions = contributions(data);
    let contributions = Contributions::new(&contributions);
    let periods: Vec<[Vec<periods::Row>; 3]> =
        units.iter().map(|unit| rows(&contributions, unit, data.now)).collect::<Result<_, _>>()?;
    let embedded = Embedded {
        metrics: DoraMetric::ALL.map(words_of),
        kinds: FactKind::ALL.map(FactKind::name),
        parts: HEADINGS.map(|heading| [heading.title, heading.sentence]),
        periods: periods[0].each_ref().map(|rows| rows.iter().map(Shown::from).collect()),
        figures: periods.iter().map(|of| of.each_ref().map(|rows| series(rows))).collect(),
        units: units.iter().map(&mut named).collect(),
        facts: Facts::new(&newest_first, &mut words, &mut deployments),
        git_hub: git_hub(data, &mut words),
        incidents: incidents(data, &mut words, &mut deployments),
        left_out: left_out(data, &mut words),
        deployments,
        words,
    };
    Ok(inert(&serde_json::to_string(&embedded).unwrap_or_default()))
}

fn words_of(metric: DoraMetric) -> MetricWords {
    let of = metric.descriptor();
    let (unit, factor, counted, beside) = match of.made_of {
        MadeOf::Count(_) => ("", 1.0, "deployments", ""),
        MadeOf::Share { of, whole: [_], .. } => ("%", 100.0, "deployments", of),
        MadeOf::Share { of, .. } => ("%", 100.0, "deployments and rollbacks", of),
        MadeOf::Lengths { of, shown_in, .. } => {
            (shown_in.name(), 1.0 / f64::from(shown_in.seconds()), of, "mean")
        }
    };
    let kinds = of.facts.iter().map(|kind| number(*kind)).collect();
    MetricWords { title: of.title, sentence: of.sentence, unit, factor, of: counted, beside, kinds }
}

/// JSON in which nothing ends a script, begins markup or breaks a line.
fn inert(json: &str) -> String {
    let mut inert = String::with_capacity(json.len());
    for char in json.chars() {
        match char {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => inert += &format!("\\u{:04x}", u32::from(char)),
            _ => inert.push(char),
        }
    }
    inert
}
