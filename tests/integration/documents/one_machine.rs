//! What is played and shown on one machine, in the repository's folder.

use super::{
    ROOT,
    play::{Filling, Play, printed},
    table::Part,
};
use crate::outside;
use serde_json::Value;
use std::{fs, os::unix::fs::symlink, path::Path};

#[test]
fn commands_on_one_machine() {
    let Some(play) = outside::or_skip("commands_on_one_machine", Play::new(Part::OneMachine)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["tests", "Pulumi.yaml", "Pulumi.ops.yaml"] {
        symlink(Path::new(ROOT).join(name), folder.join(name)).unwrap();
    }
    let run = |said: &str, filling: Filling<'_>| {
        let line = play.line(said, filling);
        printed(&line, &play.shell(&line, folder, &[]).output().unwrap()).0
    };
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };

    // A quarter takes a minute, a week is as true.
    let week = &[("cargo dora demo", "cargo dora demo --days 7")];
    let told = run("cargo dora demo", week);
    assert!(told.contains("Every figure is true"), "{told}");
    run("cargo dora demo --out dashboards.html", week);
    assert!(fs::read_to_string(folder.join("dashboards.html")).unwrap().contains("</html>"));

    assert!(json(&run("cargo dora demo --json --save-world demo.jsonl", week))["facts"].is_array());
    run("cargo dora demo --save-world demo.jsonl", week);
    let told = run("cargo dora explain cfr --local demo.jsonl", &[]);
    assert!(told.contains("acme/shop"), "{told}");

    let world = "tests/fixtures/worlds/deployment-incident-hotfix.jsonl";
    let told = run(&format!("cargo dora replay {world}"), &[]);
    assert!(told.contains("acme/shop"), "{told}");
    assert_eq!(run("cargo dora replay WORLD.jsonl", &[("WORLD.jsonl", world)]), told);
    assert!(json(&run(&format!("cargo dora replay {world} --json"), &[]))["facts"].is_array());
    let told = run(
        "cargo dora explain lead-time-for-changes --local tests/fixtures/worlds/push-deployment.jsonl",
        &[],
    );
    assert!(told.contains("acme/shop"), "{told}");

    let config = r#"{"toolingAccounts": [{"account": "111111111111", "regions": ["eu-west-1"]}],
        "opsAccount": "999999999999", "region": "eu-west-1", "teams": {"web": ["acme/web"]}}"#;
    fs::write(folder.join("config.json"), config).unwrap();
    let names = |text: String| json(&text).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let own = ["dora", "dora-repository", "dora-team"];
    assert_eq!(names(run("cargo dora dashboard --format grafana --config Pulumi.ops.yaml", &[])), ["dora"]);
    run("cargo dora dashboard --config Pulumi.ops.yaml --format grafana --out grafana", &[]);
    let imported = json(&fs::read_to_string(folder.join("grafana/dora.json")).unwrap());
    assert_eq!(imported["uid"], "dora");
    let body = json(&run("cargo dora dashboard --config Pulumi.ops.yaml --name dora", &[]));
    assert_eq!(body["start"], "-P90D");
    assert_eq!(names(run("cargo dora dashboard --config FILE", &[("FILE", "config.json")])), own);

    let schema = fs::read_to_string(Path::new(ROOT).join("docs/stack.schema.json")).unwrap();
    assert_eq!(run("cargo dora export-schema", &[]), schema);
    let told = run("cargo xtask patterns tests/fixtures/event-patterns/cases.jsonl", &[]);
    assert!(told.ends_with(" agree\n"), "{told}");

    let script = "cargo dora completions bash > ~/.local/share/bash-completion/completions/dora";
    run(script, &[("~/.local/share/bash-completion/completions/dora", "completions")]);
    assert!(fs::read_to_string(folder.join("completions")).unwrap().contains(" _dora "));
    run("cargo dora man --out ~/.local/share/man/man1", &[("~/.local/share/man/man1", "man1")]);
    assert!(folder.join("man1/cargo-dora.1").is_file());

    // A page of decisions, and the day of its commit.
    let history = "git init --quiet && mkdir -p docs/design && touch docs/design/ledger.md && git add docs/design && \
                   git -c user.name=a -c user.email=a@example.com commit --quiet --message page";
    printed(
        history,
        &play.shell(history, folder, &[("GIT_AUTHOR_DATE", "2026-06-15T12:00:00Z")]).output().unwrap(),
    );
    let day = run("git log --format=%ad --date=short -- docs/design/PAGE.md", &[("PAGE", "ledger")]);
    assert_eq!(day, "2026-06-15\n");

    // A release comes after what is checked out.
    let release = "git clone --quiet . release && \
                   git -C release -c user.name=a -c user.email=a@example.com commit --quiet --allow-empty --message release && \
                   git remote add origin release && git fetch --quiet origin && \
                   git branch --quiet --set-upstream-to=origin/$(git symbolic-ref --short HEAD)";
    printed(release, &play.shell(release, folder, &[]).output().unwrap());
    let told = run("git pull", &[]);
    assert!(told.contains("Fast-forward") || told.contains("Updating"), "{told}");
    play.finish();
}
