//! What is drawn of a metric of DORA, by what it is made of.

use super::{
    figures::{Figures, lengths, n, series},
    graph::{Band, Color, Period, Series},
    math::Statistic,
    widget::{Content, Widget, Width},
};
use crate::{
    levels::{Bounds, Levels},
    settings::Settings,
};
use metrics_lib::dora_metric::{Descriptor, DoraMetric, MadeOf, TimeUnit};

/// DORA's guide to its metrics.
pub(super) const GUIDE: &str = "https://dora.dev/guides/dora-metrics-four-keys/";

/// The text beside a metric's figures.
pub(super) fn text(of: DoraMetric, settings: &Settings) -> Widget {
    let Descriptor { title, sentence, anchor, .. } = of.descriptor();
    let link = match &settings.dashboards.documentation {
        Some(documentation) => format!("{documentation}#{anchor}"),
        None => GUIDE.to_owned(),
    };
    let text = format!("### {title}\n{sentence} [What counts]({link})");
    Widget { width: Width::Quarter, height: 4, content: Content::Text(text) }
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
pub(super) fn heading(title: &str, settings: &Settings, teams: &[(&str, String)]) -> Widget {
    let mut text = format!(
        "# {title}\nUp to now, in UTC; *n* is how many values a figure is made of. Where there are none there is no figure: no \
         data is not zero. Levels are of DORA's 2023 report unless configured; DORA means them for one application or \
         service. [DORA's guide]({GUIDE})"
    );
    if let Some(documentation) = &settings.dashboards.documentation {
        text += &format!(" · [Definitions]({documentation})");
    }
    let links: Vec<_> = teams
        .iter()
        .map(|(team, dashboard)| format!("[{}](#dashboards/dashboard/{dashboard})", escaped(team)))
        .collect();
    if !links.is_empty() {
        text += &format!("\n\nTeams: {}", links.join(" · "));
    }
    Widget::text(3, text)
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
