//! A scrolling text: rows that were laid out, and bodies that lay themselves out when they come into the window.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::body::BodyView;
use super::item::Item;
use super::look::{Look, Tone};
use super::words::Words;
use crate::redact::Redactor;

/// Columns left of every row: the cursor's mark stands there.
pub const GUTTER: u16 = 2;
/// More rows than this are not laid out for one list; the raw view has them.
const MAX_ROWS: usize = 2000;

#[derive(Clone, Debug)]
pub struct Row {
    pub line: Line<'static>,
    pub item: Option<Item>,
}

enum Part<'a> {
    Rows(Vec<Row>),
    Body(&'a BodyView, &'a Redactor),
}

/// A text for one width.
pub struct Doc<'a> {
    look: Look,
    width: usize,
    parts: Vec<Part<'a>>,
}

impl<'a> Doc<'a> {
    pub const fn new(look: Look, width: u16) -> Self {
        Self { look, width: width as usize, parts: Vec::new() }
    }

    pub const fn look(&self) -> Look {
        self.look
    }

    pub const fn width(&self) -> usize {
        self.width
    }

    pub fn words(&self) -> Words {
        Words::new(self.look)
    }

    /// A line, broken as needed; all its rows stand for the item.
    pub fn push(&mut self, words: Words, hang: usize, item: Option<Item>) {
        let lines = words.wrap(self.width, hang);
        let rows = self.rows();
        if rows.len() < MAX_ROWS {
            rows.extend(lines.into_iter().map(|line| Row { line, item }));
        }
    }

    pub fn line(&mut self, words: Words) {
        self.push(words, 0, None);
    }

    /// Paragraphs as they come.
    pub fn text(&mut self, tone: Tone, text: &str) {
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            self.push(self.words().put(tone, line), indent, None);
        }
    }

    /// A heading with a blank line before it.
    pub fn heading(&mut self, text: &str) {
        if self.len() > 0 {
            self.blank();
        }
        self.line(self.words().strong(text));
    }

    pub fn blank(&mut self) {
        self.rows().push(Row { line: Line::default(), item: None });
    }

    pub fn body(&mut self, body: &'a BodyView, redactor: &'a Redactor) {
        self.parts.push(Part::Body(body, redactor));
    }

    fn rows(&mut self) -> &mut Vec<Row> {
        if !matches!(self.parts.last(), Some(Part::Rows(_))) {
            self.parts.push(Part::Rows(Vec::new()));
        }
        match self.parts.last_mut() {
            Some(Part::Rows(rows)) => rows,
            _ => unreachable!("a list of rows was put there just now"),
        }
    }

    pub fn len(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    pub fn window(&self, from: usize, count: usize) -> Vec<Row> {
        let mut out = Vec::with_capacity(count);
        let mut start = 0;
        for part in &self.parts {
            let end = start + part.len();
            let wanted = count - out.len();
            if wanted == 0 {
                break;
            }
            if end > from {
                let first = from.saturating_sub(start);
                match part {
                    Part::Rows(rows) => out.extend(rows.iter().skip(first).take(wanted).cloned()),
                    Part::Body(body, redactor) => out.extend(body.window(first, wanted, redactor, self.look)),
                }
            }
            start = end;
        }
        out
    }

    pub fn item_at(&self, row: usize) -> Option<Item> {
        self.window(row, 1).first().and_then(|r| r.item)
    }

    /// The first row at or after `start` (or the last before it) that holds the text, in any case, going round.
    pub fn find(&self, needle: &str, start: usize, forward: bool) -> Option<usize> {
        let total = self.len();
        if total == 0 || needle.is_empty() {
            return None;
        }
        let start = start.min(total);
        let ranges = if forward { [(start, total), (0, start)] } else { [(0, start), (start, total)] };
        ranges.into_iter().find_map(|(low, high)| self.find_between(needle, low, high, forward))
    }

    fn find_between(&self, needle: &str, low: usize, high: usize, forward: bool) -> Option<usize> {
        let lower = needle.to_lowercase();
        let mut hit = None;
        let mut start = 0;
        for part in &self.parts {
            let end = start + part.len();
            let (first, last) = (low.max(start), high.min(end));
            if first < last {
                let found = match part {
                    Part::Rows(rows) => {
                        let holds = |i: &usize| rows[*i - start].line.to_string().to_lowercase().contains(&lower);
                        if forward { (first..last).find(holds) } else { (first..last).rev().find(holds) }
                    }
                    Part::Body(body, redactor) => {
                        let from = if forward { first } else { last } - start;
                        body.find(needle, from, forward, redactor)
                            .map(|r| r + start)
                            .filter(|r| (first..last).contains(r))
                    }
                };
                if forward && found.is_some() {
                    return found;
                }
                hit = found.or(hit);
            }
            start = end;
        }
        hit
    }

    /// Draws the window of `state` into the area. The cursor shows only where the focus is.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, state: &DocState, focused: bool) {
        let height = usize::from(area.height);
        let state = state.clamped(self.len(), height);
        let text = Rect { x: area.x + GUTTER.min(area.width), width: area.width.saturating_sub(GUTTER), ..area };
        for (y, row) in (area.y..area.bottom()).zip(self.window(state.top, height)) {
            buffer.set_line(text.x, y, &row.line, text.width);
        }
        if focused && self.len() > height.min(1) && state.cursor >= state.top {
            let y = area.y + u16::try_from(state.cursor - state.top).unwrap_or(u16::MAX);
            if y < area.bottom() && area.width > 0 {
                buffer.set_string(area.x, y, ">", self.look.style(Tone::Key));
                let style = self.look.selected(true);
                if self.item_at(state.cursor).is_some() {
                    buffer.set_style(Rect { x: text.x, y, width: text.width, height: 1 }, style);
                }
            }
        }
    }
}

impl Part<'_> {
    const fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Body(body, _) => body.len(),
        }
    }
}

/// Where a person stands in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DocState {
    pub cursor: usize,
    pub top: usize,
}

impl DocState {
    pub const fn go(&mut self, row: usize) {
        self.cursor = row;
    }

    pub const fn go_by(&mut self, rows: isize) {
        self.cursor = self.cursor.saturating_add_signed(rows);
    }

    /// Moves the window and takes the cursor along.
    pub fn scroll_by(&mut self, rows: isize, total: usize, height: usize) {
        let top = self.top.saturating_add_signed(rows).min(total.saturating_sub(height));
        self.top = top;
        self.cursor = self.cursor.clamp(top, (top + height.max(1)).min(total.max(1)) - 1);
    }

    /// The same place in a text of `total` rows and a window of `height`: the cursor inside both.
    pub fn clamped(self, total: usize, height: usize) -> Self {
        let cursor = self.cursor.min(total.saturating_sub(1));
        Self { cursor, top: window_top(self.top, cursor, total, height) }
    }
}

/// The first row of a window that holds the cursor and moves as little as it can.
pub fn window_top(top: usize, cursor: usize, total: usize, height: usize) -> usize {
    let height = height.max(1);
    let top = top.min(total.saturating_sub(height));
    if cursor < top {
        cursor
    } else if cursor >= top + height {
        cursor + 1 - height
    } else {
        top
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(n: usize) -> Doc<'static> {
        let mut doc = Doc::new(Look::default(), 20);
        for i in 0..n {
            doc.line(doc.words().plain(format!("row {i}")));
        }
        doc
    }

    #[test]
    fn a_window_holds_the_rows_it_should() {
        let rows = doc(10).window(7, 5);
        assert_eq!(rows.iter().map(|r| r.line.to_string()).collect::<Vec<_>>(), ["row 7", "row 8", "row 9"]);
    }

    #[test]
    fn a_search_goes_round() {
        let doc = doc(20);
        assert_eq!(doc.find("ROW 1", 2, true), Some(10));
        assert_eq!(doc.find("row 3", 5, true), Some(3));
        assert_eq!(doc.find("row 1", 15, false), Some(14));
        assert_eq!(doc.find("row 19", 3, false), Some(19));
        assert_eq!(doc.find("nowhere", 3, true), None);
    }

    #[test]
    fn the_cursor_stays_inside_whatever_the_size() {
        let state = DocState { cursor: 90, top: 80 };
        assert_eq!(state.clamped(50, 10), DocState { cursor: 49, top: 40 });
        assert_eq!(state.clamped(0, 0), DocState::default());
        let mut state = DocState { cursor: 3, top: 0 };
        state.scroll_by(5, 100, 10);
        assert_eq!(state, DocState { cursor: 5, top: 5 });
    }
}
