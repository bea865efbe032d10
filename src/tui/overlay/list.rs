//! A list of things that are kept, with the details of the chosen one below it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::tui::doc::{Doc, window_top};
use crate::tui::look::{Look, Tone};
use crate::tui::words::Words;

pub struct List<'a, T> {
    pub title: String,
    /// Said where there is nothing in it.
    pub none: &'static str,
    /// As wide as it is where there is room.
    pub wide: u16,
    pub rows: &'a [T],
    pub cursor: usize,
}

impl<T> List<'_, T> {
    /// Draws it. `line`: a row at that width; `details`: of the chosen one, at that width.
    pub fn draw(
        &self,
        look: Look,
        (buffer, body, is_top): (&mut Buffer, Rect, bool),
        line: impl Fn(&T, usize) -> Words,
        details: impl Fn(&T, u16) -> Doc<'static>,
    ) {
        let text_width = self.wide.min(body.width.saturating_sub(2)).saturating_sub(2);
        let Some(chosen) = self.rows.get(self.cursor) else {
            let mut doc = Doc::new(look, text_width);
            doc.text(Tone::Dim, self.none);
            let inner = window(look, &self.title, (self.wide, height_of(&doc)), buffer, body, is_top);
            return text(&doc, buffer, inner);
        };
        let doc = details(chosen, text_width);
        let rows = u16::try_from(self.rows.len()).unwrap_or(u16::MAX);
        let wish = rows.saturating_add(1).saturating_add(height_of(&doc));
        let inner = window(look, &self.title, (self.wide, wish), buffer, body, is_top);
        // the list keeps three rows where there is little room
        let least = 3.min(inner.height);
        let list = Rect { height: rows.min(inner.height.saturating_sub(height_of(&doc) + 1).max(least)), ..inner };
        let top = window_top(0, self.cursor, self.rows.len(), usize::from(list.height));
        for (y, (i, row)) in (list.y..list.bottom()).zip(self.rows.iter().enumerate().skip(top)) {
            let chosen = i == self.cursor;
            let words = Words::new(look).put(Tone::Key, if chosen { ">" } else { " " }).gap(1);
            let words = words.join(line(row, usize::from(list.width)));
            buffer.set_line(list.x, y, &words.line(), list.width);
            if chosen {
                buffer.set_style(Rect { y, height: 1, ..list }, look.selected(true));
            }
        }
        let below = list.bottom().saturating_add(1).min(inner.bottom());
        text(&doc, buffer, Rect { y: below, height: inner.bottom() - below, ..inner });
    }
}

fn height_of(doc: &Doc<'_>) -> u16 {
    u16::try_from(doc.len()).unwrap_or(u16::MAX / 2)
}

fn text(doc: &Doc<'_>, buffer: &mut Buffer, area: Rect) {
    for (y, row) in (area.y..area.bottom()).zip(doc.window(0, usize::from(area.height))) {
        buffer.set_line(area.x + 1.min(area.width), y, &row.line, area.width.saturating_sub(1));
    }
}
