//! Whether anything on the screen counts, so that it has to be drawn again by itself.

use std::time::Duration;

use super::App;
use crate::flow::view::RunStatus;
use crate::time::Timestamp;
use crate::tui::overlay::Overlay;

impl App {
    /// Until the next whole second, while something counts; None: nothing does, and no timer runs.
    pub fn next_tick(&self, now: Timestamp) -> Option<Duration> {
        let counts = self.reveal.is_some()
            || self.keys.work.is_some()
            || self.counts_tokens(now)
            || self.view().is_some_and(|v| {
                matches!(v.status, RunStatus::Busy | RunStatus::Waiting) || v.countdowns.iter().any(|c| c.ends_at > now)
            });
        let rest = u64::try_from(1000 - now.millis().rem_euclid(1000)).unwrap_or(1000);
        counts.then(|| Duration::from_millis(rest))
    }

    /// Whether the list of tokens is open, and one of them still counts.
    fn counts_tokens(&self, now: Timestamp) -> bool {
        let open = self.overlays.iter().any(|o| matches!(o, Overlay::Tokens(_)));
        open && self.tokens.iter().any(|row| row.label.access && row.label.ends.is_some_and(|e| e > now.seconds()))
    }
}
