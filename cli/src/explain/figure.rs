//! The figures that can be explained.

use crate::summary::{duration, percent};
use clap::ValueEnum;
use metrics_lib::{
    contract::Metric,
    dora_metric::{DoraMetric, MadeOf},
    fact::FactKind,
    report::Figures,
    words::length,
};
use serde::Serialize;

/// A figure, by the name that people know it by or by its metric in `CloudWatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Figure {
    /// How many production deployments there were.
    #[value(aliases = ["Deployments", "df"])]
    DeploymentFrequency,
    /// How long changes took from the first commit to the deployment.
    #[value(aliases = ["LeadTimeForChanges", "lead-time", "lt", "CommitLeadTime"])]
    LeadTimeForChanges,
    /// Which share of the deployments failed.
    #[value(aliases = ["FailedDeployments", "cfr"])]
    ChangeFailureRate,
    /// How long it took to restore service.
    #[value(aliases = ["TimeToRestore", "mean-time-to-restore", "mttr"])]
    TimeToRestore,
    /// Which share of the deployments was made because of an incident.
    #[value(aliases = ["ReworkDeployments", "Rollbacks", "deployment-rework-rate", "rework"])]
    ReworkRate,
    /// Incidents that no deployment could be blamed for.
    #[value(alias = "UnattributedIncidents")]
    UnattributedIncidents,
    /// Executions that are no production deployment.
    #[value(alias = "IgnoredExecutions")]
    IgnoredExecutions,
}

impl Figure {
    /// The metric of DORA that it is, if it is one.
    const fn dora(self) -> Option<DoraMetric> {
        match self {
            Self::DeploymentFrequency => Some(DoraMetric::DeploymentFrequency),
            Self::LeadTimeForChanges => Some(DoraMetric::LeadTimeForChanges),
            Self::ChangeFailureRate => Some(DoraMetric::ChangeFailureRate),
            Self::TimeToRestore => Some(DoraMetric::TimeToRestore),
            Self::ReworkRate => Some(DoraMetric::ReworkRate),
            Self::UnattributedIncidents | Self::IgnoredExecutions => None,
        }
    }

    /// What it is called.
    pub(super) fn title(self) -> &'static str {
        match (self, self.dora()) {
            (_, Some(of)) => of.descriptor().title,
            (Self::UnattributedIncidents, _) => "Unattributed incidents",
            _ => "Ignored executions",
        }
    }

    /// The facts that it is made of.
    pub(super) fn kinds(self) -> &'static [FactKind] {
        match (self, self.dora()) {
            (_, Some(of)) => of.descriptor().facts,
            (Self::UnattributedIncidents, _) => &[FactKind::Unattributed],
            _ => &[FactKind::Ignored],
        }
    }

    /// The metrics that `CloudWatch` has of it.
    pub(super) fn metrics(self) -> &'static [Metric] {
        match (self, self.dora()) {
            (_, Some(of)) => of.descriptor().metrics,
            (Self::UnattributedIncidents, _) => &[Metric::UnattributedIncidents],
            _ => &[Metric::IgnoredExecutions],
        }
    }

    /// Whether incidents that are not decided may change it.
    pub(super) const fn is_of_incidents(self) -> bool {
        matches!(self, Self::ChangeFailureRate | Self::TimeToRestore)
    }

    /// Its value, of some facts; none without data.
    pub(super) fn value(self, figures: &Figures, facts: usize) -> Option<f64> {
        self.dora().map_or(Some(facts as f64), |of| figures.value(of))
    }

    /// What the value is.
    pub(super) fn unit(self) -> &'static str {
        match (self, self.dora().map(|of| of.descriptor().made_of)) {
            (_, Some(MadeOf::Count(_))) => "deployments",
            (_, Some(MadeOf::Lengths { .. })) => "seconds, median",
            (_, Some(MadeOf::Share { .. })) => "ratio",
            (Self::UnattributedIncidents, None) => "incidents",
            (_, None) => "executions",
        }
    }

    /// Its value for people, with what it is made of.
    pub(super) fn text(self, figures: &Figures, facts: usize, days: i32) -> String {
        let Some(of) = self.dora() else { return facts.to_string() };
        match of.descriptor().made_of {
            MadeOf::Count(metric) => {
                let (count, plural) = (figures.count(metric), if days == 1 { "" } else { "s" });
                let each = count as f64 / f64::from(days);
                format!("{count} in {days} day{plural}, {each:.2} a day")
            }
            MadeOf::Lengths { metric, .. } => {
                let beside = figures.distribution(metric).map(|of| {
                    format!(", p75 {}, p90 {}, mean {}", length(of.p75), length(of.p90), length(of.mean))
                });
                format!("median {}{}", duration(figures, of), beside.unwrap_or_default())
            }
            MadeOf::Share { parts, of: word, .. } => {
                let parts = parts.iter().map(|part| match part {
                    Metric::Rollbacks => format!("{} rollbacks", figures.count(*part)),
                    Metric::ReworkDeployments => format!("{} rework deployments", figures.count(*part)),
                    _ => format!("{} {word}", figures.count(*part)),
                });
                let parts: Vec<String> = parts.collect();
                format!("{}, {}", percent(figures, of), parts.join(" and "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_use() {
        fn check(name: &str, expected: Figure) {
            assert_eq!(Figure::from_str(name, true), Ok(expected), "{name}");
        }
        check("df", Figure::DeploymentFrequency);
        check("deployments", Figure::DeploymentFrequency);
        check("lt", Figure::LeadTimeForChanges);
        check("lead-time", Figure::LeadTimeForChanges);
        check("CFR", Figure::ChangeFailureRate);
        check("mttr", Figure::TimeToRestore);
        check("rework", Figure::ReworkRate);
    }
}
