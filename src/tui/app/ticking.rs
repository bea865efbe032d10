//! Whether anything on the screen counts, so that it has to be drawn again by itself.

use std::time::Duration;

use super::App;
use crate::flow::view::RunStatus;
use crate::time::Timestamp;

impl App {
    /// Until the next whole second, while something counts; None: nothing does, and no timer runs.
    pub fn next_tick(&self, now: Timestamp) -> Option<Duration> {
        let counts = self.reveal.is_some()
            || self.keys.work.is_some()
            || self.view().is_some_and(|v| {
                matches!(v.status, RunStatus::Busy | RunStatus::Waiting) || v.countdowns.iter().any(|c| c.ends_at > now)
            });
        let rest = u64::try_from(1000 - now.millis().rem_euclid(1000)).unwrap_or(1000);
        counts.then(|| Duration::from_millis(rest))
    }
}
