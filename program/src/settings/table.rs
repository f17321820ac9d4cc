//! Every setting of the stacks, once: its key, what it means, what is allowed, and what is meant without it.
//!
//! From these tables come what is read, what is said of values that can't be used, the functions' environment variables, the
//! tables of docs/OPERATIONS.md, and the schema for editors. A new setting is a row here, and whatever uses its value.

use super::{
    Architecture, Organization, RepositoryAlarm, ToolingAccount,
    accounts::{Blame, IncidentAccounts, ToolingAccounts},
    forms::{is_cidr, is_email, is_name, is_prefix, is_url},
    kind::{ACCOUNT, Choice, Days, Duration, Length, Maybe, REGION, Secret, Switch, Text},
    level_bands::LevelBands,
    lists::{Filled, Formed, Names, REPOSITORIES, Tags},
    organization::Members,
    repositories::{Alarms, Aliases, Deployers, Former, OwnMetrics, Teams},
    rules::{Exceptions, Stages},
    section::{Section as _, Setting, section},
};
use crate::levels::Levels;
use jiff::SignedDuration;
use metrics_lib::{
    fact,
    rules::{Exception, IncidentRule, ProductionRule, ReworkRule, Unnamed},
};
use std::collections::{BTreeMap, BTreeSet};

/// The key of the secret that GitHub signs webhooks with.
pub const WEBHOOK_SECRET: &str = "webhookSecret";
/// What the names of all resources start with, unless `prefix` says something else.
pub const DEFAULT_PREFIX: &str = "dora";

const NAME: Text =
    Text { allowed: "a text that is not empty", pattern: r"\S", is_valid: is_name, default: None };
const PREFIX: Text = Text {
    allowed: "1 to 16 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen, nor what S3 \
              keeps for itself: xn--, sthree-, amzn-s3-demo-",
    pattern: "^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$",
    is_valid: is_prefix,
    default: Some(DEFAULT_PREFIX),
};
const URL: Maybe = Maybe(Text {
    allowed: "an address such as \"https://example.com/docs/METRICS.md\"",
    pattern: "^https://.",
    is_valid: is_url,
    default: None,
});
const PATTERNS: Filled =
    Filled { allowed: "a list of pipelines' names or patterns, such as [\"*-dev\"]", default: BTreeSet::new };
const INCIDENT_TYPES: Filled = Filled {
    allowed: "a list of texts that are not empty, such as [\"/aws/issue\"]; all if it is empty",
    default: || IncidentRule::default().types,
};
/// Some values of a field of OpsItems, or all.
const fn some_or_all(allowed: &'static str) -> Filled {
    Filled { allowed, default: BTreeSet::new }
}
/// An IPv4 or IPv6 range, roughly.
const CIDR: &str = "^[0-9A-Fa-f.:]+/[0-9]{1,3}$";
const CIDRS: Formed = Formed {
    allowed: "a list of ranges of addresses, such as [\"192.30.252.0/22\"]",
    pattern: CIDR,
    is_valid: is_cidr,
    default: &[],
};
/// Where GitHub delivers from: `hooks` of <https://api.github.com/meta>, which rarely changes.
const GITHUB_HOOKS: &[&str] = &[
    "140.82.112.0/20",
    "143.55.64.0/20",
    "185.199.108.0/22",
    "192.30.252.0/22",
    "2606:50c0::/32",
    "2a0a:a440::/29",
];
const EMAILS: Formed = Formed {
    allowed: "a list of addresses, such as [\"dora@example.com\"]",
    pattern: "@.*[.]",
    is_valid: is_email,
    default: &[],
};
/// How long CloudWatch Logs can keep a log, in days. Source: CloudWatch Logs API reference, `PutRetentionPolicy`.
const RETENTIONS: &[u32] = &[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const RETENTION: Days = Days {
    allowed: "a number of days that CloudWatch Logs knows, such as 30, 90, 365 or 731",
    of: RETENTIONS,
    default: 365,
};
const SILENCE: Days = Days {
    allowed: "a number of days from 1 to 7, which is as far as CloudWatch looks back",
    of: &[1, 2, 3, 4, 5, 6, 7],
    default: 7,
};

/// The kind of stack, which decides about all other settings.
pub(super) const STACK: Text = Text {
    allowed: "\"ops\" or \"tooling\"",
    pattern: "^(ops|tooling)$",
    is_valid: |kind| kind == "ops" || kind == "tooling",
    default: None,
};

fn stack(kind: &str) -> Setting {
    Setting { allowed: format!("{kind:?}"), ..Setting::new("stack", "The kind of stack", &STACK, None) }
}

/// The settings of the operations account's stack.
pub fn ops_settings() -> Vec<Setting> {
    let sections = [
        vec![stack("ops")],
        Installation::rows(),
        Production::rows(),
        Repositories::rows(),
        Incidents::rows(),
        Measuring::rows(),
        LeadTime::rows(),
        Operations::rows(),
        Dashboards::rows(),
    ];
    sections.into_iter().flatten().collect()
}

/// The settings of a stack in a region of a tooling account.
pub fn tooling_settings() -> Vec<Setting> {
    [vec![stack("tooling")], ToolingSettings::rows()].into_iter().flatten().collect()
}

section! {
    /// Where an installation is.
    pub(super) struct Installation {
        /// The account that computes and shows the metrics.
        ops_account: String = "opsAccount", ACCOUNT;
        /// The region of its stack.
        region: String = "region", REGION;
        /// The accounts that run pipelines, each with its regions; about 20 accounts fit AWS's limits, an `organization` has no limit.
        tooling_accounts: Vec<ToolingAccount> = "toolingAccounts", ToolingAccounts, without "required without `organization`";
        /// The AWS organisation whose accounts run pipelines, in place of a list or beside it; see [an organisation](#an-organisation).
        organization: Option<Organization> = "organization", Members;
        /// What all names start with; installations with different prefixes can share an account.
        prefix: String = "prefix", PREFIX;
    }
}

section! {
    /// What is production, and what is rework.
    pub(super) struct Production {
        /// The branch that GitFlow repositories deploy to production from; see [METRICS.md](METRICS.md).
        main_branch: String = "mainBranch", NAME.or("main");
        /// The stage that deploys to production; see [METRICS.md](METRICS.md). Of several stages (waves), in order, the last one that a pipeline has counts.
        stages: Vec<String> = "productionStage", Stages;
        /// The repositories that deploy to production from every branch; see [METRICS.md](METRICS.md).
        trunk_based: BTreeSet<String> = "trunkBasedRepositories", REPOSITORIES;
        /// The main branch, production stage or source action of repositories in which it is another one.
        repositories: BTreeMap<String, Exception> = "repositoryOverrides", Exceptions::OfRepositories;
        /// The same by a pipeline's name or a pattern with `*`; it comes before the repository's.
        pipelines: BTreeMap<String, Exception> = "pipelineOverrides", Exceptions::OfPipelines;
        /// Pipelines that deploy nothing to production, by name or pattern.
        excluded_pipelines: BTreeSet<String> = "excludedPipelines", PATTERNS;
        /// How branches of rework begin, whatever the case.
        rework_branches: BTreeSet<String> = "reworkBranches", Filled { allowed: "a list of texts that are not empty, such as [\"hotfix/\"]", default: || ReworkRule::default().branches };
        /// How commit messages of rework begin, whatever the case.
        rework_messages: BTreeSet<String> = "reworkMessages", Filled { allowed: "a list of texts that are not empty, such as [\"Revert \\\"\"]", default: || ReworkRule::default().messages };
    }
}

impl Production {
    pub(super) fn rework(&self) -> ReworkRule {
        ReworkRule { branches: self.rework_branches.clone(), messages: self.rework_messages.clone() }
    }
}

impl From<Production> for ProductionRule {
    fn from(given: Production) -> Self {
        Self {
            main_branch: given.main_branch,
            production_stages: given.stages,
            trunk_based: given.trunk_based,
            repositories: given.repositories,
            pipelines: given.pipelines,
            excluded_pipelines: given.excluded_pipelines,
        }
    }
}

section! {
    /// Repositories: who owns them, which have metrics of their own, what they were called, and who deploys them.
    pub(super) struct Repositories {
        /// The teams, and the repositories that each owns.
        teams: fact::Teams = "teams", Teams;
        /// The repositories that have metrics of their own in CloudWatch; see [what it costs](#what-it-costs). All others count in the totals and in those of their teams, and are in the ledger.
        metrics: fact::RepositoryMetrics = "repositoryMetrics", OwnMetrics;
        /// The former names of repositories that were renamed.
        aliases: Aliases = "aliases", Former;
        /// The accounts whose pipelines may deploy a repository.
        accounts: BTreeMap<String, BTreeSet<String>> = "repositoryAccounts", Deployers, without "all accounts";
    }
}

section! {
    /// Which incidents count, and what they may be blamed on.
    pub(super) struct Incidents {
        /// The types of OpsItems that are incidents.
        types: BTreeSet<String> = "incidentTypes", INCIDENT_TYPES;
        /// The sources of OpsItems that are incidents.
        sources: BTreeSet<String> = "incidentSources", some_or_all("a list of texts that are not empty, such as [\"CloudWatch\"]; all if it is empty"), without "all";
        /// The categories of OpsItems that are incidents.
        categories: BTreeSet<String> = "incidentCategories", some_or_all("a list of texts that are not empty, such as [\"Availability\"]; all if it is empty"), without "all";
        /// The severities of OpsItems that are incidents.
        severities: BTreeSet<String> = "incidentSeverities", some_or_all("a list of texts that are not empty, such as [\"1\", \"2\"]; all if it is empty"), without "all";
        /// What the OpsItems of an account may be blamed on; see [accounts with incidents only](#accounts-with-incidents-only).
        accounts: IncidentAccounts = "incidentAccounts", Blame, without "the account's own deployments";
        /// What an incident that names nothing is blamed on: the latest deployment, or none.
        unnamed: Unnamed = "unnamedIncidents", Choice::<Unnamed>::of(&["latest", "unattributed"]);
        /// How long an incident that names nothing waits for accounts and pipelines that can't be read.
        unread_wait: SignedDuration = "unreadableAccountWait", Duration { default: Length::Hours(1), longest: Length::Days(4) };
    }
}

impl From<Incidents> for IncidentRule {
    fn from(given: Incidents) -> Self {
        Self {
            unnamed: given.unnamed,
            accounts: given.accounts.may_blame,
            unread_wait: given.unread_wait,
            types: given.types,
            sources: given.sources,
            categories: given.categories,
            severities: given.severities,
        }
    }
}

section! {
    /// How the figures are measured.
    pub struct Measuring for functions {
        /// How long before an incident a deployment may have ended to be blamed for it.
        attribution_window: SignedDuration = "attributionWindow", Duration { default: Length::Hours(24), longest: Length::Days(90) }, for Metrics;
        /// How long after it was raised an incident is attributed, so that late events have arrived.
        attribution_delay: SignedDuration = "attributionDelay", Duration { default: Length::Minutes(15), longest: Length::Days(1) }, for Metrics;
        /// How far back the lead time of a repository's first deployment reaches.
        lead_time_lookback: SignedDuration = "leadTimeLookback", Duration { default: Length::Days(90), longest: Length::Days(365) }, for Metrics;
        /// The authors, by name or user name, whose commits are left out of lead time from now on.
        bot_authors: BTreeSet<String> = "botAuthors", Names { example: "renovate[bot]" }, for Webhook;
        /// How long the secret before the present one is accepted after it was replaced.
        webhook_secret_overlap: SignedDuration = "webhookSecretOverlap", Duration { default: Length::Hours(24), longest: Length::Days(7) }, for Webhook;
    }
}

section! {
    /// Whether lead time is measured.
    pub(super) struct LeadTime {
        /// The secret that GitHub signs webhooks with; without it lead time is not measured.
        is_measured: bool = "webhookSecret", Secret;
    }
}

section! {
    /// How the stack of the operations account is run: what does not change any figure.
    pub struct Operations {
        /// The ranges of addresses that may call the webhook, such as those of `hooks` in GitHub's `meta` API.
        webhook_allowed_cidrs: BTreeSet<String> = "webhookAllowedCidrs", CIDRS, without "everybody";
        /// A web application firewall that refuses requests without a signature, and limits those that do not come from GitHub; see [its rules](#what-the-webhook-lets-through).
        webhook_firewall: bool = "webhookFirewall", Switch(true);
        /// The ranges of addresses that GitHub delivers from, which the firewall does not limit. For a GitHub Enterprise Server, its addresses.
        webhook_trusted_cidrs: BTreeSet<String> = "webhookTrustedCidrs", Formed { default: GITHUB_HOOKS, ..CIDRS }, without "`hooks` of GitHub's `meta` API, as of this version";
        /// Whether this stack sets the role that API Gateway logs with, which an account has once a region.
        manage_api_gateway_account: bool = "manageApiGatewayAccount", Switch(true);
        /// The architecture of the functions' processors.
        architecture: Architecture = "architecture", Choice::<Architecture>::of(&["arm64", "x86_64"]);
        /// How many days logs are kept.
        log_retention_days: u32 = "logRetentionDays", RETENTION;
        /// The addresses that get alarms by e-mail.
        alarm_emails: BTreeSet<String> = "alarmEmails", EMAILS, without "nobody";
        /// How many days without any event raise an alarm.
        alarm_silence_days: u32 = "alarmSilenceDays", SILENCE;
        /// Alarms on a repository's change failure rate (in percent) and 90th percentile of lead time, over a week.
        repository_alarms: Vec<RepositoryAlarm> = "repositoryAlarms", Alarms;
        /// The tags of every resource, beside the installation's own.
        tags: BTreeMap<String, String> = "tags", Tags;
    }
}

section! {
    /// What the dashboards show beside the figures.
    pub struct Dashboards {
        /// The repositories that the dashboards list, beside those of `teams`, `trunkBasedRepositories` and `repositoryMetrics`.
        repositories: BTreeSet<String> = "repositories", REPOSITORIES;
        /// Where [DORA's levels](METRICS.md#levels) end on the dashboards.
        level_bands: Levels = "levelBands", LevelBands, without "those of 2023";
        /// The address at which docs/METRICS.md can be read; the dashboards link there.
        documentation: Option<String> = "documentation", URL;
    }
}

section! {
    /// The configuration of a stack in a region of a tooling account.
    pub struct ToolingSettings {
        /// The account that runs the pipelines.
        account: String = "account", ACCOUNT;
        /// The region that it runs them in.
        region: String = "region", REGION;
        /// The account that computes and shows the metrics.
        ops_account: String = "opsAccount", ACCOUNT;
        /// The region of its stack.
        ops_region: String = "opsRegion", REGION;
        /// The prefix of the operations account's stack.
        prefix: String = "prefix", PREFIX;
        /// Whether the operations account's stack measures lead time: whether it has a `webhookSecret`.
        lead_time: bool = "leadTime", Switch(true);
        /// Whether the account runs pipelines; if not, only its OpsItems count, and it is one of `incidentAccounts`.
        executions: bool = "executions", Switch(true);
        /// The types of OpsItems that are incidents, as in the operations account's stack.
        incident_types: BTreeSet<String> = "incidentTypes", INCIDENT_TYPES;
        /// The tags of every resource, beside the installation's own.
        tags: BTreeMap<String, String> = "tags", Tags;
    }
}
