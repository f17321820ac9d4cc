//! DORA's five metrics: what each is called and what it is made of. Dashboards, page, summary and `explain` take both from
//! here, so a figure is the same wherever it is shown.
//!
//! Source: [DORA's guide](https://dora.dev/guides/dora-metrics-four-keys/) and docs/METRICS.md, which defines them.

use crate::{contract::Metric, fact::FactKind};

/// A metric of DORA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoraMetric {
    /// How often production is deployed.
    DeploymentFrequency,
    /// From the first commit of a change to its deployment.
    LeadTimeForChanges,
    /// Failed deployments / deployments.
    ChangeFailureRate,
    /// From an incident to what restored service.
    TimeToRestore,
    /// Deployments and rollbacks because of an incident / deployments and rollbacks.
    ReworkRate,
}

/// What is said of a metric of DORA, and what it is made of.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// Its name.
    pub title: &'static str,
    /// Its name where there is little room.
    pub short: &'static str,
    /// What it is, in a sentence.
    pub sentence: &'static str,
    /// Its heading in docs/METRICS.md, as a part of the address.
    pub anchor: &'static str,
    /// The metrics in CloudWatch that it is computed from.
    pub made_of: MadeOf,
    /// The facts that tell it.
    pub facts: &'static [FactKind],
    /// The metrics that CloudWatch has of it.
    pub metrics: &'static [Metric],
    /// What DORA's Quick Check makes of it, if it asks for it.
    pub quick_check: Option<QuickCheck>,
}

/// What DORA's Quick Check asks for, and what the answers were: [`crate::score`].
#[derive(Clone, Copy, Debug)]
pub struct QuickCheck {
    /// What a score is made from.
    pub asks_for: AskedFor,
    /// The mean score of all industries, 2025. Rates are as they are shown: 10 less a tenth of the percentage.
    pub benchmark: f64,
}

/// What a score is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFor {
    /// How often.
    Frequency,
    /// How long.
    Length,
    /// Which share.
    Rate,
}

impl QuickCheck {
    const fn new(asks_for: AskedFor, benchmark: f64) -> Option<Self> {
        Some(Self { asks_for, benchmark })
    }
}

/// Something of each metric of DORA, in the order of [`DoraMetric::ALL`].
pub type OfEach<T> = [T; DoraMetric::ALL.len()];

/// How a metric of DORA is computed.
#[derive(Clone, Copy, Debug)]
pub enum MadeOf {
    /// The number of the metric's values.
    Count(Metric),
    /// The number of some metrics' values / that of others.
    Share {
        /// What is counted, in a word.
        of: &'static str,
        /// The metrics that are counted.
        parts: &'static [Metric],
        /// The metrics that they are a share of.
        whole: &'static [Metric],
    },
    /// Lengths of time. Their median stands for them: one slow change moves a mean far, and a median hardly. The mean, which
    /// DORA's older texts ask for, is shown beside it.
    Lengths {
        /// What each value is of, in the plural.
        of: &'static str,
        /// The metric with the lengths, in seconds.
        metric: Metric,
        /// The unit that people see.
        shown_in: TimeUnit,
    },
}

/// The unit that a length of time is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Hours.
    Hours,
    /// Days.
    Days,
}

impl TimeUnit {
    /// The unit in the plural.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    /// How many seconds it has.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Hours => 3600,
            Self::Days => 24 * 3600,
        }
    }
}

impl DoraMetric {
    /// Every metric of DORA, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::DeploymentFrequency,
        Self::LeadTimeForChanges,
        Self::ChangeFailureRate,
        Self::TimeToRestore,
        Self::ReworkRate,
    ];

    /// What is said of it, and what it is made of.
    pub const fn descriptor(self) -> Descriptor {
        match self {
            Self::DeploymentFrequency => Descriptor {
                title: "Deployment frequency",
                short: "deployments",
                sentence: "How often production is deployed.",
                anchor: "deployment-frequency",
                made_of: MadeOf::Count(Metric::Deployments),
                facts: &[FactKind::Deployment],
                metrics: &[Metric::Deployments],
                quick_check: QuickCheck::new(AskedFor::Frequency, 4.8),
            },
            Self::LeadTimeForChanges => Descriptor {
                title: "Lead time for changes",
                short: "lead time",
                sentence: "From the first commit of a change to the end of its deployment.",
                anchor: "lead-time-for-changes",
                made_of: MadeOf::Lengths {
                    of: "lead times",
                    metric: Metric::LeadTimeForChanges,
                    shown_in: TimeUnit::Days,
                },
                facts: &[FactKind::LeadTime],
                metrics: &[Metric::LeadTimeForChanges, Metric::CommitLeadTime],
                quick_check: QuickCheck::new(AskedFor::Length, 5.5),
            },
            Self::ChangeFailureRate => Descriptor {
                title: "Change failure rate",
                short: "change failure rate",
                sentence: "The share of deployments that an incident is attributed to or that were rolled back.",
                anchor: "change-failure-rate",
                made_of: MadeOf::Share {
                    of: "failed",
                    parts: &[Metric::FailedDeployments],
                    whole: &[Metric::Deployments],
                },
                facts: &[FactKind::Deployment, FactKind::Failure],
                metrics: &[Metric::Deployments, Metric::FailedDeployments],
                quick_check: QuickCheck::new(AskedFor::Rate, 8.1),
            },
            Self::TimeToRestore => Descriptor {
                title: "Time to restore",
                short: "time to restore",
                sentence: "From an incident to the end of the deployment or rollback that restored service.",
                anchor: "mean-time-to-restore",
                made_of: MadeOf::Lengths {
                    of: "restores",
                    metric: Metric::TimeToRestore,
                    shown_in: TimeUnit::Hours,
                },
                facts: &[FactKind::Restore],
                metrics: &[Metric::TimeToRestore],
                quick_check: QuickCheck::new(AskedFor::Length, 7.4),
            },
            Self::ReworkRate => Descriptor {
                title: "Deployment rework rate",
                short: "rework rate",
                sentence: "The share of deployments and rollbacks that were made because of an incident.",
                anchor: "deployment-rework-rate",
                made_of: MadeOf::Share {
                    of: "rework",
                    parts: &[Metric::ReworkDeployments, Metric::Rollbacks],
                    whole: &[Metric::Deployments, Metric::Rollbacks],
                },
                facts: &[FactKind::Deployment, FactKind::Rework, FactKind::Rollback],
                metrics: &[Metric::Deployments, Metric::ReworkDeployments, Metric::Rollbacks],
                quick_check: QuickCheck::new(AskedFor::Rate, 7.8),
            },
        }
    }

    /// Whether more of it is better; if not, less is.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::DeploymentFrequency)
    }

    /// The metrics in CloudWatch that it is computed from.
    pub fn sources(self) -> impl Iterator<Item = Metric> {
        let (parts, whole): (Vec<Metric>, &[Metric]) = match self.descriptor().made_of {
            MadeOf::Count(metric) | MadeOf::Lengths { metric, .. } => (vec![metric], &[]),
            MadeOf::Share { parts, whole, .. } => (parts.to_vec(), whole),
        };
        parts.into_iter().chain(whole.iter().copied())
    }
}
