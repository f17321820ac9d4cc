//! What an installation costs a month: the plan's resources and the counted calls, at AWS's prices.

use super::economy;
use crate::{documents::ROOT, scene::with_webhook, written};
use metrics_lib::parts::HEADINGS;
use program::{
    dashboard::{self, Transport},
    plan::{Plan, Watched},
    settings::Settings,
};
use scenarios::economy::{DEPLOYMENT, Economy, IGNORED, INCIDENT, PUSH, RECONCILER, RECONCILER_OF_AN_HOUR};
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

/// An hour's part of a month, and a day's.
const HOURS: f64 = 730.0;
const DAYS: f64 = HOURS / 24.0;

/// What is assumed for each deployment, beside its own two events.
/// Three pushes, and a pull request that is opened, reviewed and merged.
const DELIVERIES: f64 = 6.0;
const IGNORED_EXECUTIONS: f64 = 1.0;
const INCIDENTS: f64 = 0.05;
/// What is assumed of sizes and times.
const SECONDS: f64 = 0.5;
const SECONDS_OF_LEAD_TIME: f64 = 5.0;
const SECONDS_OF_RECONCILER: f64 = 30.0;
const REPOSITORIES_OF_A_TEAM: usize = 10;

/// Prices in US dollars of us-east-1, without free tiers and discounts, as AWS's pages of each service listed them in 2025.
mod price {
    pub(super) const METRIC_HOUR: f64 = 0.30 / 730.0;
    pub(super) const PUT_METRIC_DATA: f64 = 0.01 / 1e3;
    pub(super) const ALARM_METRIC: f64 = 0.10;
    pub(super) const DASHBOARD: f64 = 3.0;
    pub(super) const WRITE_UNIT: f64 = 0.625 / 1e6;
    pub(super) const READ_UNIT: f64 = 0.125 / 1e6;
    pub(super) const INVOCATION: f64 = 0.20 / 1e6;
    pub(super) const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
    pub(super) const FORWARDED: f64 = 1.0 / 1e6;
    pub(super) const QUEUE_REQUEST: f64 = 0.40 / 1e6;
    /// Ten megabytes at the least, of 5 dollars a terabyte.
    pub(super) const QUERY: f64 = 5.0 * 10.0 / 1e6;
    /// Five kilobytes at the least, of 0.029 dollars a gigabyte and 0.020 for partitioning.
    pub(super) const RECORD: f64 = 5.0 * (0.029 + 0.020) / 1e6;
    pub(super) const API_REQUEST: f64 = 3.50 / 1e6;
    pub(super) const KEY_REQUEST: f64 = 0.03 / 1e4;
    pub(super) const KEY_AND_SECRET: f64 = 1.0 + 0.40;
    pub(super) const LOG_GIGABYTE: f64 = 0.50;
}

/// How much there is of an installation.
#[derive(Clone, Copy)]
struct Size {
    deployments_a_day: f64,
    repositories: usize,
    /// Whether repositories have metrics of their own.
    by_repository: bool,
}

/// An item of the bill.
struct Item {
    name: &'static str,
    /// How it is reckoned.
    arithmetic: &'static str,
    cost: f64,
}

/// In how many hours of a month there is something, if so many happen at any time.
fn hours_with(events: f64) -> f64 {
    HOURS * (1.0 - (-events / HOURS).exp())
}

fn plan(Size { repositories, by_repository, .. }: Size) -> (Settings, Plan) {
    let names: Vec<String> = (0..repositories).map(|number| format!("acme/service-{number}")).collect();
    let teams: BTreeMap<String, &[String]> = names
        .chunks(REPOSITORIES_OF_A_TEAM)
        .enumerate()
        .map(|(number, names)| (format!("team-{number}"), names))
        .collect();
    let mut config = with_webhook();
    config["teams"] = json!(teams);
    config["trunkBasedRepositories"] = json!([]);
    config["repositoryMetrics"] = json!(if by_repository { "all" } else { "none" });
    let settings = Settings::from_json(&config).unwrap();
    let plan = Plan::new(&settings).unwrap();
    (settings, plan)
}

fn items(Economy { measured, gauges }: &Economy, size: Size) -> Vec<Item> {
    let of = |what: &str| measured.iter().find(|one| one.what == what).unwrap();
    let (settings, plan) = plan(size);
    let deployments = size.deployments_a_day * DAYS;
    let runs = DAYS * 96.0;
    // How often each happens in a month.
    let happens = [
        (of(DEPLOYMENT), deployments),
        (of(PUSH), deployments * DELIVERIES),
        (of(IGNORED), deployments * IGNORED_EXECUTIONS),
        (of(INCIDENT), deployments * INCIDENTS),
        (of(RECONCILER), runs * 0.75),
        (of(RECONCILER_OF_AN_HOUR), runs * 0.25),
    ];
    let calls =
        |prefix: &str| -> f64 { happens.iter().map(|(one, times)| one.of(prefix) as f64 * times).sum() };

    // A metric costs in the hours in which it gets values: in total, of each repository, and of each team.
    let teams = size.repositories.div_ceil(REPOSITORIES_OF_A_TEAM) as f64;
    let repositories = size.repositories as f64;
    let of_repositories = repositories * hours_with(deployments / repositories);
    let own = hours_with(deployments) + if size.by_repository { of_repositories } else { 0.0 };
    let of_teams = teams * hours_with(deployments / teams);
    let parts = HEADINGS.len() as f64;
    let metric_hours = 3.0 * (own + of_teams) + parts * own + *gauges as f64 * HOURS;
    let alarm_metrics: usize = plan
        .alarms
        .iter()
        .map(|alarm| match &alarm.watched {
            Watched::Metric(_) => 1,
            Watched::Share(share) => 1 + share.whole.len(),
        })
        .sum();
    let dashboards = dashboard::cloudwatch(&settings, &Transport::from(&plan)).unwrap().len();

    let [reads, transactions] = ["dynamodb:Query", "dynamodb:TransactWriteItems"].map(calls);
    let writes = calls("dynamodb:UpdateItem") + calls("dynamodb:PutItem");
    // A transaction writes two items twice; one of them, as other writes, is in the index, too.
    let ledger = (transactions * 6.0 + writes * 2.0) * price::WRITE_UNIT + reads * 2.0 * price::READ_UNIT;

    let events = deployments * (2.0 + IGNORED_EXECUTIONS + 2.0 * INCIDENTS);
    let tries = deployments * 3.0 * INCIDENTS;
    let deliveries = deployments * DELIVERIES;
    let short = events + tries + 2.0 * deliveries;
    let seconds =
        0.25 * (short * SECONDS + deployments * SECONDS_OF_LEAD_TIME) + 0.5 * runs * SECONDS_OF_RECONCILER;
    let invocations = short + deployments + runs;
    // Lambda's five pollers of each queue ask every 20 seconds; a message is sent, received and deleted.
    let polls = plan.consumers.len() as f64 * 5.0 * 3.0 * 60.0 * HOURS;
    let messages = events + tries + deployments;
    let everything = calls("");

    let item = |name, arithmetic, cost| Item { name, arithmetic, cost };
    vec![
        item(
            "CloudWatch metrics",
            "an hour in which a metric gets values: three metrics of each deployment, in total, by repository and by team; \
             nine of the parts of its lead time, at the most, in total and by repository; and the reconciler's, always",
            metric_hours * price::METRIC_HOUR,
        ),
        item(
            "CloudWatch dashboards",
            "the overview, one for repositories, one for teams, and further pages of the list of repositories",
            dashboards as f64 * price::DASHBOARD,
        ),
        item(
            "CloudWatch alarms",
            "each metric that one looks at",
            alarm_metrics as f64 * price::ALARM_METRIC,
        ),
        item("`PutMetricData`", "counted calls", calls("cloudwatch:PutMetricData") * price::PUT_METRIC_DATA),
        item(
            "DynamoDB",
            "counted calls: 6 write units a transaction, 2 another write, 2 read units a query",
            ledger,
        ),
        item(
            "Lambda",
            "0.5 s an invocation with 256 MB, 5 s for a lead time, 30 s for each of the reconciler's with 512 MB",
            invocations * price::INVOCATION + seconds * price::GIGABYTE_SECOND,
        ),
        item("EventBridge", "each event forwarded once", events * price::FORWARDED),
        item(
            "SQS",
            "three requests a message, and Lambda's polls",
            (3.0 * messages + polls) * price::QUEUE_REQUEST,
        ),
        item(
            "Athena",
            "a query for each lead time, 10 MB",
            calls("athena:StartQueryExecution") * price::QUERY,
        ),
        item(
            "API Gateway and Firehose",
            "six deliveries a deployment",
            deliveries * (price::API_REQUEST + price::RECORD),
        ),
        item(
            "KMS and Secrets Manager",
            "a key and a secret; each call of an encrypted service at the most",
            price::KEY_AND_SECRET + everything * price::KEY_REQUEST,
        ),
        item("Logs", "2 KB an invocation", invocations * 2e-6 * price::LOG_GIGABYTE),
    ]
}

const DEPLOYMENTS: [f64; 3] = [10.0, 100.0, 1000.0];
const REPOSITORIES: [usize; 3] = [10, 150, 1000];

#[tokio::test]
async fn documents_have_the_costs() {
    let economy = economy().await;
    let bill = |deployments_a_day: f64, repositories: usize, by_repository: bool| {
        items(&economy, Size { deployments_a_day, repositories, by_repository })
    };
    let mut text = "| deployments a day | 10 repositories | 150 repositories | 1,000 repositories |\n|---|---|---|---|\n".to_owned();
    for (by_repository, note) in [(true, ""), (false, ", with `repositoryMetrics: none`")] {
        for deployments in DEPLOYMENTS {
            let totals = REPOSITORIES.map(|repositories| {
                let total: f64 =
                    bill(deployments, repositories, by_repository).iter().map(|item| item.cost).sum();
                format!("{total:.0}")
            });
            text += &format!("| {deployments}{note} | {} |\n", totals.join(" | "));
        }
    }
    text += "\n| item | reckoned as | 10 deployments a day of 10 repositories | 100 of 150 | 1,000 of 1,000 |\n|---|---|---|---|---|\n";
    let bills: Vec<Vec<Item>> = DEPLOYMENTS
        .into_iter()
        .zip(REPOSITORIES)
        .map(|(deployments, of)| bill(deployments, of, true))
        .collect();
    for (index, Item { name, arithmetic, .. }) in bills[0].iter().enumerate() {
        let costs: Vec<String> = bills.iter().map(|bill| format!("{:.2}", bill[index].cost)).collect();
        text += &format!("| {name} | {arithmetic} | {} |\n", costs.join(" | "));
    }
    written::section(&Path::new(ROOT).join("docs/OPERATIONS.md"), "what it costs a month", &text);
}
