//! See `tests/src/fuzz/multipart.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("multipart"),
    |input: &[u8]| mapgate_tests::fuzz::multipart(input)
);
