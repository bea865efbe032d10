//! The inputs that the fuzzer begins with, and what it found worth keeping, each opened as it opens them.

use std::path::Path;

#[path = "../fuzz/open.rs"]
mod open;

#[test]
fn every_kept_input_is_opened_or_refused_in_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("the folder") {
        open::open(&std::fs::read(file.expect("an entry").path()).expect("read"));
        seen += 1;
    }
    assert!(seen >= 30, "{seen}");
}
