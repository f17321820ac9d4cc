//! What holds for input from anywhere, as functions that panic when it does not: for fuzzing and its corpora.

use crate::{commits::transform, sources::github::signature::Signature};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use metrics_lib::{
    lake::{Change, Row},
    sources::github::{self, Marks},
};
use serde_json::{Value, json};

/// A header that is read as a signature is `sha256=` and 64 lower-case hexadecimal digits, and verifies nothing.
pub fn signature_header(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    if let Some(signature) = Signature::parse(header) {
        let digits = header.strip_prefix("sha256=").unwrap_or_default();
        assert!(digits.len() == 64 && digits.bytes().all(|digit| b"0123456789abcdef".contains(&digit)));
        assert!(!signature.verifies(data, &["a secret that nobody knows".into()]));
    }
}

/// A body is changes that can be written and read again, or it is refused.
pub fn webhook_body(data: &[u8]) {
    for event in ["push", "pull_request", "ping"] {
        let Ok(told) = github::read(event, data, Timestamp::UNIX_EPOCH, &Marks::default()) else { continue };
        for change in told.changes {
            let row = Row::from(&change);
            assert!(row.to_line().is_ok_and(|record| record.len() < 1000 * 1024));
            assert!(Change::try_from(row).is_ok_and(|again| again == change));
        }
    }
}

/// A record is answered once, and what is let through is one line that is a record.
pub fn transform_record(data: &[u8]) {
    let record =
        json!({"recordId": "1", "approximateArrivalTimestamp": 0, "data": BASE64_STANDARD.encode(data)});
    let batch = serde_json::from_value(json!({"records": [record]}));
    let answer = batch.map(transform::transform).map(serde_json::to_value);
    let Ok(Ok(answer)) = answer else { panic!("a batch is always answered") };
    assert!(answer["records"].as_array().is_some_and(|records| records.len() == 1));
    if answer["records"][0]["result"] == "Ok" {
        let line = BASE64_STANDARD.decode(answer["records"][0]["data"].as_str().unwrap_or_default());
        let line = line.unwrap_or_default();
        assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        assert!(serde_json::from_slice::<Value>(&line).is_ok_and(|row| row.is_object()));
    }
}
