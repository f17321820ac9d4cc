//! How long the webhook and the transformation take for pushes of 20 commits, beside their floors: what nobody can do without
//! who answers such an invocation; and how long the commits of a lead time take. The time is that of the middle one of many
//! rounds. With `--quick`, each is done once.

#[path = "git_hub/commits.rs"]
mod commits;

use base64::{Engine, prelude::BASE64_STANDARD};
use functions::{
    commits::transform::{self, Batch},
    sources::github::signature::Signature,
};
use jiff::Timestamp;
use metrics_lib::{
    json,
    lake::Row,
    sources::github::{self, Delivered, Marks},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    env,
    error::Error,
    hint::black_box,
    io::{Write, stdout},
    time::Instant,
};

const ROUNDS: usize = 2_000;
/// How many records an invocation of the transformation has.
const RECORDS: usize = 100;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let body = body();
    webhook(&body)?;
    transformation(&body)?;
    commits::commits()
}

/// Its floor is the signature, and a tree of the JSON of the same bytes.
fn webhook(body: &[u8]) -> Outcome<()> {
    let secrets: [SecretString; 1] = ["It's a Secret to Everybody".into()];
    let signature = Signature::of(body, &secrets[0]);
    let floor = [
        measure("webhook floor: signature", || Ok(signature.verifies(body, &secrets)))?,
        measure("webhook floor: JSON", || Ok(serde_json::from_slice::<Value>(body)?))?,
    ];
    let whole =
        measure("webhook: signature, parse, trim", || Ok((signature.verifies(body, &secrets), told(body)?)))?;
    compare(whole, &floor)
}

/// Its floor is the JSON of the invocation, of each record and of the answer, and base64 in and out.
fn transformation(body: &[u8]) -> Outcome<()> {
    let line = Row::from(&told(body)?.changes[0]).to_line()?;
    let data = BASE64_STANDARD.encode(&line);
    let records: Vec<Value> = (0..RECORDS)
        .map(|number| json!({"recordId": number.to_string(), "approximateArrivalTimestamp": 0, "data": data}))
        .collect();
    let batch = json!({"records": records}).to_string();
    let answer = vec![&data; RECORDS];
    let each = |work: &dyn Fn() -> Outcome<()>| (0..RECORDS).try_for_each(|_| work());
    let floor = [
        measure("transform floor: JSON in", || {
            Ok(serde_json::from_str::<Invocation<'_>>(&batch)?.records.len())
        })?,
        measure("transform floor: base64 in", || each(&|| kept(BASE64_STANDARD.decode(&data)?)))?,
        measure("transform floor: JSON of each record", || {
            each(&|| kept(serde_json::from_slice::<Row>(&line)?))
        })?,
        measure("transform floor: base64 out", || each(&|| kept(BASE64_STANDARD.encode(&line))))?,
        measure("transform floor: JSON out", || Ok(serde_json::to_string(&answer)?))?,
    ];
    let whole = measure("transform: 100 records", || {
        let batch: Batch = json::read(batch.as_bytes())?;
        Ok(serde_json::to_string(&transform::transform(batch))?)
    })?;
    compare(whole, &floor)
}

/// As little as can be read of an invocation: where its texts are.
#[derive(Deserialize)]
struct Invocation<'a> {
    #[serde(borrow)]
    records: Vec<Record<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only read")]
struct Record<'a> {
    record_id: &'a str,
    approximate_arrival_timestamp: i64,
    data: &'a str,
}

fn told(body: &[u8]) -> Outcome<Delivered> {
    Ok(github::read("push", body, Timestamp::UNIX_EPOCH, &Marks::default())?)
}

/// Lets the compiler believe that something is needed.
fn kept<T>(value: T) -> Outcome<()> {
    black_box(value);
    Ok(())
}

/// Prints and returns the microseconds of the middle one of many rounds: what else the machine does, slows only some of them.
fn measure<T>(name: &str, work: impl FnMut() -> Outcome<T>) -> Outcome<f64> {
    measure_in(ROUNDS, name, work)
}

/// The same of so many rounds.
fn measure_in<T>(rounds: usize, name: &str, mut work: impl FnMut() -> Outcome<T>) -> Outcome<f64> {
    let rounds = if env::args().any(|argument| argument == "--quick") { 1 } else { rounds };
    let mut all = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = Instant::now();
        black_box(work()?);
        all.push(start.elapsed().as_secs_f64() * 1e6);
    }
    all.sort_by(f64::total_cmp);
    let microseconds = all[rounds / 2];
    writeln!(stdout(), "{name:<40} {microseconds:>9.1} µs")?;
    Ok(microseconds)
}

fn compare(whole: f64, floor: &[f64]) -> Outcome<()> {
    let floor: f64 = floor.iter().sum();
    writeln!(stdout(), "{:<40} {:>9.2} times the floor of {floor:.1} µs", "", whole / floor)?;
    Ok(())
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
