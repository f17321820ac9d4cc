//! See `functions::fuzz_invariants`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| functions::fuzz_invariants::webhook_body(data));
