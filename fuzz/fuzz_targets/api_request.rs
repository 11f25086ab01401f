//! See `tests/src/fuzz/ogcapi.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("api_request"),
    |input: &[u8]| mapgate_tests::fuzz::api_request(input)
);
