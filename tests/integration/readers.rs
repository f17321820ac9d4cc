//! Whoever reads the ledger shows the same: the dashboards' widget, the page, and `explain`, for worlds that nobody chose.

use crate::{
    operations::dora,
    page::embedded,
    scene::{Scene, binaries},
};
use dashboard_page::page;
use jiff::{Timestamp, tz::TimeZone};
use metrics_lib::{dora_metric::DoraMetric, words};
use program::settings::Settings;
use scenarios::sample::{self, sample};
use serde_json::{Value, json};
use simulator::{page_data::page_data, replay::replay, replay_result::ReplayResult, world::World};

/// A metric of DORA, as `explain` calls it, and its column in the widget.
const METRICS: [(DoraMetric, &str, usize); 5] = [
    (DoraMetric::DeploymentFrequency, "deployment-frequency", 1),
    (DoraMetric::LeadTimeForChanges, "lead-time-for-changes", 3),
    (DoraMetric::ChangeFailureRate, "change-failure-rate", 6),
    (DoraMetric::TimeToRestore, "time-to-restore", 9),
    (DoraMetric::ReworkRate, "rework-rate", 12),
];

/// A value as people see it, without what depends on when they look.
fn shown(of: DoraMetric, value: Option<f64>) -> String {
    let Some(value) = value else { return words::NO_DATA.to_owned() };
    match of {
        DoraMetric::DeploymentFrequency => value.to_string(),
        DoraMetric::ChangeFailureRate | DoraMetric::ReworkRate => words::percent(value),
        DoraMetric::LeadTimeForChanges | DoraMetric::TimeToRestore => words::length(value),
    }
}

/// The cells of the widget's row of a week.
async fn of_widget(scene: &mut Scene, repository: &Value, week: &str) -> Vec<String> {
    let parameters = json!({ "view": "weeks", "repository": repository }).to_string();
    let reply = scene.cloud.look(parameters).await.unwrap().unwrap();
    let html: String = serde_json::from_slice(&reply).unwrap();
    let rows = html.split("<tr>").map(|row| {
        let cells =
            row.split("<td").skip(1).filter_map(|cell| Some(cell.split_once('>')?.1.split_once("</td>")?.0));
        cells.map(str::to_owned).collect::<Vec<_>>()
    });
    let mut of_week = rows.filter(|cells| cells.first().is_some_and(|name| name.starts_with(week)));
    of_week.next().unwrap_or_else(|| panic!("no {week}: {html}"))
}

/// The value that `explain` has.
async fn of_explain(scene: &mut Scene, figure: &str, repository: &Value, week: [&str; 2]) -> Option<f64> {
    let mut arguments = vec!["explain", figure, "--from", week[0], "--to", week[1], "--json"];
    arguments.extend(repository.as_str().into_iter().flat_map(|name| ["--repository", name]));
    let said = dora(scene, &arguments).await;
    let explained: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.report()));
    explained["value"].as_f64()
}

/// Every figure of every full week of every repository, and of all together.
async fn check(seed: u64) {
    let world = World::Lines("sample".into(), sample(seed, 14).lines);
    let header = world.check().unwrap();
    let cloud = replay(&world, &header, binaries(), || ()).await.unwrap();
    let result = ReplayResult::of(&cloud).unwrap();
    let settings = Settings::from_json(&sample::config()).unwrap();
    let embedded = embedded(&page(&page_data(&result, "a sample", &settings, cloud.now())).unwrap());
    let mut scene = Scene::of(cloud);
    let (units, weeks) = (embedded["units"].as_array().unwrap(), embedded["periods"][1].as_array().unwrap());
    let mut compared = 0;
    for (unit, figures) in units.iter().zip(embedded["figures"].as_array().unwrap()) {
        let repository = match unit["kind"].as_str().unwrap() {
            "repository" => embedded["words"][unit["name"].as_u64().unwrap() as usize].clone(),
            "team" => continue,
            _ => Value::Null,
        };
        for (index, week) in weeks.iter().enumerate() {
            let ends = ["start", "end"].map(|name| {
                let time = Timestamp::from_second(week[name].as_i64().unwrap()).unwrap();
                time.to_zoned_datetime(TimeZone::UTC).date().to_string()
            });
            if ends[0].as_str() < "2026-01-05" {
                continue;
            }
            let label = week["label"].as_str().unwrap();
            let cells = of_widget(&mut scene, &repository, label).await;
            for (number, (of, figure, column)) in METRICS.into_iter().enumerate() {
                let explained = of_explain(&mut scene, figure, &repository, [&ends[0], &ends[1]]).await;
                let cell = &figures[1][number][1][index];
                let of_page = if *cell == 0 { None } else { cell[0].as_f64() };
                // Of no deployments, the page has no cell.
                let of_page = of_page.or((of == DoraMetric::DeploymentFrequency).then_some(0.0));
                assert_eq!(of_page, explained, "seed {seed}, {figure} of {repository} in {label}");
                let of_widget = cells[column].split(" (").next().unwrap();
                assert_eq!(
                    of_widget,
                    shown(of, explained),
                    "seed {seed}, {figure} of {repository} in {label}"
                );
                compared += usize::from(explained.is_some_and(|value| value != 0.0));
            }
        }
    }
    assert!(compared > 15, "seed {seed}: {compared}");
}

#[tokio::test]
async fn widget_page_and_explain_agree() {
    for seed in [101, 102] {
        check(seed).await;
    }
}
