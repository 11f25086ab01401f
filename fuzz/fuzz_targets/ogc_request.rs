//! See `tests/src/fuzz/ogc.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("ogc_request"),
    |input: &[u8]| mapgate_tests::fuzz::ogc_request(input)
);
