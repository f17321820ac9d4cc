//! Checks the records on their way from Firehose to the lake, makes a line of each, and says where it belongs.
//!
//! Every record is answered exactly once, and one that is not ours harms no other. Source: Amazon Data Firehose developer
//! guide, "Data transformation" and "Dynamic partitioning".

mod encoded;

use crate::runtime::error::Error;
use encoded::Encoded;
use jiff::Timestamp;
use lambda_runtime::{
    LambdaEvent, service_fn,
    tracing::{self, warn},
};
use metrics_lib::{
    json,
    lake::{LINE_END, Row, bucket, day},
    repository::GitName,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

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
    #[serde(deserialize_with = "encoded::as_it_stands")]
    data: Box<RawValue>,
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
    data: Encoded,
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
    partition_keys: PartitionKeys,
}

#[derive(Debug, Serialize)]
struct PartitionKeys {
    bucket: String,
    day: String,
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
    let (mut size, mut bytes) = (0, Vec::new());
    let records = batch.records.into_iter().map(|record| {
        let Record { record_id, approximate_arrival_timestamp, data } = record;
        let (result, data, metadata) = match checked(&data, approximate_arrival_timestamp, &mut bytes) {
            Ok(Some((line, metadata))) => (Outcome::Ok, line.encoded(data), Some(metadata)),
            Ok(None) => (Outcome::Dropped, Encoded::default(), None),
            Err(reason) => {
                // The record itself is found below the error prefix of the bucket, with its own data.
                warn!(reason, "a record is not ours");
                (Outcome::ProcessingFailed, Encoded::back(data), None)
            }
        };
        let (result, data, metadata) = if size + data.len() <= MAX_ANSWER {
            (result, data, metadata)
        } else {
            (Outcome::ProcessingFailed, Encoded::default(), None)
        };
        size += data.len();
        Transformed { record_id, result, data, metadata }
    });
    Answer { records: records.collect() }
}

/// The line of a record.
enum Line {
    /// The record's data are the line.
    Same,
    /// Another one, which says the same.
    Other(Vec<u8>),
}

impl Line {
    fn encoded(self, data: Box<RawValue>) -> Encoded {
        match self {
            Self::Same => Encoded::AsItCame(data),
            Self::Other(line) => Encoded::new(&line),
        }
    }
}

/// The line of a record, and where it belongs; none for one without data. Into `bytes` the data are decoded.
fn checked(
    data: &RawValue,
    arrived: i64,
    bytes: &mut Vec<u8>,
) -> Result<Option<(Line, Metadata)>, &'static str> {
    encoded::decode(data, bytes).map_err(|_| "its data are not base64")?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let row: Row = serde_json::from_slice(bytes).map_err(|_| "it is not a record of the lake")?;
    // Who has read the row knows all of its fields and values, so bytes that are one line may stay as they are.
    let line = if is_line(bytes) {
        Line::Same
    } else {
        Line::Other(row.to_line().map_err(|_| "it can't be written")?)
    };
    let bucket = bucket(&GitName::new(&row.repository));
    row.check().map_err(|_| "its values are not valid")?;
    let arrived = Timestamp::from_millisecond(arrived).map_err(|_| "its arrival is no time")?;
    Ok(Some((line, Metadata { partition_keys: PartitionKeys { bucket, day: day(arrived) } })))
}

/// Whether bytes are one line for every reader of the lake: some take a carriage return for a line's end.
fn is_line(bytes: &[u8]) -> bool {
    let line = bytes.strip_suffix(&[LINE_END]);
    line.is_some_and(|line| !line.contains(&LINE_END) && !line.contains(&b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_STANDARD};
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

    /// What the webhook writes is a line, and passes as it is.
    #[test]
    fn a_record_is_written_anew_unless_it_is_a_line() {
        fn check(record: &str, is_same: bool) {
            let answer = run(&[record.as_bytes()]);
            assert_eq!(answer[0]["result"], "Ok", "{record:?}");
            let line = BASE64_STANDARD.decode(answer[0]["data"].as_str().unwrap()).unwrap();
            let line = String::from_utf8(line).unwrap();
            assert_eq!(line == record, is_same, "{record:?}");
            let (text, end) = line.split_at(line.len() - 1);
            assert!(end == "\n" && !text.contains(['\n', '\r']), "{line:?}");
            assert_eq!(serde_json::from_str::<Value>(text).unwrap(), request());
        }
        let record = request().to_string();
        check(&format!("{record}\n"), true);
        check(&record.replace("\":", "\": "), false);
        check(&format!("{}\n", record.replace("\":", "\": ")), true);
        check(&record, false);
        check(&format!("{record}\n\n"), false);
        check(&format!("{record}\r\n"), false);
        check(&format!("\n{record}\n"), false);
        check(&format!("{}\n", record.replace(",", ",\r")), false);
        check(&format!("{}\n", record.replace(",", ",\n")), false);
        let row: Row = serde_json::from_str(&record).unwrap();
        check(&String::from_utf8(row.to_line().unwrap()).unwrap(), true);
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
