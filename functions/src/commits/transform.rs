//! Checks the records on their way from Firehose to the lake, makes a line of each, and says where it belongs.
//!
//! Every record is answered exactly once, and one that is not ours harms no other. Source: Amazon Data Firehose developer
//! guide, "Data transformation" and "Dynamic partitioning".

use crate::runtime::{error::Error, json};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use lambda_runtime::{
    LambdaEvent, service_fn,
    tracing::{self, warn},
};
use metrics_lib::{
    lake::{Change, Row, bucket, day},
    repository::GitName,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The most that an answer may hold: 6 MB, less what surrounds the data.
const MAX_ANSWER: usize = 5_500_000;

/// A batch of records.
#[derive(Debug, Deserialize)]
pub struct Batch {
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    record_id: String,
    approximate_arrival_timestamp: i64,
    data: String,
}

/// The answer: every record, in the order of the batch.
#[derive(Debug, Serialize)]
pub struct Answer {
    records: Vec<Transformed>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Transformed {
    record_id: String,
    result: Outcome,
    data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Outcome {
    Ok,
    Dropped,
    ProcessingFailed,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    partition_keys: BTreeMap<&'static str, String>,
}

/// Runs the function.
///
/// # Errors
/// What the runtime fails with.
pub async fn run() -> Result<(), lambda_runtime::Error> {
    tracing::init_default_subscriber();
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        Ok::<_, Error>(transform(json::read(event.payload.get().as_bytes())?))
    }))
    .await
}

/// Transforms a batch.
pub fn transform(batch: Batch) -> Answer {
    let mut size = 0;
    let records = batch.records.into_iter().map(|record| {
        let Record { record_id, approximate_arrival_timestamp, data } = record;
        let (result, data, metadata) = match line(&data, approximate_arrival_timestamp) {
            Ok(Some((line, metadata))) if size + line.len() <= MAX_ANSWER => {
                (Outcome::Ok, line, Some(metadata))
            }
            Ok(None) => (Outcome::Dropped, String::new(), None),
            Ok(Some(_)) => (Outcome::ProcessingFailed, String::new(), None),
            Err(reason) => {
                // The record itself is found below the error prefix of the bucket, with its own data.
                warn!(reason, "a record is not ours");
                let data = if size + data.len() <= MAX_ANSWER { data } else { String::new() };
                (Outcome::ProcessingFailed, data, None)
            }
        };
        size += data.len();
        Transformed { record_id, result, data, metadata }
    });
    Answer { records: records.collect() }
}

/// The line of a record, encoded, and where it belongs; none for one without data.
fn line(data: &str, arrived: i64) -> Result<Option<(String, Metadata)>, &'static str> {
    let bytes = BASE64_STANDARD.decode(data).map_err(|_| "its data are not base64")?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let row: Row = serde_json::from_slice(&bytes).map_err(|_| "it is not a record of the lake")?;
    let mut line = serde_json::to_vec(&row).map_err(|_| "it can't be written")?;
    line.push(b'\n');
    let repository = GitName::new(&row.repository);
    Change::try_from(row).map_err(|_| "its values are not valid")?;
    let arrived = Timestamp::from_millisecond(arrived).map_err(|_| "its arrival is no time")?;
    let partition_keys = BTreeMap::from([("bucket", bucket(&repository)), ("day", day(arrived))]);
    Ok(Some((BASE64_STANDARD.encode(line), Metadata { partition_keys })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request() -> Value {
        json!({"version": 1, "kind": "pull_request", "repository": "acme/shop", "branch": "main", "head_branch": "feature",
               "head_commit": "a".repeat(40), "merge_commit": "b".repeat(40), "commit_count": 1,
               "merged": "2026-06-15T12:00:00Z"})
    }

    fn run(records: &[&[u8]]) -> Value {
        let records: Vec<_> = (0..)
            .zip(records)
            .map(|(number, data)| {
                json!({"recordId": format!("r{number}"), "approximateArrivalTimestamp": 1_781_524_800_000_i64,
                       "data": BASE64_STANDARD.encode(data)})
            })
            .collect();
        let batch = serde_json::from_value(json!({"invocationId": "i", "records": records})).unwrap();
        serde_json::to_value(transform(batch)).unwrap()["records"].take()
    }

    #[test]
    fn a_record_becomes_a_line_of_its_partition() {
        let answer = run(&[request().to_string().as_bytes()]);
        assert_eq!(answer[0]["result"], "Ok");
        assert_eq!(answer[0]["metadata"]["partitionKeys"], json!({"bucket": "12", "day": "2026-06-15"}));
        let line = BASE64_STANDARD.decode(answer[0]["data"].as_str().unwrap()).unwrap();
        assert_eq!(line.last(), Some(&b'\n'));
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), request());
    }

    #[test]
    fn one_bad_record_harms_no_other() {
        fn check(bad: &[u8], expected: &str) {
            let good = request().to_string();
            let answer = run(&[good.as_bytes(), bad, good.as_bytes()]);
            let results: Vec<_> =
                answer.as_array().unwrap().iter().map(|record| record["result"].clone()).collect();
            assert_eq!(results, ["Ok", expected, "Ok"], "{}", String::from_utf8_lossy(bad));
            let ids: Vec<_> =
                answer.as_array().unwrap().iter().map(|record| record["recordId"].clone()).collect();
            assert_eq!(ids, ["r0", "r1", "r2"]);
        }
        check(b"", "Dropped");
        check(b" \n", "Dropped");
        check(b"{", "ProcessingFailed");
        check(b"[]", "ProcessingFailed");
        check(b"null", "ProcessingFailed");
        check(b"\xff\xfe", "ProcessingFailed");
        check(b"{\"kind\": \"push\"}", "ProcessingFailed");
        let changed = |name: &str, value: Value| {
            let mut request = request();
            request[name] = value;
            request.to_string()
        };
        check(changed("kind", json!("other")).as_bytes(), "ProcessingFailed");
        check(changed("version", json!(2)).as_bytes(), "ProcessingFailed");
        check(changed("version", Value::Null).as_bytes(), "ProcessingFailed");
        check(changed("repository", json!("x' OR '1'='1")).as_bytes(), "ProcessingFailed");
        check(changed("head_commit", json!("x")).as_bytes(), "ProcessingFailed");
        check(changed("extra", json!(1)).as_bytes(), "ProcessingFailed");
        check(format!("{}{}", request(), request()).as_bytes(), "ProcessingFailed");
    }

    #[test]
    fn an_answer_stays_within_its_limit() {
        let large = "x".repeat(1_000_000);
        let answer = run(&[large.as_bytes(); 8]);
        assert_eq!(answer.as_array().unwrap().len(), 8);
        assert!(answer.to_string().len() < 6_000_000);
    }
}
