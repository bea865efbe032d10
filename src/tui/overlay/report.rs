//! A text that was made and is to be taken along: shown whole, copied, or written to a file.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::tui::doc::{Doc, DocState};
use crate::tui::look::{Look, Tone};

#[derive(Clone, Debug)]
pub struct Report {
    pub title: String,
    /// What it is, in a word or two.
    pub what: &'static str,
    pub text: String,
    /// What it is written as, where it is to be written.
    pub save: Option<Save>,
    /// Columns of its text, where there is room.
    pub wide: u16,
    pub top: usize,
}

/// A file's name without its ending, and which kind of file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Save {
    Request(String),
    Report(String),
}

impl Report {
    /// Columns of a text that people wrote.
    pub const PROSE: u16 = 66;

    pub fn go_by(&mut self, rows: isize) {
        self.top = self.top.saturating_add_signed(rows).min(self.text.lines().count().saturating_sub(1));
    }
}

pub fn draw(look: Look, report: &Report, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let mut doc = Doc::new(look, report.wide.min(body.width.saturating_sub(4)));
    doc.text(Tone::Plain, &report.text);
    let height = u16::try_from(doc.len()).unwrap_or(u16::MAX);
    let inner = window(look, &report.title, (report.wide + 4, height), buffer, body, is_top);
    let state = DocState { cursor: report.top, top: report.top }.clamped(doc.len(), usize::from(inner.height));
    let top = state.top.min(doc.len().saturating_sub(usize::from(inner.height)));
    for (y, row) in (inner.y..inner.bottom()).zip(doc.window(top, usize::from(inner.height))) {
        buffer.set_line(inner.x + 1.min(inner.width), y, &row.line, inner.width.saturating_sub(1));
    }
}
