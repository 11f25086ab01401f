//! See `tests/src/fuzz/redirect_uri.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("redirect_uri"),
    |input: &[u8]| mapgate_tests::fuzz::redirect_uri(input)
);
