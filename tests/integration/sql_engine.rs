//! The lake's statement on a SQL engine that is not ours: DuckDB, by way of sqlglot's Athena dialect, on the very objects
//! that the transformation wrote.

use crate::{
    outside,
    scene::{Scene, commit, with_webhook},
};
use metrics_lib::lake::{CHANGES_STATEMENT, COLUMNS, Change, PARTITION_KEYS, Row, bucket, literal};
use serde_json::json;
use std::{fs, path::Path};

fn query(python: &Path, folder: &Path, parameters: &[String]) -> Result<Vec<Change>, String> {
    let task = json!({
        "statement": CHANGES_STATEMENT,
        "parameters": parameters,
        "columns": COLUMNS,
        "partitionKeys": PARTITION_KEYS,
        "folder": folder,
    });
    let output = outside::ask(python, "sql/query.py", &task);
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let rows: Vec<Vec<Option<String>>> = serde_json::from_slice(&output.stdout).unwrap();
    Ok(rows.into_iter().map(|row| Change::try_from(Row::from_columns(row).unwrap()).unwrap()).collect())
}

#[tokio::test]
async fn statement_on_a_real_engine() {
    let python = outside::python("sql-engine", "sql/requirements.txt");
    let Some(python) = outside::or_skip("statement_on_a_real_engine", python) else { return };
    let mut scene = Scene::with(with_webhook()).await;
    let hostile = "x' OR '1'='1\";--ü";
    scene
        .pushes("11:00", "main", 0, &[commit(1, "10:00", "Begin"), commit(2, "10:30", "oi-0123456789ab")])
        .await;
    scene.pushes("12:00", hostile, 0, &[commit(3, "11:30", "Go on")]).await;
    let at = crate::scene::at("12:00");
    let request = simulator::payload_builders::merged_pull_request(
        "acme/shop",
        "feature",
        &crate::scene::commit_id(3),
        &crate::scene::commit_id(2),
        1,
        at,
    );
    scene.delivers("12:00", &request).await;
    let review = simulator::payload_builders::review("acme/shop", 7, "approved", at);
    scene.delivers("12:00", &review).await;
    scene.finish().await;
    let folder = tempfile::tempdir().unwrap();
    for object in scene.services().bucket.objects("") {
        let (key, object) = object.unwrap();
        let file = folder.path().join(key);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, object).unwrap();
    }

    let parameters = |repository: &str, days: [&str; 2]| {
        [bucket(&"acme/shop".into()), days[0].to_owned(), days[1].to_owned(), repository.to_owned()]
            .map(|value| literal(&value))
    };
    let days = ["2026-06-15", "2026-06-15"];
    let mut found = query(&python, folder.path(), &parameters("acme/shop", days)).unwrap();
    found.sort();
    let branches: Vec<_> = found
        .iter()
        .map(|change| match change {
            Change::Push(push) => (push.branch.as_str(), push.commits.len()),
            Change::PullRequest(request) => (request.branch.as_str(), 0),
            Change::PullRequestStep(step) => (step.step.name(), 0),
        })
        .collect();
    assert_eq!(branches, [("main", 2), (hostile, 1), ("main", 0), ("approved", 0)]);

    let none: [[&str; 2]; 2] = [["2026-06-14", "2026-06-14"], ["2026-06-16", "2026-06-30"]];
    for days in none {
        assert_eq!(query(&python, folder.path(), &parameters("acme/shop", days)).unwrap(), []);
    }
    for hostile in [
        "1 OR 1=1",
        "x' OR '1'='1",
        "'; DROP TABLE changes; --",
        "acme/shop'--",
        "üñí/cödé",
        "%",
        "acme/sho_",
    ] {
        assert_eq!(query(&python, folder.path(), &parameters(hostile, days)).unwrap(), [], "{hostile}");
    }
    // The engine does take parameters for expressions: what is not quoted would be one.
    let mut unquoted = parameters("acme/shop", days);
    unquoted[3] = "repository".to_owned();
    assert_eq!(query(&python, folder.path(), &unquoted).unwrap().len(), 4);
}
