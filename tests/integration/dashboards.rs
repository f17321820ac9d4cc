//! Dashboards: their documents, and that what they show is true.

mod grafana;
pub(crate) mod grammar;
mod shown;

use crate::scene::binaries;
use dashboard_page::{MetricName, PageData, Stored};
use jiff::{SignedDuration, Timestamp};
use metrics_lib::{
    contract::{Metric, Unit},
    dora_metric::DoraMetric,
};
use program::{
    dashboard::{Transport, cloudwatch, grafana},
    plan::Plan,
    settings::Settings,
};
use scenarios::sample::{self, QUARTER, Sample, Truth, sample};
use serde_json::{Value, json};
use shown::{Looked, chosen};
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

fn repository(index: usize) -> String {
    format!("acme/repository-{index:03}")
}

/// So many repositories, spread over so many teams.
fn large_config(repositories: usize, teams: usize) -> Value {
    let teams = (0..teams).map(|team| {
        let owned: Vec<_> = (team..repositories).step_by(teams).map(repository).collect();
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

/// What is where: a line a line of the grid, with the widgets from left to right, and what each shows.
#[test]
fn layout() {
    let mut text = String::new();
    for (name, document) in documents(&settings(&config())) {
        text += &format!("{name}\n");
        let mut row = Value::Null;
        for (widget, title) in titles(&document) {
            if widget["y"] != row {
                row = widget["y"].clone();
                text += &format!("\n{row:>4} ");
            }
            let rows = widget["properties"]["metrics"].as_array().into_iter().flatten();
            let labels = rows.filter_map(|row| row.as_array().unwrap().last().unwrap()["label"].as_str());
            let shown = labels.collect::<Vec<_>>().join(" · ");
            let title = title.lines().next().unwrap();
            text += &format!("[{title}{}{shown}]", if shown.is_empty() { "" } else { ": " });
        }
        text += "\n\n";
    }
    insta::assert_snapshot!(text);
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
    for config in [sample::config(), config(), large_config(150, 25), large_config(501, 20), documented] {
        let documents = documents(&settings(&config));
        for (name, document) in &documents {
            assert_eq!(grammar::problems(name, document), Vec::<String>::new(), "{name}");
        }
        // And each can be evaluated, before there is any data.
        let stored = Stored::default();
        for document in documents.into_values() {
            let looked = Looked { document, stored: &stored, now: Timestamp::UNIX_EPOCH };
            assert!(looked.evaluate_all() > 0);
        }
    }
}

/// The titles of a document's widgets, or their texts.
fn titles(document: &Value) -> impl Iterator<Item = (&Value, &str)> {
    document["widgets"].as_array().unwrap().iter().map(|widget| {
        let properties = &widget["properties"];
        (widget, properties["title"].as_str().or(properties["markdown"].as_str()).unwrap())
    })
}

/// The repositories that the tables of a figure list, in order.
fn listed<'a>(documents: &[&'a Value], figure: &str) -> Vec<&'a str> {
    let widgets = documents.iter().flat_map(|document| titles(document));
    let tables = widgets.filter(|(_, title)| title.starts_with(&format!("Repositories: {figure}")));
    let rows = tables.flat_map(|(widget, _)| widget["properties"]["metrics"].as_array().unwrap());
    rows.filter_map(|row| row.as_array().unwrap().last().unwrap()["label"].as_str()).collect()
}

/// Whatever the size, what one repository or one team has is on one dashboard, and all five figures on the first screen.
#[test]
fn a_hundred_and_fifty_repositories_and_twenty_five_teams() {
    let documents = documents(&settings(&large_config(150, 25)));
    assert_eq!(documents.keys().collect::<Vec<_>>(), ["dora", "dora-repository", "dora-team"]);
    let screen = 24;
    for document in documents.values() {
        let first_screen: Vec<_> = titles(document)
            .filter(|(widget, _)| {
                widget["y"].as_u64().unwrap() + widget["height"].as_u64().unwrap() <= screen
            })
            .map(|(_, title)| title)
            .collect();
        for of in DoraMetric::ALL {
            for of_what in ["last 30 days", "last 7 days", "full weeks"] {
                let title = format!("{}, {of_what}", of.descriptor().title);
                assert!(first_screen.contains(&title.as_str()), "{title} is not in {first_screen:?}");
            }
        }
    }
    let expected: Vec<_> = (0..150).map(repository).collect();
    for of in ["deployments", "lead time", "change failure rate", "time to restore", "rework rate"] {
        assert_eq!(listed(&[&documents["dora"]], of), expected, "{of}");
    }
    let variable = &documents["dora-repository"]["variables"][0];
    assert_eq!(variable["inputType"], "select");
    assert_eq!(variable["values"].as_array().unwrap().len(), 150);
    assert_eq!(documents["dora-team"]["variables"][0]["values"].as_array().unwrap().len(), 25);
    assert_eq!(documents["dora"]["variables"], Value::Null);
}

/// Repositories beyond the limits are on further pages, each once; more than anybody scrolls through are typed in.
#[test]
fn five_hundred_and_one_repositories() {
    let config = large_config(501, 20);
    let documents = documents(&settings(&config));
    let names: Vec<_> = documents.keys().map(String::as_str).collect();
    let pages = ["dora", "dora-repositories-2", "dora-repositories-3"];
    assert_eq!(names, [&pages[..], &["dora-repository", "dora-team"]].concat());
    let expected: Vec<_> = (0..501).map(repository).collect();
    for of in ["deployments", "lead time", "change failure rate", "time to restore", "rework rate"] {
        assert_eq!(listed(&pages.map(|name| &documents[name]), of), expected, "{of}");
    }
    let first = documents["dora"]["widgets"].to_string();
    assert!(first.contains("[the next page](#dashboards/dashboard/dora-repositories-2)"));

    let variable = &documents["dora-repository"]["variables"][0];
    assert_eq!((&variable["inputType"], &variable["values"]), (&json!("input"), &Value::Null));
    assert_eq!(variable["defaultValue"], "acme/repository-000");
    let grafana = grafana(&settings(&config), &transport()).unwrap();
    let variable = &grafana["dora-repository"]["templating"]["list"][1];
    assert_eq!((&variable["type"], &variable["query"]), (&json!("textbox"), &json!("acme/repository-000")));
}

/// What CloudWatch can't have figures of is left out, and that is said.
#[test]
fn names_that_cannot_be_dimensions() {
    let mut config = config();
    config["teams"] = json!({"web": ["acme/shop", "bucket/\u{e4}.zip"]});
    config["repositories"] = json!(["acme/till"]);
    config["trunkBasedRepositories"] = json!([]);
    let documents = documents(&settings(&config));
    let values = |name: &str| {
        let values = documents[name]["variables"][0]["values"].as_array().unwrap();
        values.iter().map(|value| value["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values("dora-repository"), ["acme/shop", "acme/till"]);
    assert_eq!(values("dora-team"), ["web"]);
    assert_eq!(listed(&[&documents["dora"]], "deployments"), ["acme/shop", "acme/till"]);
    let (_, heading) = titles(&documents["dora"]).next().unwrap();
    let text = "repositories: 2 (1 more have names that can't be dimensions in CloudWatch)";
    assert!(heading.contains(text), "{heading}");
}

/// Repositories without metrics of their own are left out, unless they are named for dashboards, and that is said.
#[test]
fn repositories_without_metrics_of_their_own() {
    fn check(own: Value, named: &[&str], expected: &[&str], said: &str) {
        let mut config = config();
        config["teams"] = json!({"web": ["acme/shop", "acme/cart"]});
        config["trunkBasedRepositories"] = json!(["acme/trunk"]);
        (config["repositories"], config["repositoryMetrics"]) = (json!(named), own);
        let documents = documents(&settings(&config));
        let (_, heading) = titles(&documents["dora"]).next().unwrap();
        assert!(heading.contains(&format!("repositories: {said}")), "{heading}");
        assert_eq!(documents.contains_key("dora-repository"), !expected.is_empty());
        assert_eq!(listed(&[&documents["dora"]], "deployments"), expected);
    }
    let all = ["acme/cart", "acme/shop", "acme/trunk"];
    check(json!("all"), &[], &all, "3 ");
    check(json!("none"), &[], &[], "0 (3 more have no metrics of their own)");
    check(json!("none"), &["acme/shop"], &["acme/shop"], "1 (2 more have no metrics of their own)");
    let own = json!(["acme/shop", "acme/till"]);
    check(own, &[], &["acme/shop", "acme/till"], "2 (2 more have no metrics of their own)");
}

/// Where the configuration names neither, there is the overview alone.
#[test]
fn neither_repositories_nor_teams() {
    let mut config = config();
    (config["teams"], config["trunkBasedRepositories"]) = (json!({}), json!([]));
    assert_eq!(documents(&settings(&config)).keys().collect::<Vec<_>>(), ["dora"]);
}

/// A list in Grafana is a text with commas; where a name could be read as two, it is typed in.
#[test]
fn names_that_grafana_would_misread() {
    let of_teams = |teams: Value| {
        let mut config = config();
        config["teams"] = teams;
        let grafana = grafana(&settings(&config), &transport()).unwrap();
        let dashboard = &grafana["dora-team"];
        assert!(dashboard["panels"].to_string().contains(r#""dimensions":{"Team":["$team"]}"#));
        dashboard["templating"]["list"][1].clone()
    };
    let list = of_teams(json!({"a, b": [], "c": []}));
    assert_eq!((&list["type"], &list["query"]), (&json!("custom"), &json!("a\\, b,c")));
    assert_eq!(of_teams(json!({"a : b": [], "c": []}))["type"], "textbox");
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
                // Over all lead times, whether or not they have such a part.
                Unit::Seconds if metric.is_part_of_lead_time() => statistic == "Sum",
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

/// A quarter that was played, its dashboards, and its page.
pub(crate) struct Quarter {
    pub(crate) truth: Truth,
    pub(crate) page_data: PageData,
    documents: Documents,
    grafana: Documents,
    stored: Stored,
    now: Timestamp,
}

impl Quarter {
    /// A dashboard, and what is chosen there.
    fn looked(&self, name: &str, value: Option<&str>) -> Looked<'_> {
        let document = &self.documents[name];
        let document = value.map_or_else(|| document.clone(), |value| chosen(document, value));
        Looked { document, stored: &self.stored, now: self.now }
    }
}

pub(crate) async fn quarter() -> &'static Quarter {
    static QUARTER_OF_SEED_7: OnceCell<Quarter> = OnceCell::const_new();
    QUARTER_OF_SEED_7
        .get_or_init(async || {
            let Sample { lines, truth } = sample(7, QUARTER);
            let world = World::Lines("seed 7".to_owned(), lines);
            let header = world.check().unwrap();
            let cloud = replay(&world, &header, binaries(), || ()).await.unwrap();
            let mut settings = header.settings;
            settings.dashboards.repositories.extend(truth.figures.keys().cloned());
            let (documents, stored) = (documents(&settings), cloud.stored());
            let grafana = grafana(&settings, &transport()).unwrap();
            let result = ReplayResult::of(&cloud).unwrap();
            let page_data = page_data(&result, "seed 7", &settings, cloud.now());
            Quarter { truth, page_data, documents, grafana, stored, now: cloud.now() }
        })
        .await
}

#[tokio::test]
async fn every_figure_on_a_dashboard_is_true() {
    let quarter = quarter().await;
    let Quarter { truth, .. } = quarter;
    let overview = quarter.looked("dora", None);
    let mut days_without_rate = shown::check(&overview, truth, None);
    shown::check_list(&overview, truth);
    for team in ["money", "storefront"] {
        let team_chosen = quarter.looked("dora-team", Some(team));
        days_without_rate += shown::check(&team_chosen, truth, Some(("Team", team)));
    }
    for repository in truth.figures.keys() {
        let repository_chosen = quarter.looked("dora-repository", Some(repository));
        days_without_rate += shown::check(&repository_chosen, truth, Some(("Repository", repository)));
    }
    assert!(
        days_without_rate > 0,
        "no day without deployments: the sample does not show that it has no rate"
    );
}

/// What Grafana shows of the last 30 days is not a fragment of them.
#[tokio::test]
async fn grafana_shows_what_cloudwatch_shows() {
    let Quarter { documents, stored, now, grafana, .. } = quarter().await;
    for (name, document) in grafana {
        let compared = grafana::compare(document, &documents[name], stored, *now);
        assert!(compared >= 15, "{name}: {compared}");
    }
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
    let document = documents(&settings)["dora"].clone();
    let overview = Looked { document, stored: &stored, now };
    for (figure, expected) in [
        ("deployments", [Some(0.0), Some(1.0), Some(0.0), Some(1.0)]),
        ("lead time, median days", [None, Some(1.0), None, Some(1.0)]),
        ("change failure rate, %", [None, Some(0.0), None, Some(0.0)]),
        ("time to restore, median hours", [None; 4]),
    ] {
        let table = overview.table(&format!("Repositories: {figure}"));
        assert_eq!(table.columns, ["2026-02-06", "2026-03-08", "2026-04-07", "2026-05-07"]);
        assert_eq!(table.rows["acme/shop"], expected, "{figure}");
    }
}
