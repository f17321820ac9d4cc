//! The figures that can be explained.

use crate::summary::{duration, percent};
use clap::ValueEnum;
use metrics_lib::{contract::Metric, fact::FactKind, report::Figures};
use serde::Serialize;

/// A figure, by the name that people know it by or by its metric in `CloudWatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Figure {
    /// How many production deployments there were.
    #[value(alias = "Deployments")]
    DeploymentFrequency,
    /// How long changes took from the first commit to the deployment.
    #[value(aliases = ["LeadTimeForChanges", "lead-time", "CommitLeadTime"])]
    LeadTimeForChanges,
    /// Which share of the deployments failed.
    #[value(alias = "FailedDeployments")]
    ChangeFailureRate,
    /// How long it took to restore service.
    #[value(aliases = ["TimeToRestore", "mean-time-to-restore"])]
    TimeToRestore,
    /// Which share of the deployments was made because of an incident.
    #[value(aliases = ["ReworkDeployments", "Rollbacks", "deployment-rework-rate"])]
    ReworkRate,
    /// Incidents that no deployment could be blamed for.
    #[value(alias = "UnattributedIncidents")]
    UnattributedIncidents,
    /// Executions that are no production deployment.
    #[value(alias = "IgnoredExecutions")]
    IgnoredExecutions,
}

impl Figure {
    /// What it is called.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::DeploymentFrequency => "Deployment frequency",
            Self::LeadTimeForChanges => "Lead time for changes",
            Self::ChangeFailureRate => "Change failure rate",
            Self::TimeToRestore => "Time to restore",
            Self::ReworkRate => "Deployment rework rate",
            Self::UnattributedIncidents => "Unattributed incidents",
            Self::IgnoredExecutions => "Ignored executions",
        }
    }

    /// The facts that it is made of.
    pub(super) const fn kinds(self) -> &'static [FactKind] {
        match self {
            Self::DeploymentFrequency => &[FactKind::Deployment],
            Self::LeadTimeForChanges => &[FactKind::LeadTime],
            Self::ChangeFailureRate => &[FactKind::Deployment, FactKind::Failure],
            Self::TimeToRestore => &[FactKind::Restore],
            Self::ReworkRate => &[FactKind::Deployment, FactKind::Rework, FactKind::Rollback],
            Self::UnattributedIncidents => &[FactKind::Unattributed],
            Self::IgnoredExecutions => &[FactKind::Ignored],
        }
    }

    /// The metrics that `CloudWatch` has of it.
    pub(super) const fn metrics(self) -> &'static [Metric] {
        match self {
            Self::DeploymentFrequency => &[Metric::Deployments],
            Self::LeadTimeForChanges => &[Metric::LeadTimeForChanges, Metric::CommitLeadTime],
            Self::ChangeFailureRate => &[Metric::Deployments, Metric::FailedDeployments],
            Self::TimeToRestore => &[Metric::TimeToRestore],
            Self::ReworkRate => &[Metric::Deployments, Metric::ReworkDeployments, Metric::Rollbacks],
            Self::UnattributedIncidents => &[Metric::UnattributedIncidents],
            Self::IgnoredExecutions => &[Metric::IgnoredExecutions],
        }
    }

    /// Whether incidents that are not decided may change it.
    pub(super) const fn is_of_incidents(self) -> bool {
        matches!(self, Self::ChangeFailureRate | Self::TimeToRestore)
    }

    /// Its value; none without data.
    pub(super) fn value(self, figures: &Figures, count: usize) -> Option<f64> {
        match self {
            Self::DeploymentFrequency => Some(figures.deployments as f64),
            Self::LeadTimeForChanges => figures.mean_lead_time(),
            Self::ChangeFailureRate => figures.change_failure_rate(),
            Self::TimeToRestore => figures.mean_time_to_restore(),
            Self::ReworkRate => figures.rework_rate(),
            Self::UnattributedIncidents | Self::IgnoredExecutions => Some(count as f64),
        }
    }

    /// What the value is.
    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::DeploymentFrequency => "deployments",
            Self::LeadTimeForChanges | Self::TimeToRestore => "seconds, mean",
            Self::ChangeFailureRate | Self::ReworkRate => "ratio",
            Self::UnattributedIncidents => "incidents",
            Self::IgnoredExecutions => "executions",
        }
    }

    /// Its value for people, with what it is made of.
    pub(super) fn text(self, figures: &Figures, count: usize, days: i32) -> String {
        let Figures { deployments, failed, rework, rollbacks, .. } = figures;
        match self {
            Self::DeploymentFrequency => {
                let plural = if days == 1 { "" } else { "s" };
                let each = *deployments as f64 / f64::from(days);
                format!("{deployments} in {days} day{plural}, {each:.2} a day")
            }
            Self::LeadTimeForChanges => {
                format!("mean {}", duration(figures.mean_lead_time(), figures.lead_times.len()))
            }
            Self::ChangeFailureRate => {
                format!("{}, {failed} failed", percent(figures.change_failure_rate(), *deployments))
            }
            Self::TimeToRestore => {
                format!("mean {}", duration(figures.mean_time_to_restore(), figures.restores.len()))
            }
            Self::ReworkRate => format!(
                "{}, {rework} rework deployments and {rollbacks} rollbacks",
                percent(figures.rework_rate(), deployments + rollbacks)
            ),
            Self::UnattributedIncidents | Self::IgnoredExecutions => count.to_string(),
        }
    }
}
