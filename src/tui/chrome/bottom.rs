//! The line at the bottom: what the focused pane's keys do, or what was said last. `?` is the last to go.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::keymap::{Action, Binding, Context, bindings};
use crate::tui::look::Tone;
use crate::tui::overlay::messages;
use crate::tui::words::Words;

/// Columns without which hints say too little.
const HINTS: usize = 34;

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect) {
    let look = app.look();
    let width = usize::from(area.width);
    if let Some(typing) = app.typing.as_ref().filter(|t| !is_list(t.pane)) {
        let (text, cursor) = typing.field.show(look, width.saturating_sub(30));
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
        let help = Words::new(look).put(Tone::Key, "?").dim(" help ");
        Words::new(look).gap(1).join(notice).right(help, width)
    };
    buffer.set_line(area.x, area.y, &line.line(), area.width);
}

const fn is_list(pane: crate::tui::focus::PaneId) -> bool {
    matches!(pane, crate::tui::focus::PaneId::Profiles | crate::tui::focus::PaneId::Keys)
}

/// Hints that fit, the most useful first; `? help` keeps its place at the end.
fn hints(app: &App, width: usize) -> Words {
    let look = app.look();
    let context = app.context();
    let first = match context {
        Context::Choice => "Choose:".to_owned(),
        Context::Form => "Form:".to_owned(),
        Context::Question => "Question:".to_owned(),
        Context::Card => "Key:".to_owned(),
        Context::Report => "Text:".to_owned(),
        Context::Tokens => "Tokens:".to_owned(),
        Context::Clients => "Registrations:".to_owned(),
        Context::History => "Runs:".to_owned(),
        Context::Prompt => "A store asks:".to_owned(),
        Context::CopyMenu => "Copy:".to_owned(),
        Context::Messages => "Messages:".to_owned(),
        Context::Line => "Filter:".to_owned(),
        _ => format!("{}:", app.focus.word()),
    };
    let start = Words::new(look).gap(1).strong(&first);
    let mut found: Vec<&Binding> = bindings(context)
        .filter(|b| !b.hint.is_empty() && b.action != Action::Help && app.can(b.action).is_ok())
        .collect();
    found.sort_by_key(|b| b.rank);
    let has_help = bindings(context).any(|b| b.action == Action::Help);
    let help = if has_help { Words::new(look).gap(2).put(Tone::Key, "?").gap(1).dim("help") } else { Words::new(look) };
    let mut out = start;
    for binding in found {
        let key = binding.keys().split(' ').next().unwrap_or_default().to_owned();
        let hint = app.hint(binding);
        let part = Words::new(look).gap(2).put(Tone::Key, key).gap(1).dim(hint);
        if out.width() + part.width() + help.width() <= width {
            out = out.join(part);
        }
    }
    if out.width() + help.width() <= width || width == 0 { out.join(help) } else { help }
}
