//! See `tests/src/fuzz/authorize.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("authorize_query"),
    |input: &[u8]| mapgate_tests::fuzz::authorize_query(input)
);
