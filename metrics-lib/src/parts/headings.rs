//! What the parts of lead times are called, and which metrics they are.

use crate::contract::Metric;

/// What lead times go into, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The metric that CloudWatch has of it.
    pub metric: Metric,
    /// Its name.
    pub title: &'static str,
    /// What it is.
    pub sentence: &'static str,
}

/// What lead times go into, in order of time; together it is [`Metric::LeadTimeForChanges`]. Stages before production and waits
/// between them are one here.
pub const HEADINGS: [Heading; 9] = [
    heading(
        Metric::CodingTime,
        "Coding",
        "From the first commit until its pull request was ready for review.",
    ),
    heading(Metric::PickupTime, "Pickup", "Until somebody else reviewed it first."),
    heading(Metric::ReviewTime, "Review", "Until it was approved for the last time."),
    heading(Metric::MergeTime, "Merge", "Until it was merged."),
    heading(Metric::UnknownTime, "Unknown", "Between instants that GitHub did not deliver."),
    heading(Metric::QueueTime, "Queue", "From the merge until the execution began."),
    heading(Metric::PipelineTime, "Pipeline", "Stages before production, and waits between them."),
    heading(Metric::ApprovalWait, "Approval wait", "Only approvals were waited for."),
    heading(Metric::DeployTime, "Deployment", "It was deployed to production."),
];

const fn heading(metric: Metric, title: &'static str, sentence: &'static str) -> Heading {
    Heading { metric, title, sentence }
}

impl Metric {
    /// Whether it is a part of a lead time, one of [`HEADINGS`].
    pub fn is_part_of_lead_time(self) -> bool {
        HEADINGS.iter().any(|heading| heading.metric == self)
    }

    /// Whether CloudWatch has it by team, too. Where a lead time goes is of use by repository, and each team's parts would
    /// cost as much again.
    pub fn is_by_team(self) -> bool {
        !self.is_part_of_lead_time()
    }
}
