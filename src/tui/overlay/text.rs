//! A text over the panes that is read, scrolled and searched: a key's card, something that was made, what was said.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::{Overlay, Report, messages, window, window_area};
use crate::tui::app::App;
use crate::tui::doc::{Doc, DocState, GUTTER};
use crate::tui::layout::inside;
use crate::tui::look::Tone;
use crate::tui::pane::keys::card;

pub const fn is_text(overlay: &Overlay) -> bool {
    state(overlay).is_some()
}

pub const fn state(overlay: &Overlay) -> Option<&DocState> {
    match overlay {
        Overlay::Card(state) | Overlay::Messages(state) | Overlay::Report(Report { doc: state, .. }) => Some(state),
        _ => None,
    }
}

pub const fn state_mut(overlay: &mut Overlay) -> Option<&mut DocState> {
    match overlay {
        Overlay::Card(state) | Overlay::Messages(state) | Overlay::Report(Report { doc: state, .. }) => Some(state),
        _ => None,
    }
}

/// Columns and rows that a text may take, on a screen of that size.
pub fn room(screen: Size) -> Size {
    let body = screen.height.saturating_sub(2);
    Size::new(screen.width.saturating_sub(6).clamp(1, 110), body.saturating_sub(4).max(1))
}

/// What stands in it. None: it is no text.
pub fn doc(app: &App, overlay: &Overlay) -> Option<Doc<'static>> {
    let width = room(app.size).width;
    let doc = match overlay {
        Overlay::Card(_) => card::doc(app.look(), app.keys.selected()?, width),
        Overlay::Messages(_) => messages::doc(app, width),
        Overlay::Report(report) => {
            let mut doc = Doc::new(app.look(), width.min(report.wide));
            doc.text(Tone::Plain, &report.text);
            doc
        }
        _ => return None,
    };
    Some(doc.looking_for(&app.search))
}

/// Columns and rows that it wishes for.
fn wish(app: &App, doc: &Doc<'_>) -> (u16, u16) {
    let rows = room(app.size).height.min(u16::try_from(doc.len()).unwrap_or(u16::MAX));
    (u16::try_from(doc.width()).unwrap_or(u16::MAX).saturating_add(GUTTER), rows)
}

/// The row of the text that stands there.
pub fn row_at(app: &App, overlay: &Overlay, body: Rect, at: Position) -> Option<usize> {
    let (doc, state) = (doc(app, overlay)?, state(overlay)?);
    let area = inside(window_area(wish(app, &doc), body));
    let top = state.clamped(doc.len(), usize::from(area.height)).top;
    area.contains(at).then(|| top + usize::from(at.y - area.y))
}

pub fn draw(app: &App, overlay: &Overlay, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let (Some(doc), Some(state)) = (doc(app, overlay), state(overlay)) else { return };
    let title = match overlay {
        Overlay::Card(_) => app.keys.selected().map_or("", |k| &k.label),
        Overlay::Report(report) => &report.title,
        _ => "messages",
    };
    let title = match app.count(&doc, *state) {
        Some(count) => format!("{title}  {count}"),
        None => title.to_owned(),
    };
    let inner = window(app.look(), &title, wish(app, &doc), buffer, body, is_top);
    doc.draw(buffer, inner, state, is_top);
}
