//! See `tests/src/fuzz/resourceproxy.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: mapgate_tests::fuzz::plant("resourceproxy_values"),
    |input: &[u8]| mapgate_tests::fuzz::resourceproxy_values(input)
);
