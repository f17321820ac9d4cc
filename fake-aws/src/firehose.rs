//! Firehose: gathers records until the stream's buffer is full or its interval is over, then hands them out to be
//! transformed and delivered.

use crate::{AwsError, resources::DeliveryStream};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The largest record, before it is encoded.
const MAX_RECORD: usize = 1000 * 1024;
/// The most records of a request, and the most that they hold.
const MAX_BATCH: (usize, usize) = (500, 4 * 1024 * 1024);

/// A stream, and what it has gathered.
#[derive(Debug, Default)]
pub struct Firehose {
    stream: Option<DeliveryStream>,
    gathered: Vec<Gathered>,
    size: usize,
    /// Until when it waits, after the bucket took nothing.
    waits_until: Option<Timestamp>,
    records: u64,
    /// Of how many of the next requests only the first half of the records is taken.
    pub partial: usize,
}

/// A record that waits.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Its id.
    pub id: String,
    /// Its data, encoded.
    pub data: String,
    /// When it arrived.
    pub arrived: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutRecordBatch {
    delivery_stream_name: String,
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Record {
    data: String,
}

impl Firehose {
    /// A stream that has gathered nothing.
    pub(super) fn new(stream: Option<DeliveryStream>) -> Self {
        Self { stream, ..Self::default() }
    }

    /// Answers an operation.
    pub(super) fn call(&mut self, operation: &str, input: Value, now: Timestamp) -> Result<Value, AwsError> {
        if operation != "PutRecordBatch" {
            return Err(AwsError::not_implemented("firehose", operation));
        }
        let invalid = |message: String| AwsError::new("InvalidArgumentException", message);
        let PutRecordBatch { delivery_stream_name: name, records } =
            serde_json::from_value(input).map_err(|error| invalid(error.to_string()))?;
        if self.stream.as_ref().is_none_or(|stream| stream.name != name) {
            let message = format!("Firehose {name} not found.");
            return Err(AwsError::new("ResourceNotFoundException", message));
        }
        let mut sizes = Vec::new();
        for record in &records {
            let data = BASE64_STANDARD.decode(&record.data).map_err(|error| invalid(error.to_string()))?;
            if data.len() > MAX_RECORD {
                return Err(invalid(format!("a record of {} bytes is too large", data.len())));
            }
            sizes.push(data.len());
        }
        let size: usize = sizes.iter().sum();
        if records.is_empty() || records.len() > MAX_BATCH.0 || size > MAX_BATCH.1 {
            return Err(invalid(format!("{} records of {size} bytes are no batch", records.len())));
        }
        let taken = if self.partial > 0 { records.len() / 2 } else { records.len() };
        self.partial = self.partial.saturating_sub(1);
        let failed = records.len() - taken;
        self.size += sizes.iter().take(taken).sum::<usize>();
        let mut responses = Vec::new();
        for (number, Record { data }) in records.into_iter().enumerate() {
            if number >= taken {
                let message = "Slow down.";
                responses.push(json!({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": message}));
                continue;
            }
            self.records += 1;
            let id = format!("record-{}", self.records);
            responses.push(json!({"RecordId": id}));
            self.gathered.push(Gathered { id, data, arrived: now });
        }
        Ok(json!({"FailedPutCount": failed, "Encrypted": true, "RequestResponses": responses}))
    }

    /// When what is gathered is to be delivered.
    pub fn due(&self) -> Option<Timestamp> {
        let stream = self.stream.as_ref()?;
        let first = self.gathered.first()?.arrived;
        let due = if self.size >= stream.buffer_size { first } else { first + stream.buffer_interval };
        Some(self.waits_until.map_or(due, |until| until.max(due)))
    }

    /// Tries again after another interval: the bucket took nothing.
    pub fn postpone(&mut self, now: Timestamp) {
        self.waits_until = self.stream.as_ref().map(|stream| now + stream.buffer_interval);
    }

    /// The stream, and when the oldest record that it holds arrived.
    pub fn oldest(&self) -> Option<(&str, Timestamp)> {
        Some((self.stream.as_ref()?.name.as_str(), self.gathered.first()?.arrived))
    }

    /// Hands out what is gathered.
    pub fn take(&mut self) -> Vec<Gathered> {
        self.size = 0;
        std::mem::take(&mut self.gathered)
    }
}
