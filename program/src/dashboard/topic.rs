//! The five metrics of DORA: what is said of each, and what is drawn.

use super::{
    figures::{Figures, Length, lengths, n, series},
    graph::{Band, Color, Period, Series},
    levels::{Bounds, Levels},
    math::Statistic,
    widget::{Content, Widget, Width},
};
use crate::settings::Settings;

/// DORA's guide to its metrics.
pub(super) const GUIDE: &str = "https://dora.dev/guides/dora-metrics-four-keys/";

/// A metric of DORA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// Deployment frequency.
    Deployments,
    /// Lead time for changes.
    LeadTime,
    /// Change failure rate.
    FailureRate,
    /// Mean time to restore.
    Restore,
    /// Deployment rework rate.
    ReworkRate,
}

impl Topic {
    pub(super) const ALL: [Self; 5] =
        [Self::Deployments, Self::LeadTime, Self::FailureRate, Self::Restore, Self::ReworkRate];

    /// Its name, the heading of docs/METRICS.md.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Deployments => "Deployment frequency",
            Self::LeadTime => "Lead time for changes",
            Self::FailureRate => "Change failure rate",
            Self::Restore => "Time to restore",
            Self::ReworkRate => "Deployment rework rate",
        }
    }

    /// What it is, in a sentence.
    fn sentence(self) -> &'static str {
        match self {
            Self::Deployments => "How often production is deployed.",
            Self::LeadTime => "From the first commit of a change to the end of its deployment.",
            Self::FailureRate => {
                "The share of deployments that an incident is attributed to or that were rolled back."
            }
            Self::Restore => {
                "From an incident to the end of the deployment or rollback that restored service."
            }
            Self::ReworkRate => {
                "The share of deployments and rollbacks that were made because of an incident."
            }
        }
    }

    /// The heading in docs/METRICS.md, as a part of its address.
    fn anchor(self) -> &'static str {
        match self {
            Self::Deployments => "deployment-frequency",
            Self::LeadTime => "lead-time-for-changes",
            Self::FailureRate => "change-failure-rate",
            Self::Restore => "mean-time-to-restore",
            Self::ReworkRate => "deployment-rework-rate",
        }
    }

    /// The text beside its figures.
    pub(super) fn text(self, settings: &Settings) -> Widget {
        let link = match &settings.dashboards.documentation {
            Some(documentation) => format!("{documentation}#{}", self.anchor()),
            None => GUIDE.to_owned(),
        };
        let text = format!("### {}\n{} [What counts]({link})", self.title(), self.sentence());
        Widget { width: Width::Quarter, height: 4, content: Content::Text(text) }
    }

    /// The unit of its figures.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Deployments => "deployments",
            Self::LeadTime => Length::LeadTime.unit(),
            Self::FailureRate | Self::ReworkRate => "%",
            Self::Restore => Length::Restore.unit(),
        }
    }

    /// Its figures, and beside them how many values they are made of.
    pub(super) fn series(self, figures: &Figures) -> Vec<Series> {
        match self {
            Self::Deployments => vec![series("deployments", figures.deployments(), Color::Blue)],
            Self::LeadTime => with_n(lengths(figures, Length::LeadTime), figures.count(Length::LeadTime)),
            Self::FailureRate => {
                with_n(vec![series("failed, %", figures.failure_rate(), Color::Blue)], figures.deployments())
            }
            Self::Restore => with_n(lengths(figures, Length::Restore), figures.count(Length::Restore)),
            Self::ReworkRate => with_n(
                vec![series("rework, %", figures.rework_rate(), Color::Blue)],
                figures.deployments_and_rollbacks(),
            ),
        }
    }

    /// The figure that stands for it where there is room for one only.
    pub(super) fn main(self, figures: &Figures) -> Series {
        let (label, math) = match self {
            Self::Deployments => ("deployments", figures.deployments()),
            Self::LeadTime => ("lead time, median days", figures.length(Length::LeadTime, Statistic::P50)),
            Self::FailureRate => ("change failure rate, %", figures.failure_rate()),
            Self::Restore => {
                ("time to restore, median hours", figures.length(Length::Restore, Statistic::P50))
            }
            Self::ReworkRate => ("rework rate, %", figures.rework_rate()),
        };
        series(label, math, Color::Blue)
    }

    /// How many values that figure is made of; none where another figure says so.
    pub(super) fn count(self, figures: &Figures) -> Option<Series> {
        let (label, math) = match self {
            Self::LeadTime => ("n of lead times", figures.count(Length::LeadTime)),
            Self::Restore => ("n of restores", figures.count(Length::Restore)),
            Self::Deployments | Self::FailureRate | Self::ReworkRate => return None,
        };
        Some(series(label, math, Color::Grey))
    }

    /// The levels on the scale of its figures; DORA has none for rework.
    pub(super) fn bands(self, levels: &Levels, period: Period) -> Vec<Band> {
        match self {
            Self::Deployments => {
                let Bounds { elite, high, medium } = levels.deployments_a_week;
                let of = |a_week: f64| a_week * f64::from(period.days()) / 7.0;
                Bounds { elite: of(elite), high: of(high), medium: of(medium) }.higher_is_better()
            }
            Self::LeadTime => levels.lead_time.lower_is_better(f64::from(Length::LeadTime.seconds())),
            Self::FailureRate => levels.change_failure_rate.lower_is_better(1.0),
            Self::Restore => levels.time_to_restore.lower_is_better(f64::from(Length::Restore.seconds())),
            Self::ReworkRate => Vec::new(),
        }
    }
}

fn with_n(mut all: Vec<Series>, count: super::math::Math) -> Vec<Series> {
    all.push(n(count));
    all
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
