//! What was said: the latest at the bottom of the screen, all of it on request.

use std::collections::VecDeque;

use super::message::Notice;
use crate::time::Timestamp;

const KEPT: usize = 300;
/// A key leaves a notice alone for this long, so that it can be read.
const FRESH_MILLIS: i64 = 1500;

#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<(Timestamp, Notice)>,
    shown: bool,
}

impl Log {
    pub fn say(&mut self, now: Timestamp, notice: Notice) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back((now, notice));
        self.shown = true;
    }

    /// The latest, while it stands at the bottom.
    pub fn latest(&self) -> Option<&Notice> {
        self.entries.back().filter(|_| self.shown).map(|(_, n)| n)
    }

    /// A key was pressed: what was read may go.
    pub fn key_pressed(&mut self, now: Timestamp) {
        if self.entries.back().is_some_and(|(at, _)| now.millis_since(*at) > FRESH_MILLIS) {
            self.shown = false;
        }
    }

    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &(Timestamp, Notice)> + ExactSizeIterator {
        self.entries.iter()
    }
}
