//! Replays the corpora of the fuzz targets, and throws what is made from them, and anything else, at the same functions.

#![expect(clippy::unwrap_used, reason = "what can't be set up fails its test")]

use functions::fuzz_invariants::{signature_header, transform_record, webhook_body};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use std::{fs, path::Path};

fn check(target: &str, holds: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let corpus: Vec<Vec<u8>> = files.collect();
    assert!(!corpus.is_empty());
    corpus.iter().for_each(|input| holds(input));
    let mutated = (prop::sample::select(corpus), vec((any::<prop::sample::Index>(), any::<u8>()), 0..6));
    let mutated = mutated.prop_map(|(mut input, changes)| {
        for (index, byte) in changes {
            if !input.is_empty() {
                let index = index.index(input.len());
                input[index] = byte;
            }
        }
        input
    });
    let anything = prop_oneof![3 => mutated, 1 => vec(any::<u8>(), 0..200)];
    TestRunner::default()
        .run(&anything, |input| {
            holds(&input);
            Ok(())
        })
        .unwrap();
}

#[test]
fn signature_headers() {
    check("signature_header", signature_header);
}

#[test]
fn webhook_bodies() {
    check("webhook_body", webhook_body);
}

#[test]
fn transform_records() {
    check("transform_record", transform_record);
}
