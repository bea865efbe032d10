//! The line at the bottom: what the focused pane's keys do, or what was said last. `?` is the last to go.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::keymap::{Action, Binding, bindings};
use crate::tui::look::Tone;
use crate::tui::overlay::messages;
use crate::tui::words::Words;

/// Columns without which hints say too little.
const HINTS: usize = 34;

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect) {
    let look = app.look();
    let width = usize::from(area.width);
    if let Some(field) = app.searches() {
        let (text, cursor) = field.show(look, width.saturating_sub(30));
        let line = Words::new(look).gap(1).put(Tone::Key, "/ ").join(text);
        let line = line.right(Words::new(look).dim("Enter finds, Esc drops it "), width);
        buffer.set_line(area.x, area.y, &line.line(), area.width);
        let x = area.x + 3 + u16::try_from(cursor).unwrap_or(0);
        if x < area.right() {
            buffer.set_style(Rect { x, width: 1, ..area }, look.selected(true));
        }
        return;
    }
    let notice = app.log.latest().map_or(Words::new(look), |n| messages::words(look, n).gap(1));
    let line = if notice.is_empty() {
        hints(app, width)
    } else if notice.width() + HINTS <= width {
        hints(app, width - notice.width() - 2).right(notice, width)
    } else {
        // What was just said matters more than hints that are also in the help.
        let key = app.keymap.short(Action::Help).unwrap_or_default();
        let help = Words::new(look).put(Tone::Key, key).dim(" help ");
        Words::new(look).gap(1).join(notice).right(help, width)
    };
    buffer.set_line(area.x, area.y, &line.line(), area.width);
}

/// Hints that fit, the most useful first; `? help` keeps its place at the end.
fn hints(app: &App, width: usize) -> Words {
    let look = app.look();
    let context = app.context();
    let first = format!("{}:", context.word());
    let start = Words::new(look).gap(1).strong(&first);
    let mut found: Vec<&Binding> = bindings(context)
        .filter(|b| {
            !b.hint.is_empty() && app.keymap.key(b).is_some() && b.action != Action::Help && app.can(b.action).is_ok()
        })
        .collect();
    found.sort_by_key(|b| b.rank);
    let has_help = bindings(context).any(|b| b.action == Action::Help);
    let help = match app.keymap.short(Action::Help).filter(|_| has_help) {
        Some(key) => Words::new(look).gap(2).put(Tone::Key, key).gap(1).dim("help"),
        None => Words::new(look),
    };
    let mut out = start;
    for binding in found {
        let key = app.keymap.key(binding).unwrap_or_default();
        let hint = app.hint(binding);
        let part = Words::new(look).gap(2).put(Tone::Key, key).gap(1).dim(hint);
        if out.width() + part.width() + help.width() <= width {
            out = out.join(part);
        }
    }
    if out.width() + help.width() <= width || width == 0 { out.join(help) } else { help }
}
