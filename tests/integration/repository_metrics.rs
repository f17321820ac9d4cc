//! Repositories without metrics of their own: they count in the totals and in those of their teams, once each.

use crate::{
    operations::dora,
    scene::{Scene, Source, config, execution, ops_item},
};
use fake_aws::{AwsError, Fault};
use metrics_lib::{contract::Metric, fact::FactState};
use serde_json::{Value, json};
use simulator::{payload_builders::Execution, replay_result::ReplayResult};

const CART: &str = "acme/cart";

fn with(repository_metrics: Value) -> Value {
    let mut config = config();
    config["teams"] = json!({"payments": ["acme/shop"], "platform": [CART]});
    config["repositoryMetrics"] = repository_metrics;
    config
}

fn of(repository: &str, id: &str, ended: &str) -> Execution {
    execution(id, ended).source(Source::CodeStar, repository, "main")
}

/// How many values there are of each metric, by its dimension.
fn values(outcome: &ReplayResult, left_out: &[Metric]) -> Vec<String> {
    let is_of_use = |name: &str| !left_out.iter().any(|metric| metric.name() == name);
    let metrics = outcome.metrics.iter().filter(|metric| is_of_use(&metric.name));
    let line = |metric: &simulator::replay_result::Metric| {
        let values: usize = metric.points.iter().map(|point| point.values.len()).sum();
        let of = metric.dimensions.iter().map(|(name, value)| format!("{name} {value}"));
        format!("{} {} {values}", metric.name, of.collect::<String>())
    };
    metrics.map(line).collect()
}

/// The reconciler's gauges.
const GAUGES: [Metric; 3] = [Metric::MissedHeartbeats, Metric::SinceLastEvent, Metric::UndeliveredEvents];

#[tokio::test]
async fn one_repository_has_metrics_of_its_own() {
    // However its name is spelt.
    let mut scene = Scene::with(with(json!(["ACME/Shop"]))).await;
    scene.runs(&of("acme/shop", "e1", "12:00")).await;
    scene.runs(&of(CART, "e2", "12:00")).await;
    scene.runs(&of("acme/trunk", "e3", "12:01")).await;
    // Told once more, and one that is no deployment.
    scene.event(&of(CART, "e2", "12:00").event("SUCCEEDED"));
    scene.runs(&of(CART, "e4", "12:02").source(Source::CodeStar, CART, "develop")).await;
    let item = ops_item(1, "12:30").data("dora/execution", "e2");
    scene.raises(&item).await;
    scene.resolves(&item, "13:00").await;
    scene.finish().await;
    for time in ["16 12:00", "17 12:00", "18 12:01", "19 12:00"] {
        scene.reconciles(time).await;
    }
    let outcome = scene.finish().await;
    assert!(outcome.facts.iter().all(|fact| fact.state == FactState::Published), "{:?}", outcome.facts);
    assert_eq!(
        values(&outcome, &GAUGES),
        [
            "Deployments  3",
            "Deployments Repository acme/shop 1",
            "Deployments Team payments 1",
            "Deployments Team platform 1",
            "FailedDeployments  1",
            "FailedDeployments Team platform 1",
            "TimeToRestore  1",
            "TimeToRestore Team platform 1",
            "DuplicateEvents  1",
            "DuplicateEvents Team platform 1",
            "IgnoredExecutions  1",
            "IgnoredExecutions Team platform 1",
            "LedgerDrift  4",
        ]
    );
    assert_eq!(outcome.total(Metric::LedgerDrift), 0.0);

    let day = ["--from", "2026-06-15", "--to", "2026-06-16"];
    let explained = async |scene: &mut Scene, repository: &str| {
        let asked = [&["explain", "df", "--repository", repository], &day[..]].concat();
        dora(scene, &asked).await.report()
    };
    let of_cart = explained(&mut scene, CART).await;
    assert!(of_cart.contains("CloudWatch has no metrics of this repository"), "{of_cart}");
    assert!(of_cart.contains("e2"), "{of_cart}");
    let of_shop = explained(&mut scene, "acme/shop").await;
    assert!(of_shop.contains("CloudWatch has the same values as the ledger: 1 Deployments"), "{of_shop}");
}

/// Nobody heard whether CloudWatch has the data: its totals tell, of whichever repository.
#[tokio::test]
async fn totals_tell_what_cloudwatch_has() {
    let lost = || AwsError::new("InternalFailure", "The answer was lost").with_status(500);
    for (name, fault) in [("taken", Fault::AfterEffect(lost())), ("refused", Fault::internal_error())] {
        let mut scene = Scene::with(with(json!("none"))).await;
        scene.runs(&of("acme/trunk", "e0", "12:00:00")).await;
        scene.finish().await;
        scene.fails("cloudwatch:PutMetricData", fault, 1);
        scene.runs(&of("acme/shop", "e1", "12:00:10")).await;
        scene.runs(&of(CART, "e2", "12:00:20")).await;
        scene.finish().await;
        for time in ["15:30", "15:45"] {
            scene.reconciles(time).await;
        }
        let outcome = scene.finish().await;
        let found = values(&outcome, &GAUGES);
        let expected = ["Deployments  3", "Deployments Team payments 1", "Deployments Team platform 1"];
        assert_eq!(found[..3], expected, "{name}");
        assert_eq!(outcome.total(Metric::UndecidedFacts), 0.0, "{name}: {found:?}");
    }
}

/// A function was cut off under one setting, and its message comes back under another.
#[tokio::test]
async fn setting_changes_before_the_message_comes_back() {
    for [before, after] in [["all", "none"], ["none", "all"]] {
        let mut scene = Scene::with(with(json!(before))).await;
        scene.fails("cloudwatch:PutMetricData", Fault::CrashAfterEffect, 1);
        scene.runs(&of("acme/shop", "e1", "12:00:10")).await;
        scene.until("12:01").await;
        scene.configured(&with(json!(after)));
        scene.finish().await;
        scene.reconciles("15:30").await;
        let outcome = scene.finish().await;
        let totals = [Metric::Deployments, Metric::UndecidedFacts];
        assert_eq!(totals.map(|metric| outcome.total(metric)), [1.0, 0.0], "{before} {after}");
        assert!(outcome.facts.iter().all(|fact| fact.state == FactState::Published), "{:?}", outcome.facts);
    }
}
