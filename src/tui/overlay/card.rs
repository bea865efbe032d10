//! Everything about the chosen key, over the panes: each line can be copied.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::window;
use crate::tui::app::App;
use crate::tui::doc::{DocState, GUTTER};
use crate::tui::pane::keys::card;

/// Columns and rows of the text, on a screen of that size.
pub fn text_size(screen: Size) -> Size {
    let body = screen.height.saturating_sub(2);
    Size::new(screen.width.saturating_sub(6).clamp(1, 110), body.saturating_sub(4).max(1))
}

pub fn draw(app: &App, state: DocState, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let Some(key) = app.keys.selected() else { return };
    let size = text_size(app.size);
    let doc = card::doc(app.look(), key, size.width);
    let rows = size.height.min(u16::try_from(doc.len()).unwrap_or(u16::MAX));
    let inner = window(app.look(), &key.label, (size.width + GUTTER, rows), buffer, body, is_top);
    doc.draw(buffer, inner, &state, true);
}
