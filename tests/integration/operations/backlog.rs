//! What can't be done or read holds up nothing else: it is left behind, tried again, set aside, and brought back.

use super::dora;
use crate::scene::{
    Execution, OPS, Scene, Source, TOOLING, at, commit, commit_id, config, execution, execution_in,
    execution_of, ops_item, ops_item_in, report, rollback_in, with_webhook,
};
use fake_aws::Fault;
use jiff::{SignedDuration, Timestamp};
use metrics_lib::contract::Metric;
use serde_json::{Value, json};

const OTHER: &str = "222222222222";

/// Two tooling accounts.
fn two() -> Value {
    let mut config = config();
    config["toolingAccounts"] = json!([
        {"account": TOOLING, "regions": ["eu-west-1"]},
        {"account": OTHER, "regions": ["eu-west-1"]},
    ]);
    config
}

/// Lets the reconciler run so many times, every quarter of an hour.
async fn runs(scene: &mut Scene, begin: &str, number: i32) {
    let begin: Timestamp = at(begin);
    for run in 0..number {
        scene.cloud.advance_to(begin + SignedDuration::from_mins(15) * run).await.unwrap();
        assert!(scene.cloud.reconcile().await.unwrap(), "{}", scene.cloud.logs().unwrap()["reconciler"]);
    }
}

pub(super) fn unreadable(scene: &Scene, name: &str) {
    scene.services().unreadable.insert(name.to_owned());
}

fn readable(scene: &Scene, name: &str) {
    assert!(scene.services().unreadable.remove(name));
}

/// An execution that can't be read: those after it are done, and so are incidents and resolutions. After 20 tries it is set
/// aside, which a metric, an alarm and doctor tell, and `redrive` brings it back.
#[tokio::test]
async fn execution_that_cannot_be_read() {
    let mut scene = Scene::with(two()).await;
    unreadable(&scene, "poison");
    scene.knows(&execution_in(OTHER, "eu-west-1", "web", "poison", "09:00")).await;
    scene.knows(&execution_in(OTHER, "eu-west-1", "web", "good", "09:30")).await;
    scene.until("10:00").await;
    runs(&mut scene, "10:00", 1).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::Deployments), 1.0, "the others are done");
    // A day after the resolution it is settled: the execution is set aside long before.
    let item = ops_item(1, "10:10").resolved(at("10:30"));
    scene.raises(&item).await;
    scene.resolves(&item, "10:30").await;
    runs(&mut scene, "10:45", 18).await;
    insta::assert_snapshot!("doctor_before_it_is_set_aside", backlog_of(&mut scene).await);
    assert_eq!(scene.finish().await.total(Metric::SetAside), 0.0);
    runs(&mut scene, "16:00", 3).await;
    insta::assert_snapshot!("doctor_when_it_is_set_aside", backlog_of(&mut scene).await);
    assert!(scene.finish().await.total(Metric::SetAside) >= 1.0);
    let before = scene.calls("codepipeline:GetPipelineExecution");
    runs(&mut scene, "17:00", 4).await;
    assert_eq!(scene.calls("codepipeline:GetPipelineExecution"), before, "it is not tried again at once");
    runs(&mut scene, "16 11:00", 1).await;
    assert_eq!(
        scene.finish().await.total(Metric::TimeToRestore),
        1200.0,
        "a resolution does not wait for it"
    );
    readable(&scene, "poison");
    let said = dora(&mut scene, &["redrive"]).await.report();
    assert!(said.contains("set aside by the reconciler: 1; its next run tries again"), "{said}");
    runs(&mut scene, "16 12:00", 1).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::Deployments), 2.0);
    assert!(backlog_of(&mut scene).await.contains("nothing"));
}

/// What can't be left behind, because the ledger fails, the next run finds.
#[tokio::test]
async fn execution_that_cannot_be_read_while_the_ledger_fails() {
    let mut scene = Scene::new().await;
    scene.knows(&execution("e1", "09:00")).await;
    scene.fails("codepipeline:GetPipelineExecution", Fault::access_denied(), 1);
    scene.fails("dynamodb:UpdateItem", Fault::throttled(), 1);
    scene.until("10:00").await;
    assert!(!scene.cloud.reconcile().await.unwrap());
    scene.reconciles("10:15").await;
    assert_eq!(scene.finish().await.total(Metric::Deployments), 1.0);
}

/// What is set aside is tried once a day, too, without anybody's doing.
#[tokio::test]
async fn set_aside_and_read_a_day_later() {
    let mut scene = Scene::new().await;
    unreadable(&scene, "poison");
    scene.knows(&execution("poison", "09:00")).await;
    runs(&mut scene, "10:00", 22).await;
    readable(&scene, "poison");
    runs(&mut scene, "16 12:00", 1).await;
    assert_eq!(scene.finish().await.total(Metric::Deployments), 0.0);
    runs(&mut scene, "16 16:00", 1).await;
    assert_eq!(scene.finish().await.total(Metric::Deployments), 1.0);
}

/// A pipeline that can't be listed holds up no other of its account; what it deployed in the meantime is found when it can.
#[tokio::test]
async fn pipeline_that_cannot_be_read() {
    let mut scene = Scene::new().await;
    scene.knows(&execution_of("web", "w1", "09:00")).await;
    runs(&mut scene, "10:00", 1).await;
    unreadable(&scene, "web");
    scene.knows(&execution_of("web", "w2", "11:00")).await;
    scene.knows(&execution_of("shop", "s1", "11:30")).await;
    runs(&mut scene, "12:00", 1).await;
    assert_eq!(scene.finish().await.total(Metric::Deployments), 2.0);
    scene.knows(&execution_of("shop", "s2", "13:00")).await;
    runs(&mut scene, "13:30", 25).await;
    assert_eq!(scene.finish().await.total(Metric::Deployments), 3.0);
    assert!(scene.finish().await.total(Metric::SetAside) >= 1.0);
    readable(&scene, "web");
    runs(&mut scene, "20:00", 1).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::Deployments), 4.0, "set aside or not, it is tried by every run");
    assert!(backlog_of(&mut scene).await.contains("nothing"));
}

/// An incident after an execution that was left behind: it may be to blame, so it is looked at again.
#[tokio::test]
async fn incident_after_an_execution_that_was_left_behind() {
    let mut scene = Scene::new().await;
    scene.runs(&execution("e1", "09:00")).await;
    scene.finish().await;
    unreadable(&scene, "e2");
    scene.knows(&execution("e2", "10:00")).await;
    runs(&mut scene, "10:30", 2).await;
    readable(&scene, "e2");
    scene.raises(&ops_item(1, "11:00")).await;
    let report = report(&scene.finish().await);
    assert!(report.contains("FailedDeployments acme/shop 10:00 = 1\n"), "{report}");
}

/// No account holds up an incident for ever, nor a resolution.
#[tokio::test]
async fn account_whose_role_is_missing() {
    let mut scene = Scene::with(two()).await;
    unreadable(&scene, OTHER);
    scene.runs(&execution("e1", "09:00")).await;
    let item = ops_item_in(OPS, 1, "10:00").resolved(at("10:30"));
    scene.raises(&item).await;
    scene.resolves(&item, "10:30").await;
    runs(&mut scene, "11:30", 22).await;
    runs(&mut scene, "16 11:00", 1).await;
    let told = report(&scene.finish().await);
    assert!(told.contains("FailedDeployments acme/shop 09:00 = 1\n"), "{told}");
    assert!(told.contains("account 222222222222 in eu-west-1 could not be read"), "{told}");
    assert!(told.contains("TimeToRestore acme/shop 10:30 = 1800\n"), "{told}");
    // When it has one, what was deployed there is found.
    scene.knows(&execution_in(OTHER, "eu-west-1", "web", "w1", "16 11:30")).await;
    readable(&scene, OTHER);
    runs(&mut scene, "16 12:00", 1).await;
    assert_eq!(scene.finish().await.total(Metric::Deployments), 2.0);
}

/// An account that is taken out of the configuration, with an incident and a lead time that are open, fails no run.
#[tokio::test]
async fn account_that_is_configured_no_more() {
    let mut config = two();
    config["webhookSecret"] = with_webhook()["webhookSecret"].clone();
    let mut scene = Scene::with(config.clone()).await;
    let run = execution_in(OTHER, "eu-west-1", "web", "w1", "09:00");
    scene.runs(&run.revision(&commit_id(1))).await;
    scene.raises(&ops_item_in(OTHER, 1, "08:00")).await;
    scene.finish().await;
    config["toolingAccounts"].as_array_mut().unwrap().pop();
    scene.configured(&config);
    for time in ["10:00", "16 10:00", "17 10:00"] {
        scene.reconciles(time).await;
    }
}

/// Hundreds of runs of another branch lie before the first deployment, and only their API knows them: it takes several
/// invocations to go through them, each of which goes on where the one before was cut off.
#[tokio::test]
async fn many_runs_before_the_first_deployment() {
    let mut scene = Scene::planned(with_webhook(), |plan| {
        for consumer in &mut plan.consumers {
            consumer.function.timeout = SignedDuration::from_secs(36);
        }
    })
    .await;
    for number in 0..600 {
        let end = at("01:00") + SignedDuration::from_secs(20) * number;
        let key = execution(&format!("d{number}"), "01:00").key;
        let run = Execution::standard(key, end).source(Source::CodeStar, "acme/shop", "develop");
        scene.knows(&run).await;
    }
    scene.pushes("10:00", "main", 0, &[commit(1, "09:00", "Begin")]).await;
    // What AWS allows, a call takes longer: so does every look.
    scene.fails("codepipeline:ListActionExecutions", Fault::Late(SLOW), 400);
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::LeadTimeForChanges), 10_800.0);
    assert!(outcome.dead_letters.is_empty());
    let log = &scene.cloud.logs().unwrap()["lead-time-for-changes"];
    assert!(log.contains("OutOfTime"), "{log}");
    let looked_at = scene.calls("codepipeline:ListActionExecutions");
    assert!(looked_at < 800, "{looked_at} looks: those of a walk that was cut off are not repeated");
    // The next deployment costs a few requests.
    scene.runs(&rollback_in(TOOLING, "shop", "r1", "e1", at("13:00"))).await;
    scene.finish().await;
    let more = scene.calls("codepipeline:ListActionExecutions") - looked_at;
    assert!(more < 60, "{more} looks");
}

/// Thousands of runs of another branch lie before the first deployment, as many as a pipeline that is years old has.
#[tokio::test]
async fn thousands_of_runs_before_the_first_deployment() {
    let mut scene = Scene::with(with_webhook()).await;
    for number in 0..7500 {
        let end = at("01:00") + SignedDuration::from_secs(4) * number;
        let key = execution(&format!("d{number}"), "01:00").key;
        let run = Execution::standard(key, end).source(Source::CodeStar, "acme/shop", "develop");
        scene.cloud.record_execution(run.recorded()).unwrap();
    }
    scene.pushes("10:00", "main", 0, &[commit(1, "09:00", "Begin")]).await;
    scene.runs(&execution("e1", "12:00").revision(&commit_id(1))).await;
    let outcome = scene.finish().await;
    assert_eq!(outcome.total(Metric::LeadTimeForChanges), 10_800.0);
    assert!(outcome.dead_letters.is_empty());
}

const SLOW: std::time::Duration = std::time::Duration::from_millis(60);

/// The lines of doctor about what can't be done.
async fn backlog_of(scene: &mut Scene) -> String {
    let said = dora(scene, &["doctor"]).await.report();
    let lines = said.lines().skip_while(|line| !line.contains("set aside "));
    let lines = lines.take_while(|line| !line.contains("facts "));
    lines.fold(String::new(), |all, line| all + line + "\n")
}
