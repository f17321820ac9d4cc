//! The ledger's contract: its whole protocol and the table's refusals, on the stand-in and on a DynamoDB that is not
//! ours, moto's. Both must give the answers of the same snapshots, so that the stand-in is known to behave.

mod moto;
mod protocol;
mod requests;

use crate::{
    outside::{self, Moto},
    scene::{OPS, Scene, at, config, execution, ops_item},
};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use fake_aws::{AwsError, Caller, Clock, DynamoDb, Fault, Server, Services};
use metrics_lib::contract::Metric;
use program::{plan::Plan, settings::Settings};
use requests::Answer;
use simulator::stand_ins::{resources, table};
use std::{sync::Arc, time::Duration};

/// Where a DynamoDB answers, and the table that the ledger is kept in.
pub(crate) struct Endpoint {
    url: String,
    access_key: String,
    table: program::plan::Table,
}

impl Endpoint {
    fn client(&self) -> Client {
        let credentials = Credentials::new(&self.access_key, "secret", None, None, "test");
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.url)
            .credentials_provider(credentials);
        Client::from_conf(config.build())
    }
}

fn plan() -> Plan {
    Plan::new(&Settings::from_json(&config()).unwrap()).unwrap()
}

/// A server that stands in for DynamoDB, with some tables of the plan.
async fn stand_in(plan: &Plan, tables: &[program::plan::Table]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::new(folder.path().join("clock"), at("12:00")).unwrap();
    let mut services = Services::new(resources(plan), Arc::new(clock));
    services.dynamodb = DynamoDb::new(&tables.iter().map(table).collect::<Vec<_>>());
    Server::start(services).await.unwrap()
}

async fn check_without_table(endpoint: &Endpoint) {
    insta::assert_snapshot!("without_table", protocol::without_table(endpoint).await);
}

async fn check_protocol(endpoint: &Endpoint) {
    insta::assert_snapshot!("protocol", protocol::play(endpoint).await);
}

#[tokio::test]
async fn contract_on_the_stand_in() {
    let plan = plan();
    let server = stand_in(&plan, std::slice::from_ref(&plan.ledger)).await;
    let without_table = stand_in(&plan, &[]).await;
    let access_key = Caller::role(OPS, "dora-reconciler").access_key();
    let endpoint = |server: &Server| Endpoint {
        url: server.endpoint(),
        access_key: access_key.clone(),
        table: plan.ledger.clone(),
    };
    check_without_table(&endpoint(&without_table)).await;
    check_protocol(&endpoint(&server)).await;
    let answers = requests::play(&endpoint(&server)).await;
    let lines =
        answers.iter().map(|(step, Answer { verdict, message })| format!("{step}: {verdict}\n    {message}"));
    let report: String = lines.map(|line| format!("{}\n", line.trim_end())).collect();
    insta::assert_snapshot!("requests", report);
}

#[tokio::test]
async fn contract_on_moto() {
    let started = Moto::start(OPS);
    let Some(server) = outside::or_skip("contract_on_moto", started) else { return };
    let plan = plan();
    let endpoint = Endpoint {
        url: server.url.clone(),
        access_key: "AKIAIOSFODNN7EXAMPLE".into(),
        table: plan.ledger.clone(),
    };
    check_without_table(&endpoint).await;
    moto::create_table(&endpoint).await;
    check_protocol(&endpoint).await;

    let ours = stand_in(&plan, std::slice::from_ref(&plan.ledger)).await;
    let ours = Endpoint {
        url: ours.endpoint(),
        access_key: Caller::role(OPS, "dora-reconciler").access_key(),
        table: plan.ledger,
    };
    let ours = requests::play(&ours).await;
    let mut unlike = Vec::new();
    for ((step, ours), (_, theirs)) in ours.iter().zip(requests::play(&endpoint).await) {
        let known = requests::on_moto(step);
        assert_ne!(known, Some(ours.verdict.as_str()), "{step} is no deviation");
        let expected = known.unwrap_or(&ours.verdict);
        if theirs.verdict != expected {
            unlike.push(format!(
                "{step}: {} ({}), not {expected} ({})",
                theirs.verdict, theirs.message, ours.message
            ));
        }
    }
    assert!(unlike.is_empty(), "moto answers\n{}", unlike.join("\n"));
}

/// The functions themselves, with moto's table, before a CloudWatch that takes data and answers late, too late, with an error, or
/// never: each deployment is there once, whatever nobody heard.
#[tokio::test]
async fn functions_on_moto() {
    let started = Moto::start(OPS);
    let Some(server) = outside::or_skip("functions_on_moto", started) else { return };
    let lost = || AwsError::new("InternalFailure", "The answer was lost").with_status(500);
    let faults = [
        ("none", None),
        ("late", Some(Fault::Late(Duration::from_secs(9)))),
        ("too late", Some(Fault::Late(Duration::from_secs(11)))),
        ("an error", Some(Fault::AfterEffect(lost()))),
        ("never", Some(Fault::CrashAfterEffect)),
    ];
    for (number, (name, fault)) in faults.into_iter().enumerate() {
        let mut settings = config();
        settings["prefix"] = format!("dora{number}").into();
        let table = Plan::new(&Settings::from_json(&settings).unwrap()).unwrap().ledger;
        let access_key = "AKIAIOSFODNN7EXAMPLE".into();
        moto::create_table(&Endpoint { url: server.url.clone(), access_key, table }).await;
        let mut scene = Scene::planned(settings, |plan| {
            let consumers = plan.consumers.iter_mut().map(|consumer| &mut consumer.function);
            for function in consumers.chain([&mut plan.reconciler.function]) {
                function.environment.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), server.url.clone());
            }
        })
        .await;
        if let Some(fault) = fault {
            scene.fails("cloudwatch:PutMetricData", fault, 2);
        }
        for number in 0..4 {
            scene.runs(&execution(&format!("e{number}"), &format!("12:0{number}"))).await;
        }
        scene.raises(&ops_item(1, "12:10")).await;
        scene.finish().await;
        for time in ["15:30", "15:45", "16:00"] {
            scene.reconciles(time).await;
        }
        let outcome = scene.finish().await;
        let totals = [Metric::Deployments, Metric::FailedDeployments, Metric::UndecidedFacts];
        assert_eq!(totals.map(|metric| outcome.total(metric)), [4.0, 1.0, 0.0], "{name}");
        assert_eq!(scene.calls("dynamodb:UpdateItem"), 0, "the stand-in's table is not used");
        assert!(outcome.dead_letters.is_empty(), "{name}");
    }
}
