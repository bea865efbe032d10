//! A scrolling text: rows that were laid out, and bodies that lay themselves out when they come into the window.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation;

use super::body::BodyView;
use super::item::Item;
use super::look::{Look, Tone};
use super::span::{self, grouped};
use super::words::Words;
use crate::redact::Redactor;
use crate::text::width;

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
    /// In lower case.
    needle: String,
}

impl<'a> Doc<'a> {
    pub const fn new(look: Look, width: u16) -> Self {
        Self { look, width: width as usize, parts: Vec::new(), needle: String::new() }
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

    /// The same text, with what is searched for marked in it. Empty: nothing is.
    #[must_use]
    pub fn looking_for(mut self, needle: &str) -> Self {
        self.needle = needle.to_lowercase();
        self
    }

    /// The rows that hold what is searched for, as far as they are known.
    pub fn found(&self) -> Found<'_> {
        let mut out = Found::default();
        if self.needle.is_empty() {
            return out;
        }
        let mut start = 0;
        for part in &self.parts {
            match part {
                Part::Rows(rows) => {
                    let holds = |r: &Row| r.line.to_string().to_lowercase().contains(&self.needle);
                    let here = rows.iter().enumerate().filter(|(_, r)| holds(r)).map(|(i, _)| i).collect();
                    out.parts.push((start, Cow::Owned(here)));
                }
                Part::Body(body, _) => match body.matches() {
                    Some(matches) => {
                        out.parts.push((start, Cow::Borrowed(&matches.rows)));
                        out.cut |= matches.cut;
                        if !matches.done {
                            out.searching = Some((matches.looked, body.size()));
                        }
                    }
                    None => out.searching = Some((0, body.size())),
                },
            }
            start += part.len();
        }
        out
    }

    /// Draws the window of `state` into the area. The cursor shows only where the focus is.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, state: &DocState, focused: bool) {
        let height = usize::from(area.height);
        let state = state.clamped(self.len(), height);
        let text = Rect { x: area.x + GUTTER.min(area.width), width: area.width.saturating_sub(GUTTER), ..area };
        let rows = self.window(state.top, height);
        for (y, row) in (area.y..area.bottom()).zip(&rows) {
            buffer.set_line(text.x, y, &row.line, text.width);
        }
        let mut selected = None;
        if focused && self.len() > height.min(1) && state.cursor >= state.top {
            let y = area.y + u16::try_from(state.cursor - state.top).unwrap_or(u16::MAX);
            if y < area.bottom() && area.width > 0 {
                buffer.set_string(area.x, y, ">", self.look.style(Tone::Key));
                let style = self.look.selected(true);
                if self.item_at(state.cursor).is_some() {
                    buffer.set_style(Rect { x: text.x, y, width: text.width, height: 1 }, style);
                    selected = Some(y);
                }
            }
        }
        if self.needle.is_empty() {
            return;
        }
        for (y, row) in (area.y..area.bottom()).zip(&rows) {
            for place in places(&row.line.to_string(), &self.needle) {
                let x = text.x.saturating_add(u16::try_from(place.start).unwrap_or(u16::MAX));
                let end = text.x.saturating_add(u16::try_from(place.end).unwrap_or(u16::MAX)).min(text.right());
                let mark = Rect { x, y, width: end.saturating_sub(x), height: 1 };
                buffer.set_style(mark, self.look.matched(selected == Some(y)));
            }
        }
    }
}

/// The columns in which the text stands; it is in lower case.
fn places(line: &str, needle: &str) -> Vec<Range<usize>> {
    let mut cells: Vec<(char, Range<usize>)> = Vec::new();
    let mut column = 0;
    for g in line.graphemes(true) {
        let end = column + width(g);
        cells.extend(g.chars().flat_map(char::to_lowercase).map(|c| (c, column..end)));
        column = end;
    }
    let needle: Vec<char> = needle.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(here) = cells.get(at..at + needle.len()).filter(|here| !here.is_empty()) {
        if here.iter().map(|(c, _)| c).eq(&needle) {
            out.push(here[0].1.start..here[here.len() - 1].1.end);
            at += needle.len();
        } else {
            at += 1;
        }
    }
    out
}

/// The rows of a text that hold what is searched for.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// Where a part begins, and the rows in it, in order.
    parts: Vec<(usize, Cow<'a, [usize]>)>,
    /// There are more than are counted.
    cut: bool,
    /// Bytes that were searched, of all: there may be more.
    pub searching: Option<(usize, usize)>,
}

impl Found<'_> {
    /// The first at or after that row.
    pub fn next(&self, row: usize) -> Option<usize> {
        self.parts.iter().find_map(|(start, rows)| {
            let at = rows.partition_point(|r| r + start < row);
            rows.get(at).map(|r| r + start)
        })
    }

    /// The last before that row.
    pub fn previous(&self, row: usize) -> Option<usize> {
        self.parts.iter().rev().find_map(|(start, rows)| {
            let after = rows.partition_point(|r| r + start < row);
            after.checked_sub(1).map(|i| rows[i] + start)
        })
    }

    /// `3/17`: how many there are up to that row, and in all; while it is searched, how far that is.
    pub fn count(&self, row: usize) -> String {
        let total: usize = self.parts.iter().map(|(_, rows)| rows.len()).sum();
        let upto: usize = self.parts.iter().map(|(start, rows)| rows.partition_point(|r| r + start <= row)).sum();
        let more = if self.cut { "+" } else { "" };
        let progress = self.searching.map_or_else(String::new, |(looked, of)| {
            format!("  searching: {} of {}", span::size(looked), span::size(of))
        });
        format!("{}/{}{more}{progress}", grouped(upto), grouped(total))
    }
}

impl Part<'_> {
    fn len(&self) -> usize {
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
    fn matches_are_found_in_order_and_counted() {
        let doc = doc(20).looking_for("ROW 1");
        let found = doc.found();
        assert_eq!((found.next(2), found.next(11), found.next(20)), (Some(10), Some(11), None));
        assert_eq!((found.previous(15), found.previous(10), found.previous(1)), (Some(14), Some(1), None));
        assert_eq!([found.count(0), found.count(1), found.count(12)], ["0/11", "1/11", "4/11"]);
        assert_eq!(doc.looking_for("nowhere").found().next(0), None);
    }

    #[test]
    fn a_match_is_marked_where_it_stands() {
        assert_eq!(places("漢 Token, tokEN", "token"), [3..8, 10..15]);
        assert_eq!(places("a", "token"), Vec::<Range<usize>>::new());
        let doc = doc(3).looking_for("w 1");
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
        let area = buffer.area;
        doc.draw(&mut buffer, area, &DocState::default(), false);
        let marked: Vec<(u16, u16)> = (0..3)
            .flat_map(|y| (0..12).map(move |x| (x, y)))
            .filter(|at| buffer[*at].modifier.contains(ratatui::style::Modifier::UNDERLINED))
            .collect();
        assert_eq!(marked, [(4, 1), (5, 1), (6, 1)]);
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
