//! Dashboards: their documents, and that what a page shows is true.

pub(crate) mod grammar;
mod shown;

use crate::scene::binaries;
use dashboard_page::{MetricName, PageData, Stored, drawn::page};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::{Metric, Unit};
use program::{
    dashboard::{Transport, cloudwatch, grafana},
    plan::Plan,
    settings::Settings,
};
use scenarios::sample::{self, QUARTER, Sample, Truth, sample};
use serde_json::{Value, json};
use simulator::{page_data::page_data, replay::replay, replay_result::ReplayResult, world::World};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

type Documents = BTreeMap<String, Value>;

fn settings(config: &Value) -> Settings {
    Settings::from_json(config).unwrap()
}

fn documents(settings: &Settings) -> Documents {
    cloudwatch(settings, &transport()).unwrap()
}

/// The queues and the stream of every installation.
fn transport() -> Transport {
    Transport::from(&Plan::new(&settings(&config())).unwrap())
}

/// The sample's configuration, with a webhook.
fn config() -> Value {
    let mut config = sample::config();
    config["webhookSecret"] = "hush".into();
    config
}

/// 300 repositories and 20 teams.
fn large_config() -> Value {
    let repository = |index: usize| format!("acme/repository-{index:03}");
    let teams = (0..20).map(|team| {
        let owned: Vec<_> = (0..300).filter(|index| index % 20 == team).map(repository).collect();
        (format!("team {team}"), json!(owned))
    });
    let mut config = config();
    config["teams"] = Value::Object(teams.collect());
    config["trunkBasedRepositories"] = json!([]);
    config
}

/// A document with a line a widget and a line a metric, so that a change shows where it is.
fn lines(document: &Value, widgets: &str, metrics: &str) -> String {
    let mut document = document.clone();
    let all = document[widgets].take();
    let mut text = format!("{document}\n");
    for mut widget in all.as_array().unwrap().clone() {
        let rows = widget.pointer_mut(metrics).map(Value::take).unwrap_or_default();
        text += &format!("\n{widget}\n");
        for row in rows.as_array().into_iter().flatten() {
            text += &format!("  {row}\n");
        }
    }
    text
}

#[test]
fn documents_for_cloudwatch() {
    for (name, document) in documents(&settings(&config())) {
        insta::assert_snapshot!(
            format!("cloudwatch_{name}"),
            lines(&document, "widgets", "/properties/metrics")
        );
    }
}

#[test]
fn documents_for_grafana() {
    for (name, document) in grafana(&settings(&config()), &transport()).unwrap() {
        insta::assert_snapshot!(format!("grafana_{name}"), lines(&document, "panels", "/targets"));
    }
}

#[test]
fn documents_follow_the_grammar() {
    let documented = {
        let mut config = config();
        config["documentation"] = "https://example.com/METRICS.md".into();
        config["teams"] = json!({"Web & <Apps>": ["acme/shop", "bucket/ä.zip"], "~": []});
        config["repositories"] = json!(["acme/idle"]);
        config
    };
    for config in [sample::config(), config(), large_config(), documented] {
        let documents = documents(&settings(&config));
        for (name, document) in &documents {
            assert_eq!(grammar::problems(name, document), Vec::<String>::new(), "{name}");
        }
        // And each can be drawn, before there is any data.
        let page = page(&documents, "new", &Stored::default(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(page.contains("no data"));
    }
}

/// Repositories beyond the limits are on further pages, each once.
#[test]
fn three_hundred_repositories_and_twenty_teams() {
    let settings = settings(&large_config());
    let documents = documents(&settings);
    assert_eq!(documents.keys().filter(|name| name.starts_with("dora-team-")).count(), 20);
    let pages: Vec<_> = documents.iter().filter(|(name, _)| !name.starts_with("dora-team-")).collect();
    assert_eq!(
        pages.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["dora", "dora_page2", "dora_page3"]
    );
    let widgets = pages.iter().flat_map(|(_, document)| document["widgets"].as_array().unwrap());
    let titles = widgets.filter_map(|widget| widget["properties"]["title"].as_str());
    let tables: Vec<_> = titles.filter(|title| title.starts_with("acme/")).collect();
    let expected: Vec<_> = (0..300).map(|index| format!("acme/repository-{index:03}")).collect();
    assert_eq!(tables, expected);
    let first = pages[0].1["widgets"].to_string();
    assert!(first.contains("[the next page](#dashboards/dashboard/dora_page2)"));
}

/// What counts is summed; what measures a length of time has percentiles, a mean and its n.
#[test]
fn each_metric_has_the_statistics_that_are_right_for_it() {
    let mut seen = 0;
    for (name, document) in documents(&settings(&config())) {
        let rows = document["widgets"].as_array().unwrap().iter();
        for row in rows.flat_map(|widget| widget["properties"]["metrics"].as_array().into_iter().flatten()) {
            let Some(metric) = Metric::ALL.into_iter().find(|metric| row[1] == metric.name()) else {
                continue;
            };
            let row = row.as_array().unwrap();
            let statistic = row.last().unwrap()["stat"].as_str().unwrap();
            let right = match metric.unit() {
                Unit::Count => statistic == "Sum",
                Unit::Seconds => {
                    ["p50", "p75", "p90", "Average", "SampleCount"].contains(&statistic)
                        || statistic.starts_with("PR(:")
                }
            };
            assert!(right, "{name}: {statistic} of {metric}");
            assert_eq!(row[0], metric.namespace().name());
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
}

/// A quarter that was played, and the page of its dashboards.
pub(crate) struct Quarter {
    pub(crate) truth: Truth,
    pub(crate) page_data: PageData,
    page: String,
    now: Timestamp,
}

pub(crate) async fn quarter() -> &'static Quarter {
    static QUARTER_OF_SEED_7: OnceCell<Quarter> = OnceCell::const_new();
    QUARTER_OF_SEED_7
        .get_or_init(async || {
            let Sample { lines, truth } = sample(7, QUARTER);
            let world = World::Lines("seed 7".to_owned(), lines);
            let header = world.check().unwrap();
            let cloud = replay(&world, &header, binaries(), || ()).await.unwrap();
            let documents = documents(&header.settings);
            let now = cloud.now();
            let page = page(&documents, "seed 7", &cloud.stored(), now).unwrap();
            let result = ReplayResult::of(&cloud).unwrap();
            let page_data = page_data(&result, "seed 7", &header.settings, now);
            Quarter { truth, page_data, page, now }
        })
        .await
}

#[tokio::test]
async fn every_figure_on_the_page_is_true() {
    let Quarter { truth, page, now, .. } = quarter().await;
    shown::check(page, truth, *now);
}

/// A repository that was idle for a month is still there, and has no figures of that month but those that are zero.
#[test]
fn an_idle_month() {
    let settings = settings(&config());
    let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut stored = Stored::default();
    for days_ago in [80, 10] {
        for (metric, value) in [(Metric::Deployments, 1.0), (Metric::LeadTimeForChanges, 86400.0)] {
            let name = MetricName {
                namespace: metric.namespace().name().to_owned(),
                name: metric.name().to_owned(),
                dimensions: [("Repository".to_owned(), "acme/shop".to_owned())].into(),
            };
            stored.add(name, now - SignedDuration::from_hours(24 * days_ago), [value]);
        }
    }
    let page = page(&documents(&settings), "idle", &stored, now).unwrap();
    let table = shown::table(&page, "dora", "acme/shop");
    assert_eq!(table.columns, ["2026-02-06", "2026-03-08", "2026-04-07", "2026-05-07"]);
    let row = |label: &str| table.rows[label].clone();
    assert_eq!(row("deployments"), [Some(0.0), Some(1.0), Some(0.0), Some(1.0)]);
    assert_eq!(row("lead time, median days"), [None, Some(1.0), None, Some(1.0)]);
    assert_eq!(row("n of lead times"), [Some(0.0), Some(1.0), Some(0.0), Some(1.0)]);
    assert_eq!(row("change failure rate, %"), [None, Some(0.0), None, Some(0.0)]);
    assert_eq!(row("time to restore, median hours"), [None; 4]);
}
