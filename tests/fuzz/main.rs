//! libFuzzer over `open`. `.ci/fuzz` builds and runs it, on a stable compiler.
#![no_main]

mod members;
mod open;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| open::open(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let made = if seed % 4 != 0 { members::changed(&data[..size], seed) } else { None };
    match made.filter(|made| made.len() <= max_size.min(data.len())) {
        Some(made) => {
            data[..made.len()].copy_from_slice(&made);
            made.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
});
