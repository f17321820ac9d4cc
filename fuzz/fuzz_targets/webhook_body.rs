//! See `functions::untrusted`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| functions::untrusted::webhook_body(data));
