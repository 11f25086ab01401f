//! See `tests/src/fuzz/coverages.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("coverage_query"),
    |input: &[u8]| mapgate_tests::fuzz::coverage_query(input)
);
