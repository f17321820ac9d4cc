//! The form of lists and objects in the functions' environment variables.

use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::ZlibEncoder};
use serde_json::Value;
use std::io::Write;

/// Lists that are longer are compressed: Lambda takes an environment of 4 KB.
const LONGEST_PLAIN: usize = 512;

/// A list or object as a variable: JSON, or, where that is long, base64 of zlib of it.
pub(crate) fn variable(value: &Value) -> String {
    let json = value.to_string();
    if json.len() <= LONGEST_PLAIN {
        return json;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; if it did, the plan would say that the environment is too long.
    match encoder.write_all(json.as_bytes()).and_then(|()| encoder.finish()) {
        Ok(compressed) => BASE64_STANDARD.encode(compressed),
        Err(_) => json,
    }
}
