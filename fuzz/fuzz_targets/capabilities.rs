//! See `tests/src/fuzz/answers.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("capabilities"),
    |input: &[u8]| mapgate_tests::fuzz::capabilities(input)
);
