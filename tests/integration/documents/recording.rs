//! REPLAY.md, "Record a real account": the script records what happened on the stand-in, and what it has recorded is played.

use super::{
    play::{Play, printed},
    table::Part,
};
use crate::{
    outside::{self, Moto},
    scene::{Scene, TOOLING, at, config, execution, ops_item},
};
use metrics_lib::{place::Place, sources::codepipeline::PipelineKey};
use serde_json::{Value, json};
use simulator::{aws::reader_key, payload_builders::structure};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

const CONNECTION: &str = "arn:aws:codeconnections:eu-west-1:111111111111:connection/1";

/// Two deployments, one of which an incident is blamed on, and a pipeline that names a connection.
async fn account() -> Scene {
    let mut scene = Scene::new().await;
    let mut pipeline = structure("shop");
    pipeline["stages"][0]["actions"][0]["configuration"] = json!({"ConnectionArn": CONNECTION});
    let key = PipelineKey { place: Place::new(TOOLING, "eu-west-1"), pipeline: "shop".into() };
    scene.cloud.record_pipeline(key, pipeline);
    scene.cloud.record_connection(json!({"ConnectionArn": CONNECTION, "ProviderType": "GitHub"}));
    scene.runs(&execution("e1", "09:00")).await;
    let incident = ops_item(1, "10:00");
    scene.raises(&incident).await;
    scene.runs(&execution("e2", "11:00").message("hotfix for oi-000000000001")).await;
    let resolved = incident.resolved(at("11:30"));
    scene.until("11:30").await;
    scene.cloud.record_ops_item(resolved.recorded()).unwrap();
    scene.event(&resolved.update_event("Resolved", at("11:30")));
    scene
}

#[tokio::test]
async fn commands_of_a_recording() {
    let test = "commands_of_a_recording";
    let jq = outside::run(Command::new("jq").arg("--version"));
    let Some(()) = outside::or_skip(test, jq) else { return };
    let Some(play) = outside::or_skip(test, Play::new(Part::Recording)) else { return };
    // The stand-in does not know who calls.
    let Some(moto) = outside::or_skip(test, Moto::start(TOOLING)) else { return };
    let mut scene = account().await;
    let happened = serde_json::to_value(scene.finish().await).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, key) = (scene.cloud.operator().endpoint, reader_key(&Place::new(TOOLING, "eu-west-1")));
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ENDPOINT_URL_STS", &moto.url),
        ("AWS_ACCESS_KEY_ID", &key),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let line = play.line("export AWS_DEFAULT_REGION=eu-west-1 AWS_DEFAULT_OUTPUT=json", &[]);
    let shell = play.shell(&format!("set -e\n{line}"), folder.path(), &environment);
    // The stand-in answers meanwhile.
    let recorded = tokio::process::Command::from(shell).output().await.unwrap();
    assert_eq!(printed(&line, &recorded).1, "");

    let folder = folder.path().join("recording");
    let world = folder.join("world.jsonl");
    let lines = fs::read_to_string(&world).unwrap();
    for kind in ["pipeline", "connection", "execution", "opsItem", "event"] {
        assert!(lines.contains(&format!("\"{kind}\":")), "{kind}\n{lines}");
    }
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    fs::write(&world, format!("{}\n{lines}", json!({"at": first["at"], "config": config()}))).unwrap();
    let run = |said: &str| {
        let line = play.line(said, &[]);
        printed(&line, &play.shell(&line, &folder, &[]).output().unwrap()).0
    };
    let played: Value = serde_json::from_str(&run("cargo dora replay world.jsonl --json")).unwrap();
    assert_eq!(played["facts"], happened["facts"]);
    assert_eq!(played["facts"].as_array().unwrap().len(), 4, "{played}");
    let table = run("cargo dora replay world.jsonl");
    assert!(table.contains("acme/shop"), "{table}");
    printed("gzip", &play.shell("gzip --keep world.jsonl", &folder, &[]).output().unwrap());
    assert_eq!(run("zcat world.jsonl.gz | cargo dora replay -"), table);

    let line = play.line("cargo dora replay world.jsonl --serve", &[]);
    let mut server = play.shell(&format!("exec {line}"), &folder, &[]);
    let page = page(server.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    assert!(page.contains("acme/shop") && page.ends_with("</html>"), "{page}");
    play.finish();
}

/// The page at the address that a server prints.
fn page(mut server: Child) -> String {
    let lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut addresses = lines.filter_map(|line| {
        let (_, address) = line.split_once("page: http://")?;
        Some(address.split_once('/')?.0.to_owned())
    });
    let address = addresses.next().unwrap();
    let mut connection = TcpStream::connect(&address).unwrap();
    write!(connection, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    answer
}
