//! How many rows a body takes, and marks from which any row is a short walk.

use super::json::Place;
use super::{Mode, show};
use crate::redact::Redactor;
use crate::tui::look::Look;

/// Lines between two marks: a window is reached within that many steps.
const EVERY: usize = 64;

/// The count of a body at one width.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    marks: Vec<Mark>,
    pub(super) total: usize,
    /// False while only the beginning was counted.
    pub(super) whole: bool,
    /// Where the count ended.
    end: usize,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    row: usize,
    place: Place,
}

impl Rows {
    /// Counts the lines that begin before `limit`.
    pub(super) fn count(bytes: &[u8], mode: Mode, width: usize, redactor: &Redactor, limit: usize) -> Self {
        let mut out = Self { whole: true, ..Self::default() };
        let mut place = Place::default();
        let mut lines = 0;
        while let Some((line, next)) = show::line(bytes, mode, width, place) {
            if place.at > limit {
                out.whole = false;
                break;
            }
            if lines % EVERY == 0 {
                out.marks.push(Mark { row: out.total, place });
            }
            lines += 1;
            out.total += show::height(&line, bytes, width, redactor, Look::default());
            place = next;
        }
        out.end = place.at;
        out
    }

    /// How far the count went.
    pub(super) fn counted(&self, len: usize) -> usize {
        self.end.min(len)
    }

    /// The mark at or before that row.
    pub(super) fn before(&self, row: usize) -> (usize, Place) {
        let after = self.marks.partition_point(|m| m.row <= row);
        after.checked_sub(1).map_or((0, Place::default()), |i| (self.marks[i].row, self.marks[i].place))
    }

    /// The last mark at or before that byte: its row, and where it stands.
    pub(super) fn mark_at(&self, byte: usize) -> (usize, Place) {
        let after = self.marks.partition_point(|m| m.place.at <= byte);
        after.checked_sub(1).map_or((0, Place::default()), |i| (self.marks[i].row, self.marks[i].place))
    }
}
