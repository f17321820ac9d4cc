//! Histories as other people have them: what reached production and was taken back, what repositories are called, who may
//! blame whom, incidents that are opened again. Each test is a kind of history and its neighbours, played through the real
//! functions.

mod commits;
mod incidents;
mod names;
mod production;
mod rollbacks;

use crate::scene::{Scene, report};

/// Lets things happen, reconciles when everything has settled, and compares the lines of the report that begin with one of
/// these words.
async fn check(mut scene: Scene, words: &[&str], expected: &[&str]) {
    scene.finish().await;
    for day in ["17", "21", "26"] {
        scene.reconciles(&format!("{day} 00:00")).await;
        scene.finish().await;
    }
    let report = report(&scene.finish().await);
    let told = report.lines().filter(|line| {
        let is_told = |word: &&str| line.strip_prefix(*word).is_some_and(|rest| rest.starts_with([' ', ':']));
        words.iter().any(is_told) || line.starts_with("dead letter")
    });
    let told: Vec<&str> = told.collect();
    assert_eq!(told, expected, "{report}");
}
