//! How long the webhook and the transformation take for a push of 20 commits, beside the floor: the signature and the
//! parsing of the same bytes, which nobody can do without. With `--quick`, each is done once.

use base64::{Engine, prelude::BASE64_STANDARD};
use functions::{
    commits::transform,
    sources::github::{
        payload::{self, Marks},
        signature::Signature,
    },
};
use jiff::Timestamp;
use metrics_lib::lake::Row;
use serde_json::{Value, json};
use std::{env, error::Error, hint::black_box, io::Write, time::Instant};

const ROUNDS: u32 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let body = body();
    let signature = Signature::parse(&format!("sha256={}", "0".repeat(64))).ok_or("a signature")?;
    let secrets = ["It's a Secret to Everybody".into()];
    report("webhook floor: signature", || signature.verifies(&body, &secrets))?;
    report("webhook floor: JSON", || serde_json::from_slice::<Value>(&body).is_ok())?;
    report("webhook: signature, parse, trim", || {
        let wrong = signature.verifies(&body, &secrets);
        (
            wrong,
            payload::changes("push", &body, Timestamp::UNIX_EPOCH, &Marks::default())
                .map(|changes| changes.len())
                .ok(),
        )
    })?;

    let change = payload::changes("push", &body, Timestamp::UNIX_EPOCH, &Marks::default())?.remove(0);
    let record = serde_json::to_vec(&Row::from(&change))?;
    let encoded = BASE64_STANDARD.encode(&record);
    let records: Vec<Value> = (0..100)
        .map(|number| {
            json!({"recordId": number.to_string(), "approximateArrivalTimestamp": 0, "data": encoded})
        })
        .collect();
    let batch = json!({"records": records}).to_string();
    report("transform floor: JSON of 100 records", || {
        (0..100).filter(|_| serde_json::from_slice::<Row>(&record).is_ok()).count()
    })?;
    report("transform: 100 records", || {
        serde_json::from_str(&batch).map(|batch| serde_json::to_string(&transform::transform(batch))).is_ok()
    })?;
    Ok(())
}

/// Prints the mean time of a round.
fn report<T>(name: &str, mut work: impl FnMut() -> T) -> std::io::Result<()> {
    let rounds = if env::args().any(|argument| argument == "--quick") { 1 } else { ROUNDS };
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(work());
    }
    let microseconds = start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
    writeln!(std::io::stdout(), "{name:<40} {microseconds:>9.1} µs")
}

fn body() -> Vec<u8> {
    let commits: Vec<Value> = (0..20)
        .map(|number| {
            json!({
                "id": format!("{number:040x}"),
                "tree_id": format!("{number:040x}"),
                "distinct": true,
                "message": "Add a thing that people have asked for\n\nIt does what they want, mostly. See #42.",
                "timestamp": "2026-06-15T12:00:00+02:00",
                "url": format!("https://github.com/acme/shop/commit/{number:040x}"),
                "author": {"name": "A. Person", "email": "person@example.com", "username": "person"},
                "committer": {"name": "A. Person", "email": "person@example.com", "username": "person"},
                "added": ["src/new.rs"],
                "removed": [],
                "modified": ["README.md", "src/lib.rs"],
            })
        })
        .collect();
    json!({
        "ref": "refs/heads/main",
        "before": "a".repeat(40),
        "after": format!("{:040x}", 19),
        "deleted": false,
        "commits": commits,
        "repository": {"full_name": "acme/shop", "created_at": 1_500_000_000, "pushed_at": 1_781_524_800},
    })
    .to_string()
    .into_bytes()
}
