//! What is drawn of a metric of DORA, by what it is made of.

use super::{
    figures::{Figures, lengths, n, series},
    graph::{Band, Color, Period, Series},
    math::Statistic,
    widget::Widget,
};
use crate::{
    levels::{Bounds, Levels},
    settings::Settings,
};
use metrics_lib::{
    contract::Metric,
    dora_metric::{Descriptor, DoraMetric, MadeOf, TimeUnit},
};

/// DORA's guide to its metrics.
pub(super) const GUIDE: &str = "https://dora.dev/guides/dora-metrics-four-keys/";

/// The text above a metric's figures.
pub(super) fn text(of: DoraMetric, settings: &Settings) -> Widget {
    let Descriptor { title, sentence, anchor, .. } = of.descriptor();
    let link = match &settings.dashboards.documentation {
        Some(documentation) => format!("{documentation}#{anchor}"),
        None => GUIDE.to_owned(),
    };
    Widget::text(format!("### {title}\n{sentence} [What counts]({link})"), 2)
}

/// The unit of a metric's figures.
pub(super) fn unit(of: DoraMetric) -> &'static str {
    let Descriptor { short, made_of, .. } = of.descriptor();
    match made_of {
        MadeOf::Count(_) => short,
        MadeOf::Share { .. } => "%",
        MadeOf::Lengths { shown_in, .. } => shown_in.name(),
    }
}

/// A metric's figures, and beside them how many values they are made of.
pub(super) fn all_series(of: DoraMetric, figures: &Figures) -> Vec<Series> {
    let Descriptor { short, made_of, .. } = of.descriptor();
    match made_of {
        MadeOf::Count(metric) => vec![series(short, figures.counted(metric), Color::Blue)],
        MadeOf::Share { of: word, parts, whole } => {
            let share = series(format!("{word}, %"), figures.share_of(parts, whole), Color::Blue);
            vec![share, n(figures.counted_in_all(whole))]
        }
        MadeOf::Lengths { metric, shown_in, .. } => {
            let mut all = lengths(figures, metric, shown_in);
            all.push(n(figures.number(metric)));
            all
        }
    }
}

/// The first of a metric's figures, and how many values it is made of.
pub(super) fn headline(of: DoraMetric, figures: &Figures) -> Vec<Series> {
    let mut all = all_series(of, figures);
    if let [_, between @ .., _] = all.as_slice() {
        all.drain(1..=between.len());
    }
    all
}

/// The figure of each week that is over, and how it differs from the week before that has one.
pub(super) fn full_weeks(of: DoraMetric, figures: &Figures) -> Vec<Series> {
    let Series { label, math, .. } = main(of, figures);
    // Every period has a count of deployments, be it zero: so the last of them is the one that is not over.
    let full = math.before_last_of(figures.counted(Metric::Deployments));
    let change = series("change", full.clone().difference(), Color::Grey);
    vec![series(label, full, Color::Blue), change]
}

/// The figure that stands for a metric where there is room for one only.
pub(super) fn main(of: DoraMetric, figures: &Figures) -> Series {
    let Descriptor { short, made_of, .. } = of.descriptor();
    let (label, math) = match made_of {
        MadeOf::Count(metric) => (short.to_owned(), figures.counted(metric)),
        MadeOf::Share { parts, whole, .. } => (format!("{short}, %"), figures.share_of(parts, whole)),
        MadeOf::Lengths { metric, shown_in, .. } => {
            let median = figures.length(metric, shown_in, Statistic::P50);
            (format!("{short}, median {}", shown_in.name()), median)
        }
    };
    series(label, math, Color::Blue)
}

/// How many values that figure is made of; none where another figure says so.
pub(super) fn count(of: DoraMetric, figures: &Figures) -> Option<Series> {
    match of.descriptor().made_of {
        MadeOf::Lengths { of, metric, .. } => {
            Some(series(format!("n of {of}"), figures.number(metric), Color::Grey))
        }
        MadeOf::Count(_) | MadeOf::Share { .. } => None,
    }
}

/// The levels on the scale of a metric's figures; DORA has none for rework.
pub(super) fn bands(of: DoraMetric, levels: &Levels, period: Period) -> Vec<Band> {
    let seconds = |unit: TimeUnit| f64::from(unit.seconds());
    match of {
        DoraMetric::DeploymentFrequency => {
            let Bounds { elite, high, medium } = levels.deployments_a_week;
            let of = |a_week: f64| a_week * f64::from(period.days()) / 7.0;
            Bounds { elite: of(elite), high: of(high), medium: of(medium) }.higher_is_better()
        }
        DoraMetric::LeadTimeForChanges => levels.lead_time.lower_is_better(seconds(TimeUnit::Days)),
        DoraMetric::ChangeFailureRate => levels.change_failure_rate.lower_is_better(1.0),
        DoraMetric::TimeToRestore => levels.time_to_restore.lower_is_better(seconds(TimeUnit::Hours)),
        DoraMetric::ReworkRate => Vec::new(),
    }
}

/// The text at the head of a dashboard; markdown.
pub(super) fn heading(title: &str, settings: &Settings, index: &[String]) -> Widget {
    let mut text = format!(
        "# {title}\n{}\n\nIn UTC. Where there are no values there is no figure: no data is not zero. Levels are of DORA's 2023 report unless configured; DORA means them for one application or \
         service. [DORA's guide]({GUIDE})",
        index.join(" · ")
    );
    if let Some(documentation) = &settings.dashboards.documentation {
        text += &format!(" · [Definitions]({documentation})");
    }
    Widget::text(text, 4)
}

/// A name that Markdown shows as it is.
pub(super) fn escaped(name: &str) -> String {
    let plain = |character: char| match character {
        character if character.is_ascii_punctuation() && !"-/.".contains(character) => {
            format!("\\{character}")
        }
        character if character.is_control() => " ".to_owned(),
        character => character.to_string(),
    };
    name.chars().map(plain).collect()
}
