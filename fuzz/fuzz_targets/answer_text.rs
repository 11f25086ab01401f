//! See `tests/src/fuzz/answers.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("answer_text"),
    |input: &[u8]| mapgate_tests::fuzz::answer_text(input)
);
