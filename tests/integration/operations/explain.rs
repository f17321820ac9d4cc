//! `dora explain`: what figures are made of.

use super::{DAY, FIGURES, dora};
use crate::scene::{Scene, Source, at, commit, commit_id, execution, ops_item, rollback, with_webhook};
use fake_aws::Fault;
use metrics_lib::contract::Metric;
use serde_json::json;
use simulator::stand_ins::metric_key;

/// A day with a bit of everything.
async fn day() -> Scene {
    let mut scene = Scene::with(with_webhook()).await;
    scene.pushes("08:30", "main", 0, &[commit(1, "08:00", "Begin")]).await;
    scene.runs(&execution("e1", "09:00").revision(&commit_id(1))).await;
    scene.pushes("10:30", "main", 1, &[commit(2, "10:00", "Add"), commit(3, "10:15", "Mend")]).await;
    scene.runs(&execution("e2", "11:00").revision(&commit_id(3))).await;
    scene.raises(&ops_item(1, "11:30").title("acme/shop is slow")).await;
    scene.pushes("12:20", "main", 3, &[commit(4, "12:10", "Mend oi-000000000001")]).await;
    // The event of this one was lost.
    scene.knows(&execution("e3", "12:30").revision(&commit_id(4))).await;
    scene.runs(&rollback("e4", "e2", "13:00")).await;
    scene
        .runs(
            &execution("e5", "14:00")
                .source(Source::CodeStar, "acme/shop", "develop")
                .revision(&commit_id(5)),
        )
        .await;
    scene.raises(&ops_item(2, "15:00").data("dora/repository", "acme/cart")).await;
    scene.finish().await;
    scene.reconciles("19:00").await;
    scene
}

#[tokio::test]
async fn every_figure() {
    let mut scene = day().await;
    scene.until("20:00").await;
    for figure in FIGURES {
        let said = dora(&mut scene, &[&["explain", figure], &DAY[..]].concat()).await;
        insta::assert_snapshot!(format!("explain_{figure}"), said.report());
    }
}

#[tokio::test]
async fn of_a_repository_as_json() {
    let mut scene = day().await;
    scene.until("20:00").await;
    let arguments = ["explain", "LeadTimeForChanges", "--repository", "acme/shop", "--json"];
    insta::assert_snapshot!(dora(&mut scene, &[&arguments, &DAY[..]].concat()).await.report());
    // Names of repositories have no case, and are shown as they are spelt.
    let other_case = ["explain", "LeadTimeForChanges", "--repository", "ACME/Shop", "--json"];
    let both = [arguments, other_case].map(|arguments| [&arguments[..], &DAY[..]].concat());
    let mut said = Vec::new();
    for arguments in both {
        said.push(dora(&mut scene, &arguments).await.report());
    }
    assert_eq!(said[0], said[1]);
    // Nothing was heard of this one in that time, and no data is not zero.
    let arguments =
        ["explain", "cfr", "--repository", "Acme/shop", "--from", "2026-06-13", "--to", "2026-06-14"];
    insta::assert_snapshot!(dora(&mut scene, &arguments).await.report());
    // Nothing was ever heard of this one.
    let arguments = ["explain", "cfr", "--repository", "acme/shpo"];
    insta::assert_snapshot!(dora(&mut scene, &[&arguments, &DAY[..]].concat()).await.report());
}

/// A team has the figures of the repositories that it owns, and CloudWatch's by its own dimension.
#[tokio::test]
async fn of_a_team() {
    let mut config = with_webhook();
    config["teams"] = json!({"payments": ["acme/shop"], "platform": ["acme/cart"]});
    let mut scene = Scene::with(config).await;
    for (id, ended, repository) in [("e1", "09:00", "acme/shop"), ("e2", "10:00", "acme/cart")] {
        scene.runs(&execution(id, ended).source(Source::CodeStar, repository, "main")).await;
    }
    scene.finish().await;
    scene.until("20:00").await;
    for (name, arguments) in [
        ("team", &["--team", "platform"][..]),
        ("team_as_json", &["--team", "payments", "--json"]),
        ("team_that_is_not_there", &["--team", "plaform"]),
    ] {
        let said = dora(&mut scene, &[&["explain", "df"], arguments, &DAY[..]].concat()).await;
        insta::assert_snapshot!(format!("explain_{name}"), said.report());
    }
    let both = ["explain", "df", "--team", "payments", "--repository", "acme/shop"];
    assert_eq!(dora(&mut scene, &both).await.code, 2);
}

/// One incident or one execution, by every rule that was tried.
#[tokio::test]
async fn one() {
    let mut scene = day().await;
    scene.raises(&ops_item(3, "19:30").title("nobody").of_type("/aws/insight")).await;
    for (name, arguments) in [
        ("incident_that_names_a_repository", ["incident", "oi-000000000001"]),
        ("incident_that_nothing_is_blamed_for", ["incident", "oi-000000000002"]),
        ("ops_item_of_another_type", ["incident", "oi-000000000003"]),
        ("incident_that_does_not_exist", ["incident", "oi-00000000000f"]),
        ("text_that_is_no_id", ["incident", "oi-1"]),
        ("deployment", ["deployment", "e2"]),
        ("rollback", ["deployment", "e4"]),
        ("execution_of_another_branch", ["deployment", "111111111111/eu-west-1/shop/e5"]),
        ("execution_that_nobody_knows", ["deployment", "e9"]),
    ] {
        let said = dora(&mut scene, &[&["explain"], &arguments[..]].concat()).await;
        insta::assert_snapshot!(format!("explain_one_{name}"), said.report());
    }
}

/// A function that dies between `PutMetricData` and the mark: nobody knows, until CloudWatch shows it. Where somebody else puts
/// values, too, nobody ever does.
#[tokio::test]
async fn fact_that_cloudwatch_may_have() {
    let mut scene = Scene::new().await;
    scene.fails("cloudwatch:PutMetricData", Fault::CrashAfterEffect, 1);
    scene.runs(&execution("e1", "09:00")).await;
    scene.finish().await;
    scene.until("10:00").await;
    for _ in 0..2 {
        scene.services().cloudwatch.add(metric_key(Metric::Deployments, Some("acme/shop")), at("09:00"), 1.0);
    }
    let told = async |name: &str, scene: &mut Scene| {
        let explained = dora(scene, &[&["explain", "deployments"], &DAY[..]].concat()).await.report();
        let doctor = dora(scene, &["doctor"]).await.report();
        let facts: String = doctor
            .lines()
            .skip_while(|line| !line.contains("facts "))
            .take(4)
            .fold(String::new(), |all, line| all + line + "\n");
        insta::assert_snapshot!(format!("fact_that_{name}"), format!("{explained}\n{facts}"));
    };
    told("cloudwatch_may_have", &mut scene).await;
    scene.reconciles("16:00").await;
    told("nobody_can_decide", &mut scene).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::UndecidedFacts), 1.0);
    // Nobody puts it again.
    scene.reconciles("18:00").await;
    assert_eq!(scene.finish().await.total(Metric::UndecidedFacts), 1.0);
}
