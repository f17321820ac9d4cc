//! What is done to a valid document, so that it is none any more, or still is one: at random, by a seed.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

/// A text that is in whatever is made up, and must not be in any log.
pub(crate) const CANARY: &str = "hostile text";
/// What holds the place of a value until it is written.
const PLACE: &str = "\"the place of a value\"";
/// How deep the deepest documents are.
const DEPTH: usize = 10_000;

/// A change of a document, by name.
type Mutation = (&'static str, fn(&mut ChaCha12Rng, &Value) -> Vec<u8>);

const MUTATIONS: [Mutation; 17] = [
    ("a value of another type", |rng, valid| {
        const VALUES: [&str; 8] = [
            "null",
            "true",
            "0",
            "[]",
            "{}",
            "[[\"hostile text\"]]",
            "{\"hostile text\": 1}",
            "\"hostile text\"",
        ];
        let value = pick(rng, &VALUES);
        replaced(rng, valid, value.as_bytes())
    }),
    ("a number out of range", |rng, valid| {
        let digits = "9".repeat(400);
        let numbers = ["1e999", "-1e999", "1e-999", "18446744073709551616", "-9223372036854775809", &digits];
        let number = pick(rng, &numbers);
        replaced(rng, valid, number.as_bytes())
    }),
    ("an unusual number", |rng, valid| {
        let number = pick(rng, &["-0", "3.5", "6.0", "-1", "1e308", "4294967296", "253402300800"]);
        replaced(rng, valid, number.as_bytes())
    }),
    ("a text of something else", |rng, valid| {
        const TEXTS: [&str; 15] = [
            "another-name",
            "",
            " ",
            "NaN",
            "-Infinity",
            "hostile text",
            "2026-02-30T12:00:00Z",
            "9999-12-30T22:00:00Z",
            "-009999-01-02T01:59:59Z",
            "'; DROP TABLE hostile text; --",
            "${jndi:ldap://hostile text}",
            "../../hostile text",
            "#",
            "shop#hostile text",
            "arn:aws:iam::111111111111:role/hostile text",
        ];
        let text = pick(rng, &TEXTS);
        replaced(rng, valid, Value::from(text).to_string().as_bytes())
    }),
    ("a very long text", |rng, valid| {
        let text = CANARY.repeat(rng.random_range(100..8_000));
        replaced(rng, valid, Value::from(text).to_string().as_bytes())
    }),
    ("control characters", |rng, valid| {
        replaced(rng, valid, br#""\u0000\u001b[31m\r\n{\"level\":\"ERROR\"} hostile text\u2028\u202e""#)
    }),
    ("a bare control character", |rng, valid| replaced(rng, valid, b"\"hostile text\x01\n\"")),
    ("a lone surrogate", |rng, valid| {
        let text = pick(rng, &[r#""\ud800hostile text""#, r#""\udc00\ud800""#, r#""\ud800\u0041""#]);
        replaced(rng, valid, text.as_bytes())
    }),
    ("bytes that are no UTF-8", |rng, valid| replaced(rng, valid, b"\"hostile text\xff\xfe\xc0\x80\"")),
    ("deep nesting", |rng, valid| {
        let text = match rng.random_range(0..4) {
            0 => ["[".repeat(DEPTH), "]".repeat(DEPTH)].concat(),
            1 => ["{\"hostile text\":".repeat(DEPTH), "1".into(), "}".repeat(DEPTH)].concat(),
            2 => "[".repeat(DEPTH),
            _ => "[{\"hostile text\":".repeat(DEPTH),
        };
        replaced(rng, valid, text.as_bytes())
    }),
    ("a field that is missing", |rng, valid| {
        let mut document = valid.clone();
        if let Some(Value::Object(parent)) = node(rng, &mut document, Value::is_object) {
            let names: Vec<String> = parent.keys().cloned().collect();
            names.get(rng.random_range(0..names.len().max(1))).map(|name| parent.remove(name));
        }
        document.to_string().into()
    }),
    ("a field that is there twice", |rng, valid| {
        let other = pick(rng, &["null", "\"hostile text\"", "{}"]);
        let mut document = valid.clone();
        if let Some(Value::Object(parent)) = node(rng, &mut document, Value::is_object)
            && !parent.is_empty()
        {
            let index = rng.random_range(0..parent.len());
            if let Some((name, value)) = parent.iter_mut().nth(index) {
                let twice = format!("{value}, {}: {other}", Value::from(name.as_str()));
                *value = place();
                return written(&document, twice.as_bytes());
            }
        }
        document.to_string().into()
    }),
    ("a field of another name", |rng, valid| {
        let mut document = valid.clone();
        if let Some(Value::Object(parent)) = node(rng, &mut document, Value::is_object) {
            let names: Vec<String> = parent.keys().cloned().collect();
            if let Some(name) = names.get(rng.random_range(0..names.len().max(1)))
                && let Some(value) = parent.remove(name)
            {
                parent.insert(format!("{}-hostile text", name.to_uppercase()), value);
            }
        }
        document.to_string().into()
    }),
    ("an end that is missing", |rng, valid| {
        let mut text = valid.to_string().into_bytes();
        text.truncate(rng.random_range(0..text.len()));
        text
    }),
    ("something after the end", |rng, valid| {
        let rest = pick(rng, &["x", "{}", ",", "\0", "]", "}", "\"hostile text\""]);
        format!("{valid}{rest}").into()
    }),
    ("no JSON at all", |rng, _| {
        const TEXTS: [&[u8]; 9] = [
            b"",
            b"hostile text",
            b"<event>hostile text</event>",
            b"\xef\xbb\xbf{}",
            b"\xff\xfe\x00",
            b"nul",
            b"{'hostile text': 1}",
            b"payload=%7B%22hostile text%22%7D",
            b"\x1f\x8b\x08\x00hostile text",
        ];
        pick(rng, &TEXTS).to_vec()
    }),
    ("another document", |rng, valid| {
        let list = format!("[{valid}]");
        pick(rng, &["null", "[]", "{}", "0", "\"hostile text\"", &list]).into()
    }),
];

/// A document that was changed, and how.
pub(crate) fn mutated(rng: &mut ChaCha12Rng, valid: &Value) -> (&'static str, Vec<u8>) {
    let (name, mutation) = pick(rng, &MUTATIONS);
    (name, mutation(rng, valid))
}

/// One of some things.
pub(crate) fn pick<T: Copy>(rng: &mut ChaCha12Rng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())]
}

fn place() -> Value {
    serde_json::from_str(PLACE).unwrap()
}

/// A document with some value replaced by what may be no JSON.
fn replaced(rng: &mut ChaCha12Rng, valid: &Value, value: &[u8]) -> Vec<u8> {
    let mut document = valid.clone();
    if let Some(node) = node(rng, &mut document, |_| true) {
        *node = place();
    }
    written(&document, value)
}

/// A document, with what is to be in its place.
fn written(document: &Value, value: &[u8]) -> Vec<u8> {
    let text = document.to_string();
    let (before, after) = text.split_once(PLACE).unwrap();
    [before.as_bytes(), value, after.as_bytes()].concat()
}

/// Some value in a document.
fn node<'a>(
    rng: &mut ChaCha12Rng,
    document: &'a mut Value,
    is_meant: fn(&Value) -> bool,
) -> Option<&'a mut Value> {
    let mut pointers = Vec::new();
    collect(document, String::new(), is_meant, &mut pointers);
    let pointer = pointers.get(rng.random_range(0..pointers.len().max(1)))?;
    document.pointer_mut(pointer)
}

fn collect(value: &Value, pointer: String, is_meant: fn(&Value) -> bool, pointers: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in below {
        collect(value, format!("{pointer}/{name}"), is_meant, pointers);
    }
    if is_meant(value) {
        pointers.push(pointer);
    }
}
