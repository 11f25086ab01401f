//! See `tests/src/fuzz/ogcapi.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("api_document"),
    |input: &[u8]| mapgate_tests::fuzz::api_document(input)
);
