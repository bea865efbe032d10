//! Named points at which a test ends the program, as a power cut would.
//!
//! They are compiled with debug assertions alone, as `cargo test` builds the real program: a build for users has none of
//! them, and no variable to ask for one. `COUNTERSIGN_KILL_AT=marked` ends it at that point; `keeping/rename` at the first
//! `rename` after `keeping`.

#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "only a build of the tests has this: it reads its own variable, and ends"
)]
pub fn at(point: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    static PLAN: OnceLock<Option<String>> = OnceLock::new();
    static ARMED: AtomicBool = AtomicBool::new(false);
    let Some(plan) = PLAN.get_or_init(|| std::env::var("COUNTERSIGN_KILL_AT").ok()) else { return };
    let (after, last) = plan.split_once('/').map_or((None, plan.as_str()), |(a, b)| (Some(a), b));
    if after == Some(point) {
        ARMED.store(true, Ordering::SeqCst);
    }
    if point == last && (after.is_none() || ARMED.load(Ordering::SeqCst)) {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub const fn at(_: &str) {}
