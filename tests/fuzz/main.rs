//! libFuzzer over `open`. `.ci/fuzz` builds and runs it, on a stable compiler.
#![no_main]

mod open;

libfuzzer_sys::fuzz_target!(|data: &[u8]| open::open(data));
