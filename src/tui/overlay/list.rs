//! A list of things that are kept, with the details of the chosen one below it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{window, window_area};
use crate::tui::doc::{Doc, window_top};
use crate::tui::layout::inside;
use crate::tui::look::{Look, Tone};
use crate::tui::words::Words;

pub type Line<'a, T> = Box<dyn Fn(&T, usize) -> Words + 'a>;
pub type Details<'a, T> = Box<dyn Fn(&T, u16) -> Doc<'static> + 'a>;

pub struct List<'a, T> {
    pub title: String,
    /// Said where there is nothing in it.
    pub none: &'static str,
    /// As wide as it is where there is room.
    pub wide: u16,
    pub rows: Vec<T>,
    pub cursor: usize,
    /// A row at that width.
    pub line: Line<'a, T>,
    /// What there is to say of the chosen one, at that width.
    pub details: Details<'a, T>,
}

/// What stands where.
struct Places {
    wish: (u16, u16),
    list: Rect,
    /// The first row that shows.
    top: usize,
    below: Rect,
    text: Doc<'static>,
}

impl<T> List<'_, T> {
    fn places(&self, look: Look, body: Rect) -> Places {
        let text_width = self.wide.min(body.width.saturating_sub(2)).saturating_sub(2);
        let chosen = self.rows.get(self.cursor);
        let text = chosen.map_or_else(
            || {
                let mut doc = Doc::new(look, text_width);
                doc.text(Tone::Dim, self.none);
                doc
            },
            |row| (self.details)(row, text_width),
        );
        let rows = u16::try_from(self.rows.len()).unwrap_or(u16::MAX);
        let gap = u16::from(rows > 0);
        let wish = (self.wide, rows.saturating_add(gap).saturating_add(height_of(&text)));
        let inner = inside(window_area(wish, body));
        // the list keeps three rows where there is little room
        let least = 3.min(inner.height);
        let list = Rect { height: rows.min(inner.height.saturating_sub(height_of(&text) + gap).max(least)), ..inner };
        let top = window_top(0, self.cursor, self.rows.len(), usize::from(list.height));
        let y = list.bottom().saturating_add(gap).min(inner.bottom());
        Places { wish, list, top, below: Rect { y, height: inner.bottom() - y, ..inner }, text }
    }

    /// The row that stands there.
    pub fn row_at(&self, look: Look, body: Rect, at: Position) -> Option<usize> {
        let Places { list, top, .. } = self.places(look, body);
        let row = top + usize::from(at.y.saturating_sub(list.y));
        (list.contains(at) && row < self.rows.len()).then_some(row)
    }

    pub fn draw(&self, look: Look, buffer: &mut Buffer, body: Rect, is_top: bool) {
        let Places { wish, list, top, below, text } = self.places(look, body);
        window(look, &self.title, wish, buffer, body, is_top);
        for (y, (i, row)) in (list.y..list.bottom()).zip(self.rows.iter().enumerate().skip(top)) {
            let chosen = i == self.cursor;
            let words = Words::new(look).put(Tone::Key, if chosen { ">" } else { " " }).gap(1);
            let words = words.join((self.line)(row, usize::from(list.width)));
            buffer.set_line(list.x, y, &words.line(), list.width);
            if chosen {
                buffer.set_style(Rect { y, height: 1, ..list }, look.selected(true));
            }
        }
        for (y, row) in (below.y..below.bottom()).zip(text.window(0, usize::from(below.height))) {
            buffer.set_line(below.x + 1.min(below.width), y, &row.line, below.width.saturating_sub(1));
        }
    }
}

fn height_of(doc: &Doc<'_>) -> u16 {
    u16::try_from(doc.len()).unwrap_or(u16::MAX / 2)
}
