//! What can be copied here, each with its letter.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::tui::app::CopyKind;
use crate::tui::doc::window_top;
use crate::tui::look::{Look, Tone};
use crate::tui::words::Words;

#[derive(Clone, Debug)]
pub struct CopyMenu {
    pub entries: Vec<(CopyKind, String)>,
    pub cursor: usize,
}

impl CopyMenu {
    pub fn by_letter(&self, letter: char) -> Option<CopyKind> {
        self.entries.iter().map(|(kind, _)| *kind).find(|k| k.letter() == letter)
    }

    pub fn chosen(&self) -> Option<CopyKind> {
        self.entries.get(self.cursor).map(|(kind, _)| *kind)
    }

    pub fn go_by(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.entries.len().saturating_sub(1));
    }
}

pub fn draw(look: Look, menu: &CopyMenu, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let rows = u16::try_from(menu.entries.len()).unwrap_or(u16::MAX);
    let inner = window(look, "copy", (64, rows), buffer, body, is_top);
    let top = window_top(0, menu.cursor, menu.entries.len(), usize::from(inner.height));
    for (y, (i, (kind, text))) in (inner.y..inner.bottom()).zip(menu.entries.iter().enumerate().skip(top)) {
        let chosen = i == menu.cursor;
        let mark = if chosen { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) };
        let words = mark.put(Tone::Key, kind.letter().to_string()).gap(2).plain(text);
        buffer.set_line(inner.x, y, &words.line(), inner.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..inner }, look.selected(true));
        }
    }
}
