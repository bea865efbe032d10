//! The filter of a list: typed, set, or offered.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::focus::PaneId;
use crate::tui::look::Tone;
use crate::tui::words::Words;

/// Rows that [`filter_line`] takes.
pub fn filter_rows(app: &App, pane: PaneId, filter: &str, inner: Rect) -> u16 {
    u16::from(app.filters(pane).is_some() || !filter.is_empty() || inner.height >= 12)
}

/// The filter as the first line of a list, where one is typed or set or room is plenty. Gives the rows it took.
pub fn filter_line(app: &App, pane: PaneId, filter: &str, buffer: &mut Buffer, inner: Rect) -> u16 {
    let look = app.look();
    let words = match app.filters(pane) {
        Some(field) => {
            let (text, cursor) = field.show(look, usize::from(inner.width).saturating_sub(5));
            let x = inner.x + 4 + u16::try_from(cursor).unwrap_or(0);
            let words = Words::new(look).gap(1).put(Tone::Key, "/ ").gap(1).join(text);
            buffer.set_line(inner.x, inner.y, &words.line(), inner.width);
            if x < inner.right() {
                buffer.set_style(Rect { x, y: inner.y, width: 1, height: 1 }, look.selected(true));
            }
            return 1;
        }
        None if !filter.is_empty() => {
            Words::new(look).gap(1).put(Tone::Key, "/ ").gap(1).strong(filter).dim("   Esc clears")
        }
        None if inner.height >= 12 => Words::new(look).gap(1).dim("/ filter"),
        None => return 0,
    };
    buffer.set_line(inner.x, inner.y, &words.line(), inner.width);
    1
}
