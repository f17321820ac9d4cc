//! The names that the parts of the product share: CloudWatch metrics, their dimensions, and environment variables.
//!
//! Functions, program, dashboards and tests take every such name from here, so that a metric that is written and a
//! metric that is read can't drift apart.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A CloudWatch namespace that the product writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// The DORA metrics.
    Dora,
    /// What limits the truth of the DORA metrics: ignored executions, unattributed incidents, duplicates.
    DataQuality,
}

impl Namespace {
    /// Every namespace.
    pub const ALL: [Self; 2] = [Self::Dora, Self::DataQuality];

    /// The name as CloudWatch has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dora => "DORA",
            Self::DataQuality => "DORA/DataQuality",
        }
    }
}

/// The unit of a datum, one of CloudWatch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A length of time.
    Seconds,
}

impl Unit {
    /// The unit as CloudWatch writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }
}

/// Makes the metrics of a table: their names, which are those in CloudWatch, their namespaces and units.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $namespace:ident, $unit:ident;)*) => {
        /// A metric that the product writes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Metric {
            $($(#[$doc])* $name,)*
        }

        impl Metric {
            /// Every metric, in the order of the documentation.
            pub const ALL: [Self; [$(stringify!($name)),*].len()] = [$(Self::$name),*];

            /// The name as CloudWatch has it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// The namespace that the metric lives in.
            pub const fn namespace(self) -> Namespace {
                match self {
                    $(Self::$name => Namespace::$namespace,)*
                }
            }

            /// The unit of its values.
            pub const fn unit(self) -> Unit {
                match self {
                    $(Self::$name => Unit::$unit,)*
                }
            }
        }
    };
}

metrics! {
    /// Production deployments; 1 each.
    Deployments: Dora, Count;
    /// Deployments that an incident is attributed to or that were rolled back; 1 each, at the deployment's time.
    FailedDeployments: Dora, Count;
    /// Deployments that were made because of an incident; 1 each.
    ReworkDeployments: Dora, Count;
    /// Succeeded executions of type ROLLBACK; 1 each.
    Rollbacks: Dora, Count;
    /// From the first commit of a change to its deployment; one value a deployment.
    LeadTimeForChanges: Dora, Seconds;
    /// From a commit to its deployment; one value a commit.
    CommitLeadTime: Dora, Seconds;
    /// Of a deployment's lead time: from the first commit until its pull request was ready for review; one value a deployment.
    CodingTime: Dora, Seconds;
    /// The same: from then until somebody else reviewed it first.
    PickupTime: Dora, Seconds;
    /// The same: from then until it was approved for the last time.
    ReviewTime: Dora, Seconds;
    /// The same: from then until it was merged.
    MergeTime: Dora, Seconds;
    /// The same: from then until the execution began.
    QueueTime: Dora, Seconds;
    /// The same: in which the pipeline ran before production, or waited for anything but approvals.
    PipelineTime: Dora, Seconds;
    /// The same: in which only approvals ran.
    ApprovalWait: Dora, Seconds;
    /// The same: in which it was deployed to production.
    DeployTime: Dora, Seconds;
    /// The same: between instants that GitHub's deliveries do not have.
    UnknownTime: Dora, Seconds;
    /// From an `OpsItem`'s creation to the end of what restored service; one value an `OpsItem`.
    TimeToRestore: Dora, Seconds;
    /// Incidents that no deployment could be attributed to; 1 each.
    UnattributedIncidents: DataQuality, Count;
    /// Events whose fact had been published before; 1 each.
    DuplicateEvents: DataQuality, Count;
    /// Executions that are no production deployment; 1 each.
    IgnoredExecutions: DataQuality, Count;
    /// Deployments whose commits have not arrived when their lead time was first asked for; 1 each.
    PendingLeadTimes: DataQuality, Count;
    /// Deployments whose source has no commits that GitHub tells; 1 each.
    DeploymentsWithoutCommits: DataQuality, Count;
    /// Deployments whose lead time can't be told, because not all has arrived that would prove it; 1 each.
    IncompleteLeadTimes: DataQuality, Count;
    /// Webhook deliveries that were not accepted: by the webhook, the firewall or the throttle; 1 each.
    WebhookRejected: DataQuality, Count;
    /// Facts that no event had brought until the reconciler found them; 1 each.
    ReconciledFacts: DataQuality, Count;
    /// How long ago what the reconciler found had happened; one value for each of [`Self::ReconciledFacts`].
    EventAge: DataQuality, Seconds;
    /// Tries of messages that failed and have few tries left before they are given up; 1 each.
    MessagesAtRisk: DataQuality, Count;
    /// By how many values CloudWatch and the ledger differ, over the days that were compared; one value a comparison.
    LedgerDrift: DataQuality, Count;
    /// Facts of which nobody can tell whether CloudWatch has them, see [`crate::publication`]; 1 each.
    UndecidedFacts: DataQuality, Count;
    /// How many executions, `OpsItem`s, pipelines and accounts can't be read or done, so that nothing waits for them any more;
    /// one value a run of the reconciler, while there are any.
    SetAside: DataQuality, Count;
    /// Executions that ended while the reconciler watched, and that no event had told when it found them; 1 each, at their
    /// time, so that they are a part of all executions of that time.
    UntoldExecutions: DataQuality, Count;
    /// How long ago the latest event came, from wherever; one value a run of the reconciler.
    SinceLastEvent: DataQuality, Seconds;
    /// How many accounts and regions no heartbeat has come from for two days; one value a run of the reconciler, while there
    /// are any.
    MissedHeartbeats: DataQuality, Count;
    /// How many events the rules of the tooling accounts could not deliver, and keep; one value a run of the reconciler.
    UndeliveredEvents: DataQuality, Count;
    /// Webhook deliveries that are larger than what Lambda takes; 1 each.
    OversizedDeliveries: DataQuality, Count;
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The names of CloudWatch dimensions. Execution ids, commits and people are never dimensions: each value of a
/// dimension is a metric that somebody pays for.
pub mod dimension {
    /// The repository, `owner/name`.
    pub const REPOSITORY: &str = "Repository";
    /// A team that owns the repository.
    pub const TEAM: &str = "Team";
}

/// What the user agent of GitHub's deliveries begins with. Source: GitHub documentation, "Webhook events and payloads",
/// "Delivery headers".
pub const GITHUB_AGENT: &str = "GitHub-Hookshot/";

/// The events that the product itself puts on default buses, to see whether events come. They are about nothing, and count in
/// no metric. Nobody but AWS may put events whose source begins with `aws.`, so they have a source of their own. Source: Amazon
/// `EventBridge` API reference, `PutEventsRequestEntry`.
pub mod probe {
    use jiff::SignedDuration;
    use std::fmt::Display;

    /// How often the schedule of each account and region puts one.
    pub const HEARTBEAT: SignedDuration = SignedDuration::from_hours(24);
    /// How long none of an account and region may come: time for two, and some more.
    pub const LATE: SignedDuration = SignedDuration::from_hours(49);

    /// Their detail type.
    pub const DETAIL_TYPE: &str = "DORA Probe";

    /// The repository that a probe of the lake is pushed to, by its id. No pipeline deploys it.
    pub fn repository(id: impl Display) -> String {
        format!("dora-probe/{id}")
    }

    /// Their source, by what an installation's names begin with.
    pub fn source(prefix: &str) -> String {
        format!("dora.{prefix}")
    }
}

/// The environment variables of the Lambda functions, each with the form of its value. Where JSON is long, it is base64 of
/// zlib of it.
pub mod env {
    /// The variable of a setting that functions get as it is, by the setting's key: `DORA_ATTRIBUTION_WINDOW` of
    /// `attributionWindow`. A length of time is ISO 8601, `PT24H`; a list or object is JSON.
    pub fn of_setting(key: &str) -> String {
        let mut name = "DORA_".to_owned();
        for c in key.chars() {
            if c.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
        }
        name
    }

    /// JSON: the tooling accounts, `[{"account": "111111111111", "regions": ["eu-west-1"]}]`.
    pub const TOOLING_ACCOUNTS: &str = "DORA_TOOLING_ACCOUNTS";
    /// JSON: the organisation whose accounts run pipelines, beside those of [`TOOLING_ACCOUNTS`],
    /// `{"id": "o-a1b2c3d4e5", "regions": ["eu-west-1"], "paths": []}`; not set, if there is none.
    pub const ORGANIZATION: &str = "DORA_ORGANIZATION";
    /// The operations account, 12 digits.
    pub const OPS_ACCOUNT: &str = "DORA_OPS_ACCOUNT";
    /// The ARN of the read role in a region of a tooling account, with `{account}` and `{region}` in their places.
    pub const READ_ROLE_ARN: &str = "DORA_READ_ROLE_ARN";
    /// The external id that the read roles ask for.
    pub const READ_ROLE_EXTERNAL_ID: &str = "DORA_READ_ROLE_EXTERNAL_ID";
    /// The name of the queue in each region of a tooling account that holds what its rules could not deliver.
    pub const TOOLING_UNDELIVERED: &str = "DORA_TOOLING_UNDELIVERED";
    /// The name of the ledger's DynamoDB table.
    pub const LEDGER_TABLE: &str = "DORA_LEDGER_TABLE";
    /// JSON: what is production, a [`crate::rules::ProductionRule`].
    pub const PRODUCTION_RULE: &str = "DORA_PRODUCTION_RULE";
    /// JSON: what is rework, a [`crate::rules::ReworkRule`]; not set, where that is its default.
    pub const REWORK_RULE: &str = "DORA_REWORK_RULE";
    /// JSON: which incidents count, a [`crate::rules::IncidentRule`]; not set, where that is its default.
    pub const INCIDENT_RULE: &str = "DORA_INCIDENT_RULE";
    /// JSON: the accounts that run no pipelines but have incidents, as in [`TOOLING_ACCOUNTS`]; not set, if there are none.
    pub const INCIDENT_ACCOUNTS: &str = "DORA_INCIDENT_ACCOUNTS";
    /// JSON: what repositories are called, a [`crate::rules::RepositoryRule`]; not set, where that is its default.
    pub const REPOSITORY_RULE: &str = "DORA_REPOSITORY_RULE";
    /// JSON: the teams and the repositories that each owns, `{"payments": ["acme/shop"]}`.
    pub const TEAMS: &str = "DORA_TEAMS";
    /// JSON: the repositories that have metrics of their own, a [`crate::fact::RepositoryMetrics`]; not set, if all have.
    pub const REPOSITORY_METRICS: &str = "DORA_REPOSITORY_METRICS";
    /// The Athena workgroup that reads the lake.
    pub const ATHENA_WORKGROUP: &str = "DORA_ATHENA_WORKGROUP";
    /// The Glue database of the lake.
    pub const LAKE_DATABASE: &str = "DORA_LAKE_DATABASE";
    /// The name or ARN of the Secrets Manager secret that GitHub signs webhooks with.
    pub const WEBHOOK_SECRET: &str = "DORA_WEBHOOK_SECRET";
    /// The Firehose stream that writes the lake.
    pub const DELIVERY_STREAM: &str = "DORA_DELIVERY_STREAM";
    /// How often a message of the function's queue is tried before it is given up.
    pub const TRIES: &str = "DORA_TRIES";
    /// The URL of the queue that deployments are handed on in, to the function that measures lead times; not set, where lead
    /// time is not measured.
    pub const LEAD_TIME_QUEUE: &str = "DORA_LEAD_TIME_QUEUE";
    /// `true` where lead time is measured.
    pub const LEAD_TIME: &str = "DORA_LEAD_TIME";
    /// A file that holds the present, RFC 3339. Set on one machine only, where time is simulated; unset, the
    /// system's clock is used.
    pub const CLOCK_FILE: &str = "DORA_CLOCK_FILE";
}

/// The names of the ledger's DynamoDB table: its keys and its index.
pub mod ledger {
    /// The partition key: an execution or an `OpsItem`.
    pub const PARTITION_KEY: &str = "pk";
    /// The sort key: what is known of it.
    pub const SORT_KEY: &str = "sk";
    /// The index that lists the facts and incidents of a day in order of time.
    pub const TIMELINE_INDEX: &str = "timeline";
    /// The index's partition key: kind and day.
    pub const TIMELINE_DAY: &str = "timelineDay";
    /// The index's sort key: the instant, RFC 3339.
    pub const TIMELINE_TIME: &str = "time";
    /// The partition of the names of repositories and pipelines.
    pub const KNOWN: &str = "known";
    /// The version of the item's format, a number. Every item has it. See docs/design/formats.md.
    pub const VERSION: &str = "version";
    /// The version that is written, and the latest that is read.
    pub const CURRENT_VERSION: u32 = 1;
    /// When DynamoDB may delete the item, in seconds since 1970.
    pub const EXPIRES_AT: &str = "expiresAt";
}
